//! Builds spans for the tests of exporters, without a recorder.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    layout::{self, FLAG_PARENT_REMOTE, Kind, SPAN_WORDS},
    read::Record,
    view::{STATUS_ERROR, STATUS_OK, SpanView, TraceHead},
    writer::Writer,
};
use crate::{
    outcome::Outcome, site::Site, sync::shared::AtomicU64, time::anchor::Anchor,
    trace::limits::Limits, value::Attribute,
};

/// A span in the making; its ticks are nanoseconds since the Unix epoch.
pub(crate) struct SpanBuilder {
    site: &'static Site,
    words: &'static [AtomicU64],
    writer: Writer,
    span: u64,
    flags: u8,
    trace: TraceHead,
    end: u64,
    outcome: Outcome,
    extras: Vec<u8>,
    limits: Limits,
}

impl SpanBuilder {
    pub(crate) fn new(site: &'static Site, trace: u128, span: u64) -> Self {
        let words: &'static [AtomicU64] =
            (0..1024).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        words[1].store(span, Relaxed);
        let writer = Writer::new(words, SPAN_WORDS, site.field_table(), site.redacts());
        let trace = TraceHead { id: trace, flags: 1, ..TraceHead::default() };
        Self {
            site,
            words,
            writer,
            span,
            flags: 0,
            trace,
            end: 0,
            outcome: Outcome::Ok,
            extras: Vec::new(),
            limits: Limits::new(),
        }
    }

    pub(crate) fn parent(mut self, span: u64, remote: bool) -> Self {
        self.words[2].store(span, Relaxed);
        self.flags |= if remote { FLAG_PARENT_REMOTE } else { 0 };
        self
    }

    pub(crate) fn times(mut self, start: u64, end: u64) -> Self {
        self.words[3].store(start, Relaxed);
        self.end = end;
        self
    }

    pub(crate) fn trace_state(mut self, state: &str) -> Self {
        self.trace.state = state.to_owned();
        self
    }

    pub(crate) fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets an attribute when the span begins.
    pub(crate) fn attribute(mut self, key: &str, value: &dyn Attribute) -> Self {
        self.writer.set_keyed(key, &value);
        self
    }

    /// Sets an attribute later.
    pub(crate) fn late_attribute(mut self, key: &str, value: &dyn Attribute) -> Self {
        self.extra(Kind::ATTRS, 0, 0, &[], |writer| writer.set_keyed(key, &value));
        self
    }

    pub(crate) fn event(
        mut self,
        name: &str,
        time: u64,
        attributes: &[(&str, &dyn Attribute)],
    ) -> Self {
        self.extra(Kind::EVENT, 0, 0, &[time], |writer| {
            writer.name_str(name);
            attributes.iter().for_each(|(key, value)| writer.set_keyed(key, value));
        });
        self
    }

    pub(crate) fn link(
        mut self,
        trace: u128,
        span: u64,
        attributes: &[(&str, &dyn Attribute)],
    ) -> Self {
        let words = [(trace >> 64) as u64, trace as u64, span, 1];
        self.extra(Kind::LINK, 0, 0, &words, |writer| {
            attributes.iter().for_each(|(key, value)| writer.set_keyed(key, value));
        });
        self
    }

    pub(crate) fn status_ok(mut self) -> Self {
        self.extra(Kind::STATUS, 0, STATUS_OK, &[], |_| {});
        self
    }

    pub(crate) fn status_error(mut self, description: &str) -> Self {
        self.extra(Kind::STATUS, 0, STATUS_ERROR, &[], |writer| writer.name_str(description));
        self
    }

    fn extra(
        &mut self,
        kind: u8,
        flags: u8,
        aux: u32,
        fixed: &[u64],
        write: impl FnOnce(&mut Writer),
    ) {
        let words: &'static [AtomicU64] =
            (0..1024).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        words[1].store(self.span, Relaxed);
        for (word, value) in words[2..].iter().zip(fixed) {
            word.store(*value, Relaxed);
        }
        let mut writer = Writer::new(words, 2 + fixed.len(), &[], false);
        write(&mut writer);
        let used = writer.finish();
        words[0].store(layout::head(kind, flags, used, aux), Relaxed);
        self.extras.extend(bytes(&words[..used]));
    }

