//! The hash of a label: fast for short texts, and a constant where the text is one.
//!
//! It only leads to a series; whether it is the right one is decided by comparing.

const KEY: u64 = 0x9e37_79b9_7f4a_7c15;
const STR: u64 = 0xd1b5_4a32_d192_ed03;
const INT: u64 = 0xaef1_7502_108e_f2d9;
const ODD: u64 = 0xe703_7ed1_a0b4_28db;

/// Of a key and a text.
#[inline(always)]
pub(super) fn of_str(key: &str, value: &str) -> u64 {
    fold(of_bytes(key.as_bytes(), KEY), of_bytes(value.as_bytes(), STR))
}

/// Of a key and a number of a kind.
#[inline(always)]
pub(super) fn of_bits(key: &str, value: u64, kind: u64) -> u64 {
    fold(of_bytes(key.as_bytes(), KEY), fold(value ^ INT, kind.wrapping_add(ODD)))
}

#[inline(always)]
fn of_bytes(bytes: &[u8], seed: u64) -> u64 {
    let (first, last) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk())
    {
        if bytes.len() > 16 {
            return of_many(bytes, seed);
        }
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else if let [first, .., last] = bytes {
        (u64::from(*first), u64::from(*last) << 8 | u64::from(bytes[bytes.len() / 2]))
    } else {
        (bytes.first().map_or(0, |byte| u64::from(*byte)), 0)
    };
    fold(first ^ seed, last ^ ODD.wrapping_add(bytes.len() as u64))
}

#[inline(never)]
fn of_many(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = fold(seed, ODD ^ bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = fold(hash ^ u64::from_le_bytes(word), ODD);
    }
    hash
}

/// Both halves of the product, folded: each bit of the result depends on all that is given.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn texts_of_every_length_differ_in_hash() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        let mut hashes = BTreeSet::new();

        for end in 0..=text.len() {
            hashes.insert(of_str("key", &text[..end]));
            hashes.insert(of_str(&text[..end], "value"));
        }
        for number in 0..1_000 {
            hashes.insert(of_bits("key", number, 1));
            hashes.insert(of_bits("key", number, 2));
        }

        assert_eq!(hashes.len(), 2 * 27 + 2_000);
    }

    #[test]
    fn hashes_spread_over_a_small_table() {
        let places: BTreeSet<_> =
            (0..1_000).map(|number| of_str("region", &format!("r{number}")) % 1_024).collect();

        // Of 1,000 balls in 1,024 boxes, 637 boxes are hit on average.
        assert!(places.len() > 560, "{}", places.len());
    }
}
