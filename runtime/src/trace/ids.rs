//! Span ids and chunk epochs: unique in the process without a random draw or a shared write each.
//!
//! A thread takes blocks of 2³² numbers from one shared counter and counts within its block. A span
//! id is its number, offset by a random key of the process and sent through a bijection: no two
//! spans of a process share an id, and two processes draw as if at random.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::random;

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1 << 32);
static KEY: AtomicU64 = AtomicU64::new(0);

/// A thread's own numbers.
pub(crate) struct Sequence {
    last: Cell<u64>,
}

impl Sequence {
    /// Without a block: [`Sequence::reserve`] before [`Sequence::next`].
    pub(crate) const fn empty() -> Self {
        Self { last: Cell::new(u32::MAX as u64) }
    }

    /// Makes sure that the block holds so many more numbers.
    #[inline]
    pub(crate) fn reserve(&self, numbers: u32) {
        if (self.last.get() as u32).checked_add(numbers).is_none() {
            self.last.set(NEXT_BLOCK.fetch_add(1 << 32, Relaxed));
        }
    }

    pub(crate) fn reset(&self) {
        self.last.set(u64::from(u32::MAX));
    }

    #[inline(always)]
    pub(crate) fn last(&self) -> u64 {
        self.last.get()
    }

    #[inline(always)]
    pub(crate) fn next(&self) -> u64 {
        let next = self.last.get().wrapping_add(1);
        self.last.set(next);
        next
    }
}

/// Draws the key of the process anew: at start, and in a forked child.
pub(crate) fn rekey() {
    KEY.store(random::seed(), Relaxed);
}

/// A span id; never zero.
#[inline(always)]
pub(crate) fn span_id(numbers: &Sequence) -> u64 {
    let key = KEY.load(Relaxed);
    let id = mix(numbers.next().wrapping_add(key));
    // One number in 2⁶⁴ is mapped to zero; the next one is not.
    if id == 0 { mix(numbers.next().wrapping_add(key)) } else { id }
}

/// A bijection of 64 bits: two xor-shifts around a multiplication by an odd number.
#[inline(always)]
const fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    number ^ number >> 29
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_many_threads_never_repeat_and_are_never_zero() {
        let draw = || {
            let numbers = Sequence::empty();
            numbers.reserve(100_000);
            (0..100_000).map(|_| span_id(&numbers)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let ids: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(!ids.contains(&0));
    }

    #[test]
    fn a_block_that_is_nearly_used_up_is_replaced() {
        let numbers = Sequence::empty();
        numbers.reserve(1);
        let first = numbers.last();
        numbers.last.set(first | u64::from(u32::MAX - 5));
        numbers.reserve(10);
        assert_ne!(numbers.last() >> 32, first >> 32);
    }
}
