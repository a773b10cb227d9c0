//! The one door to the operating system's clocks.
//!
//! The recorder stamps with *ticks*: the processor's time-stamp counter where it is invariant,
//! nanoseconds of the monotonic clock elsewhere. Ticks become wall-clock time far from the hot
//! path, by [`anchor::Anchor`]. A scope of a test can put its own clock in front of both.

pub(crate) mod anchor;
pub(crate) mod mock;
mod rate;
#[cfg(any(
    feature = "http",
    feature = "otlp",
    feature = "prometheus-remote-write",
    feature = "sentry",
    feature = "zipkin"
))]
pub(crate) mod retry_after;
mod rfc3339;
mod tsc;

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "tracing")]
pub(crate) use rate::ticks_before;
pub(crate) use rate::{nanos_between, nanos_of, nanos_of_counter};
pub(crate) use rfc3339::Rfc3339;

/// Which counter the recorder reads.
///
/// ```
/// use spandrel::Clock;
///
/// assert_eq!(Clock::default(), Clock::Auto);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The time-stamp counter where the processor says that it is invariant, else the
    /// monotonic clock.
    #[default]
    Auto,
    /// The operating system's monotonic clock, always.
    Monotonic,
    /// The time-stamp counter although the processor does not say that it is invariant.
    ///
    /// For virtual machines that hide the promise of a processor that keeps it.
    Tsc,
}

const UNSET: u8 = 0;
const TSC: u8 = 1;
const MONOTONIC: u8 = 2;
/// Some scope has a mock clock: look which one rules the calling thread.
const MOCKED: u8 = 4;

static MODE: AtomicU8 = AtomicU8::new(UNSET);

/// Reads the counter: about 10 ns, the floor of what a span can cost (twice).
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    match MODE.load(Relaxed) {
        TSC => tsc::read(),
        mode => slow(mode),
    }
}

/// As [`ticks`], where [`ticks_at_once`].
#[inline(always)]
pub(crate) fn ticks_of_counter() -> u64 {
    tsc::read()
}

/// Whether [`ticks`] is an instruction and not a call.
#[inline(always)]
pub(crate) fn ticks_at_once() -> bool {
    MODE.load(Relaxed) == TSC
}

#[inline(never)]
fn slow(mode: u8) -> u64 {
    if mode & MOCKED != 0
        && let Some(ticks) = mock::ticks()
    {
        return ticks;
    }
    match mode & !MOCKED {
        UNSET => {
            choose(Clock::Auto);
            ticks()
        }
        TSC => tsc::read(),
        _ => monotonic_nanos(),
    }
}

/// Fixes the counter; later calls change nothing, so that ticks stay comparable.
pub(crate) fn choose(clock: Clock) {
    let has_tsc = cfg!(target_arch = "x86_64") && !cfg!(spandrel_clock = "monotonic");
    let mode = match clock {
        Clock::Auto if has_tsc && tsc::is_invariant() => TSC,
        Clock::Tsc if has_tsc => TSC,
        _ => MONOTONIC,
    };
    if mode == TSC {
        rate::begin();
    }
    let _ = MODE.fetch_update(Relaxed, Relaxed, |now| {
        (now & !MOCKED == UNSET).then_some(now & MOCKED | mode)
    });
}

/// The counter in use, for diagnostics.
pub(crate) fn counter_name() -> &'static str {
    match MODE.load(Relaxed) & !MOCKED {
        TSC => "time-stamp counter",
        _ => "monotonic clock",
    }
}

fn set_mocked(mocked: bool) {
    if mocked {
        MODE.fetch_or(MOCKED, Relaxed);
    } else {
        MODE.fetch_and(!MOCKED, Relaxed);
    }
}

/// Nanoseconds of the monotonic clock since the first call.
pub(crate) fn monotonic_nanos() -> u64 {
    monotonic_nanos_of(Instant::now())
}

/// The same at another moment.
pub(crate) fn monotonic_nanos_of(moment: Instant) -> u64 {
    static BASE: OnceLock<Instant> = OnceLock::new();
    let base = *BASE.get_or_init(|| moment);
    u64::try_from(moment.saturating_duration_since(base).as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds of the monotonic clock, or of the mock clock that rules the calling thread.
pub(crate) fn steady_nanos() -> u64 {
    mocked().unwrap_or_else(monotonic_nanos)
}

/// Just now, as [`nanos_of`] a tick: what policies take for the time.
#[inline(always)]
pub(crate) fn nanos() -> u64 {
    nanos_of(ticks())
}

/// The mock clock that rules the calling thread, if one does.
pub(crate) fn mocked() -> Option<u64> {
    if MODE.load(Relaxed) & MOCKED != 0 { mock::ticks() } else { None }
}

/// Whether a mock clock rules the calling thread that nothing moves but somebody's hand.
#[cfg(feature = "tokio")]
pub(crate) fn stands() -> bool {
    MODE.load(Relaxed) & MOCKED != 0 && mock::stands()
}

/// Lets so much time pass on the mock clock that rules the calling thread, if one does.
///
/// A thread that waits for a clock that stands would wait for ever.
pub(crate) fn pass(time: Duration) -> bool {
    MODE.load(Relaxed) & MOCKED != 0 && mock::pass(time)
}

/// Moves the mock clock that rules the calling thread on to whoever waits for it first, if one does.
#[cfg(any(test, not(feature = "tokio")))]
pub(crate) fn skip_to_next() -> bool {
    mock::skip_to_next()
}

/// As [`pass`], for a wait that somebody else may end: only in tests that began with time paused.
pub(crate) fn skip(time: Duration) -> bool {
    MODE.load(Relaxed) & MOCKED != 0 && mock::skip(time)
}

/// Whether the mock clock that rules the calling thread has come so far; if not, it wakes.
pub(crate) fn poll_mocked(until: u64, waker: &Waker) -> Poll<()> {
    mock::poll(until, waker)
}

/// The monotonic clock, for deadlines of the background threads.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Nanoseconds since the Unix epoch by the wall clock; 0 before it.
pub(crate) fn unix_nanos() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Reads a clock, and the counter at nearly the same moment: the tightest of five tries.
fn read_together<T>(counter: fn() -> u64, clock: impl Fn() -> T) -> (u64, T) {
    let attempt = || {
        let before = counter();
        let value = clock();
        let width = counter().wrapping_sub(before);
        (width, before.wrapping_add(width / 2), value)
    };
    let mut best = attempt();
    for _ in 1..5 {
        let next = attempt();
        if next.0 < best.0 {
            best = next;
        }
    }
    (best.1, best.2)
}

/// When the process began to count, in nanoseconds since the Unix epoch: when it was first asked.
pub(crate) fn started_unix_nanos() -> u64 {
    static STARTED: OnceLock<u64> = OnceLock::new();
    *STARTED.get_or_init(unix_nanos)
}

/// The wall-clock time of a recent tick, in nanoseconds since the Unix epoch.
pub(crate) fn unix_nanos_of(tick: u64) -> u64 {
    let (now, unix_nanos) = read_together(ticks, unix_nanos);
    unix_nanos.saturating_sub(nanos_between(tick, now))
}
