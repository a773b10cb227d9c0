//! What the statuses of `tonic` mean, and how a rejection is told as one.

use std::{error::Error, time::Duration};

use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Class, Classify, of_sources};
use crate::resilience::{Rejected, RejectedKind};

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// By what the server asks for (`grpc-retry-pushback-ms`, `RetryInfo`), else by the code.
///
/// `UNAVAILABLE` and `ABORTED` are transient, `RESOURCE_EXHAUSTED` is throttled, `DEADLINE_EXCEEDED` is
/// a timeout, and other codes are permanent. A status that stands for a lost connection means what
/// the connection's error means.
impl Classify for Status {
    fn classify(&self) -> Class {
        if let Some(pushback) = self.metadata().get(PUSHBACK) {
            // Whatever is no number of milliseconds means: do not try again.
            let millis = pushback.to_str().ok().and_then(|text| text.parse().ok());
            return millis.map_or(Class::Permanent, |millis| Class::Throttled {
                retry_after: Some(Duration::from_millis(millis)),
            });
        }
        let info = self.get_details_retry_info();
        if let Some(after) = info.and_then(|info| info.retry_delay) {
            return Class::Throttled { retry_after: Some(after) };
        }
        match self.code() {
            Code::DeadlineExceeded => Class::Timeout,
            Code::ResourceExhausted => Class::Throttled { retry_after: None },
            Code::Unavailable | Code::Aborted => of_sources(self).unwrap_or(Class::Transient),
            Code::Cancelled | Code::Unknown | Code::Internal => {
                of_sources(self).unwrap_or(Class::Permanent)
            }
            _ => Class::Permanent,
        }
    }
}

/// What tonic itself puts behind a status.
pub(super) fn of_connect(error: &(dyn Error + 'static)) -> Option<Class> {
    if error.is::<ConnectError>() {
        Some(Class::NotSent)
    } else if error.is::<TimeoutExpired>() {
        Some(Class::Timeout)
    } else {
        None
    }
}

/// `UNAVAILABLE`, `DEADLINE_EXCEEDED` or `RESOURCE_EXHAUSTED`, with `RetryInfo` where it is known when.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Class, Classify, Rejected, RejectedKind};
///
/// let after = Duration::from_millis(1_500);
/// let refused = Rejected::new(RejectedKind::RateLimited, "mails").with_retry_after(after);
/// let status = tonic::Status::from(refused);
///
/// assert_eq!(status.code(), tonic::Code::ResourceExhausted);
/// assert_eq!(status.classify(), Class::Throttled { retry_after: Some(after) });
/// ```
impl From<Rejected> for Status {
    fn from(rejected: Rejected) -> Self {
        let (code, text) = match rejected.kind() {
            RejectedKind::RateLimited => (Code::ResourceExhausted, "too many requests"),
            RejectedKind::Timeout(_) => (Code::DeadlineExceeded, "it took too long"),
            _ => (Code::Unavailable, "not available at the moment"),
        };
        match rejected.retry_after() {
            Some(after) => {
                let details = ErrorDetails::with_retry_info(Some(after));
                Self::with_error_details(code, text, details)
            }
            None => Self::new(code, text),
        }
    }
}
