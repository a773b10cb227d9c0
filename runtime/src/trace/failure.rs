//! What is known of a failure where it happens, beyond what the records of its span say.
//!
//! The chain of an error, a backtrace, and about whom it was: an error tracker wants them, and only
//! the thread that failed has them. They wait in one bounded list for the background thread, which
//! knows the rest. Whoever fails never waits: where the list is in use or full, the failure is
//! reported with what its span says.

use std::{
    backtrace::Backtrace,
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use super::{context::Context, id::TraceId, own_thread};
use crate::time;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program has reported it by itself.
    Captured,
    Error,
    Panic,
}

/// A failure that waits to be reported.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) trace: Option<TraceId>,
    pub(crate) span: u64,
    pub(crate) unix_nanos: u64,
    pub(crate) error_type: String,
    pub(crate) message: String,
    /// What caused it, the nearest first.
    pub(crate) sources: Vec<String>,
    pub(crate) backtrace: Option<Backtrace>,
    /// File and line.
    pub(crate) place: Option<(String, u32)>,
    pub(crate) about: Option<Arc<About>>,
    pub(crate) fields: Vec<(String, String)>,
}

/// Whom and what the work of a task is about, in the words of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) user: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

const OFF: u8 = 0;
const ON: u8 = 1;
const WITH_BACKTRACES: u8 = 2;
/// Failures that may wait.
const MOST: usize = 256;
/// Links of a chain that are told of.
const MOST_SOURCES: usize = 16;

static WATCHED: AtomicU8 = AtomicU8::new(OFF);
static WAITING: Mutex<Vec<Failure>> = Mutex::new(Vec::new());

/// From now on failures are noted.
pub(crate) fn watch(with_backtraces: bool) {
    WATCHED.store(if with_backtraces { WITH_BACKTRACES } else { ON }, Relaxed);
}

/// Whether failures are noted: those of the program, and not what goes wrong on threads of ours.
#[inline]
pub(crate) fn is_watched() -> bool {
    WATCHED.load(Relaxed) != OFF && !own_thread::is_current()
}

impl Failure {
    /// One that happens here and now, in the current span.
    pub(crate) fn here(kind: Kind, error_type: &str, message: String) -> Self {
        let context = Context::peek();
        let wants_backtrace = kind == Kind::Panic || WATCHED.load(Relaxed) == WITH_BACKTRACES;
        Self {
            kind,
            trace: context.trace_id(),
            span: context.span,
            unix_nanos: time::unix_nanos(),
            error_type: error_type.to_owned(),
            message,
            sources: Vec::new(),
            // Its symbols are looked up by whoever prints it.
            backtrace: wants_backtrace.then(Backtrace::force_capture),
            place: None,
            about: context.about(),
            fields: Vec::new(),
        }
    }

    /// With what caused it.
    pub(crate) fn caused_by(mut self, source: Option<&(dyn std::error::Error + '_)>) -> Self {
        let mut source = source;
        while let Some(error) = source
            && self.sources.len() < MOST_SOURCES
        {
            let text = std::panic::AssertUnwindSafe(|| error.to_string());
            self.sources.push(std::panic::catch_unwind(text).unwrap_or_default());
            source = error.source();
        }
        self
    }

    /// Leaves it to be reported.
    pub(crate) fn note(self) {
        let waiting = match WAITING.try_lock() {
            Ok(waiting) => Some(waiting),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(mut waiting) = waiting
            && waiting.len() < MOST
        {
            waiting.push(self);
        }
    }
}

/// Takes what waits.
pub(crate) fn take() -> Vec<Failure> {
    WAITING.try_lock().map(|mut waiting| std::mem::take(&mut *waiting)).unwrap_or_default()
}
