//! Policies around the calls of a function, as far as its site has to know them.

use std::fmt;

use super::Site;

/// Policies around the calls of a function.
pub trait Protection: fmt::Debug + Sync {
    /// The names of their attributes, outermost first.
    fn names(&self) -> Vec<&'static str>;

    /// They belong to this function, which has just become known.
    fn belongs_to(&'static self, site: &'static Site);
}
