//! All attributes of a span in one pass: what most exporters want.
//!
//! Those that came late may repeat a key, of which the last one counts. So what comes after an
//! attribute is known before that is shown: they are read once, and kept for the while.

use super::{
    layout::Kind,
    value::Entries,
    view::{SpanView, records, tail},
};
use crate::value::Value;

/// More attributes are read anew for each of them.
const MOST_KEPT: usize = 32;

/// A span's attributes while they are counted.
struct Shown<S> {
    show: S,
    limit: u32,
    seen: u32,
    dropped: u32,
}

impl<'a> SpanView<'a> {
    /// Shows each attribute and returns how many were left out: [`SpanView::attributes`] and
    /// [`SpanView::dropped_attributes`] in one pass, for most spans.
    #[inline]
    pub(crate) fn each_attribute(&self, show: impl FnMut(&'a str, Value<'a>)) -> u32 {
        let limit = self.limits.attributes();
        let mut shown = Shown { show, limit, seen: 0, dropped: 0 };
        if !self.is_plain() {
            return self.each_of_many_records(shown);
        }
        self.constants().for_each(|(key, value)| shown.attribute(key, value));
        shown.dropped = show_all(self.own_entries(), &mut |key, value| {
            shown.attribute(key, value);
        });
        shown.left_out()
    }

    /// The same of a span about which more was recorded than how it began.
    #[inline(never)]
    fn each_of_many_records(&self, mut shown: Shown<impl FnMut(&'a str, Value<'a>)>) -> u32 {
        let mut kept = [("", Value::Bool(false)); MOST_KEPT];
        let mut count = 0;
        let mut keep = |key, value| {
            if let Some(place) = kept.get_mut(count) {
                *place = (key, value);
            }
            count += 1;
        };
        self.constants().for_each(|(key, value)| keep(key, value));
        let mut dropped = show_all(self.own_entries(), &mut keep);
        for record in records(self.extras, Kind::ATTRS) {
            dropped = dropped.saturating_add(show_all(tail(record, 2), &mut keep));
        }
        let Some(kept) = kept.get(..count) else {
            self.attributes().for_each(|(key, value)| (shown.show)(key, value));
            return self.dropped_attributes();
        };
        shown.dropped = dropped;
        let may_repeat = !self.extras.is_empty();
        for (at, (key, value)) in kept.iter().enumerate() {
            if !may_repeat || kept[at + 1..].iter().all(|(later, _)| later != key) {
                shown.attribute(key, *value);
            }
        }
        if let Some((key, value)) = self.odd_outcome() {
            shown.attribute(key, value);
        }
        shown.left_out()
    }
}

impl<'a, S: FnMut(&'a str, Value<'a>)> Shown<S> {
    #[inline]
    fn attribute(&mut self, key: &'a str, value: Value<'a>) {
        if self.seen < self.limit {
            (self.show)(key, value);
        }
        self.seen += 1;
    }

    fn left_out(&self) -> u32 {
        self.dropped.saturating_add(self.seen.saturating_sub(self.limit))
    }
}

/// Shows the attributes of one record; returns how many found no room in it.
#[inline]
fn show_all<'a>(mut entries: Entries<'a>, show: &mut impl FnMut(&'a str, Value<'a>)) -> u32 {
    let mut dropped = 0;
    while let Some((key, value)) = entries.next_attribute(&mut dropped) {
        show(key, value);
    }
    dropped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        Site,
        outcome::Outcome,
        trace::{Limits, record::fixture::SpanBuilder},
    };

    static SITE: Site = Site::block("work", module_path!());

    proptest! {
        /// Few keys, so that they repeat; sometimes more attributes than are kept.
        #[test]
        fn one_pass_shows_what_the_iterators_show(
            own in prop::collection::vec(0..12_u8, 0..12),
            late in prop::collection::vec(0..40_u8, 0..40),
            most in 0..40_u32,
            is_cancelled in any::<bool>(),
        ) {
            let limits = Limits::new().with_attributes(most);
            let mut builder = SpanBuilder::new(&SITE, 7, 9).limits(limits);
            for (value, key) in own.iter().enumerate() {
                builder = builder.attribute(&format!("key{key}"), &(value as i64));
            }
            for (value, key) in late.iter().enumerate() {
                builder = builder.late_attribute(&format!("key{key}"), &(100 + value as i64));
            }
            if is_cancelled {
                builder = builder.outcome(Outcome::Cancelled);
            }
            builder.view(|span| {
                let mut shown = Vec::new();
                let left_out = span.each_attribute(|key, value| shown.push((key, value)));
                prop_assert_eq!(left_out, span.dropped_attributes());
                prop_assert_eq!(shown, span.attributes().collect::<Vec<_>>());
                Ok(())
            })?;
        }
    }
}
