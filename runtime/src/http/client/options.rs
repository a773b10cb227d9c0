//! What a program may ask of the client layers.

use std::sync::Arc;
#[cfg(feature = "reqwest")]
use std::sync::Once;

#[cfg(feature = "reqwest")]
use crate::diag;
use crate::trace::propagation::PropagateTo;

/// Begins the layer of a client.
///
/// Who is told what: without a list, the trace and the correlation id go to every host, and
/// baggage, in which anything may stand, to none. With
/// [`propagate_to`](Client::propagate_to), all three go to the hosts on the list, and nothing to
/// others.
///
/// ```
/// use spandrel::{http, trace::propagation::PropagateTo};
///
/// let ours = PropagateTo::parse("*.internal.example, localhost")?;
/// let layer = http::client().propagate_to(ours);
/// # let _ = layer;
/// # Ok::<(), spandrel::trace::propagation::InvalidHost>(())
/// ```
///
/// Of several layers around a request, the outermost one watches it and decides what is told.
///
/// It is a layer of `tower` (hyper, tonic) with feature `tower`, and a middleware of
/// `reqwest-middleware` with feature `reqwest`:
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// use spandrel::http;
///
/// let layer = http::client();
/// let builder = reqwest::Client::builder().redirect(layer.redirects());
/// # let _ = || -> Result<(), reqwest::Error> {
/// let client = reqwest_middleware::ClientBuilder::new(builder.build()?).with(layer).build();
/// # Ok(())
/// # };
/// # }
/// ```
#[must_use]
pub fn client() -> Client {
    Client { options: Arc::new(Options { propagate_to: None, server: None }) }
}

/// A layer or middleware around a client that sends HTTP requests; made by [`client`].
///
/// Each attempt has a span and is counted, and its headers tell the receiver of it.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) options: Arc<Options>,
}

#[derive(Clone, Debug)]
pub(super) struct Options {
    /// `None`: trace and correlation to all, baggage to nobody.
    pub(super) propagate_to: Option<PropagateTo>,
    pub(super) server: Option<(Box<str>, u16)>,
}

impl Client {
    /// Sends trace, baggage and correlation id to these hosts, and to no others.
    ///
    /// What the program itself has put into the headers stays.
    ///
    /// A client of reqwest that follows redirects by its own policy takes the headers along, so that
    /// a host on the list can send them on to any other. Give it the policy `redirects` of this
    /// layer, which cannot see what policy a client has: it warns once where it finds that a
    /// redirect has left the list.
    ///
    /// ```
    /// use spandrel::{http, trace::propagation::PropagateTo};
    ///
    /// let layer = http::client().propagate_to(PropagateTo::no_one());
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn propagate_to(self, hosts: PropagateTo) -> Self {
        self.with(|options| options.propagate_to = Some(hosts))
    }

    /// Says whom the client talks to, where requests have no host: those of tonic.
    ///
    /// ```
    /// let layer = spandrel::http::client().server("orders.internal", 50051);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn server(self, host: &str, port: u16) -> Self {
        self.with(|options| options.server = Some((host.into(), port)))
    }

    /// Follows up to ten redirects, and none to a host that may not be told what ours may.
    ///
    /// reqwest follows redirects on its own and takes the headers along, so that a host on the list
    /// could send them on to any other. A response that is not followed is the caller's.
    ///
    /// ```
    /// let layer = spandrel::http::client();
    /// let builder = reqwest::Client::builder().redirect(layer.redirects());
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn redirects(&self) -> reqwest::redirect::Policy {
        let options = Arc::clone(&self.options);
        reqwest::redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MOST_REDIRECTS {
                return attempt.error("too many redirects");
            }
            let (host, port) = (attempt.url().host_str(), attempt.url().port_or_known_default());
            if options.tells(host, port).is_some() { attempt.follow() } else { attempt.stop() }
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }
}

/// How much a receiver is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    All,
    WithoutBaggage,
}

impl Options {
    /// What a host is told; `None`: nothing.
    pub(super) fn tells(&self, host: Option<&str>, port: Option<u16>) -> Option<Told> {
        match &self.propagate_to {
            None => Some(Told::WithoutBaggage),
            Some(list) => list.allows(host.unwrap_or_default(), port).then_some(Told::All),
        }
    }

    /// reqwest follows redirects without asking us, and takes our headers along. Who answered in
    /// the end is all that we learn of it.
    #[cfg(feature = "reqwest")]
    pub(super) fn warn_of_leak(&self, answered: &reqwest::Url) {
        static ONCE: Once = Once::new();
        let host = answered.host_str();
        if self.tells(host, answered.port_or_known_default()).is_none() {
            ONCE.call_once(|| {
                diag::warn(format_args!(
                    "a redirect has led to `{}`, which `propagate_to` does not name, and our \
                     headers went with it; build the client with \
                     `reqwest::Client::builder().redirect(layer.redirects())`",
                    host.unwrap_or_default()
                ));
            });
        }
    }
}

/// The pattern of a request's path, as an extension of the request: `url.template`.
///
/// With it the span is called `GET /orders/{id}` instead of `GET`, and the durations are told apart.
///
/// ```
/// use spandrel::http::UrlTemplate;
///
/// let request = http::Request::get("http://orders/orders/7")
///     .extension(UrlTemplate("/orders/{id}"))
///     .body(())?;
/// # let _ = request;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlTemplate(pub &'static str);

/// How often a request was sent before, as an extension of the request.
///
/// A retrying layer of `tower` around ours sets it where it copies the request; for `reqwest` it is
/// counted.
///
/// ```
/// use spandrel::http::ResendCount;
///
/// let mut request = http::Request::get("http://orders/").body(())?;
/// request.extensions_mut().insert(ResendCount(1));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendCount(pub u32);

#[cfg(feature = "reqwest")]
const MOST_REDIRECTS: usize = 10;

#[cfg(all(test, feature = "reqwest"))]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_that_has_left_the_list_is_told_of_once() {
        let said = diag::capture();
        let list = PropagateTo::parse("127.0.0.1").ok();
        let options = Options { propagate_to: list, server: None };
        let led_to = |url: &str| options.warn_of_leak(&url.parse().unwrap());

        led_to("http://127.0.0.1:8080/");
        assert!(said.of(diag::Level::Warn).is_empty());
        led_to("http://stranger.example/?token=canary");
        led_to("http://stranger.example/");

        let warnings = said.of(diag::Level::Warn);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("a redirect has led to `stranger.example`"), "{warnings:?}");
        assert!(!warnings[0].contains("canary"), "{warnings:?}");
    }
}
