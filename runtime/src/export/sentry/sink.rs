//! Watches spans end, and makes incidents of those that failed.
//!
//! An incident waits until the local root of its trace has ended, or a second: then it knows what the
//! request was, and what was logged in it.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    config::{Checked, Statuses},
    crumbs::{Crumb, Crumbs},
    deliver::Deliverer,
    incident::{self, Incident, Why},
};
use crate::{
    export::{
        stats::Stats,
        worker::{Bounds, Payload, Worker},
    },
    outcome::Outcome,
    resource::Resource,
    site::Level,
    time,
    trace::{
        SpanView, Status,
        drain::{Pending, Sink},
        failure::{self, Failure, Kind},
        id::{SpanId, TraceId},
        loss::LossReason,
    },
};

/// The longest that an incident waits for the end of its local root.
const PATIENCE: Duration = Duration::from_secs(1);
/// Incidents that may wait for it.
const MOST_WAITING: usize = 128;
/// Failures that are remembered, so that who passes them on is not reported too.
const MOST_REMEMBERED: usize = 1_024;
/// Local roots whose names are remembered.
const MOST_ROOTS: usize = 256;
/// Passes after which a span within has come, too: those of one pass come thread by thread, and what
/// lingers comes with the next.
const PASSES: u32 = 3;
/// The least that the queue holds: an incident of the largest kind.
const LEAST_BYTES: usize = 512 * 1024;

/// Makes incidents of spans.
pub(crate) struct SentrySink {
    statuses: Statuses,
    crumbs: Crumbs,
    /// What threads have noted, which waits for its span.
    noted: Vec<(Failure, u32)>,
    waiting: VecDeque<Incident>,
    /// Spans of which a child has failed, and traces in which something was reported.
    passed_on: VecDeque<SpanId>,
    reported: VecDeque<TraceId>,
    /// The latest local roots, and what they are called.
    roots: VecDeque<(TraceId, String)>,
    worker: Option<Worker<Option<Incident>>>,
    stats: Arc<Stats>,
    /// The bytes of what waits here: half of all, the other half waits to be sent.
    bytes: usize,
}

impl SentrySink {
    pub(crate) fn new(
        checked: &Checked,
        resource: &Resource,
        crumbs: Crumbs,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let bytes = (bytes / 2).max(LEAST_BYTES);
        let bounds = Bounds { bytes, spans: u64::MAX };
        let deliver = Deliverer::new(checked, resource);
        let worker = deliver.map(|deliver| {
            Worker::new("spandrel-sentry", bounds, Arc::clone(&stats), Box::new(deliver))
        });
        Self {
            statuses: checked.settings.failed_statuses.clone(),
            crumbs,
            noted: Vec::new(),
            waiting: VecDeque::new(),
            passed_on: VecDeque::new(),
            reported: VecDeque::new(),
            roots: VecDeque::new(),
            worker,
            stats,
            bytes,
        }
    }

    fn take_noted(&mut self) {
        let weight = self.noted.iter().map(|(failure, _)| failure.weight()).sum::<usize>();
        let (mut left, mut lost) = ((self.bytes / 2).saturating_sub(weight), failure::take_lost());
        for failure in failure::take() {
            match left.checked_sub(failure.weight()) {
                Some(rest) => {
                    left = rest;
                    self.noted.push((failure, 0));
                }
                None => lost += u64::from(failure.is_alone()),
            }
        }
        self.stats.add_lost(LossReason::QueueFull, lost);
    }

    /// Lets an incident wait, and decides about the oldest ones if it finds no room.
    fn wait(&mut self, incident: Incident) {
        let weight = |waiting: &VecDeque<Incident>| waiting.iter().map(Incident::weight).sum();
        let left: usize = weight(&self.waiting);
        let mut over = (left + incident.weight()).saturating_sub(self.bytes / 2);
        while (over > 0 || self.waiting.len() >= MOST_WAITING)
            && let Some(oldest) = self.waiting.pop_front()
        {
            over = over.saturating_sub(oldest.weight());
            self.decide(oldest);
        }
        self.waiting.push_back(incident);
    }

    /// Why a span is looked at, if it is.
    fn why(&self, span: &SpanView<'_>) -> Option<Why> {
        if has_exception(span) {
            return Some(Why::Exception);
        }
        match (incident::answered(span), span.outcome()) {
            (Some(status), _) => self.statuses.has(status).then_some(Why::Status),
            // Exceptions may be recorded as log records, or not at all.
            (None, Outcome::Panicked | Outcome::Error) => Some(Why::Outcome),
            _ => None,
        }
    }

    fn report(&mut self, span: &SpanView<'_>, why: Why) {
        self.take_noted();
        let mut incident = Incident::of_span(span, why, time::now());
        let (id, trace) = (span.span_id().to_u64(), span.trace_id());
        let at = self.noted.iter().position(|(noted, _)| {
            noted.span == id && noted.trace == Some(trace) && noted.kind != Kind::Captured
        });
        if let Some(at) = at {
            incident.add(self.noted.remove(at).0);
            incident.why = Why::Exception;
        }
        // Of one pass the root may come first.
        let root = self.roots.iter().find(|(root, _)| *root == trace);
        incident.transaction = root.map(|(_, name)| name.clone());
        self.wait(incident);
    }

