//! Policies around the calls of a function, as far as its site has to know them.

use std::fmt;

use super::Site;

/// Policies around the calls of a function.
pub trait Protection: fmt::Debug + Sync {
    /// The names of their attributes, outermost first.
    fn names(&self) -> Vec<&'static str>;

    /// Each with its numbers, as they hold now.
    fn explain(&self) -> Vec<Explained>;

    /// Whether this mechanism of the function is switched off, whoever owns it.
    fn is_off(&self, name: &str) -> bool;

    /// They belong to this function, which has just become known.
    fn belongs_to(&'static self, site: &'static Site);
}

/// The name of a mechanism, and its numbers.
pub type Explained = (&'static str, String);

/// A mechanism with numbers.
pub trait Described: fmt::Debug + Sync {
    /// Its numbers as they hold now, as an attribute would have them.
    fn described(&self) -> String;

    /// Whether its numbers can be set from outside of the code.
    fn is_settable(&self) -> bool {
        true
    }
}

/// A mechanism that stands beside the policy of a function, by the name of its attribute.
pub type Beside = (&'static str, Option<&'static dyn Described>);

/// Policies from the outside inwards.
const ORDER: [&str; 8] =
    ["fallback", "timeout", "retry", "hedge", "circuit_breaker", "rate_limit", "bulkhead", "chaos"];

/// Sorts policies from the outside inwards.
pub(super) fn sort<P>(policies: &mut [P], name: impl Fn(&P) -> &'static str) {
    policies.sort_by_key(|policy| ORDER.iter().position(|known| *known == name(policy)));
}
