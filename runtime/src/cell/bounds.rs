//! Which bucket a value belongs to, at scale 3: eight buckets for each doubling.
//!
//! Bucket `i` holds what is above `2^(i/8)` and at most `2^((i+1)/8)`, as the exponential histogram
//! of the OpenTelemetry metrics data model wants it. The bounds are powers in *seconds*; durations
//! come in nanoseconds, of which a second has no power of two. So the bounds are a table of whole
//! nanoseconds, which decides exactly; the highest bits of a duration say where to begin in it.

/// Base 2^(2^-3).
pub(crate) const SCALE: i32 = 3;

/// The bucket of one nanosecond.
pub(super) const LOWEST: i32 = -240;
/// How many buckets durations have: up to 2^32 seconds, which also the longer ones are counted as.
pub(super) const BUCKETS: usize = 496;

/// 2^(j/8), in units of 2^-63.
const ROOTS: [u64; 8] = [
    0x8000_0000_0000_0000,
    0x8b95_c1e3_ea8b_d6e6,
    0x9837_f051_8db8_a96f,
    0xa5fe_d6a9_b151_38ea,
    0xb504_f333_f9de_6484,
    0xc567_2a11_5506_dadd,
    0xd744_fcca_d69d_6af4,
    0xeac0_c6e7_dd24_392e,
];

/// The longest duration of each bucket, in whole nanoseconds; the last takes what is longer, too.
///
/// With as many entries as need no check.
static LONGEST: [u64; 512] = {
    let (longest, mut table, mut at) = (longest(), [u64::MAX; 512], 0);
    while at < BUCKETS - 1 {
        table[at] = longest[at];
        at += 1;
    }
    table
};

/// The bucket of the shortest duration with these highest four bits, by exponent and three bits.
static BEGIN: [u16; 512] = begin();

const fn longest() -> [u64; BUCKETS] {
    let mut table = [0; BUCKETS];
    let mut at = 0;
    while at < BUCKETS {
        let exponent = LOWEST + at as i32 + 1;
        let root = ROOTS[exponent.rem_euclid(8) as usize] as u128 * 1_000_000_000;
        // At most 2^32 seconds: it fits.
        table[at] = (root >> (63 - exponent.div_euclid(8))) as u64;
        at += 1;
    }
    table
}

const fn begin() -> [u16; 512] {
    let longest = longest();
    let mut table = [0; 512];
    let (mut at, mut bucket) = (0, 0);
    while at < 512 {
        let shortest = ((8 + at % 8) as u128) << (at / 8) >> 3;
        while bucket + 1 < BUCKETS && (longest[bucket] as u128) < shortest {
            bucket += 1;
        }
        table[at] = bucket as u16;
        at += 1;
    }
    table
}

/// The bucket of a duration, from 0 on; add [`LOWEST`] for its index.
#[inline(always)]
pub(super) fn bucket_of_nanos(nanos: u64) -> usize {
    // Nothing is in the first bucket.
    let zeros = (nanos | 1).leading_zeros();
    let bits = nanos << zeros >> 60;
    let begin = (63 - zeros as usize) * 8 + (bits as usize & 7);
    let bucket = usize::from(BEGIN[begin & 511]);
    // At most two more, for an eighth of a doubling is wider than a bucket by less than one. Without
    // a branch: nobody can predict how long a call takes.
    let bucket = bucket + usize::from(LONGEST[bucket & 511] < nanos);
    bucket + usize::from(LONGEST[bucket & 511] < nanos)
}

/// Fractions of the numbers just below 2^(j/8).
const FRACTIONS: [u64; 8] = {
    let mut fractions = [0; 8];
    let mut at = 0;
    while at < 8 {
        fractions[at] = ROOTS[at] << 1 >> 12;
        at += 1;
    }
    fractions
};

/// The lowest bucket that a positive floating-point number can have, and how many there are.
pub(super) const LOWEST_F64: i32 = -1074 * 8 - 1;
pub(super) const BUCKETS_F64: usize = (1074 + 1024) * 8 + 1;

/// The index of the bucket of a number above zero.
#[inline]
pub(super) fn index_of_f64(value: f64) -> i32 {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = value.to_bits();
    let (exponent, fraction) = match (bits >> 52 & 0x7ff) as i32 {
        // Without the leading one, which stands at the highest bit that is set.
        0 => {
            let zeros = (bits & FRACTION).leading_zeros() as i32;
            (11 - 1022 - zeros, bits << (zeros - 11) & FRACTION)
        }
        exponent => (exponent - 1023, bits & FRACTION),
    };
    let above = FRACTIONS.iter().filter(|bound| fraction > **bound).count() as i32;
    exponent * 8 + above - 1
}

/// The upper bound of a bucket of this scale.
pub(crate) fn upper_bound(scale: i32, index: i32) -> f64 {
    f64::exp2((f64::from(index) + 1.0) * f64::exp2(-f64::from(scale)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index_of_nanos(nanos: u64) -> i32 {
        i32::try_from(bucket_of_nanos(nanos)).unwrap() + LOWEST
    }

    #[test]
    fn known_durations_are_in_their_buckets() {
        let known = [
            (1_000_000_000, -1),
            (1_000_000_001, 0),
            (2_000_000_000, 7),
            (100_000_000, -27),
            (250_000_000, -17),
            (500_000_000, -9),
            (1, -240),
            (0, -240),
        ];
        for (nanos, index) in known {
            assert_eq!(index_of_nanos(nanos), index, "{nanos} ns");
        }
        assert_eq!(bucket_of_nanos(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn known_numbers_are_in_their_buckets() {
        let known = [
            (1.0, -1),
            (1.0 + f64::EPSILON, 0),
            (2.0, 7),
            (0.1, -27),
            (0.25, -17),
            (1e9, 239),
            (f64::MIN_POSITIVE, -1022 * 8 - 1),
            (f64::from_bits(1), LOWEST_F64),
            (f64::from_bits(3), -1073 * 8 + 4),
            (f64::MAX, 1024 * 8 - 1),
        ];
        for (value, index) in known {
            assert_eq!(index_of_f64(value), index, "{value}");
        }
        assert_eq!(usize::try_from(1024 * 8 - 1 - LOWEST_F64).unwrap() + 1, BUCKETS_F64);
    }

    #[test]
    fn each_bound_is_the_last_of_its_bucket() {
        for (bucket, longest) in longest().into_iter().enumerate() {
            if bucket > 0 && LONGEST[bucket - 1] == longest {
                // No whole nanosecond lies in it.
                continue;
            }
            assert_eq!(bucket_of_nanos(longest), bucket);
            assert_eq!(bucket_of_nanos(longest + 1).min(bucket + 1), (bucket + 1).min(BUCKETS - 1));
        }
    }

    proptest! {
        #[test]
        fn the_table_agrees_with_a_search(nanos in prop_oneof![0..u64::MAX, 0..10_000_000_000_u64]) {
            let found = longest().partition_point(|longest| *longest < nanos.max(1));
            prop_assert_eq!(bucket_of_nanos(nanos), found.min(BUCKETS - 1));
        }

        #[test]
        fn numbers_lie_between_the_bounds_of_their_bucket(exponent in -1000.0..1000.0_f64) {
            let value = exponent.exp2();
            let index = index_of_f64(value);
            // `exp2` is not exact; the known numbers above are.
            prop_assert!(value <= upper_bound(SCALE, index) * (1.0 + 1e-12));
            prop_assert!(value >= upper_bound(SCALE, index - 1) * (1.0 - 1e-12));
        }
    }
}
