//! The latest log records, for the events to come.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Instant,
};

use crate::{
    logs::{LogView, pipeline::LogSink},
    site::Level,
    sync::lock,
    trace::{drain::Pending, id::TraceId, recorder},
};

/// Records that are kept for all traces together.
const MOST: usize = 2_048;
/// Bytes of a message.
const MOST_BYTES: usize = 256;
/// Records that one event has.
const MOST_OF_A_TRACE: usize = 50;

/// The latest records of all traces.
///
/// A forked child has its own: a thread that it does not have may hold the lock of its parent's.
#[derive(Clone, Debug)]
pub(crate) struct Crumbs(Arc<[OnceLock<Mutex<Latest>>; recorder::GENERATIONS]>);

type Latest = VecDeque<Crumb>;

/// What led to an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Crumb {
    pub(super) trace: Option<TraceId>,
    pub(super) unix_nanos: u64,
    pub(super) level: Level,
    pub(super) category: String,
    pub(super) message: String,
}

impl Crumbs {
    pub(crate) fn new() -> Self {
        Self(Arc::new([const { OnceLock::new() }; recorder::GENERATIONS]))
    }

    fn latest(&self) -> Option<MutexGuard<'_, Latest>> {
        Some(lock(self.0.get(recorder::generation())?.get_or_init(Mutex::default)))
    }

    fn push(&self, crumb: Crumb) {
        let Some(mut crumbs) = self.latest() else { return };
        if crumbs.len() == MOST {
            crumbs.pop_front();
        }
        crumbs.push_back(crumb);
    }

    /// The last ones of a trace until then, the oldest first.
    pub(super) fn of(&self, trace: TraceId, until: u64) -> Vec<Crumb> {
        let Some(crumbs) = self.latest() else { return Vec::new() };
        let of_trace = crumbs.iter().rev().filter(|crumb| crumb.trace == Some(trace));
        let before = of_trace.filter(|crumb| crumb.unix_nanos <= until);
        let mut found: Vec<_> = before.take(MOST_OF_A_TRACE).cloned().collect();
        found.reverse();
        found
    }
}

impl Crumb {
    pub(super) fn new(
        trace: Option<TraceId>,
        unix_nanos: u64,
        level: Level,
        category: &str,
        message: &str,
    ) -> Self {
        let message = &message[..message.floor_char_boundary(MOST_BYTES)];
        let (category, message) = (category.to_owned(), message.to_owned());
        Self { trace, unix_nanos, level, category, message }
    }
}

/// Takes log records as they come.
#[derive(Debug)]
pub(crate) struct CrumbSink(pub(crate) Crumbs);

impl LogSink for CrumbSink {
    fn accept(&mut self, record: &LogView<'_>) {
        if record.trace_id().is_some() {
            self.0.push(Crumb::new(
                record.trace_id(),
                record.unix_nanos(),
                record.level(),
                record.target(),
                record.message(),
            ));
        }
    }

    fn end_pass(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    fn flush(&mut self) -> Pending {
        Box::new(|_| true)
    }

    fn shutdown(&mut self) -> Pending {
        Box::new(|_| true)
    }
}
