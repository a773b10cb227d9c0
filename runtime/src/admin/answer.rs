//! From a request to an answer.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

#[cfg(feature = "admin")]
use super::control;
use super::{head::Head, host, state::State};
use crate::metrics;
#[cfg(feature = "admin")]
use crate::{
    functions,
    resilience::{Policies, policies},
};

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
    /// The methods that would be answered.
    pub(super) allowed: &'static str,
}

const READS: &str = "GET, HEAD";
#[cfg(feature = "admin")]
const READS_AND_CONTROLS: &str = "GET, HEAD, POST";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    BadRequest = 400,
    #[cfg(feature = "admin")]
    Forbidden = 403,
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
            #[cfg(feature = "admin")]
            Self::Forbidden => "Forbidden",
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
    #[cfg(feature = "admin")]
    Policies,
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
            #[cfg(feature = "admin")]
            (Self::All, "/policies") => Some(Page::Policies),
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
        let page = endpoints.page(head.path);
        #[cfg(feature = "admin")]
        if page == Some(Page::Policies) {
            match head.method {
                "POST" => {
                    return control::answer(head.query, &head.accept, &head.accept_encoding, state);
                }
                "GET" | "HEAD" => {}
                _ => {
                    let text = "only GET, HEAD and POST are answered\n";
                    let refused = Self::said(Status::MethodNotAllowed, text);
                    return Self { allowed: READS_AND_CONTROLS, ..refused };
                }
            }
        }
        if !matches!(head.method, "GET" | "HEAD") {
            return Self::said(Status::MethodNotAllowed, "only GET and HEAD are answered\n");
        }
        match page {
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
            #[cfg(feature = "admin")]
            Page::Policies => listed(&policies(), accept),
        };
        Self::packed(content_type, body, accept_encoding)
    }

    /// Something found, packed for those who can unpack it.
    pub(super) fn packed(content_type: &'static str, body: Vec<u8>, accept_encoding: &str) -> Self {
        let packed = (body.len() >= LEAST_PACKED_BYTES && takes_gzip(accept_encoding))
            .then(|| pack(&body))
            .flatten();
        let (is_packed, body) = packed.map_or((false, body), |packed| (true, packed));
        Self { status: Status::Ok, content_type, is_packed, body, allowed: READS }
    }

    pub(super) fn unauthorized() -> Self {
        Self::said(Status::Unauthorized, "this needs the header `Authorization: Bearer …`\n")
    }

    pub(super) fn crowded() -> Self {
        Self::said(Status::Unavailable, "too many ask at once\n")
    }

    pub(super) fn said(status: Status, text: &'static str) -> Self {
        Self { status, content_type: TEXT, is_packed: false, body: text.into(), allowed: READS }
    }
}

/// Policies as a table, or as JSON for those who ask for it.
#[cfg(feature = "admin")]
pub(super) fn listed(policies: &Policies, accept: &str) -> (&'static str, Vec<u8>) {
    const JSON: &str = "application/json";
    let media = |member: &str| member.split(';').next().is_some_and(|it| it.trim() == JSON);
    if accept.split(',').any(media) {
        (JSON, policies.to_json().into_bytes())
    } else {
        (TEXT, policies.to_string().into_bytes())
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
