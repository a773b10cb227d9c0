//! A finished span, read in place from its records.

use std::time::Duration;

use super::{
    layout::{FLAG_PARENT_REMOTE, FLAG_UNIX_TIME, Kind, SPAN_WORDS},
    read::Record,
    value::Entries,
};
use crate::{
    outcome::Outcome,
    site::{Field, Site, SpanKind},
    time::anchor::Anchor,
    trace::{
        id::{SpanId, TraceFlags, TraceId},
        limits::Limits,
        scope,
    },
    value::Value,
};

/// The trace that a run of spans belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TraceHead {
    pub(crate) id: u128,
    pub(crate) scope: u32,
    /// The number of the local root, if the trace is recorded although the sampler said no.
    pub(crate) root: u32,
    pub(crate) flags: u8,
    pub(crate) state: String,
}

impl TraceHead {
    /// Takes the place of another trace, and of its memory.
    pub(crate) fn replace(&mut self, record: &Record<'_>) {
        let (high, low, last) = (record.word(1), record.word(2), record.word(3));
        self.id = u128::from(high) << 64 | u128::from(low);
        let number = (last >> 32) as u32;
        (self.scope, self.root) = (scope::of(number), scope::root_of(number));
        self.flags = last as u8;
        self.state.clear();
        self.state.push_str(record.text(4, record.aux() as usize));
    }
}

/// A finished span, borrowed from the recorder's memory: what exporters encode.
#[derive(Clone, Copy, Debug)]
pub struct SpanView<'a> {
    pub(crate) site: &'static Site,
    pub(crate) head: Record<'a>,
    /// Further records about the span, one behind the other.
    pub(crate) extras: &'a [u8],
    pub(crate) trace: &'a TraceHead,
    pub(crate) end_tick: u64,
    pub(crate) outcome: Outcome,
    pub(crate) anchor: &'a Anchor,
    pub(crate) limits: &'a Limits,
}

/// Whether a span failed, as OpenTelemetry has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status<'a> {
    /// Nobody said.
    #[default]
    Unset,
    /// Somebody said that it went well; nothing overrides that.
    Ok,
    /// It failed.
    Error {
        /// What happened, for people.
        description: &'a str,
    },
}

/// Something that happened at a moment within a span.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    record: Record<'a>,
    anchor: &'a Anchor,
    limit: u32,
}

/// A reference from a span to another one, of this or another trace.
#[derive(Clone, Copy, Debug)]
pub struct LinkView<'a> {
    record: Record<'a>,
    limit: u32,
}

const EVENT_WORDS: usize = 3;
const LINK_WORDS: usize = 6;
const NO_FIELDS: &[Field] = &[];
pub(crate) const STATUS_OK: u32 = 1;
pub(crate) const STATUS_ERROR: u32 = 2;

