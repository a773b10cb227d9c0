//! The methods that are told apart: those of RFC 9110, PATCH and QUERY.

/// What stands for all other methods, of which a stranger can invent any number.
pub(super) const OTHER: &str = "_OTHER";

pub(super) const KNOWN: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];

/// The method as spans and metrics name it.
pub(super) fn known(method: &str) -> &'static str {
    KNOWN.into_iter().find(|known| *known == method).unwrap_or(OTHER)
}

/// The same, as the name of a span says it.
pub(super) fn in_name(method: &'static str) -> &'static str {
    if method == OTHER { "HTTP" } else { method }
}
