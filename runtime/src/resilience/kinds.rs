//! Sets of the kinds of rejections.

use super::{Deadline, RejectedKind};

/// Some of the reasons for which a call is refused.
///
/// ```
/// use spandrel::resilience::{RejectedKind, RejectedKinds};
///
/// let patient = RejectedKinds::CIRCUIT_OPEN.or(RejectedKinds::RATE_LIMITED);
/// assert!(patient.contains(RejectedKind::RateLimited));
/// assert!(!patient.contains(RejectedKind::BulkheadFull));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RejectedKinds(u8);

impl RejectedKinds {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(0b1_1111);
    /// The circuit breaker is open.
    pub const CIRCUIT_OPEN: Self = Self(1);
    /// The time is over, of an attempt or of the whole call.
    pub const TIMEOUT: Self = Self(2);
    /// The bulkhead is full.
    pub const BULKHEAD_FULL: Self = Self(4);
    /// There were too many calls lately.
    pub const RATE_LIMITED: Self = Self(8);
    /// A fault was injected.
    pub const CHAOS: Self = Self(16);

    /// These and those.
    #[must_use]
    pub const fn or(self, those: Self) -> Self {
        Self(self.0 | those.0)
    }

    /// Their names, as an attribute would have them.
    pub(super) fn in_words(self) -> String {
        let named = [
            (Self::CIRCUIT_OPEN, "circuit_open"),
            (Self::TIMEOUT, "timeout"),
            (Self::BULKHEAD_FULL, "bulkhead_full"),
            (Self::RATE_LIMITED, "rate_limited"),
            (Self::CHAOS, "chaos"),
        ];
        let among = named.into_iter().filter(|(kinds, _)| self.0 & kinds.0 != 0);
        among.map(|(_, name)| name).collect::<Vec<_>>().join(", ")
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn contains(self, kind: RejectedKind) -> bool {
        let one = match kind {
            RejectedKind::CircuitOpen => Self::CIRCUIT_OPEN,
            RejectedKind::Timeout(Deadline::Attempt | Deadline::Total) => Self::TIMEOUT,
            RejectedKind::BulkheadFull => Self::BULKHEAD_FULL,
            RejectedKind::RateLimited => Self::RATE_LIMITED,
            RejectedKind::Chaos => Self::CHAOS,
        };
        self.0 & one.0 != 0
    }
}
