//! Requests that no layer of ours has seen.

use std::time::Duration;

use super::{measure::Served, method, route};

/// Counts a request that was served, for programs whose server is no service of `tower`.
///
/// It appears in `http.server.request.duration`, and counts for the objective of its route. A route
/// is a pattern of which there are few (`/orders/{id}`), never the path that was asked for. The
/// status 0 stands for a request that never came to an answer.
///
/// ```
/// use std::time::Duration;
///
/// spandrel::http::record_request("GET", "/orders/{id}", 200, Duration::from_millis(12));
/// # let metrics = spandrel::testing::metrics();
/// # let labels = (
/// #     ("http.request.method", "GET"),
/// #     (("http.route", "/orders/{id}"), ("http.response.status_code", 200)),
/// # );
/// # assert_eq!(metrics.distribution("http.server.request.duration", &labels).unwrap().count, 1);
/// ```
pub fn record_request(method: &str, route: &str, status: u16, duration: Duration) {
    record_request_with_scheme("", method, route, status, duration);
}

/// Counts a request that was served, with `url.scheme`, like [`record_request`].
///
/// The scheme is what the server speaks, `http` or `https`, not what the request claims.
///
/// ```
/// use std::time::Duration;
///
/// let took = Duration::from_millis(12);
/// spandrel::http::record_request_with_scheme("https", "GET", "/orders/{id}", 200, took);
/// ```
pub fn record_request_with_scheme(
    scheme: &'static str,
    method: &str,
    route: &str,
    status: u16,
    duration: Duration,
) {
    let route = route::of(method::known(method), route);
    let error_type = match status {
        0 => CANCELLED,
        500.. => status_text(status),
        _ => "",
    };
    let (method, route, seconds) = (route.method, route.path, duration.as_secs_f64());
    Served { method, route, scheme, status, error_type, seconds }.record();
}

/// The type of error of a request whose client went away.
pub(super) const CANCELLED: &str = "cancelled";

/// A status as text, which is the type of error that it stands for.
pub(super) fn status_text(status: u16) -> &'static str {
    let at = usize::from(status).wrapping_sub(FIRST).wrapping_mul(3);
    let digits = at.checked_add(3).and_then(|end| DIGITS.get(at..end));
    digits.and_then(|digits| str::from_utf8(digits).ok()).unwrap_or("_OTHER")
}

const FIRST: usize = 400;
static DIGITS: [u8; 600] = {
    let mut digits = [0; 600];
    let mut at = 0;
    while at < 200 {
        let status = FIRST + at;
        digits[3 * at] = b'0' + (status / 100) as u8;
        digits[3 * at + 1] = b'0' + (status / 10 % 10) as u8;
        digits[3 * at + 2] = b'0' + (status % 10) as u8;
        at += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::status_text;

    #[test]
    fn a_failed_status_is_its_own_type_of_error() {
        for status in 400..600 {
            assert_eq!(status_text(status), status.to_string());
        }
        for status in [0, 200, 399, 600, u16::MAX] {
            assert_eq!(status_text(status), "_OTHER");
        }
    }
}
