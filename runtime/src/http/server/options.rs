//! What a program may ask of the server layer.

use std::{sync::Arc, time::Duration};

use http::HeaderName;

use super::forwarded::Proxies;
use crate::{
    http::{
        correlation::X_CORRELATION_ID,
        objective::{Slo, objective},
    },
    trace::propagation::Boundary,
};

/// Begins the layer of a server.
///
/// ```
/// use std::time::Duration;
/// use spandrel::http::{self, Slo};
///
/// let layer = http::server()
///     .exclude("/health")
///     .slow(Duration::from_secs(1))
///     .slo("/orders/{id}", Slo::latency(Duration::from_millis(300)).target(0.99));
/// # let _ = layer;
/// ```
///
/// With axum and its feature `axum-0-8`, the layer of a router knows the routes:
///
/// ```
/// # #[cfg(feature = "axum-0-8")] {
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/orders/{id}", get(|| async { "an order" }))
///     .layer(spandrel::http::server());
/// # }
/// ```
///
/// Of several layers around a request, the outermost one watches it; the route that one further in
/// knows is told to it.
#[must_use]
pub fn server() -> Server {
    Server { options: Arc::new(Options::default()) }
}

/// A layer around a service that answers HTTP requests; made by [`server`].
///
/// Each request has a span, is counted, and is named by a correlation id. The context that came
/// with it is continued, or from a public endpoint linked to.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) options: Arc<Options>,
}

#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) boundary: Boundary,
    pub(super) excluded: Vec<Excluded>,
    pub(super) slow: Option<Duration>,
    pub(super) scheme: &'static str,
    pub(super) proxies: Proxies,
    pub(super) correlation_header: HeaderName,
    pub(super) request_headers: Vec<Captured>,
    pub(super) response_headers: Vec<Captured>,
}

#[derive(Clone, Debug)]
pub(super) enum Excluded {
    Path(Box<str>),
    Below(Box<str>),
}

/// A header that is recorded, and the attribute's key.
#[derive(Clone, Debug)]
pub(super) struct Captured {
    pub(super) name: HeaderName,
    pub(super) key: Box<str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            boundary: Boundary::Trusted,
            excluded: Vec::new(),
            slow: None,
            scheme: "http",
            proxies: Proxies::default(),
            correlation_header: X_CORRELATION_ID.clone(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
        }
    }
}

impl Server {
    /// Anyone may call: the caller's context is linked to, and nothing in it is obeyed.
    ///
    /// The correlation id is taken all the same: it is a name and decides nothing.
    ///
    /// ```
    /// let layer = spandrel::http::server().public_endpoint();
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn public_endpoint(self) -> Self {
        self.with(|options| options.boundary = Boundary::PublicEndpoint)
    }

    /// Passes requests for a path by, as if the layer were not there; `/static/*`: all below.
    ///
    /// ```
    /// let layer = spandrel::http::server().exclude("/health").exclude("/static/*");
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn exclude(self, path: &str) -> Self {
        let excluded = match path.strip_suffix('*') {
            Some(below) => Excluded::Below(below.into()),
            None => Excluded::Path(path.into()),
        };
        self.with(|options| options.excluded.push(excluded))
    }

    /// Notes an event `slow request` in spans that last longer.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let layer = spandrel::http::server().slow(Duration::from_millis(500));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn slow(self, threshold: Duration) -> Self {
        self.with(|options| options.slow = Some(threshold))
    }

    /// Sets an [objective] for a route, which `http.server.slo.good` and `.target` report about.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::http::{self, Slo};
    ///
    /// let slo = Slo::latency(Duration::from_millis(300)).target(0.99);
    /// let layer = http::server().slo("/orders/{id}", slo);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn slo(self, route: &str, slo: Slo) -> Self {
        objective(route, slo);
        self
    }

    /// Says that the server itself speaks TLS: `url.scheme`, unless a trusted proxy says otherwise.
    ///
    /// Requests do not tell, and those that seem to may have been written by anyone.
    ///
    /// ```
    /// let layer = spandrel::http::server().https();
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn https(self) -> Self {
        self.with(|options| options.scheme = "https")
    }

    /// Believes so many proxies in front of the server what they say in `X-Forwarded-For`.
    ///
    /// Each of them adds to the right end of the list. What is further left was there before them,
    /// and anyone can write it; a list that is shorter has not come by all of them, and says
    /// nothing. `X-Forwarded-Proto` and `-Host` are believed by the same rules, where there is a
    /// client to believe in: the proxies must set or remove all three.
    ///
    /// ```
    /// let layer = spandrel::http::server().trusted_proxies(1);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn trusted_proxies(self, count: usize) -> Self {
        self.with(|options| options.proxies.count = count)
    }

    /// Says that the trusted proxies write `Forwarded`, which is then read instead.
    ///
    /// Whichever of the two the proxies do not write, they pass on as anyone wrote it.
    ///
    /// ```
    /// let layer = spandrel::http::server().trusted_proxies(1).proxies_write_forwarded();
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn proxies_write_forwarded(self) -> Self {
        self.with(|options| options.proxies.write_forwarded = true)
    }

    /// Records headers of requests as `http.request.header.…`, secret ones redacted.
    ///
    /// ```
    /// let layer = spandrel::http::server().capture_request_headers(["x-tenant"]);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn capture_request_headers<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let captured = captured("http.request.header.", names);
        self.with(|options| options.request_headers.extend(captured))
    }

    /// Records headers of responses as `http.response.header.…`, secret ones redacted.
    ///
    /// ```
    /// let layer = spandrel::http::server().capture_response_headers(["x-cache"]);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn capture_response_headers<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let captured = captured("http.response.header.", names);
        self.with(|options| options.response_headers.extend(captured))
    }

    /// Names requests by another header than `X-Correlation-ID`, which is also the response's.
    ///
    /// ```
    /// let name = http::HeaderName::from_static("x-amzn-trace-id");
    /// let layer = spandrel::http::server().correlation_header(name);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn correlation_header(self, name: HeaderName) -> Self {
        self.with(|options| options.correlation_header = name)
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }
}

impl Options {
    pub(super) fn excludes(&self, path: &str) -> bool {
        self.excluded.iter().any(|excluded| match excluded {
            Excluded::Path(excluded) => path == &**excluded,
            Excluded::Below(below) => path.starts_with(&**below),
        })
    }
}

fn captured<'a>(prefix: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<Captured> {
    let names = names.into_iter().filter_map(|name| HeaderName::try_from(name).ok());
    names.map(|name| Captured { key: format!("{prefix}{name}").into(), name }).collect()
}
