//! Hides secrets in the records of a span, before anybody is given it.
//!
//! This is the one place through which every span goes on its way out, so whatever comes behind it
//! (exporters, files, the flight recorder, what is held back, a test) sees what may be shown. A span
//! without secrets is passed on as it stands: nothing is copied, nothing allocated.

use super::{
    complete::Complete,
    record::texts::{self, Piece},
};
use crate::redact::{self, Patterns, REDACTED};

/// Memory for the records of spans that are changed.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    head: Vec<u8>,
    extras: Vec<u8>,
}

/// Whether there is nothing to hide in a span.
#[inline]
pub(super) fn is_clean(span: &Complete<'_>) -> bool {
    let patterns = redact::patterns();
    let finds = |piece: Piece<'_>| match piece {
        Piece::Number(number) => patterns.finds_number(number),
        Piece::Text(text) => patterns.finds(text),
    };
    !texts::any(span.head, finds) && !texts::any(span.extras, finds)
}

/// Hides what there is to hide in records that are kept.
#[cfg(feature = "file")]
pub(super) fn scrub_in_place(records: &mut Vec<u8>) {
    let mut scrubbed = Vec::with_capacity(records.len());
    rewrite(records, &mut scrubbed);
    *records = scrubbed;
}

impl Scrubber {
    /// The span without what is to be hidden.
    pub(super) fn scrub<'s>(&'s mut self, span: &Complete<'s>) -> Complete<'s> {
        self.head.clear();
        self.extras.clear();
        rewrite(span.head, &mut self.head);
        rewrite(span.extras, &mut self.extras);
        Complete { head: &self.head, extras: &self.extras, ..*span }
    }
}

fn rewrite(records: &[u8], out: &mut Vec<u8>) {
    let patterns = redact::patterns();
    texts::rewrite(records, out, &mut |piece| hidden(patterns, piece));
}

/// What is shown instead; `None`: the piece itself.
fn hidden(patterns: &Patterns, piece: Piece<'_>) -> Option<String> {
    match piece {
        Piece::Number(number) => patterns.finds_number(number).then(|| REDACTED.to_owned()),
        Piece::Text(text) => {
            // A limit may have cut a character; whoever reads the record leaves its rest out, too.
            let whole = str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
            let text = str::from_utf8(text.get(..whole)?).ok()?;
            match patterns.redact(text) {
                std::borrow::Cow::Borrowed(_) => None,
                std::borrow::Cow::Owned(shown) => Some(shown),
            }
        }
    }
}
