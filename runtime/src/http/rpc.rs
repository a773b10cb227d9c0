//! Remote procedures over HTTP/2: gRPC, whose outcome stands in the trailers.

#[cfg(feature = "tower")]
use http::Version;
use http::{HeaderMap, Method, header};

#[cfg(feature = "tower")]
use super::route;

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

    /// Whether a procedure itself has said so: there are only so many of them.
    ///
    /// The others are what layers around procedures say to whoever calls by any name.
    #[cfg(feature = "tower")]
    pub(super) fn is_of_procedure(self) -> bool {
        !matches!(self.0, 1 | 4 | 7 | 8 | 12 | 14 | 16)
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
    if !is_content(headers) {
        return None;
    }
    let path = path.strip_prefix('/')?;
    let (service, method) = path.rsplit_once('/')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/');
    let is_bounded = !service.is_empty() && !method.is_empty() && path.len() <= LONGEST;
    (is_bounded && path.bytes().all(is_name)).then_some(path)
}

/// Whether headers announce messages of gRPC.
pub(super) fn is_content(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let rest = content_type.and_then(|content| content.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Whether a router that has matched this route may have found a procedure.
///
/// tonic's takes all of a service together: `/package.Service/{*rest}`.
#[cfg(feature = "tower")]
pub(super) fn may_be_route(route: &str, procedure: &str) -> bool {
    let Some(route) = route.strip_prefix('/') else { return false };
    let service = procedure.rsplit_once('/').map_or("", |(service, _)| service);
    let rest = route.strip_prefix(service).and_then(|rest| rest.strip_prefix("/{*"));
    route == procedure || rest.is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
}

/// Longer names are nobody's.
const LONGEST: usize = 256;

/// What is known of the procedure that a request calls.
#[cfg(feature = "tower")]
#[derive(Clone, Debug)]
pub(super) enum Procedure {
    /// The request looks like a call, as anybody's may; the response decides.
    Claimed(Box<str>),
    /// The response is one of gRPC.
    Confirmed(Box<str>),
    /// It has answered before, so it is one of few.
    Known(&'static str),
}

#[cfg(feature = "tower")]
impl Procedure {
    pub(super) fn of<B>(request: &http::Request<B>, matched: Option<&str>) -> Option<Self> {
        let is_multiplexed = matches!(request.version(), Version::HTTP_2 | Version::HTTP_3);
        if !is_multiplexed || request.uri().query().is_some() {
            return None;
        }
        let name = procedure(request.method(), request.uri().path(), request.headers())?;
        if matched.is_some_and(|route| !may_be_route(route, name)) {
            return None;
        }
        Some(match route::known_procedure(name) {
            Some(known) => Self::Known(known.text),
            None => Self::Claimed(name.into()),
        })
    }
}

#[cfg(all(test, feature = "tower"))]
mod tests {
    use super::*;

    #[test]
    fn a_route_that_is_no_procedure_s_is_told_from_tonic_s() {
        let cases = [
            ("/a.Service/{*rest}", true),
            ("/a.Service/Method", true),
            ("/a.Service/{id}", false),
            ("/a.Serv/{*rest}", false),
            ("/{*rest}", false),
            ("/{service}/{method}", false),
            ("", false),
        ];

        for (route, expected) in cases {
            assert_eq!(may_be_route(route, "a.Service/Method"), expected, "{route}");
        }
    }
}
