//! How many places, by what the callee can take.

use super::settings::Adaptive;

/// What is known about the callee so far.
#[derive(Debug)]
pub(super) struct Tuning {
    settings: Adaptive,
}

impl Tuning {
    pub(super) fn new(settings: Adaptive, _places: u32) -> Self {
        Self { settings }
    }

    pub(super) fn settings(&self) -> Adaptive {
        self.settings
    }
}
