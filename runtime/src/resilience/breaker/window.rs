//! The calls by which a breaker judges: the last so many, or those of the last so long.

use std::collections::VecDeque;

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub total: u64,
    pub failures: u64,
    pub slow: u64,
}

/// One call, as far as a breaker looks at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    pub failed: bool,
    pub slow: bool,
}

/// How a window is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The last so many calls.
    Count(u32),
    /// The calls of so many nanoseconds, in ten parts of which the oldest is dropped whole.
    Time(u64),
}

/// Calls that still count.
#[derive(Debug)]
pub(crate) enum Window {
    Count(Ring),
    Time(Buckets),
}

impl Window {
    pub(crate) fn new(shape: Shape) -> Self {
        match shape {
            Shape::Count(calls) => Self::Count(Ring::new(calls.max(1))),
            Shape::Time(nanos) => Self::Time(Buckets::new(nanos)),
        }
    }

    /// Adds calls that all went the same way, and drops what is too old for the window.
    pub(crate) fn add(&mut self, call: Call, times: u64, now: u64) {
        match self {
            Self::Count(ring) => ring.push(call, times),
            Self::Time(buckets) => buckets.add(call, times, now),
        }
    }

    pub(crate) fn sums(&mut self, now: u64) -> Sums {
        match self {
            Self::Count(ring) => ring.sums,
            Self::Time(buckets) => {
                buckets.rotate(now);
                buckets.sums
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        match self {
            Self::Count(ring) => *ring = Ring::new(ring.most),
            Self::Time(buckets) => *buckets = Buckets::new(buckets.part * PARTS),
        }
    }
}

/// The last calls, two bits each.
#[derive(Debug)]
pub(crate) struct Ring {
    most: u32,
    words: Box<[u64]>,
    next: u32,
    sums: Sums,
}

impl Ring {
    fn new(most: u32) -> Self {
        let words = vec![0; (most as usize).div_ceil(32)].into_boxed_slice();
        Self { most, words, next: 0, sums: Sums::default() }
    }

    /// Puts in calls that all went the same way, word by word.
    fn push(&mut self, call: Call, times: u64) {
        // More than it holds are as good as all it holds.
        let mut left = times.min(u64::from(self.most)) as u32;
        let new = (u64::from(call.failed) | u64::from(call.slow) << 1).wrapping_mul(FAILED);
        while left > 0 {
            let first = self.next % 32;
            let count = left.min(32 - first).min(self.most - self.next);
            let Some(word) = self.words.get_mut(self.next as usize / 32) else { return };
            // All ones below as many pairs of bits, from the first on.
            let mask = (u64::MAX >> (64 - 2 * count)) << (2 * first);
            // Until the ring is full the old bits are zero and nothing leaves.
            self.sums.failures -= u64::from((*word & mask & FAILED).count_ones());
            self.sums.slow -= u64::from((*word & mask & FAILED << 1).count_ones());
            *word = *word & !mask | new & mask;
            self.sums.failures += u64::from(call.failed) * u64::from(count);
            self.sums.slow += u64::from(call.slow) * u64::from(count);
            self.next = (self.next + count) % self.most;
            left -= count;
        }
        self.sums.total = (self.sums.total + times).min(u64::from(self.most));
    }
}

/// The lower bit of each pair.
const FAILED: u64 = u64::MAX / 3;

const PARTS: u64 = 10;

/// Calls of ten equal parts of the time.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// Nanoseconds.
    part: u64,
    /// Those that still count, by the number of their part of time, oldest first.
    held: VecDeque<(u64, Sums)>,
    sums: Sums,
}

impl Buckets {
    fn new(nanos: u64) -> Self {
        Self {
            part: (nanos / PARTS).max(1),
            held: VecDeque::with_capacity(PARTS as usize),
            sums: Sums::default(),
        }
    }

    fn rotate(&mut self, now: u64) {
        let current = now / self.part;
        while let Some((part, sums)) = self.held.front() {
            // Nine whole ones and the one that is being filled.
            if part + PARTS > current {
                break;
            }
            self.sums.total -= sums.total;
            self.sums.failures -= sums.failures;
            self.sums.slow -= sums.slow;
            self.held.pop_front();
        }
    }

    fn add(&mut self, call: Call, times: u64, now: u64) {
        self.rotate(now);
        // A clock that was read earlier on another thread may be behind.
        let newest = self.held.back().map_or(0, |(part, _)| *part);
        let current = (now / self.part).max(newest);
        if self.held.is_empty() || newest < current {
            self.held.push_back((current, Sums::default()));
        }
        if let Some((_, sums)) = self.held.back_mut() {
            for sums in [sums, &mut self.sums] {
                sums.total += times;
                sums.failures += times * u64::from(call.failed);
                sums.slow += times * u64::from(call.slow);
            }
        }
    }
}
