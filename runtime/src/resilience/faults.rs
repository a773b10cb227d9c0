//! Whether faults on purpose happen: everywhere, only where they are asked for, or nowhere.

#[cfg(feature = "chaos")]
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Where faults happen, whatever is declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Faults {
    Off,
    /// As declared.
    #[default]
    On,
    /// Only within a scope.
    Scoped,
}

#[cfg(feature = "chaos")]
static CHOSEN: AtomicU8 = AtomicU8::new(Faults::On as u8);

#[cfg(feature = "chaos")]
impl Faults {
    pub(crate) fn choose(self) {
        CHOSEN.store(self as u8, Relaxed);
    }

    /// Whether a declaration takes effect here, which is within a scope or not.
    pub(super) fn happen(is_scoped: bool, is_within: bool) -> bool {
        match CHOSEN.load(Relaxed) {
            off if off == Self::Off as u8 => false,
            scoped if scoped == Self::Scoped as u8 => is_within,
            _ => is_within || !is_scoped,
        }
    }
}
