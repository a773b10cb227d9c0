//! The one door to the operating system's entropy, and a small generator for each thread.

use std::{
    cell::Cell,
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    marker::PhantomData,
};

/// Fills `bytes` with entropy of the operating system.
///
/// Where `/dev/urandom` cannot be read, the keys that std draws for its hash maps stand in.
pub(crate) fn fill(bytes: &mut [u8]) {
    if !read_urandom(bytes) {
        for chunk in bytes.chunks_mut(8) {
            let word = RandomState::new().build_hasher().finish().to_ne_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(unix)]
fn read_urandom(bytes: &mut [u8]) -> bool {
    use std::{fs::File, io::Read as _};
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(bytes)).is_ok()
}

#[cfg(not(unix))]
fn read_urandom(_bytes: &mut [u8]) -> bool {
    false
}

/// One 64-bit number of entropy.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}

thread_local! {
    static FIXED: Cell<Option<f64>> = const { Cell::new(None) };
}

/// A number from 0 to 1 made of random bits, or the one that a test has fixed for its thread.
#[cold]
pub(crate) fn chance(bits: u64) -> f64 {
    FIXED.get().unwrap_or((bits >> 11) as f64 / (1_u64 << 53) as f64)
}

/// Takes chance away from a thread until it is dropped; made by `testing::chance`.
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub struct FixedChance {
    before: Option<f64>,
    /// What it restores belongs to this thread.
    _here: PhantomData<*const ()>,
}

impl FixedChance {
    pub(crate) fn new(chance: f64) -> Self {
        Self { before: FIXED.replace(Some(chance)), _here: PhantomData }
    }
}

impl Drop for FixedChance {
    fn drop(&mut self) {
        FIXED.set(self.before);
    }
}

/// The state of a generator with this seed (splitmix64; Steele, Lea, Flood, 2014); never all zero.
pub(crate) fn seeded(seed: u64) -> [u64; 4] {
    std::array::from_fn(|word| {
        let mut word =
            seed.wrapping_add((word as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    })
}

/// A thread's own generator: xoshiro256++ (Blackman and Vigna, 2019), seeded from entropy.
///
/// It names traces; it is not for secrets.
pub(crate) struct Generator {
    state: [Cell<u64>; 4],
}

impl Generator {
    /// A generator that seeds itself at its first draw.
    pub(crate) const fn unseeded() -> Self {
        Self { state: [const { Cell::new(0) }; 4] }
    }

    /// Forgets the state: the next draw seeds anew (after `fork`).
    pub(crate) fn reset(&self) {
        self.state.iter().for_each(|word| word.set(0));
    }

    /// Goes on from this state; returns the one so far.
    pub(crate) fn exchange(&self, state: [u64; 4]) -> [u64; 4] {
        let mut state = state.into_iter();
        std::array::from_fn(|word| self.state[word].replace(state.next().unwrap_or_default()))
    }

    /// Draws the next number.
    pub(crate) fn next(&self) -> u64 {
        let [a, b, c, d] = &self.state;
        if a.get() | b.get() | c.get() | d.get() == 0 {
            self.reseed();
        }
        let result = a.get().wrapping_add(d.get()).rotate_left(23).wrapping_add(a.get());
        let shifted = b.get() << 17;
        c.set(c.get() ^ a.get());
        d.set(d.get() ^ b.get());
        b.set(b.get() ^ c.get());
        a.set(a.get() ^ d.get());
        c.set(c.get() ^ shifted);
        d.set(d.get().rotate_left(45));
        result
    }

    #[cold]
    fn reseed(&self) {
        let mut bytes = [0; 32];
        fill(&mut bytes);
        for (word, bytes) in self.state.iter().zip(bytes.chunks_exact(8)) {
            word.set(bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
        // All zero would be a fixed point; with entropy at hand it never happens, without it might.
        if self.state.iter().all(|word| word.get() == 0) {
            self.state[0].set(0x9e37_79b9_7f4a_7c15);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_generators_draw_different_numbers() {
        let (one, other) = (Generator::unseeded(), Generator::unseeded());
        assert_ne!((one.next(), one.next()), (other.next(), other.next()));
    }

    #[test]
    fn a_generator_repeats_no_number_in_a_thousand() {
        let generator = Generator::unseeded();
        let drawn: std::collections::HashSet<u64> = (0..1_000).map(|_| generator.next()).collect();
        assert_eq!(drawn.len(), 1_000);
    }
}
