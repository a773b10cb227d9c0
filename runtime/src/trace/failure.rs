//! What is known of a failure where it happens, beyond what the records of its span say.
//!
//! The chain of an error, a backtrace, and about whom it was: an error tracker wants them, and only
//! the thread that failed has them. They wait in one bounded list for the background thread, which
//! knows the rest. Whoever fails never waits: where the list is full, the failure is reported with
//! what its span says, and counted as lost if it has none.

use std::{
    backtrace::Backtrace,
    fmt::{self, Write as _},
    mem, panic,
    sync::{
        Arc, Mutex, MutexGuard, TryLockError,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::{context::Context, id::TraceId, own_thread, recorder};
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
/// Failures that may wait, and their bytes.
const MOST: usize = 256;
const MOST_BYTES: usize = 1024 * 1024;
/// Links of a chain that are told of.
const MOST_SOURCES: usize = 16;
/// Bytes of one text.
const MOST_TEXT_BYTES: usize = 8 * 1024;
/// Values that one failure is noted with, and bytes up to which it takes another.
const MOST_FIELDS: usize = 128;
const MOST_FIELD_BYTES: usize = 128 * 1024;
/// What a backtrace is taken to weigh before its symbols are looked up.
const BACKTRACE_BYTES: usize = 8 * 1024;
/// How often a lock is tried that is held for the time of a copy.
const MOST_TRIES: usize = 64;

static WATCHED: AtomicU8 = AtomicU8::new(OFF);

/// One list for each generation of forks: what waits in a parent is the parent's to report, and a
/// thread that a child does not have may hold the lock for ever.
static WAITING: [Mutex<Waiting>; recorder::GENERATIONS] =
    [const { Mutex::new(Waiting::new()) }; recorder::GENERATIONS];

/// Failures that found no place and that nobody else will report.
static LOST: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct Waiting {
    failures: Vec<Failure>,
    bytes: usize,
}

impl Waiting {
    const fn new() -> Self {
        Self { failures: Vec::new(), bytes: 0 }
    }

    /// `false`: there is no room.
    fn push(&mut self, failure: Failure) -> bool {
        let bytes = self.bytes.saturating_add(failure.weight());
        let has_room = self.failures.len() < MOST && bytes <= MOST_BYTES;
        if has_room {
            self.bytes = bytes;
            self.failures.push(failure);
        }
        has_room
    }
}

/// From now on failures are noted.
pub(crate) fn watch(with_backtraces: bool) {
    WATCHED.store(if with_backtraces { WITH_BACKTRACES } else { ON }, Relaxed);
}

/// Whether failures are noted: those of the program, and not what goes wrong on threads of ours.
#[inline]
pub(crate) fn is_watched() -> bool {
    WATCHED.load(Relaxed) != OFF && !own_thread::is_current()
}

/// From now on failures are not noted: nobody takes them any more.
pub(crate) fn stop_watching() {
    WATCHED.store(OFF, Relaxed);
    drop(take());
}

/// A text as it is noted: not longer than it may be, whatever its `Display` does.
pub(crate) fn text(value: &(impl fmt::Display + ?Sized)) -> String {
    let mut text = Bounded(String::new());
    // One that fails or panics leaves the text as far as it came.
    let write = panic::AssertUnwindSafe(|| write!(text, "{value}"));
    let _ = panic::catch_unwind(write);
    text.0
}

/// Text up to [`MOST_TEXT_BYTES`].
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_TEXT_BYTES - self.0.len();
        let end = text.floor_char_boundary(room);
        self.0.push_str(&text[..end]);
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Failure {
    /// One that happens here and now, in the current span.
    pub(crate) fn here(
        kind: Kind,
        error_type: &str,
        message: &(impl fmt::Display + ?Sized),
    ) -> Self {
        let context = Context::peek();
        // The standard library takes a lock for it, which a thread of the parent may have held.
        let is_forked = recorder::generation() > 0;
        let wants_backtrace =
            !is_forked && (kind == Kind::Panic || WATCHED.load(Relaxed) == WITH_BACKTRACES);
        Self {
            kind,
            trace: context.trace_id(),
            span: context.span,
            unix_nanos: time::unix_nanos(),
            error_type: text(error_type),
            message: text(message),
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
            self.sources.push(text(error));
            let next = panic::AssertUnwindSafe(|| error.source());
            source = panic::catch_unwind(next).unwrap_or_default();
        }
        self
    }

    /// Leaves it to be reported.
    pub(crate) fn note(self) {
        let is_alone = self.is_alone();
        let noted = hold().is_some_and(|mut waiting| waiting.push(self));
        if !noted && is_alone {
            LOST.fetch_add(1, Relaxed);
        }
    }

    /// Says more about it, as long as there is room.
    pub(crate) fn add(&mut self, key: &str, value: &impl fmt::Display) {
        if self.fields.len() < MOST_FIELDS && self.weight() < MOST_FIELD_BYTES {
            self.fields.push((text(key), text(value)));
        }
    }

    /// Whether nothing else tells of it: what belongs to a span is reported with what that says.
    pub(crate) fn is_alone(&self) -> bool {
        self.kind == Kind::Captured || self.span == 0
    }

    /// The memory that it holds.
    pub(crate) fn weight(&self) -> usize {
        let texts = [&self.error_type, &self.message].into_iter().chain(&self.sources);
        let texts = texts.map(|text| size_of::<String>() + text.len()).sum::<usize>();
        let about = self.about.as_ref().map_or(0, |about| {
            about.user.as_ref().map_or(0, String::len) + weight_of_pairs(&about.tags)
        });
        let backtrace = self.backtrace.as_ref().map_or(0, |_| BACKTRACE_BYTES);
        size_of::<Self>() + texts + weight_of_pairs(&self.fields) + about + backtrace
    }
}

/// The memory that keys and values hold.
pub(crate) fn weight_of_pairs(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(key, value)| size_of::<(String, String)>() + key.len() + value.len()).sum()
}

/// What waits in this process; `None`: others hold it for longer than anybody may be made to wait.
fn hold() -> Option<MutexGuard<'static, Waiting>> {
    let waiting = WAITING.get(recorder::generation())?;
    for _ in 0..MOST_TRIES {
        match waiting.try_lock() {
            Ok(waiting) => return Some(waiting),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

/// Takes what waits.
pub(crate) fn take() -> Vec<Failure> {
    let waiting = hold().map(|mut waiting| mem::replace(&mut *waiting, Waiting::new()));
    waiting.map(|waiting| waiting.failures).unwrap_or_default()
}

/// How many were lost since the last time that somebody asked.
pub(crate) fn take_lost() -> u64 {
    LOST.swap(0, Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_at_a_character_and_what_their_values_do_is_nobodys_harm() {
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("begun")?;
                panic::resume_unwind(Box::new("on purpose"))
            }
        }

        let long = text(&format_args!("x{}", "é".repeat(MOST_TEXT_BYTES)));

        assert_eq!(long.len(), MOST_TEXT_BYTES - 1);
        assert_eq!(text(&Panics), "begun");
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let mut waiting = Waiting::new();
        let large = || {
            let mut failure = Failure::here(Kind::Captured, "large", &"x".repeat(1 << 20));
            let field = || ("key".to_owned(), text(&"y".repeat(1 << 20)));
            failure.fields = (0..16).map(|_| field()).collect();
            failure
        };

        let taken = (0..MOST).take_while(|_| waiting.push(large())).count();

        assert!((4..8).contains(&taken), "{taken}");
        assert!(waiting.bytes <= MOST_BYTES);
    }

    #[test]
    fn a_panic_of_whoever_held_the_list_does_not_end_it() {
        let slot = &WAITING[recorder::generation()];
        let held = panic::AssertUnwindSafe(|| {
            let _held = slot.lock();
            panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panic::catch_unwind(held).is_err() && slot.is_poisoned());

        Failure::here(Kind::Captured, "poisoned", "still noted").note();

        assert!(take().iter().any(|failure| failure.error_type == "poisoned"));
    }
}
