//! The one error of this folder: a header, name or value that breaks its grammar.

use std::{error, fmt};

/// Says which rule of which header a text breaks.
///
/// Receiving sides ignore it (a new trace starts); it matters to code that sets values itself.
///
/// ```
/// use spandrel::trace::propagation::TraceParent;
///
/// let error = TraceParent::parse("00-nonsense").unwrap_err();
/// assert_eq!(error.header(), "traceparent");
/// assert_eq!(error.to_string(), "malformed `traceparent`: too short");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    header: &'static str,
    reason: &'static str,
}

impl Malformed {
    pub(super) const fn new(header: &'static str, reason: &'static str) -> Self {
        Self { header, reason }
    }

    /// The header's name in lower case: `traceparent`, `tracestate` or `baggage`.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        self.header
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed `{}`: {}", self.header, self.reason)
    }
}

impl error::Error for Malformed {}
