//! How a call ended: the one vocabulary of spans, metrics and policies.

/// How an instrumented call ended.
///
/// ```
/// use spandrel::Outcome;
///
/// assert_eq!(Outcome::Cancelled.as_str(), "cancelled");
/// assert!(Outcome::Error.is_failure() && !Outcome::Cancelled.is_failure());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// The call returned a value that is no error.
    Ok = 1,
    /// The call returned an error.
    Error = 2,
    /// A policy refused to run the call.
    Rejected = 3,
    /// The call's future was dropped before it was ready.
    Cancelled = 4,
    /// The call panicked.
    Panicked = 5,
}

impl Outcome {
    /// The lower-case name that exporters print.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }

    /// Whether the call failed: an error, a rejection or a panic.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Rejected | Self::Panicked)
    }

    /// Reads the byte that a record carries; anything unknown is `None`.
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Ok,
            2 => Self::Error,
            3 => Self::Rejected,
            4 => Self::Cancelled,
            5 => Self::Panicked,
            _ => return None,
        })
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