    /// Sends an incident, unless it only passes on what is reported anyway.
    fn decide(&mut self, incident: Incident) {
        let is_of_trace =
            |other: &Incident| other.trace == incident.trace && other.why != Why::Status;
        let is_known = match incident.why {
            Why::Exception => false,
            Why::Outcome => incident.span.is_some_and(|span| self.passed_on.contains(&span)),
            Why::Status => {
                incident.trace.is_some_and(|trace| self.reported.contains(&trace))
                    || self.waiting.iter().any(is_of_trace)
            }
        };
        if !is_known {
            if let Some(trace) = incident.trace {
                remember(&mut self.reported, trace);
            }
            self.send(incident);
        }
    }

    /// What spans tell that have ended, to those incidents of their trace that wait.
    fn tell(&mut self, span: &SpanView<'_>) {
        let (trace, is_root) = (span.trace_id(), is_local_root(span));
        for incident in self.waiting.iter_mut().filter(|waiting| waiting.trace == Some(trace)) {
            for event in span.events().filter(|event| event.name() != "exception") {
                if event.unix_nanos() <= incident.unix_nanos {
                    let (at, name) = (event.unix_nanos(), event.name());
                    let target = span.target();
                    incident.lead_up(Crumb::new(Some(trace), at, Level::Info, target, name));
                }
            }
            if is_root {
                incident.transaction = Some(span.name().to_owned());
            }
        }
        if is_root {
            let (_, mut name) = if self.roots.len() == MOST_ROOTS {
                self.roots.pop_front().unwrap_or((trace, String::new()))
            } else {
                (trace, String::new())
            };
            name.clear();
            name.push_str(span.name());
            self.roots.push_back((trace, name));
        }
    }

    fn decide_about(&mut self, is_due: impl Fn(&Incident) -> bool) {
        for _ in 0..self.waiting.len() {
            let Some(incident) = self.waiting.pop_front() else { return };
            if is_due(&incident) {
                self.decide(incident);
            } else {
                self.waiting.push_back(incident);
            }
        }
    }

    fn send(&mut self, mut incident: Incident) {
        let logged = incident.trace.map(|trace| self.crumbs.of(trace, incident.unix_nanos));
        for crumb in logged.unwrap_or_default() {
            // An event of `tracing` is both an event of its span and a log record.
            let is_known = |known: &Crumb| {
                known.message == crumb.message
                    && known.unix_nanos.abs_diff(crumb.unix_nanos) < 1_000_000
            };
            if !incident.crumbs.iter().any(is_known) {
                incident.lead_up(crumb);
            }
        }
        incident.crumbs.sort_by_key(|crumb| crumb.unix_nanos);
        if let Some(worker) = &mut self.worker {
            let bytes = incident.weight();
            let payload = Payload { content: Some(incident), bytes, spans: 1 };
            if let Err((_, reason)) = worker.offer(payload) {
                self.stats.add_lost(reason, 1);
            }
        }
    }

    /// Failures without a span to wait for.
    fn report_noted(&mut self, now: Instant, all: bool) {
        self.take_noted();
        let noted = std::mem::take(&mut self.noted);
        for (failure, passes) in noted {
            if failure.kind == Kind::Captured || passes >= PASSES || all {
                self.wait(Incident::of_failure(failure, now));
            } else {
                self.noted.push((failure, passes + 1));
            }
        }
    }

    fn send_everything(&mut self) {
        self.report_noted(time::now(), true);
        self.decide_about(|_| true);
    }
}

fn has_exception(span: &SpanView<'_>) -> bool {
    span.events().any(|event| event.name() == "exception")
}

fn is_local_root(span: &SpanView<'_>) -> bool {
    span.parent_span_id().is_none() || span.parent_is_remote()
}

fn remember<T: PartialEq>(known: &mut VecDeque<T>, one: T) {
    if known.len() == MOST_REMEMBERED {
        known.pop_front();
    }
    known.push_back(one);
}

impl Sink for SentrySink {
    fn wants_spans(&self) -> bool {
        false
    }

    fn watches(&self) -> bool {
        true
    }

    fn watch(&mut self, span: &SpanView<'_>) {
        let failed = matches!(span.outcome(), Outcome::Error | Outcome::Panicked)
            || matches!(span.status(), Status::Error { .. })
            || incident::answered(span).is_some_and(|status| self.statuses.has(status));
        if failed {
            if let Some(why) = self.why(span) {
                self.report(span, why);
            }
            if let Some(parent) = span.parent_span_id() {
                remember(&mut self.passed_on, parent);
            }
        }
        if is_local_root(span) || !self.waiting.is_empty() {
            self.tell(span);
        }
    }

    fn accept(&mut self, _span: &SpanView<'_>) {}

    fn end_pass(&mut self, now: Instant) {
        self.report_noted(now, false);
        self.waiting.iter_mut().for_each(|incident| incident.passes += 1);
        self.decide_about(|incident| {
            let is_rooted = incident.transaction.is_some() && incident.passes >= PASSES;
            let is_late = now.saturating_duration_since(incident.since) >= PATIENCE;
            incident.site.is_none() || is_rooted || is_late
        });
    }

    fn flush(&mut self) -> Pending {
        self.send_everything();
        self.worker.as_ref().map_or_else(|| Box::new(|_| true) as _, Worker::flush)
    }

    fn shutdown(&mut self) -> Pending {
        self.send_everything();
        failure::stop_watching();
        self.worker.as_mut().map_or_else(|| Box::new(|_| true) as _, Worker::shutdown)
    }
}
