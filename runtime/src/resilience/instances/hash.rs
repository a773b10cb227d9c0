//! A hash for short keys that outsiders may choose: seeded, and made for speed.
//!
//! Eight bytes at a time are mixed by a multiplication whose upper half is folded into the lower
//! one, as in wyhash and ahash. The seed is the process's own; and where the keys of a table are
//! bounded in number, even somebody who knew it could do little.

use std::{
    hash::{BuildHasher, Hasher},
    sync::OnceLock,
};

use crate::random;

/// Makes the hash of each key begin with the process's seed.
#[derive(Clone, Debug)]
pub(super) struct KeyHash {
    seed: u64,
}

impl KeyHash {
    pub(super) fn new() -> Self {
        static SEED: OnceLock<u64> = OnceLock::new();
        Self { seed: *SEED.get_or_init(random::seed) }
    }
}

impl BuildHasher for KeyHash {
    type Hasher = Folding;

    #[inline]
    fn build_hasher(&self) -> Folding {
        Folding(self.seed)
    }
}

/// The hash so far.
pub(super) struct Folding(u64);

impl Folding {
    #[inline]
    fn mix(&mut self, word: u64) {
        // An odd number without a pattern: the fractional part of the golden ratio.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folding {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let rest = rest.iter().fold(bytes.len() as u64, |word, byte| word << 8 | u64::from(*byte));
        self.mix(rest);
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_differ_in_one_place_are_spread() {
        let hash = KeyHash::new();
        let keys = (0..4_096).map(|number| format!("tenant-{number:08}-eu"));

        let (mut low, mut high) = (HashSet::new(), HashSet::new());
        for key in keys {
            let found = hash.hash_one(key.as_str());
            low.insert(found & 0xfff);
            high.insert(found >> 52);
        }

        // Of 4,096 balls in as many boxes, 63 % hit a box that is empty.
        assert!(low.len() > 2_400 && high.len() > 2_400, "{} {}", low.len(), high.len());
    }
}
