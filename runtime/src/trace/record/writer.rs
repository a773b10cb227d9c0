//! Writes the attributes of one record, in place, into the thread's chunk.

use std::{
    fmt::{self, Write as _},
    panic::{self, AssertUnwindSafe},
    sync::atomic::Ordering::Relaxed,
};

use super::{
    formatted::Formatted,
    layout::{self, KEY_INLINE, MAX_TEXT_BYTES, Tag},
};
use crate::{
    redact,
    site::Field,
    sync::shared::AtomicU64,
    trace::limits,
    value::{Attribute, Element},
};

/// Takes the attributes of a span, an event or a link.
///
/// Values are copied into the thread's own memory at once; nothing is allocated.
#[derive(Debug)]
pub struct Writer {
    words: &'static [AtomicU64],
    at: usize,
    fields: &'static [Field],
    redacts: bool,
    /// A name is no attribute: only the bound that always holds cuts it.
    whole_names: bool,
    dropped: u32,
    /// Something found no room: the record can be tried again in a fresh chunk.
    full: bool,
}

/// The place of one attribute's value; what [`Attribute::record`] writes to.
///
/// Writing twice to one place makes two attributes of one key, of which the last counts.
#[derive(Debug)]
pub struct Slot<'s> {
    writer: &'s mut Writer,
    key: u8,
}

impl Writer {
    /// A writer behind `at`.
    #[inline(always)]
    pub(crate) fn new(
        words: &'static [AtomicU64],
        at: usize,
        fields: &'static [Field],
        redacts: bool,
    ) -> Self {
        Self { words, at, fields, redacts, whole_names: false, dropped: 0, full: false }
    }

    /// A writer of names that the limits of attributes are not about.
    pub(crate) fn with_whole_names(mut self) -> Self {
        self.whole_names = true;
        self
    }

    /// Words used so far, those before the attributes included.
    #[inline(always)]
    pub(crate) fn finish(&mut self) -> usize {
        if self.dropped != 0 {
            self.put_dropped();
        }
        self.at
    }

    /// The same, with the word that was kept free for the count of what found no room.
    pub(crate) fn finish_in(&mut self, words: &'static [AtomicU64]) -> usize {
        self.words = words;
        self.finish()
    }

    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Sets the field with this index of the site.
    #[doc(hidden)]
    #[inline(always)]
    pub fn set<A: Attribute + ?Sized>(&mut self, index: u8, value: &A) {
        if self.redacts && self.is_redacted(index) {
            self.word(index, Tag::REDACTED, 0);
        } else {
            value.record(Slot { writer: self, key: index });
        }
    }

    /// Sets the field with this index to what `Display` prints.
    #[doc(hidden)]
    pub fn display(&mut self, index: u8, value: &(impl fmt::Display + ?Sized)) {
        self.format(index, format_args!("{value}"));
    }

    /// Sets the field with this index to what `Debug` prints.
    #[doc(hidden)]
    pub fn debug(&mut self, index: u8, value: &(impl fmt::Debug + ?Sized)) {
        self.format(index, format_args!("{value:?}"));
    }

    /// Names this one span.
    #[doc(hidden)]
    pub fn name(&mut self, name: fmt::Arguments<'_>) {
        self.formatted(0, Tag::NAME, name);
    }

    /// Sets an attribute whose key no site knows.
    pub(crate) fn set_keyed<A: Attribute + ?Sized>(&mut self, key: &str, value: &A) {
        self.keyed(key, redact::hides(key), value);
    }

    /// The same with a key of ours, of which it is known that it is not on the deny-list.
    pub(crate) fn set_known<A: Attribute + ?Sized>(&mut self, key: &'static str, value: &A) {
        debug_assert!(!redact::is_denied(key), "{key} is on the list");
        self.keyed(key, redact::is_denied_here(key), value);
    }

    #[inline(always)]
    fn keyed<A: Attribute + ?Sized>(&mut self, key: &str, is_hidden: bool, value: &A) {
        let before = self.at;
        self.text(KEY_INLINE, Tag::KEY, key);
        let after_key = self.at;
        if is_hidden {
            self.word(KEY_INLINE, Tag::REDACTED, 0);
        } else {
            value.record(Slot { writer: self, key: KEY_INLINE });
        }
        if self.at == after_key {
            // No value (an `Option` that was `None`, or no room): no key either.
            self.at = before;
        }
    }

