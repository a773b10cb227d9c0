//! Chunks of words and their hand-over from the thread that writes to the one that drains.
//!
//! All of it is safe code: a chunk is a leaked slice of atomics, stored to with relaxed order,
//! which costs what a plain store costs. The owner says with a release store how many words are
//! whole; the drain reads no further. A full chunk is sealed and changes hands; a drained one comes
//! back through the pool, whose budget is the hard bound on memory. Chunks are never freed: the
//! next owner finds its pages mapped and warm.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sync::shared::{AtomicBool, AtomicU64, AtomicUsize, Mutex, lock};

/// The first chunk of a thread is small: many threads record little.
pub(crate) const SMALL_WORDS: usize = 256;
pub(crate) const LARGE_WORDS: usize = 2_048;

/// A run of words with one writer at a time.
#[derive(Debug)]
pub(crate) struct Chunk {
    words: &'static [AtomicU64],
    /// Counts up from 0 in each pool.
    number: usize,
    /// Where the chunk stands in the list of live ones; guarded by the pool's lock.
    position: AtomicUsize,
    /// Counts up over the pool with each life of a chunk.
    turn: AtomicU64,
    written: AtomicUsize,
    sealed: AtomicBool,
}

impl Chunk {
    fn leak(words: usize, number: usize) -> &'static Self {
        let words = (0..words).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        Box::leak(Box::new(Self {
            words,
            number,
            position: AtomicUsize::new(0),
            turn: AtomicU64::new(0),
            written: AtomicUsize::new(0),
            sealed: AtomicBool::new(false),
        }))
    }

    #[inline(always)]
    pub(crate) fn words(&self) -> &'static [AtomicU64] {
        self.words
    }

    /// The chunk's number in its pool.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Publishes all words up to `written`. Only the owner calls it, and never with less.
    #[inline(always)]
    pub(crate) fn publish(&self, written: usize) {
        self.written.store(written, Release);
    }

    /// Gives the chunk away; the owner must not touch it again.
    pub(crate) fn seal(&self) {
        self.sealed.store(true, Release);
    }

    /// `(published words, sealed)`: of a sealed chunk the first number is final.
    pub(crate) fn progress(&self) -> (usize, bool) {
        let sealed = self.sealed.load(Acquire);
        (self.written.load(Acquire), sealed)
    }
}

/// The budget of chunks.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// Words that can still be had; a hint that spares the lock when there are none.
    available: AtomicUsize,
    budget: usize,
}

#[derive(Debug, Default)]
struct State {
    small: Vec<&'static Chunk>,
    large: Vec<&'static Chunk>,
    live: Vec<&'static Chunk>,
    allocated: usize,
    chunks: usize,
    turns: u64,
}

impl Pool {
    /// A pool of at most so many words, none of them allocated yet.
    pub(crate) fn new(budget: usize) -> Self {
        Self { state: Mutex::new(State::default()), available: AtomicUsize::new(budget), budget }
    }

