//! Durations as the policies keep them: whole nanoseconds in one word.

use std::time::Duration;

/// Saturates after 584 years.
pub(super) const fn of(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}
