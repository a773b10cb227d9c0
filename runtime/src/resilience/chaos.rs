//! Faults on purpose.

/// Injects faults, so that one can see what a program makes of them.
#[derive(Debug)]
pub struct Chaos {
    name: &'static str,
}

impl Chaos {
    /// Does nothing yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }
}