    /// Takes a chunk, large if asked and affordable; `None` when the budget is used up.
    pub(crate) fn acquire(&self, large: bool) -> Option<&'static Chunk> {
        if self.available.load(Relaxed) < SMALL_WORDS {
            return None;
        }
        let mut state = lock(&self.state);
        // The last quarter goes in small pieces, so that many threads keep recording.
        let large = large && self.available.load(Relaxed) > self.budget / 4;
        let chunk = if large {
            state.large.pop().or_else(|| self.allocate(&mut state, LARGE_WORDS))
        } else {
            let small = state.small.pop();
            small.or_else(|| self.allocate(&mut state, SMALL_WORDS)).or_else(|| state.large.pop())
        };
        let chunk = chunk.or_else(|| state.small.pop())?;
        self.available.fetch_sub(chunk.words.len(), Relaxed);
        chunk.position.store(state.live.len(), Relaxed);
        state.turns += 1;
        chunk.turn.store(state.turns, Relaxed);
        state.live.push(chunk);
        Some(chunk)
    }

    fn allocate(&self, state: &mut State, words: usize) -> Option<&'static Chunk> {
        (state.allocated + words <= self.budget).then(|| {
            state.allocated += words;
            state.chunks += 1;
            Chunk::leak(words, state.chunks - 1)
        })
    }

    /// Whether a quarter is in use: time to wake the drain, so that no pass grows long.
    pub(crate) fn is_low(&self) -> bool {
        self.available.load(Relaxed) < self.budget / 4 * 3
    }

    /// Lists the chunks in use, those of a thread in the order of their use.
    pub(crate) fn list(&self, into: &mut Vec<&'static Chunk>) {
        into.clear();
        into.extend_from_slice(&lock(&self.state).live);
        // None of them changes its turn: only the caller retires.
        into.sort_unstable_by_key(|chunk| chunk.turn.load(Relaxed));
    }

    /// Takes back a sealed chunk that has been read to its end.
    pub(crate) fn retire(&self, chunk: &'static Chunk) {
        chunk.written.store(0, Relaxed);
        chunk.sealed.store(false, Relaxed);
        let mut state = lock(&self.state);
        let position = chunk.position.load(Relaxed);
        state.live.swap_remove(position);
        if let Some(moved) = state.live.get(position) {
            moved.position.store(position, Relaxed);
        }
        if chunk.words.len() == SMALL_WORDS {
            state.small.push(chunk);
        } else {
            state.large.push(chunk);
        }
        self.available.fetch_add(chunk.words.len(), Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_never_exceeded() {
        let pool = Pool::new(2 * LARGE_WORDS);

        let mut taken = 0;
        while let Some(chunk) = pool.acquire(true) {
            taken += chunk.words().len();
        }

        assert!(taken <= 2 * LARGE_WORDS, "{taken}");
        assert!(taken > 2 * LARGE_WORDS - SMALL_WORDS, "{taken}");
    }

    #[test]
    fn chunks_are_listed_in_the_order_of_their_use() {
        let pool = Pool::new(8 * SMALL_WORDS);
        let chunks = [(); 5].map(|()| pool.acquire(false).unwrap());
        for at in [0, 3] {
            chunks[at].seal();
            pool.retire(chunks[at]);
        }
        let again = [(); 2].map(|()| pool.acquire(false).unwrap());

        let mut listed = Vec::new();
        pool.list(&mut listed);

        let expected = [chunks[1], chunks[2], chunks[4], again[0], again[1]];
        let numbers = |chunks: &[&Chunk]| chunks.iter().map(|c| c.number()).collect::<Vec<_>>();
        assert_eq!(numbers(&listed), numbers(&expected));
    }

    #[test]
    fn a_retired_chunk_is_taken_again() {
        let pool = Pool::new(SMALL_WORDS);
        let chunk = pool.acquire(false).unwrap();
        assert!(pool.acquire(false).is_none());

        chunk.publish(5);
        chunk.seal();
        pool.retire(chunk);

        let again = pool.acquire(false).unwrap();
        assert_eq!(again.progress(), (0, false));
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use super::*;

    /// Words of one record: its number, twice.
    fn put(chunk: &Chunk, at: usize, number: u64) {
        chunk.words()[at].store(number, Relaxed);
        chunk.words()[at + 1].store(number, Relaxed);
        chunk.publish(at + 2);
    }

    #[test]
    fn the_drain_sees_whole_records_in_order_and_recycles_without_loss() {
        loom::model(|| {
            let pool = Arc::new(Pool::new(SMALL_WORDS));
            let owner = {
                let pool = Arc::clone(&pool);
                loom::thread::spawn(move || {
                    let first = pool.acquire(false).unwrap();
                    put(first, 0, 1);
                    put(first, 2, 2);
                    first.seal();
                    // The second one only exists if the drain has given the first one back.
                    if let Some(second) = pool.acquire(false) {
                        put(second, 0, 3);
                        second.seal();
                        3
                    } else {
                        2
                    }
                })
            };

            let mut seen = Vec::new();
            let mut drain = |pool: &Pool, read: &mut usize| {
                let mut live = Vec::new();
                pool.list(&mut live);
                for chunk in live {
                    let (written, sealed) = chunk.progress();
                    while *read < written {
                        let word = |at: usize| chunk.words()[at].load(Relaxed);
                        assert_eq!(word(*read), word(*read + 1), "a torn record");
                        seen.push(word(*read));
                        *read += 2;
                    }
                    if sealed {
                        *read = 0;
                        pool.retire(chunk);
                    }
                }
            };
            let mut read = 0;
            drain(&pool, &mut read);
            let written = owner.join().unwrap();
            drain(&pool, &mut read);
            drain(&pool, &mut read);

            assert_eq!(seen, (1..=written).collect::<Vec<u64>>());
        });
    }

    #[test]
    fn an_end_patched_in_place_is_seen_at_the_latest_when_the_chunk_is_sealed() {
        loom::model(|| {
            let pool = Arc::new(Pool::new(SMALL_WORDS));
            let chunk = pool.acquire(false).unwrap();
            let owner = loom::thread::spawn(move || {
                chunk.words()[0].store(7, Relaxed);
                chunk.publish(2);
                chunk.words()[1].store(9, Relaxed);
                chunk.seal();
            });

            let (_, sealed) = chunk.progress();
            if sealed {
                assert_eq!(chunk.words()[1].load(Relaxed), 9);
            }
            owner.join().unwrap();
        });
    }
}
