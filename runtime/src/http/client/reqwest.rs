//! The middleware for `reqwest`.

use std::error::Error as _;

use http::Extensions;
use http_body::Body as _;
use reqwest::{Request, Response, ResponseBuilderExt as _};
use reqwest_middleware::{Error, Middleware, Next};

use super::{
    attempt::{Attempt, Outgoing, Watched},
    body::ClientBody,
    future::Within,
    options::{Client, ResendCount},
};

#[async_trait::async_trait]
impl Middleware for Client {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        if extensions.get::<Watched>().is_some() {
            return next.run(request, extensions).await;
        }
        extensions.insert(Watched);
        let watching = Watching(extensions);
        let (attempt, headers) = Attempt::begin(&self.options, outgoing(&request, watching.0));
        let has_told = headers.tell_anything();
        headers.put(request.headers_mut());
        // A middleware around this one that sends again does so with the same extensions.
        let sent = watching.0.get().map_or(0, |ResendCount(count)| *count);
        watching.0.insert(ResendCount(sent.saturating_add(1)));
        let (response, attempt) = Within::new(next.run(request, watching.0), attempt).await;
        match (response, attempt) {
            (Ok(response), Some(attempt)) => {
                if has_told {
                    self.options.warn_of_leak(response.url());
                }
                Ok(observed(response, attempt))
            }
            (Err(error), Some(mut attempt)) => {
                let (error_type, message) = described(&error);
                attempt.fail(error_type, message.as_deref());
                Err(error)
            }
            (response, None) => response,
        }
    }
}

/// The extensions of a request while it is sent: who sends it again is watched again.
struct Watching<'e>(&'e mut Extensions);

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.remove::<Watched>();
    }
}

fn outgoing<'r>(request: &'r Request, extensions: &Extensions) -> Outgoing<'r> {
    let url = request.url();
    Outgoing {
        method: request.method(),
        scheme: Some(url.scheme()),
        host: url.host_str().map(|host| host.trim_matches(['[', ']'])),
        port: url.port_or_known_default(),
        path: url.path(),
        query: url.query(),
        headers: request.headers(),
        template: extensions.get().copied(),
        resent: extensions.get().copied(),
    }
}

/// The same response, whose body ends the attempt.
fn observed(response: Response, mut attempt: Attempt) -> Response {
    let url = response.url().clone();
    let mut response: http::Response<reqwest::Body> = response.into();
    let is_whole = response.body().is_end_stream();
    attempt.answered(&response, is_whole);
    // The address is an extension that only reqwest can make.
    if let Ok(carrying_url) = http::Response::builder().url(url).body(()) {
        response.extensions_mut().extend(carrying_url.into_parts().0.extensions);
    }
    let body = |body| reqwest::Body::wrap(ClientBody::new(body, Some(attempt)));
    response.map(body).into()
}

/// What kind of error it is, and what caused it: the error's own text has the whole address in it.
fn described(error: &Error) -> (&'static str, Option<String>) {
    let Error::Reqwest(error) = error else { return ("reqwest_middleware::Error", None) };
    let error_type = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_redirect() {
        "redirect"
    } else {
        "reqwest::Error"
    };
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(known) = cause {
        // An error of reqwest within one of reqwest names the address, too.
        if !known.is::<reqwest::Error>() {
            causes.push(known.to_string());
        }
        cause = known.source();
    }
    (error_type, (!causes.is_empty()).then(|| causes.join(": ")))
}
