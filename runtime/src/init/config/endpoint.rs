//! The address of a collector, checked and completed.

use std::fmt;

use super::{OtlpSignal, Protocol, Setting};
use crate::init::env::{Reader, Rejected};

/// The ports on which Jaeger takes its own, retired protocols.
const RETIRED_JAEGER_PORTS: [u16; 4] = [6_831, 6_832, 14_250, 14_268];

/// A URL with scheme `http` or `https`. A password in it appears in no output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    url: String,
    port: Option<u16>,
    /// Whether `https` was our guess.
    pub(super) scheme_is_guessed: bool,
}

impl Endpoint {
    /// The collector on this machine.
    pub(super) fn local(protocol: Protocol, signal: &OtlpSignal) -> Self {
        let (port, path) = match protocol {
            Protocol::Grpc => (4_317, ""),
            Protocol::HttpJson | Protocol::HttpProtobuf => (4_318, signal.path),
        };
        let url = format!("http://localhost:{port}{path}");
        Self { url, port: Some(port), scheme_is_guessed: false }
    }

    /// Zipkin on this machine.
    pub(super) fn local_zipkin() -> Self {
        let url = "http://localhost:9411/api/v2/spans".to_owned();
        Self { url, port: Some(9_411), scheme_is_guessed: false }
    }

