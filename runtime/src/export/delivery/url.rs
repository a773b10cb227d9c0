//! URLs for people: what is secret in them is left out.

use ureq::http::Uri;

/// The URL as it may be shown: without a password and without a query, where tokens stand.
pub(in crate::export) fn shown(uri: &Uri) -> String {
    without_secrets(&uri.to_string())
}

pub(in crate::export) fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{host}{path}")
}
