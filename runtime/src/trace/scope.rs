//! Scopes: a test's own spans, sampler, limits and clock, whatever runs beside it.
//!
//! A scope is a number in the context. It travels wherever the context travels, and the background
//! thread gives the spans of a scope to it instead of to the exporters.
//!
//! Outside any scope the number has another use: a trace that is recorded although the sampler said
//! no carries the number of its local root there (see [`super::tail`]), so that the program's
//! contexts need no room for it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};

use super::{
    data::SpanData, limits::Limits, local::Local, record::view::SpanView, sampling::Sampling,
};
use crate::{
    logs::LogData,
    sync::lock,
    time::mock::{self, MockClock},
};

static NEXT: AtomicU32 = AtomicU32::new(1);
static SCOPES: Mutex<Option<HashMap<u32, Arc<Scope>>>> = Mutex::new(None);

/// Marks a number that is that of a tentative local root.
const TENTATIVE: u32 = 1 << 31;

/// The scope that a context's number stands for; 0: the program.
#[inline]
pub(crate) const fn of(number: u32) -> u32 {
    if number & TENTATIVE == 0 { number } else { 0 }
}

/// The tentative local root that a context's number stands for; 0: none.
#[inline]
pub(crate) const fn root_of(number: u32) -> u32 {
    if number & TENTATIVE == 0 { 0 } else { number }
}

/// The number of a tentative local root.
///
/// It only has to be another one than those of other local roots of the same trace, which run at
/// the same time.
pub(crate) const fn tentative(random: u64) -> u32 {
    random as u32 | TENTATIVE
}

/// One scope.
#[derive(Debug)]
pub(crate) struct Scope {
    id: u32,
    limits: Limits,
    sampling: Sampling,
    mocked: AtomicBool,
    spans: Mutex<Vec<SpanData>>,
    logs: Mutex<Vec<LogData>>,
}

impl Scope {
    /// Opens a scope.
    pub(crate) fn open(limits: Limits, sampling: Sampling) -> Arc<Self> {
        let id = NEXT.fetch_add(1, Relaxed);
        let mocked = AtomicBool::new(false);
        let (spans, logs) = (Mutex::default(), Mutex::default());
        let scope = Arc::new(Self { id, limits, sampling, mocked, spans, logs });
        lock(&SCOPES).get_or_insert_default().insert(id, Arc::clone(&scope));
        scope
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    pub(crate) fn has_mock_clock(&self) -> bool {
        self.mocked.load(Relaxed)
    }

    /// Puts a clock that stands still in front of the real one.
    pub(crate) fn mock_clock(&self) -> MockClock {
        self.mocked.store(true, Relaxed);
        MockClock::install(self.id, || of(Local.scope()), None)
    }

    /// The same for a clock that is one with another.
    #[cfg(all(feature = "test-util", feature = "tokio"))]
    pub(crate) fn drive_clock(&self, driver: Box<dyn mock::Driver>) {
        self.mocked.store(true, Relaxed);
        MockClock::install(self.id, || of(Local.scope()), Some(driver));
    }

    pub(crate) fn collect(&self, span: &SpanView<'_>) {
        lock(&self.spans).push(SpanData::from(span));
    }

    pub(crate) fn collect_log(&self, log: LogData) {
        lock(&self.logs).push(log);
    }

    /// The log records so far.
    pub(crate) fn logs(&self) -> Vec<LogData> {
        lock(&self.logs).clone()
    }

    /// The spans finished so far.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        lock(&self.spans).clone()
    }

    /// Closes the scope: spans that still run are lost.
    pub(crate) fn close(&self) {
        lock(&SCOPES).get_or_insert_default().remove(&self.id);
        if self.has_mock_clock() {
            mock::remove(self.id);
        }
    }
}

/// The scope with this number, while it is open.
pub(crate) fn find(id: u32) -> Option<Arc<Scope>> {
    if id == 0 {
        return None;
    }
    lock(&SCOPES).as_ref()?.get(&id).map(Arc::clone)
}