    /// Writes attributes that were written before, elsewhere.
    #[cfg(feature = "tracing")]
    pub(crate) fn copy(&mut self, attributes: &[u64]) {
        if let Some(words) = self.room(attributes.len()) {
            for (word, value) in words.iter().zip(attributes) {
                word.store(*value, Relaxed);
            }
            self.at += attributes.len();
        }
    }

    /// Writes a name or description.
    pub(crate) fn name_str(&mut self, name: &str) {
        if self.whole_names {
            self.whole_text(0, Tag::NAME, name);
        } else {
            self.text(0, Tag::NAME, name);
        }
    }

    /// Sets the field with this index to a text that the limits of attributes are not about.
    pub(crate) fn set_whole(&mut self, index: u8, text: &str) {
        self.whole_text(index, Tag::STR, text);
    }

    /// Writes text that stands in the record itself, without a head; its bytes are in the record's.
    pub(crate) fn raw_text(&mut self, text: &str) {
        if let Some(words) = self.room(layout::text_words(text.len())) {
            put_text(words, text);
            self.at += words.len();
        }
    }

    fn is_redacted(&self, index: u8) -> bool {
        let field = self.fields.get(usize::from(index));
        field.is_some_and(Field::is_hidden)
    }

    fn format(&mut self, index: u8, value: fmt::Arguments<'_>) {
        if self.is_redacted(index) {
            self.word(index, Tag::REDACTED, 0);
        } else {
            self.formatted(index, Tag::FORMATTED, value);
        }
    }

    /// Formats straight into the chunk.
    ///
    /// A `Display` or `Debug` of the user that panics or fails ends the text where it stood: it must
    /// not take the function down that is merely being watched.
    fn formatted(&mut self, key: u8, tag: u8, value: fmt::Arguments<'_>) {
        let Some(words) = self.words.get(self.at + 1..) else { return self.no_room() };
        let is_whole = self.whole_names && tag == Tag::NAME;
        let chars = if is_whole { usize::MAX } else { limits::value_chars() };
        let mut text = Formatted::new(words, chars);
        let formatted = panic::catch_unwind(AssertUnwindSafe(|| text.write_fmt(value)));
        if !matches!(formatted, Ok(Ok(()))) && !text.cut && !text.full {
            let _ = text.write_str("<failed to format>");
        }
        if text.full {
            return self.no_room();
        }
        let bytes = text.finish();
        let follow = layout::text_words(bytes);
        #[expect(clippy::cast_possible_truncation, reason = "at most MAX_TEXT_BYTES")]
        self.words[self.at].store(layout::attribute(key, tag, follow, bytes as u32), Relaxed);
        self.at += 1 + follow;
    }

    #[inline(always)]
    fn room(&mut self, words: usize) -> Option<&'static [AtomicU64]> {
        let room = self.words.get(self.at..self.at + words);
        if room.is_none() {
            self.no_room();
        }
        room
    }

    #[cold]
    fn no_room(&mut self) {
        self.full = true;
        self.dropped += 1;
    }

    #[cold]
    fn put_dropped(&mut self) {
        if let Some(word) = self.words.get(self.at) {
            word.store(layout::attribute(0, Tag::DROPPED, 0, self.dropped), Relaxed);
            self.at += 1;
        }
    }

    #[inline(always)]
    fn word(&mut self, key: u8, tag: u8, inline: u32) {
        if let Some([word]) = self.room(1) {
            word.store(layout::attribute(key, tag, 0, inline), Relaxed);
            self.at += 1;
        }
    }

    #[inline(always)]
    fn payload(&mut self, key: u8, tag: u8, payload: u64) {
        if let Some([word, next]) = self.room(2) {
            word.store(layout::attribute(key, tag, 1, 0), Relaxed);
            next.store(payload, Relaxed);
            self.at += 2;
        }
    }

    #[inline(always)]
    fn text(&mut self, key: u8, tag: u8, text: &str) {
        self.whole_text(key, tag, limits::truncate(text));
    }

    #[inline(always)]
    fn whole_text(&mut self, key: u8, tag: u8, text: &str) {
        let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
        let follow = layout::text_words(text.len());
        if let Some([word, words @ ..]) = self.room(1 + follow) {
            #[expect(clippy::cast_possible_truncation, reason = "at most MAX_TEXT_BYTES")]
            word.store(layout::attribute(key, tag, follow, text.len() as u32), Relaxed);
            put_text(words, text);
            self.at += 1 + follow;
        }
    }
}

