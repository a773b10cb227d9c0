//! A clock that stands still, put under libraries that have none of their own to set.
//!
//! `std::time::Instant` asks the C library, and what this program defines comes before that. On a
//! thread that has frozen its clock the answer is what that thread says; on all others it is the
//! system's, so that nobody else in this program notices.
#![expect(unsafe_code, reason = "the function of the C library that `Instant` asks")]

use std::{cell::Cell, sync::Arc, time::Duration};

use spandrel::testing::MockClock;

thread_local! {
    /// Nanoseconds, where they stand still. Without a destructor: it may be read at any time.
    static FROZEN: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The clocks of one thread, which go together or not at all: that of `std`, that of tokio, and
/// that of the bodies of the calls.
pub(super) struct Clocks {
    pub(super) bodies: Arc<MockClock>,
}

impl Clocks {
    /// Stops them; tokio's has to be paused by whoever builds its runtime after this.
    pub(super) fn freeze(bodies: Arc<MockClock>) -> Self {
        FROZEN.set(Some(1_000_000_000_000));
        Self { bodies }
    }

    /// Lets time pass on all of them at once.
    pub(super) async fn advance(&self, time: Duration) {
        self.bodies.advance(time);
        FROZEN.set(FROZEN.get().map(|nanos| nanos + time.as_nanos() as u64));
        tokio::time::advance(time).await;
    }

    pub(super) fn now(&self) -> u64 {
        self.bodies.unix_nanos()
    }
}

impl Drop for Clocks {
    fn drop(&mut self) {
        FROZEN.set(None);
    }
}

// SAFETY: the name and the type are those of the C library, and this is the only definition of it
// in the program. The pointer is the caller's: the C library requires it to be valid for one
// `timespec` to be written, and so may this.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(
    clock: libc::clockid_t,
    time: *mut libc::timespec,
) -> libc::c_int {
    match FROZEN.try_with(Cell::get).ok().flatten() {
        Some(nanos) if clock == libc::CLOCK_MONOTONIC => {
            let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            let frozen = libc::timespec { tv_sec: seconds as _, tv_nsec: nanos as _ };
            // SAFETY: see above.
            unsafe { time.write(frozen) };
            0
        }
        // SAFETY: the kernel checks what it is given.
        _ => unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) as libc::c_int },
    }
}
