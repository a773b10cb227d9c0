//! Who asks, and whom: by the request itself, or by what trusted proxies say about it.
//!
//! Each proxy adds to the right end of a list. So with one trusted proxy the last element is to be
//! believed, with two the last but one; what stands left of it anyone may have written. A list that
//! is shorter has not come by all of the proxies, and nothing is believed.
//!
//! Proxies write one family of headers and pass the other on as it came, so the program says which
//! is theirs.

use http::{HeaderMap, HeaderValue, Uri};

/// What is known of both ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ends<'r> {
    pub(super) client: Option<&'r str>,
    /// `host`, or `host:port`.
    pub(super) authority: Option<&'r str>,
    /// What a proxy says; what the request's target does, decides nothing.
    pub(super) is_https: Option<bool>,
}

/// Who is believed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Proxies {
    pub(super) count: usize,
    /// They write `Forwarded`, not `X-Forwarded-For` and its like.
    pub(super) write_forwarded: bool,
}

impl<'r> Ends<'r> {
    pub(super) fn of(
        uri: &'r Uri,
        host: Option<&'r HeaderValue>,
        headers: &'r HeaderMap,
        proxies: Proxies,
    ) -> Self {
        let host = || host.and_then(|host| host.to_str().ok());
        let mut ends = Self {
            client: None,
            authority: uri.authority().map(http::uri::Authority::as_str).or_else(host),
            is_https: None,
        };
        if proxies.count > 0 {
            ends.believe(headers, proxies);
        }
        ends
    }

    #[cold]
    fn believe(&mut self, headers: &'r HeaderMap, proxies: Proxies) {
        let element = |name: &str| nth_from_right(headers, name, proxies.count);
        let mut scheme = None;
        if proxies.write_forwarded {
            for pair in element("forwarded").unwrap_or_default().split(';') {
                let Some((key, value)) = pair.split_once('=') else { continue };
                let value = value.trim().trim_matches('"');
                match key.trim() {
                    key if key.eq_ignore_ascii_case("for") => self.client = Some(value),
                    key if key.eq_ignore_ascii_case("host") => self.authority = Some(value),
                    key if key.eq_ignore_ascii_case("proto") => scheme = Some(value),
                    _ => {}
                }
            }
        } else if let Some(client) = element("x-forwarded-for") {
            self.client = Some(client);
            self.authority = element("x-forwarded-host").or(self.authority);
            scheme = element("x-forwarded-proto");
        }
        self.client = self.client.map(without_port);
        if let Some(scheme) = scheme {
            self.is_https = Some(scheme.eq_ignore_ascii_case("https"));
        }
    }
}

/// A host, and the port if one is named.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let authority = split_at_last(authority, b'@').map_or(authority, |(_, host)| host);
    let port_of = |port: &str| port.parse().ok();
    if let Some(end) = authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        let port = authority[end + 2..].strip_prefix(':');
        return (&authority[1..=end], port.and_then(port_of));
    }
    match split_at_last(authority, b':') {
        Some((host, port)) if !host.contains(':') => (host, port_of(port)),
        _ => (authority, None),
    }
}

/// `rsplit_once`, which takes long for a text that is short.
fn split_at_last(text: &str, at: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn without_port(client: &str) -> &str {
    host_and_port(client).0
}

/// Of the elements of all headers of a name, the one that so many proxies are behind.
fn nth_from_right<'r>(headers: &'r HeaderMap, name: &str, nth: usize) -> Option<&'r str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let elements: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let at = elements.len().checked_sub(nth)?;
    elements.get(at).copied().filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn ends<'r>(uri: &'r Uri, headers: &'r HeaderMap, proxies: Proxies) -> Ends<'r> {
        Ends::of(uri, headers.get("host"), headers, proxies)
    }

    #[test]
    fn nobody_is_believed_unless_told_so() {
        let headers = headers(&[
            ("host", "shop.example"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=203.0.113.9;proto=https;host=evil"),
        ]);

        let uri = Uri::from_static("/x");
        let ends = ends(&uri, &headers, Proxies::default());

        let expected = Ends { authority: Some("shop.example"), ..Ends::default() };
        assert_eq!(ends, expected);
    }

    #[test]
    fn what_stands_left_of_the_trusted_proxies_is_not_believed() {
        let headers = headers(&[
            ("x-forwarded-for", "10.9.9.9, 198.51.100.7"),
            ("x-forwarded-for", "192.0.2.1"),
        ]);
        let uri = Uri::from_static("/");
        let client = |count| ends(&uri, &headers, Proxies { count, write_forwarded: false }).client;

        assert_eq!(client(1), Some("192.0.2.1"));
        assert_eq!(client(2), Some("198.51.100.7"));
        assert_eq!(client(3), Some("10.9.9.9"));
        assert_eq!(client(4), None, "it has not come by all of them");
    }

    #[test]
    fn of_two_families_of_headers_only_that_of_the_proxies_is_believed() {
        let headers = headers(&[
            ("host", "inner"),
            ("forwarded", "for=203.0.113.9;proto=https;host=evil"),
            ("x-forwarded-for", "192.0.2.1"),
        ]);
        let uri = Uri::from_static("/");
        let of = |write_forwarded| ends(&uri, &headers, Proxies { count: 1, write_forwarded });

        let believed = Ends { client: Some("192.0.2.1"), authority: Some("inner"), is_https: None };
        assert_eq!(of(false), believed);
        assert_eq!((of(true).client, of(true).is_https), (Some("203.0.113.9"), Some(true)));
    }

    #[test]
    fn without_a_client_neither_host_nor_scheme_is_believed() {
        let headers = headers(&[
            ("host", "inner"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-proto", "https"),
        ]);

        let uri = Uri::from_static("/");
        let ends = ends(&uri, &headers, Proxies { count: 1, write_forwarded: false });

        assert_eq!(ends, Ends { authority: Some("inner"), ..Ends::default() });
    }

    #[test]
    fn the_standard_header_is_read_with_quotes_and_ports() {
        let headers = headers(&[(
            "forwarded",
            r#"for=10.0.0.1, For="[2001:db8::17]:4711";Proto=https;host="a.example:8443""#,
        )]);

        let uri = Uri::from_static("/");
        let ends = ends(&uri, &headers, Proxies { count: 1, write_forwarded: true });

        assert_eq!(ends.client, Some("2001:db8::17"));
        assert_eq!(ends.authority.map(host_and_port), Some(("a.example", Some(8443))));
        assert_eq!(ends.is_https, Some(true));
    }

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let cases = [
            ("a.example", ("a.example", None)),
            ("a.example:80", ("a.example", Some(80))),
            ("a.example:x", ("a.example", None)),
            ("[::1]:80", ("::1", Some(80))),
            ("[::1]", ("::1", None)),
            ("::1", ("::1", None)),
            ("user:canary@a.example:80", ("a.example", Some(80))),
            ("", ("", None)),
            ("[", ("[", None)),
            ("[]", ("", None)),
        ];

        for (given, expected) in cases {
            assert_eq!(host_and_port(given), expected, "{given}");
        }
    }
}
