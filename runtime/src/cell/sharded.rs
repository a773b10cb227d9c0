//! What many threads write and few read: each thread a part of its own, readers add them up.
//!
//! A part has one writer, so counting is a load and a store on a cache line that no other core
//! writes. The first thread's part stands in the structure itself; parts of others are made when
//! they come, and stay for whoever has the thread's number next. Threads without a number, and all
//! further ones once the parts of the program take [`MOST_BYTES`], share a part and add atomically;
//! for want of memory, that is said once and counted.

use std::{
    fmt,
    ops::Deref,
    sync::{
        OnceLock,
        atomic::{
            AtomicU32, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed},
        },
    },
};

use super::slot::{self, SHARING, SLOTS};
use crate::diag;

/// One thread's part.
pub(crate) trait Part: Send + Sync + 'static {
    /// A part in which nothing is counted yet.
    const EMPTY: Self;
    /// About how large it becomes.
    const BYTES: usize;
}

/// A structure with a part for each thread.
pub(crate) struct Sharded<T: Part> {
    /// The number of the thread whose part is the first; 0: nobody's yet.
    owner: AtomicU32,
    first: Padded<T>,
    more: OnceLock<Box<More<T>>>,
    shared: OnceLock<Box<T>>,
}

type More<T> = [OnceLock<Box<Chunk<T>>>; SLOTS / CHUNK];
type Chunk<T> = [OnceLock<Box<Padded<T>>>; CHUNK];
const CHUNK: usize = 32;

/// Alone on its cache lines, of which some processors fetch two at a time.
#[repr(align(128))]
struct Padded<T>(T);

/// How much the parts of all structures may take together.
const MOST_BYTES: usize = 64 << 20;
static BYTES: AtomicUsize = AtomicUsize::new(0);
/// Structures with a part that is shared for want of memory.
static CRAMPED: AtomicU64 = AtomicU64::new(0);

/// The part of the calling thread.
pub(crate) struct Mine<'s, T> {
    part: &'s T,
    sole: bool,
}

impl<T: Part> Sharded<T> {
    pub(crate) const fn new() -> Self {
        Self {
            owner: AtomicU32::new(0),
            first: Padded(T::EMPTY),
            more: OnceLock::new(),
            shared: OnceLock::new(),
        }
    }

    /// The part of the calling thread, which must not carry it elsewhere.
    #[inline(always)]
    pub(crate) fn mine(&self) -> Mine<'_, T> {
        let token = slot::token();
        if self.owner.load(Relaxed) == token {
            return Mine { part: &self.first.0, sole: true };
        }
        self.another(token)
    }

    /// The same, where nothing has to be made or shared for it.
    #[inline(always)]
    pub(crate) fn mine_at_once(&self) -> Option<Mine<'_, T>> {
        let token = slot::known()?;
        if self.owner.load(Relaxed) == token {
            return Some(Mine { part: &self.first.0, sole: true });
        }
        self.known(token)
    }

    #[inline(always)]
    fn known(&self, token: u32) -> Option<Mine<'_, T>> {
        let (chunk, place) = ((token as usize - 1) / CHUNK, (token as usize - 1) % CHUNK);
        let part = self.more.get()?.get(chunk)?.get()?.get(place)?.get()?;
        Some(Mine { part: &part.0, sole: true })
    }

    #[inline(never)]
    fn another(&self, token: u32) -> Mine<'_, T> {
        match self.known(token) {
            Some(part) => part,
            None => self.make(token),
        }
    }

    #[cold]
    fn make(&self, token: u32) -> Mine<'_, T> {
        let (chunk, place) = ((token as usize - 1) / CHUNK, (token as usize - 1) % CHUNK);
        if token == SHARING {
            return self.shared();
        }
        // Who shares for want of memory comes here with each count, and writes nothing on the way.
        let is_free = self.owner.load(Relaxed) == 0;
        // Acquire: whoever has the number may have counted under it as another thread.
        if is_free && self.owner.compare_exchange(0, token, Acquire, Relaxed).is_ok() {
            return Mine { part: &self.first.0, sole: true };
        }
        if !take(T::BYTES) {
            let part = self.shared.get_or_init(|| {
                cramped();
                Box::new(T::EMPTY)
            });
            return Mine { part, sole: false };
        }
        let more = self.more.get_or_init(|| Box::new([const { OnceLock::new() }; SLOTS / CHUNK]));
        let part = more.get(chunk).and_then(|chunk| {
            let chunk = chunk.get_or_init(|| Box::new([const { OnceLock::new() }; CHUNK]));
            chunk.get(place)
        });
        match part {
            Some(part) => {
                let part = part.get_or_init(|| Box::new(Padded(T::EMPTY)));
                Mine { part: &part.0, sole: true }
            }
            None => self.shared(),
        }
    }

    #[cold]
    pub(super) fn shared(&self) -> Mine<'_, T> {
        Mine { part: self.shared.get_or_init(|| Box::new(T::EMPTY)), sole: false }
    }

    /// All parts, each of which may be written meanwhile.
    pub(crate) fn each<'s>(&'s self, mut read: impl FnMut(&'s T)) {
        read(&self.first.0);
        let chunks = self.more.get().into_iter().flat_map(|more| more.iter());
        let parts = chunks.filter_map(OnceLock::get).flat_map(|chunk| chunk.iter());
        parts.filter_map(OnceLock::get).for_each(|part| read(&part.0));
        if let Some(shared) = self.shared.get() {
            read(shared);
        }
    }

    /// A word of all parts, added up.
    pub(crate) fn sum(&self, word: impl Fn(&T) -> &AtomicU64) -> u64 {
        let mut sum = 0_u64;
        self.each(|part| sum = sum.wrapping_add(word(part).load(Relaxed)));
        sum
    }
}

