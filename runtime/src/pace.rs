//! An even pace with room for a burst: the generic cell rate algorithm (GCRA).
//!
//! All there is to remember is one number, when the next one would come if all came evenly: the
//! *arrival*. It moves on by one interval with each that passes, and may run ahead of the time by
//! no more than a window. Whoever holds it in an atomic has a limiter without a lock.

/// How far apart things may come on average, and how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    interval: u64,
    window: u64,
}

impl Pace {
    /// One an interval, and a burst of as many as intervals fit into the window.
    ///
    /// In a time `t` no more than `(t + window) / interval` pass, and whoever begins may begin with
    /// a burst.
    pub(crate) const fn new(interval: u64, window: u64) -> Self {
        Self { interval, window }
    }

    /// The arrival after one that passes now; `None`: it does not pass. A fresh arrival is 0.
    pub(crate) fn next(self, arrival: u64, now: u64) -> Option<u64> {
        let next = arrival.max(now).saturating_add(self.interval);
        (next <= now.saturating_add(self.window)).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many of those that come at these times pass.
    fn passed(pace: Pace, times: &[u64]) -> Vec<u64> {
        let mut arrival = 0;
        let mut passed = Vec::new();
        for &now in times {
            if let Some(next) = pace.next(arrival, now) {
                arrival = next;
                passed.push(now);
            }
        }
        passed
    }

    #[test]
    fn a_burst_passes_at_once_and_then_one_an_interval() {
        let pace = Pace::new(10, 30);

        assert_eq!(passed(pace, &[5, 5, 5, 5, 14, 15, 16]), [5, 5, 5, 15]);
        assert_eq!(passed(pace, &[5, 5, 5, 1_000, 1_000, 1_000, 1_000]).len(), 6);
    }

    #[test]
    fn the_end_of_time_lets_nothing_pass_too_early() {
        assert_eq!(Pace::new(10, 30).next(u64::MAX, 0), None);
        assert_eq!(Pace::new(u64::MAX, u64::MAX).next(0, 0), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn no_span_of_time_sees_more_than_its_share_and_a_window(
            interval in 1_u64..1_000,
            intervals in 1_u64..50,
            gaps in prop::collection::vec(0_u64..2_000, 1..300),
        ) {
            let window = interval * intervals;
            let times: Vec<u64> =
                gaps.iter().scan(0, |now, gap| { *now += gap; Some(*now) }).collect();

            let passed = passed(Pace::new(interval, window), &times);

            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let most = (to - from + window) / interval;
                    prop_assert!(((last - first) as u64) < most);
                }
            }
        }

        #[test]
        fn whoever_keeps_the_pace_always_passes(interval in 1_u64..1_000, burst in 1_u64..50) {
            let pace = Pace::new(interval, interval * burst);
            let times: Vec<u64> = (1..200).map(|turn| turn * interval).collect();

            prop_assert_eq!(passed(pace, &times).len(), times.len());
        }
    }
}
