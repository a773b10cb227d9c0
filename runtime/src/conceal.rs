//! Forms of a secret value that may be recorded: `redact(a = hash | len | mask)`.

mod siphash;

use std::{
    fmt::{self, Write as _},
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use siphash::SipHash;

/// Prints a hash: equal values look equal within one run of the program, and nothing else shows.
///
/// The key is drawn once for each process, so that a list of likely values cannot be tried out
/// against recorded hashes. Programs that are given the same key print the same hashes.
#[derive(Debug)]
pub struct Hashed<'v, T: ?Sized>(pub &'v T);

/// Prints how many characters the value has.
#[derive(Debug)]
pub struct Length<'v, T: ?Sized>(pub &'v T);

/// Prints the last four characters of a value that has at least twelve; stars otherwise.
#[derive(Debug)]
pub struct Masked<'v, T: ?Sized>(pub &'v T);

/// The program's key, once it is known.
static KEY: OnceLock<[u64; 2]> = OnceLock::new();

/// Hashes under a key that other programs may have too, unless something has been hashed before.
pub(crate) fn choose_key(text: &str) {
    let _ = KEY.set(derived(text));
}

/// A hash of 128 bits that is the same in every process; no secret, and not for secrets.
#[cfg(feature = "redis-1")]
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    let half = |key| {
        let mut hash = SipHash::new([key, !key]);
        hash.write(bytes);
        u128::from(hash.finish())
    };
    half(1) << 64 | half(2)
}

/// A key of its own for each text.
fn derived(text: &str) -> [u64; 2] {
    [1, 2].map(|half| {
        let mut hash = SipHash::new([half, 0]);
        hash.write(text.as_bytes());
        hash.finish()
    })
}

/// A key that nobody knows.
fn drawn() -> [u64; 2] {
    // The standard library draws one for each of its maps.
    let random = RandomState::new();
    [random.hash_one(1), random.hash_one(2)]
}

const SHOWN: usize = 4;
const LONG_ENOUGH: usize = 12;

impl<T: fmt::Display + ?Sized> fmt::Display for Hashed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hash = Hash(SipHash::new(*KEY.get_or_init(drawn)));
        write!(hash, "{}", self.0)?;
        write!(f, "{:016x}", hash.0.finish())
    }
}

impl<T: fmt::Display + ?Sized> fmt::Display for Length<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut length = Count(0);
        write!(length, "{}", self.0)?;
        write!(f, "{}", length.0)
    }
}

impl<T: fmt::Display + ?Sized> fmt::Display for Masked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut length = Count(0);
        write!(length, "{}", self.0)?;
        let shown = if length.0 >= LONG_ENOUGH { SHOWN } else { 0 };
        f.write_str("****")?;
        write!(Tail { f, skip: length.0 - shown }, "{}", self.0)
    }
}

struct Hash(SipHash);

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

struct Count(usize);

impl fmt::Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        Ok(())
    }
}

struct Tail<'f, 'b> {
    f: &'f mut fmt::Formatter<'b>,
    skip: usize,
}

impl fmt::Write for Tail<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if self.skip == 0 {
                self.f.write_char(char)?;
            }
            self.skip = self.skip.saturating_sub(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_value_shows_its_end_only_if_it_is_long() {
        let cases = [("4111111111111111", "****1111"), ("short", "****"), ("", "****")];

        for (value, expected) in cases {
            assert_eq!(Masked(value).to_string(), expected);
        }
    }

    #[test]
    fn equal_values_have_equal_hashes_that_do_not_contain_them() {
        let [a, b, other] = ["ann@example.org", "ann@example.org", "bob@example.org"];

        assert_eq!(Hashed(a).to_string(), Hashed(b).to_string());
        assert_ne!(Hashed(a).to_string(), Hashed(other).to_string());
        assert!(!Hashed(a).to_string().contains("ann"));
    }

    #[test]
    fn each_text_makes_a_key_of_its_own() {
        let [a, b, other] = ["one", "one", "other"].map(derived);

        assert_eq!(a, b);
        assert_ne!(a, other);
        assert_ne!(a[0], a[1]);
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(Length("größe").to_string(), "5");
    }
}