    /// Shows the span as exporters see it.
    pub(crate) fn view<R>(mut self, look: impl FnOnce(&SpanView<'_>) -> R) -> R {
        let used = self.writer.finish();
        self.words[0].store(layout::head(Kind::SPAN, self.flags, used, 0), Relaxed);
        let head = bytes(&self.words[..used]);
        let (head, _) = Record::take(&head).expect("the builder writes whole records");
        look(&SpanView {
            site: self.site,
            head,
            extras: &self.extras,
            trace: &self.trace,
            end_tick: self.end,
            outcome: self.outcome,
            anchor: &Anchor::IDENTITY,
            limits: &self.limits,
        })
    }
}

fn bytes(words: &[AtomicU64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{trace::Status, value::Value};

    static SITE: Site = Site::block("charge", "shop");

    #[test]
    fn what_is_written_is_read_back() {
        let builder = SpanBuilder::new(&SITE, 7, 9)
            .parent(8, true)
            .times(100, 350)
            .trace_state("vendor=1")
            .attribute("small", &-5_i64)
            .attribute("large", &(i64::MIN))
            .attribute("unsigned", &u64::MAX)
            .attribute("float", &1.5_f64)
            .attribute("yes", &true)
            .attribute("text", &"Grüße, 世界")
            .attribute("none", &None::<u8>)
            .attribute("list", &vec!["a", "longer than eight bytes"])
            .attribute("password", &"hunter2")
            .late_attribute("small", &6_u8)
            .event("retry", 120, &[("attempt", &2_u8)])
            .link(70, 90, &[("why", &"batch")])
            .status_error("declined");

        builder.view(|span| {
            let attributes: Vec<_> =
                span.attributes().map(|(key, value)| (key, value.to_string())).collect();
            assert_eq!(
                attributes,
                [
                    ("large", i64::MIN.to_string()),
                    ("unsigned", u64::MAX.to_string()),
                    ("float", "1.5".into()),
                    ("yes", "true".into()),
                    ("text", "Grüße, 世界".into()),
                    ("list", "[a, longer than eight bytes]".into()),
                    ("password", "[REDACTED]".into()),
                    ("small", "6".into()),
                ]
            );
            assert_eq!(span.duration().as_nanos(), 250);
            assert_eq!(span.parent_span_id().map(crate::trace::id::SpanId::to_u64), Some(8));
            assert!(span.parent_is_remote());
            assert_eq!(span.trace_state(), "vendor=1");
            assert_eq!(span.status(), Status::Error { description: "declined" });
            let event = span.events().next().unwrap();
            assert_eq!((event.name(), event.unix_nanos()), ("retry", 120));
            assert_eq!(event.attributes().next(), Some(("attempt", Value::I64(2))));
            let link = span.links().next().unwrap();
            assert_eq!((link.trace_id().to_u128(), link.span_id().to_u64()), (70, 90));
            assert_eq!(link.attributes().next(), Some(("why", Value::Str("batch"))));
        });
    }

    #[test]
    fn limits_leave_out_and_count() {
        let limits =
            Limits::new().with_attributes(1).with_events(1).with_links(0).with_event_attributes(0);
        let builder = SpanBuilder::new(&SITE, 7, 9)
            .limits(limits)
            .attribute("a", &1)
            .attribute("b", &2)
            .event("one", 1, &[("x", &1)])
            .event("two", 2, &[])
            .link(1, 1, &[]);

        builder.view(|span| {
            assert_eq!((span.attributes().count(), span.dropped_attributes()), (1, 1));
            assert_eq!((span.events().count(), span.dropped_events()), (1, 1));
            assert_eq!((span.links().count(), span.dropped_links()), (0, 1));
            let event = span.events().next().unwrap();
            assert_eq!((event.attributes().count(), event.dropped_attributes()), (0, 1));
        });
    }

    #[test]
    fn ok_is_not_overridden() {
        let builder =
            SpanBuilder::new(&SITE, 7, 9).status_ok().status_error("late").outcome(Outcome::Error);

        builder.view(|span| assert_eq!(span.status(), Status::Ok));
    }
}
