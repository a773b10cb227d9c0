//! A small number for each thread that counts, its own as long as it lives.
//!
//! What a thread writes under its number only it writes, so a count is a load and a store. A number
//! outlives its thread: the next thread that asks takes it over, with everything that was counted
//! under it, so nothing has to be folded when a thread ends.

use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

/// How many threads may count on their own at a time; those above share.
pub(super) const SLOTS: usize = 1024;

/// What threads have that share: those above the limit, and those that are being torn down.
pub(super) const SHARING: u32 = u32::MAX;

const UNKNOWN: u32 = 0;

static SLOTS_TAKEN: Slots<{ SLOTS / 64 }> = Slots::new();

thread_local! {
    // Without a destructor: counting goes on while the thread's other locals are being destroyed.
    static TOKEN: Cell<u32> = const { Cell::new(UNKNOWN) };
    static RELEASE: ReleaseAtExit = const { ReleaseAtExit };
}

/// The calling thread's number, from 1 on, or [`SHARING`].
#[inline(always)]
pub(super) fn token() -> u32 {
    let token = TOKEN.get();
    if token == UNKNOWN { claim() } else { token }
}

/// The calling thread's number, if it has asked for one before.
#[inline(always)]
pub(super) fn known() -> Option<u32> {
    Some(TOKEN.get()).filter(|token| *token != UNKNOWN)
}

#[cold]
#[inline(never)]
fn claim() -> u32 {
    // In a thread that is ending nobody would give the number back.
    let can_release = RELEASE.try_with(|_| ()).is_ok();
    let token = if can_release { SLOTS_TAKEN.take().unwrap_or(SHARING) } else { SHARING };
    TOKEN.set(token);
    token
}

struct ReleaseAtExit;

impl Drop for ReleaseAtExit {
    fn drop(&mut self) {
        // What is counted from here on is shared: the number may be another thread's at once.
        SLOTS_TAKEN.give_back(TOKEN.replace(SHARING));
    }
}

/// Which numbers are taken, a bit each. Without a lock, which a fork could leave locked.
struct Slots<const WORDS: usize>([AtomicU64; WORDS]);

impl<const WORDS: usize> Slots<WORDS> {
    const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; WORDS])
    }

    /// Takes the lowest number that is free.
    fn take(&self) -> Option<u32> {
        (1..).step_by(64).zip(&self.0).find_map(|(first, word)| {
            // Acquire: what its last owner counted is seen, and counted on from there.
            let taken = word.fetch_update(Acquire, Relaxed, |taken| {
                (taken != u64::MAX).then(|| taken | (taken + 1))
            });
            taken.ok().map(|taken| first + taken.trailing_ones())
        })
    }

    /// Lets the next thread have it.
    fn give_back(&self, token: u32) {
        let Some(index) = token.checked_sub(1) else { return };
        if let Some(word) = self.0.get(index as usize / 64) {
            word.fetch_and(!(1 << (index % 64)), Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_once_and_taken_again_when_given_back() {
        let slots = Slots::<2>::new();

        let taken: Vec<_> = (0..128).map_while(|_| slots.take()).collect();

        assert_eq!(taken, (1..=128).collect::<Vec<u32>>());
        assert_eq!(slots.take(), None);
        slots.give_back(70);
        slots.give_back(SHARING);
        assert_eq!(slots.take(), Some(70));
    }

    #[test]
    fn threads_that_live_at_the_same_time_have_numbers_of_their_own() {
        let tokens = std::sync::Mutex::new(Vec::new());
        let barrier = std::sync::Barrier::new(8);

        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    tokens.lock().unwrap().push(token());
                    barrier.wait();
                });
            }
        });

        let mut tokens = tokens.into_inner().unwrap();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), 8);
        assert!(!tokens.contains(&SHARING));
    }
}
