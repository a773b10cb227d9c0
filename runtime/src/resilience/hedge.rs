//! A second attempt beside one that takes long.

use std::time::Duration;

/// Begins a second attempt when the first one takes long; the first success wins.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Hedge;
///
/// static LOOKUP: Hedge = Hedge::new("lookup").after(Duration::from_millis(50)).max_attempts(3);
/// # let _ = &LOOKUP;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Hedge {
    name: &'static str,
    after: Option<Duration>,
    max_attempts: u32,
}

impl Hedge {
    /// Two attempts, the second one after as long as 95 of 100 calls take.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, after: None, max_attempts: 2 }
    }

    /// Begins the next attempt after so long.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// Begins the next attempt after as long as 95 of 100 calls took, once there were a hundred.
    #[must_use]
    pub const fn after_p95(mut self) -> Self {
        self.after = None;
        self
    }

    /// No more attempts than so many, the first one among them.
    ///
    /// # Panics
    ///
    /// If it is less than 2; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        assert!(attempts >= 2, "`max_attempts` of a hedge must be at least 2");
        self.max_attempts = attempts;
        self
    }
}
