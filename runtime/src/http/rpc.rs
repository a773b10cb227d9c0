//! Remote procedures over HTTP/2: gRPC, whose outcome stands in the trailers.

use http::{HeaderMap, Method, header};

/// The status of a call, as gRPC numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(u8);

pub(super) const SYSTEM: &str = "grpc";

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl Status {
    pub(super) const OK: Self = Self(0);
    pub(super) const UNKNOWN: Self = Self(2);
    #[cfg(feature = "tower")]
    pub(super) const UNIMPLEMENTED: Self = Self(12);

    /// What headers or trailers say.
    pub(super) fn in_headers(headers: &HeaderMap) -> Option<Self> {
        let code: u8 = headers.get("grpc-status")?.to_str().ok()?.parse().ok()?;
        Some(if usize::from(code) < NAMES.len() { Self(code) } else { Self::UNKNOWN })
    }

    /// What a response means that says nothing itself, as gRPC prescribes.
    pub(super) fn of_http(status: u16) -> Self {
        Self(match status {
            400 => 13,
            401 => 16,
            403 => 7,
            404 => 12,
            429 | 502 | 503 | 504 => 14,
            _ => 2,
        })
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("UNKNOWN")
    }

    /// Whether the server is at fault.
    #[cfg(feature = "tower")]
    pub(super) fn is_error_of_server(self) -> bool {
        matches!(self.0, 2 | 4 | 12 | 13 | 14 | 15)
    }
}

/// The procedure that a request calls: `package.Service/Method`.
pub(super) fn procedure<'r>(
    method: &Method,
    path: &'r str,
    headers: &HeaderMap,
) -> Option<&'r str> {
    if method != Method::POST {
        return None;
    }
    let content_type = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let rest = content_type.strip_prefix(b"application/grpc")?;
    if !matches!(rest.first(), None | Some(b'+' | b';')) {
        return None;
    }
    let path = path.strip_prefix('/')?;
    let (service, method) = path.rsplit_once('/')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/');
    let is_bounded = !service.is_empty() && !method.is_empty() && path.len() <= LONGEST;
    (is_bounded && path.bytes().all(is_name)).then_some(path)
}

/// Longer names are nobody's.
const LONGEST: usize = 256;
