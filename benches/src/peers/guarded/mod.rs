//! Who retries, breaks circuits, limits rates, cuts off, hedges and keeps places.

pub(super) mod assembled;
mod breakers;
mod limits;
mod retries;
mod tower_resilience;

use crate::subject::{Case, Sink, Subject};

/// A library that needs no installing.
struct Library {
    name: &'static str,
    cases: &'static [Case],
}

impl Subject for Library {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cases(&self) -> &'static [Case] {
        self.cases
    }

    fn install(&self, _sink: Sink) {}
}

/// Lists them.
pub(super) fn all() -> Vec<&'static dyn Subject> {
    let libraries = [breakers::ALL, retries::ALL, limits::ALL, tower_resilience::ALL].concat();
    libraries.into_iter().map(|library| library as &dyn Subject).collect()
}
