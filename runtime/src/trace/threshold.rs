//! The `tracestate`s that samplers of this process give to traces that begin in it.
//!
//! There are few of them, one for each ratio, so a trace carries the number of its own in the flags
//! of its context: no allocation for a trace, no count of references that all threads would share.
//! Beyond as many as the flags can number, each trace has a copy of its own.

use std::sync::OnceLock;

use super::{local::STATE_SHIFT, propagation::TraceState};

/// As many as the flags can number; 0 stands for none.
const STATES: usize = (1 << (u16::BITS - STATE_SHIFT)) - 1;

static KNOWN: Known = Known::new();

/// Numbered states, each once, for as long as the process runs.
struct Known([OnceLock<TraceState>; STATES]);

/// The flags of a context whose trace has this state; `None`: too many others are known.
pub(crate) fn flags_of(state: &TraceState) -> Option<u16> {
    KNOWN.flags_of(state)
}

/// The state that these flags stand for.
pub(crate) fn state_of(flags: u16) -> Option<&'static TraceState> {
    KNOWN.state_of(flags)
}

impl Known {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; STATES])
    }

    fn flags_of(&self, state: &TraceState) -> Option<u16> {
        let place = self.0.iter().position(|place| place.get_or_init(|| state.clone()) == state)?;
        Some((place as u16 + 1) << STATE_SHIFT)
    }

    fn state_of(&self, flags: u16) -> Option<&TraceState> {
        let place = usize::from(flags >> STATE_SHIFT).checked_sub(1)?;
        self.0.get(place)?.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_for_the_state_they_were_given_for() {
        let known = Known::new();
        let [one, other] = ["ot=th:8", "ot=th:c"].map(|state| TraceState::parse(state).unwrap());

        let flags = [&one, &other, &one].map(|state| known.flags_of(state).unwrap());

        let below = (1 << STATE_SHIFT) - 1;
        let states = flags.map(|flags| known.state_of(flags | below).unwrap());
        assert_eq!(states, [&one, &other, &one]);
        assert_eq!(flags[0], flags[2]);
        assert_eq!(known.state_of(below), None);
    }

    #[test]
    fn there_are_as_many_as_the_flags_can_number() {
        let known = Known::new();
        let state = |number: usize| TraceState::parse(&format!("ot=th:{number}")).unwrap();

        for number in 0..STATES {
            let flags = known.flags_of(&state(number)).unwrap();
            assert_eq!(known.state_of(flags), Some(&state(number)));
        }

        assert_eq!(known.flags_of(&state(STATES)), None);
        assert!(known.flags_of(&state(7)).is_some());
    }
}
