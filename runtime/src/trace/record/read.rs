//! Splits a run of words back into records, trusting nothing.

use super::layout::{Kind, SPAN_END, SPAN_WORDS};

/// One record, as bytes in the machine's own order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) bytes: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes the record at the front; `None` at the end and at anything that is no record.
    #[inline]
    pub(crate) fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let head = word(bytes, 0)?;
        let length = (head >> 16 & 0xffff) as usize;
        let least = match head as u8 {
            Kind::SPAN => SPAN_WORDS,
            Kind::TRACE | Kind::TIMES => 4,
            Kind::END | Kind::EVENT => 3,
            Kind::ATTRS | Kind::STATUS | Kind::DISCARD | Kind::NAME => 2,
            Kind::LINK => 6,
            _ => return None,
        };
        if length < least {
            return None;
        }
        let (bytes, rest) = bytes.split_at_checked(length * 8)?;
        Some((Self { bytes }, rest))
    }

    #[inline]
    pub(crate) fn kind(&self) -> u8 {
        self.word(0) as u8
    }

    pub(crate) fn flags(&self) -> u8 {
        (self.word(0) >> 8) as u8
    }

    /// The number in the head: site index, outcome, code or length.
    #[inline]
    pub(crate) fn aux(&self) -> u32 {
        (self.word(0) >> 32) as u32
    }

    /// A word; [`Record::take`] has seen that the record is long enough for its kind.
    #[inline]
    pub(crate) fn word(&self, at: usize) -> u64 {
        word(self.bytes, at).unwrap_or_default()
    }

    /// The span that the record speaks of (not for Trace).
    #[inline]
    pub(crate) fn span(&self) -> u64 {
        self.word(1)
    }

    /// The end of a Span record: `(ticks, outcome)`; `None` while it runs.
    #[inline]
    pub(crate) fn end(&self) -> Option<(u64, u8)> {
        let end = self.word(SPAN_END);
        (end != 0).then_some((end >> 8, end as u8))
    }

    /// What follows the fixed words.
    pub(crate) fn tail(&self, fixed_words: usize) -> &'a [u8] {
        self.bytes.get(fixed_words * 8..).unwrap_or_default()
    }

    /// Text of `bytes` bytes behind the fixed words.
    pub(crate) fn text(&self, fixed_words: usize, bytes: usize) -> &'a str {
        let text = self.tail(fixed_words).get(..bytes).unwrap_or_default();
        str::from_utf8(text).unwrap_or_default()
    }
}

/// The word at an index.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at * 8..)?.first_chunk::<8>()?;
    Some(u64::from_ne_bytes(*bytes))
}
