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
    let finds = |piece: Piece<'_>| finds(patterns, piece);
    !texts::any(span.head, finds) && !texts::any(span.extras, finds)
}

#[inline]
fn finds(patterns: &Patterns, piece: Piece<'_>) -> bool {
    match piece {
        Piece::Number(number) => patterns.finds_number(number),
        Piece::Text(text) => patterns.finds(text),
    }
}

/// Whether there is nothing to hide in attributes that stand by themselves.
#[inline]
pub(crate) fn is_clean_tail(tail: &[u8]) -> bool {
    let patterns = redact::patterns();
    !texts::any_of_tail(tail, |piece| finds(patterns, piece))
}

/// Appends them without what there is to hide.
pub(crate) fn scrub_tail(tail: &[u8], out: &mut Vec<u8>) {
    let patterns = redact::patterns();
    texts::rewrite_tail(tail, out, &mut |piece| hidden(patterns, piece));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Site,
        trace::{
            SpanData, SpanView,
            record::{fixture::SpanBuilder, read::Record},
        },
    };

    static SITE: Site = Site::block("work", module_path!());

    fn scrubbed(span: SpanBuilder) -> SpanData {
        span.view(|view| {
            let complete = Complete {
                head: view.head.bytes,
                extras: view.extras,
                trace: view.trace,
                tick: view.end_tick,
                outcome: view.outcome,
                discarded: false,
            };
            assert!(!is_clean(&complete));
            let mut scrubber = Scrubber::default();
            let scrubbed = scrubber.scrub(&complete);
            assert!(is_clean(&scrubbed));
            let (head, rest) = Record::take(scrubbed.head).unwrap();
            assert!(rest.is_empty());
            SpanData::from(&SpanView { head, extras: scrubbed.extras, ..*view })
        })
    }

    #[test]
    fn every_text_of_a_span_is_scrubbed_and_nothing_else_changes() {
        const SECRET: &str = "größe of http://a:hunter2@db";
        let span = SpanBuilder::new(&SITE, 7, 9)
            .times(1, 5)
            .attribute("text", &SECRET)
            .attribute("list", &vec!["plain", SECRET, ""])
            .attribute("card", &4_111_111_111_111_111_u64)
            .attribute("size", &4_111_111_111_111_112_u64)
            .attribute("half", &0.5)
            .late_attribute("late", &SECRET)
            .event("saw token=hunter2", 3, &[("by", &SECRET), ("n", &2)])
            .link(70, 90, &[("why", &SECRET)])
            .status_error("no password=hunter2 here");

        let data = scrubbed(span);

        let shown = "größe of http://[REDACTED]@db";
        let attributes: Vec<_> =
            data.attributes.iter().map(|(key, value)| (key.as_str(), value.to_string())).collect();
        assert_eq!(
            attributes,
            [
                ("text", shown.into()),
                ("list", format!("[plain, {shown}, ]")),
                ("card", REDACTED.into()),
                ("size", "4111111111111112".into()),
                ("half", "0.5".into()),
                ("late", shown.into()),
            ]
        );
        assert_eq!(data.events[0].name, "saw token=[REDACTED]");
        assert_eq!(data.events[0].attributes[0].1.to_string(), shown);
        assert_eq!(data.links[0].attributes[0].1.to_string(), shown);
        assert_eq!(data.links[0].trace_id.to_u128(), 70);
        assert!(format!("{:?}", data.status).contains("no password=[REDACTED] here"));
    }
}
