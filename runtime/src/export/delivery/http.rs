//! One attempt: a request, and what came back.

use std::{
    io::{self, Read as _},
    net::IpAddr,
    time::Duration,
};

use ureq::{
    Agent, Error,
    http::{HeaderMap, HeaderName, HeaderValue, Response, Uri, header},
    tls::TlsConfig,
};

use super::{
    Compression, Post,
    answer::{Answer, Dialect, Verdict},
};
use crate::export::worker::Pace;

/// Answers are a few bytes; a receiver that sends more is not read to its end.
const MOST_ANSWER_BYTES: u64 = 64 * 1024;
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// The HTTP client.
pub(in crate::export) struct Http {
    agent: Agent,
    target: Target,
}

/// Whom it speaks to, and how.
pub(in crate::export) struct Target {
    pub(in crate::export) url: Uri,
    pub(in crate::export) headers: Vec<(HeaderName, HeaderValue)>,
    pub(in crate::export) tls: TlsConfig,
    pub(in crate::export) dialect: &'static Dialect,
}

impl Http {
    pub(in crate::export) fn new(target: Target) -> Self {
        let mut config = Agent::config_builder()
            // Credentials go where the user said, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(MOST_HEADER_BYTES)
            .tls_config(target.tls.clone())
            .user_agent(target.dialect.user_agent)
            .accept(target.dialect.media_type);
        if target.url.host().is_some_and(is_this_machine) {
            config = config.proxy(None);
        }
        Self { agent: config.build().new_agent(), target }
    }

    /// Like [`Post::post`]; shows the status and the headers of what is answered.
    pub(in crate::export) fn ask(
        &self,
        body: &[u8],
        form: Compression,
        within: Duration,
        pace: &dyn Pace,
        hear: &mut dyn FnMut(u16, &HeaderMap),
    ) -> Verdict {
        let mut request = self.agent.post(&self.target.url);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.target.headers.iter().cloned());
        }
        request = request.header(header::CONTENT_TYPE, self.target.dialect.media_type);
        if form == Compression::Gzip {
            request = request.header(header::CONTENT_ENCODING, "gzip");
        }
        let response = request.config().timeout_global(Some(within)).build().send(body);
        let confirmed_by = self.target.dialect.confirmed_by;
        let read = |response: Response<ureq::Body>| {
            hear(response.status().as_u16(), response.headers());
            read(response, confirmed_by)
        };
        match response.map(read) {
            Ok(answer) => answer.verdict(self.target.dialect, pace.unix_seconds()),
            Err(error) => failure(&error),
        }
    }
}

impl Post for Http {
    fn post(
        &mut self,
        body: &[u8],
        form: Compression,
        within: Duration,
        pace: &dyn Pace,
    ) -> Verdict {
        self.ask(body, form, within, pace, &mut |_, _| ())
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let agent = self.agent.clone();
        Some(Box::new(move || agent.shutdown()))
    }
}

fn read(response: Response<ureq::Body>, confirmed_by: Option<&str>) -> Answer {
    let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let (retry_after, location) = (header(header::RETRY_AFTER), header(header::LOCATION));
    let status = response.status().as_u16();
    let lacks_confirmation =
        confirmed_by.is_some_and(|name| !response.headers().contains_key(name));
    let mut body = Vec::new();
    // The status has said what happened. A body that is cut off, or never ends, changes nothing.
    let _ = response.into_body().into_reader().take(MOST_ANSWER_BYTES).read_to_end(&mut body);
    Answer { status, retry_after, location, body, lacks_confirmation }
}

/// No answer came.
fn failure(error: &Error) -> Verdict {
    let could_help = match error {
        // A certificate that is not trusted, or a port that does not speak TLS.
        Error::Io(error) => error.kind() != io::ErrorKind::InvalidData,
        Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed => true,
        _ => false,
    };
    let why = error.to_string();
    if could_help { Verdict::Retry { why, after: None } } else { Verdict::Fatal { why } }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
