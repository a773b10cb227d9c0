//! What the statuses of HTTP mean.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode, header::RETRY_AFTER};

use super::{Class, Classify};
use crate::time::{retry_after, unix_nanos};

/// By the number: 408 and 504 are timeouts, 429 is throttled, 425, 500, 502 and 503 are transient, and
/// everything else will be the same next time.
///
/// ```
/// use http::StatusCode;
/// use spandrel::resilience::{Class, Classify};
///
/// assert_eq!(StatusCode::BAD_GATEWAY.classify(), Class::Transient);
/// assert_eq!(StatusCode::BAD_REQUEST.classify(), Class::Permanent);
/// ```
impl Classify for StatusCode {
    fn classify(&self) -> Class {
        match self.as_u16() {
            408 | 504 => Class::Timeout,
            429 => Class::Throttled { retry_after: None },
            425 | 500 | 502 | 503 => Class::Transient,
            _ => Class::Permanent,
        }
    }
}

/// By status and `Retry-After`: with that header, 429 and 503 are throttled for so long.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Class, Classify};
///
/// let busy = http::Response::builder().status(503).header("retry-after", "7").body(())?;
/// let retry_after = Some(Duration::from_secs(7));
/// assert_eq!(busy.classify(), Class::Throttled { retry_after });
/// # Ok::<_, http::Error>(())
/// ```
impl<B> Classify for Response<B> {
    fn classify(&self) -> Class {
        of_answer(self.status(), self.headers())
    }
}

/// What an answer means to whoever might ask again.
pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap) -> Class {
    match (status.as_u16(), asked_for(headers)) {
        (429 | 503, Some(after)) => Class::Throttled { retry_after: Some(after) },
        _ => status.classify(),
    }
}

fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    retry_after::parse(text, unix_nanos() / 1_000_000_000)
}