impl<'a> SpanView<'a> {
    /// The trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        // A recorded span has a trace; the fallback only keeps a torn record from panicking.
        TraceId::from_u128(self.trace.id).unwrap_or(TraceId::MIN)
    }

    /// The span.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        SpanId::from_u64(self.head.span()).unwrap_or(SpanId::MIN)
    }

    /// The span that this one is a part of.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.head.word(2))
    }

    /// Whether the parent is in another process.
    #[must_use]
    pub fn parent_is_remote(&self) -> bool {
        self.head.flags() & FLAG_PARENT_REMOTE != 0
    }

    /// The trace flags of W3C Trace Context.
    #[must_use]
    pub fn trace_flags(&self) -> TraceFlags {
        TraceFlags::from_bits(self.trace.flags)
    }

    /// The `tracestate` of the trace, empty if it has none.
    #[must_use]
    pub fn trace_state(&self) -> &'a str {
        &self.trace.state
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        if let Some(name) = self.extra_records(Kind::NAME).last() {
            return tail(name, 2).name().unwrap_or_default();
        }
        let dynamic = self.site.has_dynamic_name().then(|| self.own_name());
        dynamic.flatten().unwrap_or_else(|| self.site.span_name())
    }

    /// What the span stands for.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.site.kind()
    }

    /// When it began, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn start_unix_nanos(&self) -> u64 {
        self.unix_nanos().0
    }

    /// When it ended, in nanoseconds since the Unix epoch; never before it began.
    #[must_use]
    pub fn end_unix_nanos(&self) -> u64 {
        self.unix_nanos().1
    }

    /// Start and end, in nanoseconds since the Unix epoch.
    #[inline]
    pub(crate) fn unix_nanos(&self) -> (u64, u64) {
        let ticks = self.end_tick.saturating_sub(self.head.word(3));
        let start = self.anchor.unix_nanos(self.head.word(3));
        let times = (start, start.saturating_add(self.anchor.nanos(ticks)));
        if self.extras.is_empty() { times } else { self.stamped_elsewhere(times) }
    }

    /// The times that another clock has given, where one has.
    #[cold]
    fn stamped_elsewhere(&self, times: (u64, u64)) -> (u64, u64) {
        let (mut start, mut end) = times;
        for record in self.extra_records(Kind::TIMES) {
            let given =
                |word, known| Some(record.word(word)).filter(|at| *at != 0).unwrap_or(known);
            (start, end) = (given(2, start), given(3, end));
        }
        (start, end.max(start))
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let (start, end) = self.unix_nanos();
        Duration::from_nanos(end.saturating_sub(start))
    }

    /// The attributes, each key once; of two values of one key the later counts.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        self.unique_attributes().take(self.limits.attributes() as usize)
    }

    fn unique_attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let late = self.late_entries();
        let may_repeat = !self.extras.is_empty();
        let own = self.constants().chain(self.own_entries());
        let mut entries = own.chain(late);
        std::iter::from_fn(move || {
            loop {
                let (key, value) = entries.next()?;
                if !may_repeat || !entries.clone().any(|(later, _)| later == key) {
                    return Some((key, value));
                }
            }
        })
        .chain(self.odd_outcome())
    }

    /// An outcome that the status does not tell, as an attribute.
    pub(super) fn odd_outcome(&self) -> Option<(&'a str, Value<'a>)> {
        let is_odd =
            matches!(self.outcome, Outcome::Cancelled | Outcome::Panicked | Outcome::Rejected);
        is_odd.then(|| ("spandrel.outcome", Value::Str(self.outcome.as_str())))
    }

    /// How many attributes were left out, because of a limit or for want of room.
    #[must_use]
    pub fn dropped_attributes(&self) -> u32 {
        let late = self.extra_records(Kind::ATTRS).map(|record| tail(record, 2).dropped());
        let no_room = late.fold(self.own_entries().dropped(), u32::saturating_add);
        over(self.unique_attributes().count(), self.limits.attributes()).saturating_add(no_room)
    }

    /// Whether its first record says everything: no late attributes, events, links or status.
    #[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
    pub(crate) fn is_plain(&self) -> bool {
        self.extras.is_empty() && matches!(self.outcome, Outcome::Ok | Outcome::Error)
    }

    /// The events, in the order of their recording.
    pub fn events(&self) -> impl Iterator<Item = EventView<'a>> + use<'a> {
        let (anchor, limit) = (self.anchor, self.limits.event_attributes());
        self.extra_records(Kind::EVENT)
            .take(self.limits.events() as usize)
            .map(move |record| EventView { record, anchor, limit })
    }

    /// How many events were left out because of the limit.
    #[must_use]
    pub fn dropped_events(&self) -> u32 {
        over(self.extra_records(Kind::EVENT).count(), self.limits.events())
    }

    /// The links, in the order of their recording.
    pub fn links(&self) -> impl Iterator<Item = LinkView<'a>> + use<'a> {
        let limit = self.limits.link_attributes();
        self.extra_records(Kind::LINK)
            .take(self.limits.links() as usize)
            .map(move |record| LinkView { record, limit })
    }

    /// How many links were left out because of the limit.
    #[must_use]
    pub fn dropped_links(&self) -> u32 {
        over(self.extra_records(Kind::LINK).count(), self.limits.links())
    }

    /// Whether it failed: what was said last, except that nothing overrides `Ok`.
    #[must_use]
    pub fn status(&self) -> Status<'a> {
        status(self.outcome, self.extras)
    }

    /// How the call ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The instrumentation scope: the module path, unless the site names another.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.site.target()
    }

    /// The version of the instrumentation scope, where somebody said one.
    #[must_use]
    pub fn scope_version(&self) -> Option<&'static str> {
        self.site.version()
    }

    /// The function or place that was instrumented.
    #[must_use]
    pub fn site(&self) -> &'static Site {
        self.site
    }

    /// The name that was given last, when the span began or later.
    fn own_name(&self) -> Option<&'a str> {
        let late = self.extra_records(Kind::ATTRS).filter_map(|record| tail(record, 2).name());
        late.last().or_else(|| self.own_entries().name())
    }

    pub(super) fn constants(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + Clone + use<'a> {
        self.site.constants().iter().copied()
    }

    pub(super) fn own_entries(&self) -> Entries<'a> {
        Entries::new(self.head.tail(SPAN_WORDS), self.site.field_table())
    }

    fn late_entries(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + Clone + use<'a> {
        self.extra_records(Kind::ATTRS).flat_map(|record| tail(record, 2))
    }

    fn extra_records(&self, kind: u8) -> impl Iterator<Item = Record<'a>> + Clone + use<'a> {
        records(self.extras, kind)
    }
}

