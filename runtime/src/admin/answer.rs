//! From a request to an answer.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::{head::Head, host, state::State};
#[cfg(feature = "admin")]
use crate::functions;
use crate::metrics;

/// Smaller bodies are not worth packing.
const LEAST_PACKED_BYTES: usize = 1_024;
const TEXT: &str = "text/plain; charset=utf-8";

/// Which paths there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoints {
    #[cfg(feature = "admin")]
    All,
    /// `/metrics` alone.
    Metrics,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) content_type: &'static str,
    pub(super) is_packed: bool,
    pub(super) body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    BadRequest = 400,
    HeaderTooLarge = 431,
    MethodNotAllowed = 405,
    Misdirected = 421,
    NotFound = 404,
    Ok = 200,
    TimedOut = 408,
    TooLarge = 413,
    Unauthorized = 401,
    Unavailable = 503,
}

impl Status {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::HeaderTooLarge => "Request Header Fields Too Large",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Misdirected => "Misdirected Request",
            Self::NotFound => "Not Found",
            Self::Ok => "OK",
            Self::TimedOut => "Request Timeout",
            Self::TooLarge => "Content Too Large",
            Self::Unauthorized => "Unauthorized",
            Self::Unavailable => "Service Unavailable",
        }
    }
}

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    #[cfg(feature = "admin")]
    Functions,
    #[cfg(feature = "admin")]
    Live,
    Metrics,
}

impl Endpoints {
    /// The page of a path.
    fn page(self, path: &str) -> Option<Page> {
        match (self, path) {
            (_, "/metrics") => Some(Page::Metrics),
            #[cfg(feature = "admin")]
            (Self::All, "/functions") => Some(Page::Functions),
            #[cfg(feature = "admin")]
            (Self::All, "/health/live") => Some(Page::Live),
            _ => None,
        }
    }
}

impl Answer {
    /// The answer of a server that listens by itself.
    ///
    /// What a stranger learns comes last: first whether he meant us, then whether he may ask.
    pub(super) fn to(
        head: &Head<'_>,
        endpoints: Endpoints,
        hosts: &host::Allowed,
        state: &State,
    ) -> Self {
        if !hosts.allow(head.host) {
            let text = "this server is not called that; add the name to `SPANDREL_ADMIN_HOSTS`\n";
            return Self::said(Status::Misdirected, text);
        }
        if !state.admits(head.authorization) {
            return Self::unauthorized();
        }
        if !matches!(head.method, "GET" | "HEAD") {
            return Self::said(Status::MethodNotAllowed, "only GET and HEAD are answered\n");
        }
        match endpoints.page(head.path) {
            Some(page) => Self::of(page, &head.accept, &head.accept_encoding, state),
            None => Self::said(Status::NotFound, "there is no such page\n"),
        }
    }

    /// A page.
    pub(super) fn of(page: Page, accept: &str, accept_encoding: &str, state: &State) -> Self {
        let (content_type, body) = match page {
            Page::Metrics => {
                let exposed = state.exposition.expose(&metrics::collect(), accept);
                (exposed.content_type, exposed.body)
            }
            #[cfg(feature = "admin")]
            Page::Functions => ("application/json", functions().to_live_json().into_bytes()),
            #[cfg(feature = "admin")]
            Page::Live => (TEXT, b"live\n".to_vec()),
        };
        let packed = (body.len() >= LEAST_PACKED_BYTES && takes_gzip(accept_encoding))
            .then(|| pack(&body))
            .flatten();
        let (is_packed, body) = packed.map_or((false, body), |packed| (true, packed));
        Self { status: Status::Ok, content_type, is_packed, body }
    }

    pub(super) fn unauthorized() -> Self {
        Self::said(Status::Unauthorized, "this needs the header `Authorization: Bearer …`\n")
    }

    pub(super) fn crowded() -> Self {
        Self::said(Status::Unavailable, "too many ask at once\n")
    }

    pub(super) fn said(status: Status, text: &'static str) -> Self {
        Self { status, content_type: TEXT, is_packed: false, body: text.into() }
    }
}

impl State {
    /// Whether whoever sends this header may ask.
    pub(super) fn admits(&self, authorization: Option<&str>) -> bool {
        let Some(token) = &self.token else { return true };
        let given = authorization.and_then(|text| text.split_once(' '));
        given.is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && token.is(given.trim())
        })
    }
}

/// Whether the header `Accept-Encoding` says so.
fn takes_gzip(header: &str) -> bool {
    header.split(',').any(|member| {
        let mut parts = member.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let is_refused = quality.is_some_and(|text| text.parse::<f32>().is_ok_and(|q| q <= 0.0));
        (coding.eq_ignore_ascii_case("gzip") || coding == "*") && !is_refused
    })
}

fn pack(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).ok()
}
