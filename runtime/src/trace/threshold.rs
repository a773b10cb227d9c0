//! The `tracestate`s that samplers of this process give to traces that begin in it.
//!
//! There are few of them, one for each ratio, so a trace carries the number of its own in the flags
//! of its context: no allocation for a trace, no count of references that all threads would share.

use std::sync::OnceLock;

use super::{local::STATE_SHIFT, propagation::TraceState};

/// As many as the flags can number; 0 stands for none.
const STATES: usize = (1 << (u16::BITS - STATE_SHIFT)) - 1;

static KNOWN: [OnceLock<TraceState>; STATES] = [const { OnceLock::new() }; STATES];

/// The flags of a context whose trace has this state; `None`: too many others are known.
pub(crate) fn flags_of(state: &TraceState) -> Option<u16> {
    let place = KNOWN.iter().position(|place| place.get_or_init(|| state.clone()) == state)?;
    Some((place as u16 + 1) << STATE_SHIFT)
}

/// The state that these flags stand for.
pub(crate) fn state_of(flags: u16) -> Option<&'static TraceState> {
    let place = usize::from(flags >> STATE_SHIFT).checked_sub(1)?;
    KNOWN.get(place)?.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_for_the_state_they_were_given_for() {
        let (one, other) =
            (TraceState::parse("ot=th:8").unwrap(), TraceState::parse("ot=th:c").unwrap());

        let flags = [&one, &other, &one].map(|state| flags_of(state).unwrap());

        assert_eq!(flags[0], flags[2]);
        assert_eq!(flags.map(|flags| state_of(flags | 0x3ff).unwrap()), [&one, &other, &one]);
        assert_eq!(state_of(0x3ff), None);
    }
}