impl<'a> EventView<'a> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        tail(self.record, EVENT_WORDS).name().unwrap_or_default()
    }

    /// When it happened, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn unix_nanos(&self) -> u64 {
        let stamp = self.record.word(2);
        let is_unix_time = self.record.flags() & FLAG_UNIX_TIME != 0;
        if is_unix_time { stamp } else { self.anchor.unix_nanos(stamp) }
    }

    /// Its attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        tail(self.record, EVENT_WORDS).take(self.limit as usize)
    }

    /// How many attributes were left out.
    #[must_use]
    pub fn dropped_attributes(&self) -> u32 {
        let entries = tail(self.record, EVENT_WORDS);
        over(entries.clone().count(), self.limit).saturating_add(entries.dropped())
    }
}

impl<'a> LinkView<'a> {
    /// The trace that is linked to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        let id = u128::from(self.record.word(2)) << 64 | u128::from(self.record.word(3));
        TraceId::from_u128(id).unwrap_or(TraceId::MIN)
    }

    /// The span that is linked to.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        SpanId::from_u64(self.record.word(4)).unwrap_or(SpanId::MIN)
    }

    /// The flags of the linked span.
    #[must_use]
    pub fn trace_flags(&self) -> TraceFlags {
        TraceFlags::from_bits(self.record.word(5) as u8)
    }

    /// Whether the linked span is in another process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.record.flags() & FLAG_PARENT_REMOTE != 0
    }

    /// The `tracestate` of the linked span.
    #[must_use]
    pub fn trace_state(&self) -> &'a str {
        self.record.text(LINK_WORDS, self.record.aux() as usize)
    }

    /// Its attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        self.entries().take(self.limit as usize)
    }

    /// How many attributes were left out.
    #[must_use]
    pub fn dropped_attributes(&self) -> u32 {
        let over = over(self.entries().count(), self.limit);
        over.saturating_add(self.entries().dropped())
    }

    fn entries(&self) -> Entries<'a> {
        tail(self.record, LINK_WORDS + (self.record.aux() as usize).div_ceil(8))
    }
}

/// Whether a span failed, of which this was recorded after its first record.
pub(crate) fn status(outcome: Outcome, extras: &[u8]) -> Status<'_> {
    let mut status = match outcome {
        Outcome::Panicked => Status::Error { description: "panicked" },
        Outcome::Error => Status::Error { description: "" },
        _ => Status::Unset,
    };
    for record in records(extras, Kind::STATUS) {
        match record.aux() {
            STATUS_OK => return Status::Ok,
            STATUS_ERROR => {
                status = Status::Error { description: tail(record, 2).name().unwrap_or_default() };
            }
            _ => {}
        }
    }
    status
}

/// The records of one kind.
pub(super) fn records(bytes: &[u8], kind: u8) -> impl Iterator<Item = Record<'_>> + Clone {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (record, after) = Record::take(rest)?;
        rest = after;
        Some(record)
    })
    .filter(move |record| record.kind() == kind)
}

pub(super) fn tail<'a>(record: Record<'a>, fixed_words: usize) -> Entries<'a> {
    Entries::new(record.tail(fixed_words), NO_FIELDS)
}

fn over(count: usize, limit: u32) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).saturating_sub(limit)
}
