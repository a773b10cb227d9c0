//! What strangers send, made fit to be recorded: bounded, and without secrets.

use std::borrow::Cow;

use http::Version;

use crate::redact;

/// More of a text than this is not recorded: others pay for what a stranger makes up.
const MOST_BYTES: usize = 1_024;

/// What stands in the place of a secret.
const REDACTED: &str = "[REDACTED]";

/// Parameters that the semantic conventions know to be secret, beside those on our deny-list.
const SIGNATURES: [&str; 8] = [
    "AWSAccessKeyId",
    "Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
    "sig",
    "code",
];

/// The beginning of a text.
pub(super) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}

/// A query whose secret values are replaced. Allocates only if there is one.
pub(super) fn query(query: &str) -> Cow<'_, str> {
    let query = bounded(query);
    if !query.split('&').any(is_secret) {
        return Cow::Borrowed(query);
    }
    let mut shown = String::with_capacity(query.len());
    for parameter in query.split('&') {
        if !shown.is_empty() {
            shown.push('&');
        }
        match parameter.split_once('=') {
            Some((key, _)) if is_secret(parameter) => {
                shown.extend([key, "=", REDACTED]);
            }
            _ => shown.push_str(parameter),
        }
    }
    Cow::Owned(shown)
}

/// An absolute address without user information and secret values, and without its fragment.
pub(super) fn address(
    scheme: &str,
    host: &str,
    port: Option<u16>,
    path: &str,
    of: Option<&str>,
) -> String {
    let mut shown = String::with_capacity(scheme.len() + host.len() + path.len() + 16);
    let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
    shown.extend([scheme, "://", open, host, close]);
    if let Some(port) = port.filter(|port| Some(*port) != default_port(scheme)) {
        shown.push(':');
        shown.push_str(&port.to_string());
    }
    shown.push_str(bounded(path));
    if let Some(of) = of {
        shown.push('?');
        shown.push_str(&query(of));
    }
    shown
}

/// The port that an address means that names none.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

pub(super) fn version_text(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

fn is_secret(parameter: &str) -> bool {
    let Some((key, value)) = parameter.split_once('=') else { return false };
    if value.is_empty() {
        return false;
    }
    let key = decoded(key);
    SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(&key))
        || redact::is_denied(&key)
        || redact::is_denied_here(&key)
        // `user[password]=…`
        || key.split(['[', ']']).any(|part| redact::is_denied(part) || redact::is_denied_here(part))
}

/// A key as the receiver reads it: an escaped letter hides nothing.
fn decoded(key: &str) -> Cow<'_, str> {
    if !key.contains('%') {
        return Cow::Borrowed(key);
    }
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_values_of_a_query_are_replaced_and_the_others_stay() {
        let cases = [
            ("", ""),
            ("a=1&b=2", "a=1&b=2"),
            ("token", "token"),
            ("token=", "token="),
            ("token=canary", "token=[REDACTED]"),
            ("a=1&api_key=canary&b=2", "a=1&api_key=[REDACTED]&b=2"),
            ("API-KEY=canary=x", "API-KEY=[REDACTED]"),
            ("sig=canary&Signature=canary", "sig=[REDACTED]&Signature=[REDACTED]"),
            ("X-Amz-Signature=canary", "X-Amz-Signature=[REDACTED]"),
            ("p%61ssword=canary", "p%61ssword=[REDACTED]"),
            ("user%5Bpassword%5D=canary", "user%5Bpassword%5D=[REDACTED]"),
            ("user[password]=canary&%zz=%", "user[password]=[REDACTED]&%zz=%"),
            ("password=canary&password=canary", "password=[REDACTED]&password=[REDACTED]"),
        ];

        for (given, shown) in cases {
            assert_eq!(query(given), shown);
        }
    }

    #[test]
    fn a_cut_never_shows_the_rest_of_a_secret() {
        let given = format!("{}&token=canary", "x".repeat(MOST_BYTES - 9));

        assert!(!query(&given).contains("can"), "{}", query(&given));
        assert!(query(&"é".repeat(MOST_BYTES)).len() <= MOST_BYTES);
    }

    #[test]
    fn an_address_names_the_port_only_where_it_is_unusual() {
        let shown = [
            address("https", "a.example", Some(443), "/x", None),
            address("http", "a.example", Some(8080), "/", Some("token=canary")),
            address("http", "::1", Some(8080), "/", None),
            address("http", "::1", None, "/", None),
        ];

        let expected = [
            "https://a.example/x",
            "http://a.example:8080/?token=[REDACTED]",
            "http://[::1]:8080/",
            "http://[::1]/",
        ];
        assert_eq!(shown, expected);
    }
}
