//! The form of the records.
//!
//! Every record begins with a head word; its length counts all words of the record.
//!
//! ```text
//! head     63…32 site index or auxiliary number | 31…16 words | 15…8 flags | 7…0 kind
//!
//! Span     head(site) | span id | parent id or 0 | start tick | end | attribute…
//! Trace    head(state bytes) | trace id high | low | scope or local root << 32 | trace flags | trace state…
//! End      head(outcome) | span id | end tick
//! Attrs    head | span id | attribute…
//! Event    head | span id | tick, or with a flag Unix time | attribute… (the event's name first, as Tag::NAME)
//! Link     head(state bytes) | span id | trace id high | low | linked span id | flags | state… | attribute…
//! Status   head(code) | span id | attribute (Tag::NAME: the description)
//! Discard  head | span id
//! Name     head | span id | attribute (Tag::NAME: takes the place of the name)
//! Times    head | span id | start or 0 | end or 0, in nanoseconds since the Unix epoch
//! ```
//!
//! `end` is 0 while the span runs; then `ticks of duration << 8 | outcome`, patched in place by the
//! owner for as long as the record stands in the owner's current chunk. Later, or when more has been
//! recorded about the span, an End record says it.
//!
//! ```text
//! attribute   63…32 inline value | 31…16 words that follow | 15…8 tag | 7…0 key index
//! ```
//!
//! The key index points into the site's fields; [`KEY_INLINE`] says that the key stands before as
//! an attribute with [`Tag::KEY`].

/// Words of a Span record before its attributes.
pub(crate) const SPAN_WORDS: usize = 5;
/// Where the end stands in a Span record.
pub(crate) const SPAN_END: usize = 4;
/// Key index of an attribute whose key was written in front of it.
pub(crate) const KEY_INLINE: u8 = 0xff;
/// The most words one record may have; what exceeds them is truncated and counted.
pub(crate) const MAX_RECORD_WORDS: usize = 1_536;
/// The most bytes of one text.
pub(crate) const MAX_TEXT_BYTES: usize = 8_192;

/// What a record is; see the module.
pub(crate) struct Kind;

impl Kind {
    pub(crate) const SPAN: u8 = 1;
    pub(crate) const TRACE: u8 = 2;
    pub(crate) const END: u8 = 3;
    pub(crate) const ATTRS: u8 = 4;
    pub(crate) const EVENT: u8 = 5;
    pub(crate) const LINK: u8 = 6;
    pub(crate) const STATUS: u8 = 7;
    pub(crate) const DISCARD: u8 = 8;
    pub(crate) const NAME: u8 = 9;
    pub(crate) const TIMES: u8 = 10;
}

/// What follows an attribute's head word.
pub(crate) struct Tag;

impl Tag {
    pub(crate) const BOOL: u8 = 1;
    /// An integer that fits 32 bits, inline.
    pub(crate) const I32: u8 = 2;
    pub(crate) const I64: u8 = 3;
    pub(crate) const U64: u8 = 4;
    pub(crate) const F64: u8 = 5;
    /// Text; inline = bytes.
    pub(crate) const STR: u8 = 6;
    /// Elements of one type; inline = element tag << 24 | count. Text elements carry their length first.
    pub(crate) const ARRAY: u8 = 7;
    pub(crate) const REDACTED: u8 = 8;
    /// The key of the next attribute; inline = bytes.
    pub(crate) const KEY: u8 = 9;
    /// A name or description; inline = bytes.
    pub(crate) const NAME: u8 = 10;
    /// Attributes that found no room; inline = how many.
    pub(crate) const DROPPED: u8 = 11;
    /// Text that `Debug` or `Display` made; inline = bytes.
    pub(crate) const FORMATTED: u8 = 12;
    /// An unsigned integer that fits 31 bits, inline.
    pub(crate) const U31: u8 = 13;
}

/// The parent of the span came over the wire.
pub(crate) const FLAG_PARENT_REMOTE: u8 = 1;

/// The time of the event is Unix time: another clock stamped it.
pub(crate) const FLAG_UNIX_TIME: u8 = 1;

/// The head word of a record.
#[inline(always)]
pub(crate) const fn head(kind: u8, flags: u8, words: usize, aux: u32) -> u64 {
    kind as u64 | (flags as u64) << 8 | (words as u64) << 16 | (aux as u64) << 32
}

/// The words that a head word tells of: of a record all, of an attribute those that follow.
pub(crate) const fn length(head: u64) -> usize {
    (head >> 16 & 0xffff) as usize
}

/// The tag in the head word of an attribute.
pub(crate) const fn tag(head: u64) -> u8 {
    (head >> 8) as u8
}

/// The head word of an attribute.
#[inline(always)]
pub(crate) const fn attribute(key: u8, tag: u8, words: usize, inline: u32) -> u64 {
    key as u64 | (tag as u64) << 8 | (words as u64) << 16 | (inline as u64) << 32
}

/// The end word of a span that took `ticks`; never 0, because an outcome is not.
///
/// 56 bits of ticks are most of a year at 3 GHz; longer is cut to that.
#[inline(always)]
pub(crate) fn end(ticks: u64, outcome: u8) -> u64 {
    ticks.min(u64::MAX >> 8) << 8 | u64::from(outcome)
}

/// Words that `bytes` bytes of text take.
#[inline(always)]
pub(crate) const fn text_words(bytes: usize) -> usize {
    bytes.div_ceil(8)
}
