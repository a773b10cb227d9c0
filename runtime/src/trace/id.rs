//! Trace and span identifiers; an invalid (all-zero) one cannot be made.

use std::{fmt, num::NonZero};

/// Identifies a trace: 16 bytes, not all zero.
///
/// ```
/// use spandrel::trace::id::TraceId;
///
/// let id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
/// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert!(TraceId::from_hex("00000000000000000000000000000000").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(NonZero<u128>);

/// Identifies a span within its trace: 8 bytes, not all zero.
///
/// ```
/// use spandrel::trace::id::SpanId;
///
/// let id = SpanId::from_hex("00f067aa0ba902b7").unwrap();
/// assert_eq!(id.to_string(), "00f067aa0ba902b7");
/// assert!(SpanId::from_bytes([0; 8]).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(NonZero<u64>);

/// The trace flags of W3C Trace Context: sampled (1) and random trace id (2).
///
/// ```
/// use spandrel::trace::id::TraceFlags;
///
/// let flags = TraceFlags::SAMPLED | TraceFlags::RANDOM;
/// assert!(flags.is_sampled() && flags.is_random());
/// assert_eq!(flags.bits(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceFlags(u8);

impl TraceId {
    /// The smallest id.
    pub(crate) const MIN: Self = Self(NonZero::<u128>::MIN);

    /// Makes an id from its number, big-endian; `None` for zero.
    #[must_use]
    pub const fn from_u128(number: u128) -> Option<Self> {
        match NonZero::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Makes an id from its bytes; `None` if all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::from_u128(u128::from_be_bytes(bytes))
    }

    /// Reads exactly 32 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub const fn from_hex(text: &str) -> Option<Self> {
        match hex(text.as_bytes(), 32) {
            Some(number) => Self::from_u128(number),
            None => None,
        }
    }

    /// The id as a number.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        self.0.get()
    }

    /// The id as bytes, in the order of the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// The smallest id.
    pub(crate) const MIN: Self = Self(NonZero::<u64>::MIN);

    /// Makes an id from its number, big-endian; `None` for zero.
    #[must_use]
    pub const fn from_u64(number: u64) -> Option<Self> {
        match NonZero::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Makes an id from its bytes; `None` if all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        Self::from_u64(u64::from_be_bytes(bytes))
    }

    /// Reads exactly 16 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub const fn from_hex(text: &str) -> Option<Self> {
        match hex(text.as_bytes(), 16) {
            Some(number) => Self::from_u64(number as u64),
            None => None,
        }
    }

    /// The id as a number.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0.get()
    }

    /// The id as bytes, in the order of the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

impl TraceFlags {
    /// The caller recorded the trace.
    pub const SAMPLED: Self = Self(1);
    /// At least the right 7 bytes of the trace id are random (level 2).
    pub const RANDOM: Self = Self(2);
    /// Those that level 2 defines.
    pub(crate) const KNOWN: Self = Self(Self::SAMPLED.0 | Self::RANDOM.0);

    /// Takes the bits as they came over the wire; unknown ones are kept.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the sampled bit is set.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED.0 != 0
    }

    /// The same flags, without those that nothing defines.
    pub(crate) const fn known(self) -> Self {
        Self(self.0 & Self::KNOWN.0)
    }

    /// Whether the random bit is set.
    #[must_use]
    pub const fn is_random(self) -> bool {
        self.0 & Self::RANDOM.0 != 0
    }
}

impl std::ops::BitOr for TraceFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

/// Reads `digits` lower-case hexadecimal digits; upper case is no id (W3C Trace Context 3.2.2).
const fn hex(text: &[u8], digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    let mut number = 0;
    let mut at = 0;
    while at < digits {
        let digit = match text[at] {
            byte @ b'0'..=b'9' => byte - b'0',
            byte @ b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | digit as u128;
        at += 1;
    }
    Some(number)
}
