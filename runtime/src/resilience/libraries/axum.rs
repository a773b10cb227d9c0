//! A rejection as an answer of `axum`.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::resilience::{Rejected, RejectedKind};

/// 503, 504 or 429 with `Retry-After` in whole seconds, and a text that names no policy.
///
/// ```
/// use std::time::Duration;
/// use axum::response::IntoResponse as _;
/// use spandrel::resilience::{Rejected, RejectedKind};
///
/// let refused = Rejected::new(RejectedKind::CircuitOpen, "payments")
///     .with_retry_after(Duration::from_millis(1_200))
///     .into_response();
///
/// assert_eq!(refused.status(), 503);
/// assert_eq!(refused.headers()["retry-after"], "2");
/// ```
impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let text = match self.kind() {
            RejectedKind::RateLimited => "Too many requests.\n",
            RejectedKind::Timeout(_) => "It took too long.\n",
            _ => "Not available at the moment.\n",
        };
        let mut response = (status, text).into_response();
        if let Some(after) = self.retry_after() {
            // Rounded up: whoever comes back then is not too early.
            let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