/// Takes memory for one more part, if there is any.
fn take(bytes: usize) -> bool {
    if BYTES.load(Relaxed) + bytes > MOST_BYTES {
        return false;
    }
    let is_taken = BYTES.fetch_add(bytes, Relaxed) + bytes <= MOST_BYTES;
    if !is_taken {
        BYTES.fetch_sub(bytes, Relaxed);
    }
    is_taken
}

#[cold]
fn cramped() {
    if CRAMPED.fetch_add(1, Relaxed) == 0 {
        let most = MOST_BYTES >> 20;
        diag::warn(format_args!(
            "what threads count each on its own takes {most} MiB; further ones count together, which \
             is slower. `spandrel.metrics.cramped` says in how many places (said once)"
        ));
    }
}

/// In how many places threads count together for want of memory.
pub(crate) fn cramped_places() -> u64 {
    CRAMPED.load(Relaxed)
}

impl<T: Part> Drop for Sharded<T> {
    fn drop(&mut self) {
        let chunks = self.more.get().into_iter().flat_map(|more| more.iter());
        let parts = chunks.filter_map(OnceLock::get).flat_map(|chunk| chunk.iter());
        let parts = parts.filter(|part| part.get().is_some()).count();
        BYTES.fetch_sub(parts * T::BYTES, Relaxed);
    }
}

impl<'s, T> Mine<'s, T> {
    /// A part in which only the calling thread writes.
    #[inline(always)]
    pub(super) fn sole(part: &'s T) -> Self {
        Self { part, sole: true }
    }

    /// The part, if it is one of those.
    #[inline(always)]
    pub(super) fn kept(self) -> Option<&'s T> {
        self.sole.then_some(self.part)
    }

    /// Whether nobody else writes there.
    pub(crate) fn is_sole(&self) -> bool {
        self.sole
    }

    /// Adds to a word of the part.
    #[inline(always)]
    pub(crate) fn add(&self, word: &AtomicU64, by: u64) {
        if self.sole {
            word.store(word.load(Relaxed).wrapping_add(by), Relaxed);
        } else {
            word.fetch_add(by, Relaxed);
        }
    }

    /// Adds to a word of the part that holds the bits of a floating-point number.
    #[inline(always)]
    pub(crate) fn add_f64(&self, word: &AtomicU64, by: f64) {
        self.change(word, |bits| (f64::from_bits(bits) + by).to_bits());
    }

    /// Replaces a word of the part by what is made of it.
    #[inline(always)]
    pub(crate) fn change(&self, word: &AtomicU64, change: impl Fn(u64) -> u64) {
        if self.sole {
            word.store(change(word.load(Relaxed)), Relaxed);
        } else {
            // It always succeeds, for something is always made.
            let _ = word.fetch_update(Relaxed, Relaxed, |bits| Some(change(bits)));
        }
    }
}

