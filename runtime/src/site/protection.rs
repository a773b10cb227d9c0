//! Policies around the calls of a function, as far as its site has to know them.

use std::fmt;

use super::Site;

/// Policies around the calls of a function.
pub trait Protection: fmt::Debug + Sync {
    /// The names of their attributes, outermost first.
    fn names(&self) -> Vec<&'static str>;

    /// They belong to this function, which has just become known.
    fn belongs_to(&self, site: &'static Site);
}

/// Policies from the outside inwards.
const ORDER: [&str; 8] =
    ["fallback", "timeout", "retry", "hedge", "circuit_breaker", "rate_limit", "bulkhead", "chaos"];

/// The names of all policies around a function, outermost first.
pub(super) fn in_order(
    mut own: Vec<&'static str>,
    beside: &[&'static str],
) -> std::vec::IntoIter<&'static str> {
    own.extend(beside);
    own.sort_by_key(|name| ORDER.iter().position(|known| known == name));
    own.into_iter()
}
