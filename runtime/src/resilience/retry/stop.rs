//! Why no further attempt follows.

/// Why a call made no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    Success,
    /// There were as many attempts as there may be.
    Attempts,
    /// The budget affords none.
    Budget,
    /// The wait for it would end too late.
    Deadline,
    /// It would fail in the same way, or must not be made twice.
    Permanent,
    /// Another policy refused it.
    Rejected,
}

impl Stopped {
    /// The lower-case name that spans and metrics have.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Attempts => "attempts",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::Permanent => "permanent",
            Self::Rejected => "rejected",
        }
    }
}