impl<T> Deref for Mine<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.part
    }
}

impl<T: Part> fmt::Debug for Sharded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharded").finish_non_exhaustive()
    }
}

/// The least of them all: one number.
impl Part for AtomicU64 {
    const EMPTY: Self = Self::new(0);
    const BYTES: usize = 128;
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicBool, thread, time::Duration};

    use super::*;
    use crate::time;

    fn count(counter: &Sharded<AtomicU64>, times: u64) {
        for _ in 0..times {
            let mine = counter.mine();
            mine.add(&mine, 1);
        }
    }

    fn total(counter: &Sharded<AtomicU64>) -> u64 {
        counter.sum(|word| word)
    }

    #[test]
    fn counts_of_many_threads_are_exact_and_never_fall() {
        let counter = Sharded::new();
        let done = AtomicBool::new(false);

        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut last, mut reads) = (0, 0);
                while !done.load(Relaxed) {
                    let now = total(&counter);
                    assert!(now >= last);
                    last = now;
                    reads += 1;
                }
                reads
            });
            let writers: Vec<_> =
                (0..32).map(|_| scope.spawn(|| count(&counter, 20_000))).collect();
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Relaxed);
            assert!(reader.join().unwrap() > 0);
        });

        assert_eq!(total(&counter), 32 * 20_000);
    }

    #[test]
    fn threads_that_come_and_go_leave_what_they_counted_and_no_parts() {
        let counter = Sharded::new();

        for _ in 0..200 {
            thread::scope(|scope| scope.spawn(|| count(&counter, 3)).join().unwrap());
        }

        let mut parts = 0;
        counter.each(|_: &AtomicU64| parts += 1);
        assert_eq!(total(&counter), 600);
        // Other tests of the process take numbers, too.
        assert!(parts < 60, "{parts}");
    }

    #[test]
    fn a_thread_counts_also_while_its_locals_are_being_destroyed() {
        static COUNTER: Sharded<AtomicU64> = Sharded::new();
        struct Late;
        impl Drop for Late {
            fn drop(&mut self) {
                count(&COUNTER, 1);
            }
        }
        thread_local!(static LATE: Late = const { Late });

        thread::spawn(|| {
            LATE.with(|_| ());
            count(&COUNTER, 1);
        })
        .join()
        .unwrap();
        // A joined thread has ended its closure; its locals may still be on their way.
        let patience = time::now() + Duration::from_secs(30);
        while total(&COUNTER) < 2 && time::now() < patience {
            thread::yield_now();
        }

        assert_eq!(total(&COUNTER), 2);
    }

    #[test]
    fn those_for_whom_there_is_no_memory_share_and_that_is_counted_once() {
        struct Huge(AtomicU64);
        impl Part for Huge {
            const EMPTY: Self = Self(AtomicU64::new(0));
            const BYTES: usize = MOST_BYTES + 1;
        }
        let counter = Sharded::<Huge>::new();
        let before = cramped_places();
        // The first part is this thread's, as long as it lives.
        let mine = counter.mine();
        mine.add(&mine.0, 1);

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        let mine = counter.mine();
                        mine.add(&mine.0, 1);
                    }
                });
            }
        });

        assert_eq!(counter.sum(|part| &part.0), 8_001);
        assert_eq!(cramped_places() - before, 1);
    }

    #[test]
    fn those_without_a_number_share() {
        let counter = Sharded::<AtomicU64>::new();
        let shared = counter.shared();

        shared.add(&shared, 2);
        count(&counter, 1);

        assert_eq!(total(&counter), 3);
    }
}
