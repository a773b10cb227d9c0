//! The one error of the API that people call.

use std::{fmt, time::Duration};

/// Why telemetry could not be started, flushed, dumped or shut down.
///
/// ```
/// # fn example() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::init!()?;
/// if let Err(error) = telemetry.flush(std::time::Duration::from_secs(1)) {
///     assert!(error.is_timeout());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AlreadyRunning,
    Configuration,
    #[cfg(feature = "file")]
    Flight,
    Timeout,
}

impl Error {
    pub(crate) fn already_running() -> Self {
        let message = "telemetry runs already; call `init!` once, in `main`".into();
        Self { kind: Kind::AlreadyRunning, message }
    }

    pub(crate) fn configuration(problem: impl fmt::Display) -> Self {
        Self { kind: Kind::Configuration, message: problem.to_string() }
    }

    #[cfg(feature = "file")]
    pub(crate) fn flight(problem: impl fmt::Display) -> Self {
        Self { kind: Kind::Flight, message: format!("no dump of the flight recorder: {problem}") }
    }

    pub(crate) fn timed_out(what: &str, timeout: Duration, report: &dyn fmt::Display) -> Self {
        let message = format!("could not {what} within {timeout:?}: {report}");
        Self { kind: Kind::Timeout, message }
    }

    /// Whether telemetry runs already.
    #[must_use]
    pub fn is_already_running(&self) -> bool {
        self.kind == Kind::AlreadyRunning
    }

    /// Whether something is wrong with the configuration; the text says all of it.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind == Kind::Configuration
    }

    /// Whether the flight recorder could not be dumped; the text says why.
    #[cfg(feature = "file")]
    #[must_use]
    pub fn is_flight(&self) -> bool {
        self.kind == Kind::Flight
    }

    /// Whether time was over first.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Kind::Timeout
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The text too: `main` prints the error that it returns in this form.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
