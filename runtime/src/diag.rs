//! What Spandrel says about itself: one line on stderr, and never often.
//!
//! A program's own log may lead through Spandrel, so that a failing exporter that logged its failure
//! would feed itself. That is why diagnostics go straight to stderr, limited in rate, and why the
//! limit is two atomics: nothing here can be left locked by a `fork`.
//!
//! A test sees the messages of its own threads: [`capture`] installs a hook on the calling thread,
//! and every background thread that Spandrel starts takes the hook of its starter with
//! [`Hook::current`] and [`Hook::install`].

use std::{
    cell::RefCell,
    fmt,
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
};

use crate::{pace::Pace, time};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    /// Nothing.
    Off = 0,
    /// What a user should change, or is losing.
    Warn = 1,
    /// What was configured, and from where.
    Info = 2,
    /// What is exported, what fails and why.
    Debug = 3,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warn as u8);
static WARNINGS: Limiter = Limiter::new(20, 5_000_000_000);
static DETAILS: Limiter = Limiter::new(500, 10_000_000);

/// Says no more than this from now on.
pub(crate) fn set_level(level: Level) {
    LEVEL.store(level as u8, Relaxed);
}

/// Whether messages of the level are said: look before building a costly one.
pub(crate) fn enabled(level: Level) -> bool {
    level as u8 <= LEVEL.load(Relaxed) || Hook::current().is_some()
}

/// Says what a user should change, or is losing.
#[cold]
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    say(Level::Warn, &WARNINGS, message);
}

/// Says what was configured, and from where.
#[cold]
pub(crate) fn info(message: fmt::Arguments<'_>) {
    say(Level::Info, &DETAILS, message);
}

/// Says what is exported, what fails and why.
#[cold]
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    say(Level::Debug, &DETAILS, message);
}

fn say(level: Level, limiter: &Limiter, message: fmt::Arguments<'_>) {
    if let Some(hook) = Hook::current() {
        crate::sync::lock(&hook.0).push((level, message.to_string()));
        return;
    }
    if !enabled(level) {
        return;
    }
    let Some(suppressed) = limiter.admit(time::monotonic_nanos()) else { return };
    let line = match suppressed {
        0 => format!("spandrel: {message}\n"),
        more => format!("spandrel: {message} ({more} messages were left out before this one)\n"),
    };
    // One write, so that lines of several threads stay whole. Without a stderr there is nobody to
    // tell, and `eprintln!` would panic.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Lets a burst pass, then one message an interval.
struct Limiter {
    pace: Pace,
    arrival: AtomicU64,
    suppressed: AtomicU64,
}

impl Limiter {
    const fn new(burst: u64, interval_nanos: u64) -> Self {
        Self {
            pace: Pace::new(interval_nanos, burst * interval_nanos),
            arrival: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// `Some(n)`: say it; `n` messages were not said since the last one.
    fn admit(&self, now: u64) -> Option<u64> {
        let next = |arrival| self.pace.next(arrival, now);
        if self.arrival.fetch_update(Relaxed, Relaxed, next).is_ok() {
            Some(self.suppressed.swap(0, Relaxed))
        } else {
            self.suppressed.fetch_add(1, Relaxed);
            None
        }
    }
}

type Messages = Arc<Mutex<Vec<(Level, String)>>>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Takes the messages of the threads it is installed on, at every level and unlimited.
#[derive(Clone, Debug)]
pub(crate) struct Hook(Messages);

impl Hook {
    /// The hook of the calling thread.
    pub(crate) fn current() -> Option<Self> {
        HOOK.try_with(|hook| hook.try_borrow().ok()?.clone()).ok().flatten()
    }

    /// Makes it the hook of the calling thread, for good.
    pub(crate) fn install(self) {
        let _ = HOOK.try_with(|hook| *hook.borrow_mut() = Some(self));
    }
}

/// The messages of one scope, for tests.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Capture(Messages);

/// Collects the messages of the calling thread, and of the threads started from it, until dropped.
#[cfg(test)]
pub(crate) fn capture() -> Capture {
    let messages = Messages::default();
    Hook(Arc::clone(&messages)).install();
    Capture(messages)
}

#[cfg(test)]
impl Capture {
    /// The messages of a level so far.
    pub(crate) fn of(&self, level: Level) -> Vec<String> {
        let messages = crate::sync::lock(&self.0);
        messages.iter().filter(|(l, _)| *l == level).map(|(_, text)| text.clone()).collect()
    }
}

#[cfg(test)]
impl Drop for Capture {
    fn drop(&mut self) {
        let _ = HOOK.try_with(|hook| hook.borrow_mut().take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_message_an_interval() {
        let limiter = Limiter::new(3, 100);

        let burst: Vec<_> = (0..5).map(|_| limiter.admit(1_000)).collect();

        assert_eq!(burst, [Some(0), Some(0), Some(0), None, None]);
        assert_eq!(limiter.admit(1_099), None);
        assert_eq!(limiter.admit(1_100), Some(3));
        assert_eq!(limiter.admit(1_101), None);
    }

    #[test]
    fn a_capture_takes_messages_of_every_level() {
        let said = capture();

        warn(format_args!("lost {} spans", 3));
        debug(format_args!("sent"));

        assert_eq!(said.of(Level::Warn), ["lost 3 spans"]);
        assert_eq!(said.of(Level::Debug), ["sent"]);
    }

    #[test]
    fn a_thread_takes_the_hook_of_its_starter() {
        let said = capture();
        let hook = Hook::current();

        let thread = std::thread::spawn(move || {
            hook.into_iter().for_each(Hook::install);
            info(format_args!("from afar"));
        });

        assert!(thread.join().is_ok());
        assert_eq!(said.of(Level::Info), ["from afar"]);
    }
}
