//! The methods that are told apart: those of RFC 9110, PATCH and QUERY.

use std::sync::OnceLock;

/// What stands for all other methods, of which a stranger can invent any number.
pub(super) const OTHER: &str = "_OTHER";

pub(super) const KNOWN: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];

/// Those that the program's environment names instead.
static CHOSEN: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Tells these methods apart from now on, and no others; the first choice stays.
pub(crate) fn choose(methods: &[String]) {
    let leaked = || methods.iter().map(|method| &*String::leak(method.clone())).collect();
    CHOSEN.get_or_init(leaked);
}

/// The method as spans and metrics name it.
pub(super) fn known(method: &str) -> &'static str {
    let known = CHOSEN.get().map_or(&KNOWN[..], Vec::as_slice);
    known.iter().find(|known| **known == method).copied().unwrap_or(OTHER)
}

/// The same, as the name of a span says it.
pub(super) fn in_name(method: &'static str) -> &'static str {
    if method == OTHER { "HTTP" } else { method }
}
