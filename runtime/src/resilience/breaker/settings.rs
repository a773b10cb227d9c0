//! How a breaker is declared.

use std::time::Duration;

use super::{
    CircuitBreaker, CircuitTransition, OnCancel, Template, config::Closing, window::Shape,
};
use crate::resilience::{Mode, instances::Home, nanos};

/// By which calls a breaker judges.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Window;
///
/// assert_ne!(Window::calls(100), Window::time(Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(Shape);

impl Window {
    pub(super) fn shape(self) -> Shape {
        self.0
    }

    /// By the last so many calls: each new one pushes out the oldest.
    ///
    /// Takes two bits for each call.
    ///
    /// # Panics
    ///
    /// If `calls` is 0 or above 1,000,000; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn calls(calls: u32) -> Self {
        assert!(calls >= 1, "a window holds at least 1 call");
        assert!(
            calls <= 1_000_000,
            "a window holds at most 1,000,000 calls; give it a time instead"
        );
        Self(Shape::Count(calls))
    }

    /// By the calls of this time, which moves on in ten parts: the oldest is dropped whole.
    ///
    /// # Panics
    ///
    /// If `time` is shorter than 10 ns; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn time(time: Duration) -> Self {
        let nanos = nanos::of(time);
        assert!(nanos >= 10, "a window is at least 10 ns long");
        Self(Shape::Time(nanos))
    }
}

/// How it is declared. What is not said is as documented at each.
///
/// Numbers that make no sense panic, which is an error at compile time in a `static`:
///
/// ```compile_fail
/// use spandrel::resilience::CircuitBreaker;
///
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments").failure_rate(50.0);
/// ```
impl CircuitBreaker {
    /// A breaker of this name; empty: as the function that it protects.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { home: Home::new(name), template: Template::DEFAULT }
    }

    /// Shares its state with all other breakers that are `shared` under this name.
    ///
    /// They must have the same numbers. Where they have not, those of the first to be used hold,
    /// and that is said on stderr and shown by [`policies`](crate::policies).
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.home.share();
        self
    }

    /// Opens when this share of the calls in the window failed, 0 to 1; 0.5 unless told.
    ///
    /// # Panics
    ///
    /// If `rate` is not above 0 and at most 1.
    #[must_use]
    pub const fn failure_rate(mut self, rate: f64) -> Self {
        assert!(rate > 0.0 && rate <= 1.0, "`failure_rate` is a share above 0 and at most 1");
        self.template.config.failure_rate = rate;
        self
    }

    /// Judges by these calls; the last 100 unless told.
    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.template.config.window = window.0;
        self
    }

    /// Judges by no fewer calls than these, or a full window; 20 unless told.
    ///
    /// # Panics
    ///
    /// If `calls` is 0.
    #[must_use]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        assert!(calls >= 1, "`min_calls` is at least 1");
        self.template.config.min_calls = calls;
        self
    }

    /// Takes calls for slow that take longer; unless told, none is.
    ///
    /// # Panics
    ///
    /// If `slow_call` is zero.
    #[must_use]
    pub const fn slow_call(mut self, slow_call: Duration) -> Self {
        assert!(!slow_call.is_zero(), "`slow_call` is longer than zero");
        self.template.config.slow_call = nanos::of(slow_call);
        self
    }

    /// Opens when this share of the calls in the window was slow, 0 to 1; 1 unless told.
    ///
    /// Takes effect together with [`slow_call`](Self::slow_call).
    ///
    /// # Panics
    ///
    /// If `rate` is not above 0 and at most 1.
    #[must_use]
    pub const fn slow_rate(mut self, rate: f64) -> Self {
        assert!(rate > 0.0 && rate <= 1.0, "`slow_rate` is a share above 0 and at most 1");
        self.template.config.slow_rate = rate;
        self
    }

    /// Opens also at so many failures in a row, however few calls there were.
    ///
    /// # Panics
    ///
    /// If `failures` is 0.
    #[must_use]
    pub const fn consecutive(mut self, failures: u32) -> Self {
        assert!(failures >= 1, "`consecutive` is at least 1");
        self.template.config.consecutive = failures;
        self
    }

    /// Stays open for so long before it lets probes through; 30 s unless told.
    ///
    /// A probe that takes longer than this counts as failed.
    ///
    /// # Panics
    ///
    /// If `time` is zero.
    #[must_use]
    pub const fn open_for(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`open_for` is longer than zero");
        self.template.config.open_for = nanos::of(time);
        self
    }

    /// Stays open so many times longer each time that its probes fail; 1 unless told.
    ///
    /// # Panics
    ///
    /// If `factor` is below 1 or not finite.
    #[must_use]
    pub const fn open_backoff(mut self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor.is_finite(), "`open_backoff` is a factor of at least 1");
        self.template.config.open_backoff = factor;
        self
    }

    /// Never stays open for longer than this at a time.
    ///
    /// # Panics
    ///
    /// If `time` is zero.
    #[must_use]
    pub const fn open_max(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`open_max` is longer than zero");
        self.template.config.open_max = nanos::of(time);
        self
    }

    /// Closes when so many probes succeeded; 1 unless told.
    ///
    /// Never more than these are let through at a time.
    ///
    /// # Panics
    ///
    /// If `probes` is 0 or above 10,000.
    #[must_use]
    pub const fn probes(mut self, probes: u32) -> Self {
        assert!(probes >= 1 && probes <= 10_000, "`probes` is at least 1 and at most 10,000");
        self.template.config.probes = probes;
        self
    }

    /// Opens again if this share of all probes failed, and not at the first failure.
    ///
    /// # Panics
    ///
    /// If `rate` is not above 0 and at most 1.
    #[must_use]
    pub const fn half_open_rate(mut self, rate: f64) -> Self {
        assert!(rate > 0.0 && rate <= 1.0, "`half_open_rate` is a share above 0 and at most 1");
        self.template.config.closing = Closing::Rate(rate);
        self
    }

    /// Opens again when so many probes failed, and not at the first failure.
    ///
    /// # Panics
    ///
    /// If `failures` is 0.
    #[must_use]
    pub const fn max_failures(mut self, failures: u32) -> Self {
        assert!(failures >= 1, "`max_failures` is at least 1");
        self.template.config.closing = Closing::MaxFailures(failures);
        self
    }

    /// What a call that is cancelled says about the callee.
    #[must_use]
    pub const fn on_cancel(mut self, on_cancel: OnCancel) -> Self {
        self.template.on_cancel = on_cancel;
        self
    }

    /// Refuses nothing, and counts what it would have refused.
    #[must_use]
    pub const fn observe(mut self) -> Self {
        self.template.mode = Mode::Observe;
        self
    }

    /// Tells this function of each change of state.
    ///
    /// It is called on the thread whose call changed the state, and may use the breaker. If it
    /// panics, the breaker goes on.
    #[must_use]
    pub const fn on_transition(mut self, listener: fn(&CircuitTransition)) -> Self {
        self.template.listener = Some(listener);
        self
    }
}