impl Slot<'_> {
    /// Records a truth value.
    #[inline(always)]
    pub fn bool(self, value: bool) {
        self.writer.word(self.key, Tag::BOOL, u32::from(value));
    }

    /// Records a signed integer.
    #[inline(always)]
    pub fn i64(self, value: i64) {
        match i32::try_from(value) {
            Ok(small) => self.writer.word(self.key, Tag::I32, small.cast_unsigned()),
            Err(_) => self.writer.payload(self.key, Tag::I64, value.cast_unsigned()),
        }
    }

    /// Records an unsigned integer.
    #[inline(always)]
    pub fn u64(self, value: u64) {
        match i32::try_from(value) {
            Ok(small) => self.writer.word(self.key, Tag::U31, small.cast_unsigned()),
            Err(_) => self.writer.payload(self.key, Tag::U64, value),
        }
    }

    /// Records a floating-point number.
    #[inline(always)]
    pub fn f64(self, value: f64) {
        self.writer.payload(self.key, Tag::F64, value.to_bits());
    }

    /// Records text, truncated to the limit of attribute values.
    #[inline(always)]
    pub fn str(self, value: &str) {
        self.writer.text(self.key, Tag::STR, value);
    }

    /// Records what formatting prints, without a `String` in between.
    pub fn format(self, value: fmt::Arguments<'_>) {
        self.writer.formatted(self.key, Tag::FORMATTED, value);
    }

    /// Records an array; elements that find no room are left out.
    pub(crate) fn array<E: Element>(self, elements: &[E]) {
        let writer = self.writer;
        let Some(words) = writer.words.get(writer.at + 1..) else { return writer.no_room() };
        let (mut used, mut count) = (0, 0u32);
        for element in elements {
            let words = words.get(used..).unwrap_or_default();
            let (Some(taken), true) = (put_element(words, element), count < (1 << 24) - 1) else {
                writer.no_room();
                break;
            };
            used += taken;
            count += 1;
        }
        let inline = u32::from(E::TAG) << 24 | count;
        writer.words[writer.at]
            .store(layout::attribute(self.key, Tag::ARRAY, used, inline), Relaxed);
        writer.at += 1 + used;
    }
}

fn put_element<E: Element>(words: &[AtomicU64], element: &E) -> Option<usize> {
    let Some(text) = element.text() else {
        words.first()?.store(element.word(), Relaxed);
        return Some(1);
    };
    let text = limits::truncate(text);
    let [length, words @ ..] = words.get(..1 + layout::text_words(text.len()))? else {
        return None;
    };
    length.store(text.len() as u64, Relaxed);
    put_text(words, text);
    Some(1 + words.len())
}

/// Copies text into exactly the words it needs; the last one is padded with zeros.
#[inline(always)]
fn put_text(words: &[AtomicU64], text: &str) {
    let mut chunks = text.as_bytes().chunks_exact(8);
    let mut words = words.iter();
    for (chunk, word) in chunks.by_ref().zip(words.by_ref()) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        word.store(u64::from_ne_bytes(bytes), Relaxed);
    }
    if let (rest @ [first, ..], Some(word)) = (chunks.remainder(), words.next()) {
        // Two overlapping reads instead of a copy of variable length, which would be a call.
        let n = rest.len();
        let value =
            if let (Some(low), Some(high)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
                u64::from(u32::from_le_bytes(*low))
                    | u64::from(u32::from_le_bytes(*high)) << ((n - 4) * 8)
            } else {
                u64::from(*first)
                    | u64::from(rest[n / 2]) << (n / 2 * 8)
                    | u64::from(rest[n - 1]) << ((n - 1) * 8)
            };
        word.store(value.to_le(), Relaxed);
    }
}
