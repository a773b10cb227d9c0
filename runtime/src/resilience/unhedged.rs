//! A bundle around a function whose calls must not be made twice, as far as anybody has said.

use super::Policy;
use crate::{
    diag,
    site::{Explained, Protection, Site},
};

/// A bundle, of which a hedge takes no effect: the function does not say that it is idempotent.
#[derive(Debug)]
pub struct Unhedged(pub &'static Policy);

impl Protection for Unhedged {
    fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.names();
        names.retain(|name| *name != "hedge");
        names
    }

    fn explain(&self) -> Vec<Explained> {
        let mut explained = self.0.explain();
        explained.retain(|(name, _)| *name != "hedge");
        explained
    }

    fn is_off(&self, name: &str) -> bool {
        self.0.is_off(name)
    }

    fn belongs_to(&'static self, site: &'static Site) {
        self.0.belongs_to(site);
        if self.0.names().contains(&"hedge") {
            let (bundle, function) = (self.0.name(), site.name());
            diag::warn(format_args!(
                "the bundle `{bundle}` hedges, and takes `{function}` for a function whose calls must \
                 not be made twice; write `#[resilient(…, idempotent = true)]` if they may"
            ));
        }
    }
}