    /// Reads a URL; without scheme it means `https`, unless `insecure` says otherwise.
    pub(super) fn parse(text: &str, insecure: Option<bool>) -> Result<Self, Rejected> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
            Some(_) => return Err(Rejected::because("is neither `http` nor `https`")),
            None if insecure == Some(true) => ("http", text),
            None => ("https", text),
        };
        let no_url = || Rejected::because("is no URL");
        if !rest.bytes().all(is_in_urls) {
            return Err(no_url());
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Ok(Self {
            url: format!("{scheme}://{rest}"),
            port: port(host).ok_or_else(no_url)?,
            scheme_is_guessed: !text.contains("://") && insecure.is_none(),
        })
    }

    /// As `JAEGER_ENDPOINT`, which in many a deployment still names what Jaeger no longer has.
    pub(super) fn parse_jaeger(text: &str, insecure: Option<bool>) -> Result<Self, Rejected> {
        let endpoint = Self::parse(text, insecure)?;
        let is_retired = endpoint.port.is_some_and(|port| RETIRED_JAEGER_PORTS.contains(&port))
            || endpoint.path_end().1.ends_with("/api/traces");
        if is_retired {
            return Err(Rejected::because("is an address of Jaeger's retired protocol")
                .instead("that of its OTLP port, as in `http://jaeger:4318`"));
        }
        Ok(endpoint)
    }

    /// The address for a signal below this general one.
    pub(super) fn for_signal(mut self, signal: &OtlpSignal) -> Self {
        let (end, path) = self.path_end();
        let slashes = path.len() - path.trim_end_matches('/').len();
        self.url.replace_range(end - slashes..end, signal.path);
        self
    }

    /// Whether the address ends in the path that [`Endpoint::for_signal`] appends.
    pub(super) fn is_for(&self, signal: &OtlpSignal) -> bool {
        self.path_end().1.trim_end_matches('/').ends_with(signal.path)
    }

    /// The general address of which this is the one for a signal; else unchanged.
    pub(super) fn without(mut self, signal: &OtlpSignal) -> Self {
        let (end, path) = self.path_end();
        let slashes = path.len() - path.trim_end_matches('/').len();
        if self.is_for(signal) {
            self.url.replace_range(end - slashes - signal.path.len()..end, "");
        }
        self
    }

    /// Where the path ends, and the path.
    fn path_end(&self) -> (usize, &str) {
        let end = self.url.find('?').unwrap_or(self.url.len());
        let authority = self.url.find("://").map_or(0, |at| at + 3);
        let path = self
            .url
            .get(authority..end)
            .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
        (end, path.unwrap_or_default())
    }

    /// Whether there is more than the address of a machine.
    pub(super) fn has_path(&self) -> bool {
        let (end, path) = self.path_end();
        end < self.url.len() || !matches!(path, "" | "/")
    }

    /// The address of the machine alone.
    pub(super) fn without_path(mut self) -> Self {
        let (end, path) = self.path_end();
        self.url.truncate(end - path.len());
        self
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The whole URL, with what is secret in it.
    #[cfg(any(test, feature = "otlp", feature = "prometheus-remote-write", feature = "zipkin"))]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Setting<Endpoint> {
    /// Says that nobody wrote `http` or `https`, if that is so.
    pub(super) fn warn_of_guessed_scheme(&self, reader: &mut Reader<'_>) {
        if self.value.scheme_is_guessed {
            reader.warn(format!(
                "the endpoint {} has no scheme and is taken for `https`; write `http://` or \
                 `https://` before it",
                self.source
            ));
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&for_people(&self.url))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// What RFC 3986 allows, without the `#` that only a browser has a use for.
fn is_in_urls(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%:/?[]@!$&'()*+,;=".contains(&byte)
}

/// The port of `host`, `host:port` or `[v6]:port`; `None` if it is none of these.
fn port(host: &str) -> Option<Option<u16>> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            ("v6", if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    match port {
        None => Some(None),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().ok().filter(|port| *port > 0).map(Some)
        }
        Some(_) => None,
    }
}

/// A URL for people: without userinfo and query, where keys and passwords are.
fn for_people(url: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?…"));
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url}{query}") };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{path}{query}"),
        None => format!("{url}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_path_of_traces_is_appended_without_double_slashes() {
        for (base, url) in [
            ("http://c:4318", "http://c:4318/v1/traces"),
            ("http://c:4318/", "http://c:4318/v1/traces"),
            ("HTTPS://c/otlp//", "https://c/otlp/v1/traces"),
            ("https://c/otlp?key=a/b", "https://c/otlp/v1/traces?key=a/b"),
            ("https://c?key=1", "https://c/v1/traces?key=1"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
            ("http://me:pw@c:1/x", "http://me:pw@c:1/x/v1/traces"),
        ] {
            assert_eq!(
                Endpoint::parse(base, None).unwrap().for_signal(OtlpSignal::TRACES).url(),
                url
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "http://",
            "http:///v1",
            "ftp://c",
            "unix:///run/x",
            "http://c:0",
            "http://c:port",
            "http://c:99999",
            "http://c d",
            "http://[::1",
            "http://[zz]:1",
            "http://[::1]4318",
            "http://c#x",
            "http://münchen",
        ] {
            assert!(Endpoint::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_address_without_scheme_asks_whether_it_is_secure() {
        let url = |text, insecure| Endpoint::parse(text, insecure).unwrap().url().to_owned();

        assert_eq!(url("c:4318", Some(true)), "http://c:4318");
        assert_eq!(url("c:4318", Some(false)), "https://c:4318");
        assert_eq!(url("c:4318", None), "https://c:4318");
        assert_eq!(url("https://c:4318", Some(true)), "https://c:4318");
        assert!(Endpoint::parse("c:4318", None).unwrap().scheme_is_guessed);
        assert!(!Endpoint::parse("c:4318", Some(false)).unwrap().scheme_is_guessed);
    }

    #[test]
    fn an_address_for_people_has_neither_password_nor_key() {
        assert_eq!(for_people("http://me:p@ss@c:1/x@y"), "http://…@c:1/x@y");
        assert_eq!(for_people("http://c:1/x?key=hunter2"), "http://c:1/x?…");
        assert_eq!(for_people("http://c:1/x@y"), "http://c:1/x@y");
    }

    proptest! {
        #[test]
        fn no_text_makes_an_endpoint_panic(text in ".*", url in "(http://)?[a-z@:\\[\\]/?.0-9]{0,30}") {
            for text in [text, url] {
                let _ = for_people(&text);
                let _ = Endpoint::parse_jaeger(&text, None);
                if let Ok(endpoint) = Endpoint::parse(&text, None) {
                    prop_assert!(endpoint.for_signal(OtlpSignal::TRACES).is_for(OtlpSignal::TRACES));
                }
            }
        }
    }
}
