//! What an error means for whoever might try again.

use std::{error::Error, time::Duration};

use super::{Rejected, RejectedKind, libraries::known};

/// What an error means for whoever might try again.
///
/// ```
/// use spandrel::resilience::{Class, Classify};
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert_eq!(refused.classify(), Class::NotSent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// It may go better next time.
    Transient,
    /// The callee asks for patience, and may say for how long.
    Throttled {
        /// How long to wait before the next attempt.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it had an effect: the answer did not come in time.
    Timeout,
    /// It had no effect: it never reached the callee.
    NotSent,
    /// It will fail in the same way next time.
    Permanent,
}

/// Tells what an error means for whoever might try again.
///
/// `#[derive(Classify)]` implements it for an enum of errors; for errors of well-known libraries
/// it is implemented behind their features.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether to try again",
    label = "asked by `classify`",
    note = "derive it: `#[derive(spandrel::resilience::Classify)]`",
    note = "or decide at the function: `#[retry(retry_if = |result| …)]` in place of `classify`"
)]
pub trait Classify {
    /// What the error means.
    fn classify(&self) -> Class;
}

impl Class {
    /// Whether to try again, if the call can be made twice.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::Permanent)
    }

    /// Whether the call had no effect: trying again is safe for any call.
    #[must_use]
    pub const fn is_without_effect(self) -> bool {
        matches!(self, Self::NotSent | Self::Throttled { .. })
    }
}

/// By its kind; of one that wraps another error, by that.
impl Classify for std::io::Error {
    fn classify(&self) -> Class {
        use std::io::ErrorKind as Kind;
        match self.kind() {
            Kind::ConnectionRefused
            | Kind::NotConnected
            | Kind::AddrNotAvailable
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown => Class::NotSent,
            Kind::TimedOut => Class::Timeout,
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::Interrupted
            | Kind::WouldBlock
            | Kind::ResourceBusy
            | Kind::Deadlock => Class::Transient,
            Kind::Other => self.get_ref().map_or(Class::Transient, |inner| of_chain(inner)),
            _ => Class::Permanent,
        }
    }
}

/// A refusal had no effect, and asks for patience; a timeout may have had one.
impl Classify for Rejected {
    fn classify(&self) -> Class {
        match self.kind() {
            RejectedKind::Timeout(_) => Class::Timeout,
            RejectedKind::Chaos => Class::Transient,
            RejectedKind::CircuitOpen | RejectedKind::BulkheadFull | RejectedKind::RateLimited => {
                Class::Throttled { retry_after: self.retry_after() }
            }
        }
    }
}

/// What an error of any type means: the first of its chain of sources that can tell decides.
///
/// For errors that hide others, as `anyhow::Error` and `Box<dyn Error>` do, so that a permanent one
/// is not hidden. Where none can tell, it is [`Class::Transient`].
///
/// Errors of libraries can tell where the features for them are on: `hyper-1`, `redis-1`, `reqwest`,
/// `sqlx-0-9`, `tonic-0-14`.
///
/// ```
/// use spandrel::resilience::{Class, classify_chain};
///
/// let error: Box<dyn std::error::Error> = Box::new(std::io::Error::from(
///     std::io::ErrorKind::PermissionDenied,
/// ));
/// assert_eq!(classify_chain(&*error), Class::Permanent);
/// ```
#[must_use]
pub fn classify_chain(error: &(dyn Error + 'static)) -> Class {
    of_chain(error)
}

fn of_chain(error: &(dyn Error + 'static)) -> Class {
    told(error).unwrap_or(Class::Transient)
}

/// What the first of a chain means that can tell.
pub(super) fn told(error: &(dyn Error + 'static)) -> Option<Class> {
    let mut next = Some(error);
    // A chain may be a ring, by mistake.
    for _ in 0..64 {
        let error = next?;
        if let Some(class) = known(error) {
            return Some(class);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resilience::Deadline;

    #[test]
    fn a_rejection_means_what_it_was_also_behind_other_errors() {
        let retry_after = Some(Duration::from_secs(3));
        let cases = [
            (RejectedKind::CircuitOpen, Class::Throttled { retry_after }),
            (RejectedKind::BulkheadFull, Class::Throttled { retry_after }),
            (RejectedKind::RateLimited, Class::Throttled { retry_after }),
            (RejectedKind::Timeout(Deadline::Attempt), Class::Timeout),
            (RejectedKind::Timeout(Deadline::Total), Class::Timeout),
            (RejectedKind::Chaos, Class::Transient),
        ];
        for (kind, class) in cases {
            let rejected = Rejected::new(kind, "store").with_retry_after(Duration::from_secs(3));
            assert_eq!(rejected.classify(), class, "{kind:?}");
            let hidden = std::io::Error::other(Box::<dyn Error + Send + Sync>::from(rejected));
            assert_eq!(classify_chain(&hidden), class, "{kind:?}");
        }
    }
}
