//! Whether a policy decides by itself.

/// Whether a policy decides by itself, or is held by hand.
///
/// ```
/// use spandrel::resilience::{CircuitBreaker, Mode};
///
/// let breaker = CircuitBreaker::new("payments").observe();
/// assert_eq!(breaker.mode(), Mode::Observe);
/// breaker.disable();
/// assert_eq!(breaker.mode(), Mode::Disabled);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Mode {
    /// It decides by what it sees.
    #[default]
    Auto = 0,
    /// It lets everything through and notes nothing.
    Disabled = 1,
    /// It refuses everything.
    ForcedOpen = 2,
    /// It decides and counts what it would have refused, and refuses nothing.
    Observe = 3,
}

impl Mode {
    /// The lower-case name that listings and metrics have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Disabled => "disabled",
            Self::ForcedOpen => "forced_open",
            Self::Observe => "observe",
        }
    }

    pub(super) const fn of(word: u8) -> Self {
        match word {
            1 => Self::Disabled,
            2 => Self::ForcedOpen,
            3 => Self::Observe,
            _ => Self::Auto,
        }
    }
}
