//! What stands before a message: the head of the request, and the metadata of the user.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version,
    header::{self, InvalidHeaderValue},
    uri,
};

use super::{Message, base64};
use crate::export::{
    Compression,
    otlp::{response::USER_AGENT, signal::Signal},
};

/// Names that follow from the protocol, besides those that begin with `grpc-`.
const OURS: [&str; 10] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The URL of the signal's call at a receiver.
pub(super) fn uri(receiver: &Uri, signal: Signal) -> Uri {
    let mut parts = uri::Parts::default();
    parts.scheme = receiver.scheme().cloned();
    // Without a name and a password, which have no place in HTTP/2.
    parts.authority = receiver.authority().and_then(|authority| {
        authority.as_str().rsplit('@').next().and_then(|host| host.parse().ok())
    });
    parts.path_and_query = Some(uri::PathAndQuery::from_static(signal.call()));
    Uri::from_parts(parts).unwrap_or_default()
}

/// Whether a header is not for the user to set.
pub(in crate::export::otlp) fn owns(header: &HeaderName) -> bool {
    OURS.contains(&header.as_str()) || header.as_str().starts_with("grpc-")
}

/// A header of the user as metadata.
///
/// A name that ends in `-bin` is of binary metadata, which travels in Base64.
pub(in crate::export::otlp) fn metadata(
    header: &HeaderName,
    value: &str,
) -> Result<HeaderValue, InvalidHeaderValue> {
    if header.as_str().ends_with("-bin") {
        HeaderValue::from_str(&base64::encode(value.as_bytes()))
    } else {
        HeaderValue::from_str(value)
    }
}

pub(super) fn request(uri: &Uri, metadata: &HeaderMap, message: &Message<'_>) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.extend(metadata.clone());
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if message.form == Compression::Gzip {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    if let Ok(timeout) = HeaderValue::from_str(&timeout(message.within)) {
        headers.insert("grpc-timeout", timeout);
    }
    request
}

/// At most eight digits and a unit.
fn timeout(within: Duration) -> String {
    const MOST: u128 = 99_999_999;
    match within.as_nanos().div_ceil(1_000_000) {
        millis @ ..=MOST => format!("{}m", millis.max(1)),
        millis => format!("{}S", (millis / 1_000).min(MOST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_eight_digits_at_most() {
        for (within, expected) in [
            (Duration::ZERO, "1m"),
            (Duration::from_micros(1_500), "2m"),
            (Duration::from_secs(10), "10000m"),
            (Duration::from_millis(99_999_999), "99999999m"),
            (Duration::from_millis(100_000_000), "100000S"),
            (Duration::MAX, "99999999S"),
        ] {
            assert_eq!(timeout(within), expected);
        }
    }

    #[test]
    fn the_call_has_its_own_path_and_no_password() {
        for (receiver, expected) in [
            ("http://c:4317/", "http://c:4317"),
            ("https://me:hunter2@[::1]:4317/otlp?key=1", "https://[::1]:4317"),
        ] {
            let uri = uri(&receiver.parse().unwrap(), Signal::Traces);

            let call = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
            assert_eq!(uri.to_string(), format!("{expected}{call}"));
        }
    }

    #[test]
    fn binary_metadata_travels_in_base64() {
        let metadata = |name| metadata(&HeaderName::from_static(name), "f\nr");

        assert_eq!(metadata("trace-bin").unwrap(), "Zgpy");
        assert!(metadata("trace").is_err());
    }

    #[test]
    fn what_the_protocol_says_is_not_for_the_user() {
        for name in ["te", "grpc-timeout", "content-type", "connection"] {
            assert!(owns(&HeaderName::from_static(name)), "{name}");
        }
        assert!(!owns(&header::AUTHORIZATION));
    }
}
