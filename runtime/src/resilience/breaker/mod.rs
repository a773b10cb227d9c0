//! A circuit breaker: stops calling what keeps failing, and finds out when it works again.

mod call;
mod config;
mod counted;
mod machine;
mod overrides;
mod permit;
mod report;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod window;
mod words;

use std::{
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

#[cfg(feature = "tower")]
pub(crate) use self::call::Watched;
pub use self::{
    call::ForcedOpen,
    permit::{OnCancel, Verdict},
    report::{CircuitReason, CircuitState, CircuitStatistics, CircuitTransition},
    settings::Window,
};
pub(crate) use self::{
    call::judge,
    permit::{Leave, Permit, Standing},
    state::Denied,
};
use self::{
    config::Config,
    machine::Breaker,
    report::Change,
    state::{Pass, Phase},
};
use super::{
    Mode, PolicyKind, Rejected, RejectedKind,
    instances::{Declared, Home, Instance, Listed, Numbers, Owner, Sealed, labels_key, retire},
    overrides::Selection,
    telemetry,
};
use crate::{
    diag,
    sync::{Mutex, lock},
    time,
};

/// Stops calls to what keeps failing, and finds out by itself when it works again.
///
/// Closed, it judges by a sliding window of the last calls, after each of them: too large a share
/// of failures, of slow calls, or too many failures in a row open it. Open, it refuses every call at
/// once, with the time after which to come again. Then it is half open: a few calls go through as
/// probes, and close it or open it again. Nothing runs in the background.
///
/// It can stand in a `static`. A call that succeeds takes no lock and writes nothing that other
/// threads read: its thread counts it, and whoever judges first adds up what all threads counted.
/// So calls one after the other are judged exactly; a success that ends at the same moment as
/// another thread's failure counts before it or after it.
///
/// The states and the window are those of Resilience4j's `CircuitBreaker`; unlike there, a probe
/// that is cancelled gives its slot back, and one that never returns counts as failed when
/// [`open_for`](Self::open_for) has passed.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{CircuitBreaker, Rejected, Window};
///
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments")
///     .failure_rate(0.5)
///     .window(Window::calls(100))
///     .open_for(Duration::from_secs(30));
///
/// #[derive(Debug)]
/// enum PayError {
///     Declined,
///     Rejected(Rejected),
/// }
/// impl From<Rejected> for PayError {
///     fn from(rejected: Rejected) -> Self {
///         Self::Rejected(rejected)
///     }
/// }
///
/// let paid = PAYMENTS.call(|| if true { Ok(42) } else { Err(PayError::Declined) });
/// assert_eq!(paid.unwrap(), 42);
/// ```
#[derive(Debug)]
pub struct CircuitBreaker {
    home: Home<Core>,
    template: Template,
}

/// What was declared.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    config: Config,
    mode: Mode,
    on_cancel: OnCancel,
    listener: Option<fn(&CircuitTransition)>,
}

/// The state of a breaker.
#[derive(Debug)]
pub(crate) struct Core {
    name: &'static str,
    key: Option<Arc<str>>,
    machine: Breaker,
    declared: Declared<Template>,
    on_cancel: OnCancel,
    listener: Option<fn(&CircuitTransition)>,
    /// Listeners that panicked.
    panics: AtomicU64,
    held_open: Mutex<HeldOpen>,
}

/// Who keeps it open for a while, and in which mode it was before.
#[derive(Debug, Default)]
struct HeldOpen {
    holders: u32,
    before: Mode,
}

impl Core {
    /// Leave for one call; the clock is read only if need be.
    #[inline(always)]
    pub(super) fn admit<C: Deref<Target = Self>>(
        core: C,
        now: impl Fn() -> u64,
    ) -> Result<Leave<C>, Denied> {
        if let Some((pass, began)) = core.admit_at_once(&now) {
            return Ok(Leave::new(core, pass, began));
        }
        let now = now();
        let (admitted, change) = core.machine.admit(now);
        core.announce(change);
        telemetry::asked_breaker(|| core.machine.visible());
        Ok(Leave::new(core, admitted?, now))
    }

    /// Leave of a closed breaker, and when the call begins.
    #[inline(always)]
    fn admit_at_once(&self, now: impl Fn() -> u64) -> Option<(Pass, u64)> {
        let pass = self.machine.admit_at_once()?;
        // When it began matters only to what is slow.
        let began = if self.machine.slow_call() == u64::MAX { u64::MAX } else { now() };
        Some((pass, began))
    }

    /// The rejection of a call that was denied.
    #[cold]
    pub(super) fn rejected(&self, denied: Denied) -> Rejected {
        let rejected = Rejected::new(RejectedKind::CircuitOpen, self.name);
        let after = match denied.retry_after {
            u64::MAX => Duration::MAX,
            nanos => Duration::from_nanos(nanos),
        };
        let rejected = rejected.with_retry_after(after).with_key(self.key.clone());
        telemetry::refused(&rejected);
        rejected
    }

    #[inline(always)]
    fn announce(&self, change: Option<Change>) {
        if let Some(change) = change {
            self.tell(change);
        }
    }

    /// Tells who listens. No lock is held, so they may use the breaker, and may panic.
    #[cold]
    fn tell(&self, change: Change) {
        let transition = CircuitTransition { name: self.name, key: self.key.clone(), change };
        telemetry::changed(&transition, labels_key(self.name));
        let Some(listener) = self.listener else { return };
        let told = catch_unwind(AssertUnwindSafe(|| listener(&transition)));
        if told.is_err() && self.panics.fetch_add(1, Relaxed) == 0 {
            let name = self.name;
            diag::warn(format_args!(
                "the listener of the circuit breaker `{name}` panicked; the breaker goes on (said once)"
            ));
        }
    }

    /// Refuses every call as long as anybody holds it open.
    fn hold_open(&self) {
        let before = self.machine.mode();
        let mut held = lock(&self.held_open);
        if held.holders == 0 {
            held.before = before;
        }
        held.holders += 1;
        drop(held);
        self.set_mode(Mode::ForcedOpen, time::nanos());
    }

    /// One of those who hold it open lets go; after the last, what held before holds again.
    fn let_go(&self) {
        let mut held = lock(&self.held_open);
        held.holders = held.holders.saturating_sub(1);
        let (is_last, before) = (held.holders == 0, held.before);
        drop(held);
        // What somebody else has decided since then stays.
        if is_last && self.machine.mode() == Mode::ForcedOpen {
            self.set_mode(before, time::nanos());
        }
    }

    fn statistics(&self, now: u64) -> CircuitStatistics {
        let (window, totals) = self.machine.sums(now);
        let (rejected, ignored) = self.machine.without_verdict();
        CircuitStatistics { window, totals, rejected, ignored }
    }
}

impl Instance for Core {
    type Template = Template;

    fn make(template: &Template, name: &'static str, key: Option<Arc<str>>) -> Self {
        let declared = Declared::new(template);
        let Template { config, mode, on_cancel, listener } = template.clone();
        let machine = Breaker::new(config, mode, time::nanos());
        let (panics, held_open) = (AtomicU64::new(0), Mutex::new(HeldOpen::default()));
        Self { name, key, machine, declared, on_cancel, listener, panics, held_open }
    }

    fn agrees(&self, template: &Template) -> bool {
        self.declared.template() == template
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        retire(self);
    }
}

impl Listed for Core {
    fn kind(&self) -> PolicyKind {
        PolicyKind::CircuitBreaker
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn mode(&self) -> Mode {
        self.machine.mode()
    }

    fn declared_mode(&self) -> Mode {
        self.declared.mode()
    }

    fn set_mode(&self, mode: Mode, now: u64) {
        self.announce(self.machine.set_mode(mode, now));
    }

    #[cfg(feature = "test-util")]
    fn hold_open(&self) {
        self.hold_open();
    }

    #[cfg(feature = "test-util")]
    fn let_go(&self) {
        self.let_go();
    }

    fn reset(&self, now: u64) {
        self.announce(self.machine.force(self.declared.mode(), Phase::Closed, now));
    }

    fn state(&self, _now: u64) -> &'static str {
        self.machine.visible().as_str()
    }

    fn statistics(&self, now: u64) -> Numbers {
        let found = self.statistics(now);
        let mut numbers = vec![
            ("calls_in_window", found.calls_in_window() as f64),
            ("failure_rate", found.failure_rate().unwrap_or(f64::NAN)),
            ("slow_rate", found.slow_rate().unwrap_or(f64::NAN)),
            ("successes", found.successes() as f64),
            ("failures", found.failures() as f64),
            ("slow", found.slow() as f64),
            ("rejected", found.rejected() as f64),
            ("ignored", found.ignored() as f64),
            ("stale", found.stale() as f64),
            ("transitions", found.transitions() as f64),
        ];
        let times = [
            ("time_closed", CircuitState::Closed),
            ("time_half_open", CircuitState::HalfOpen),
            ("time_open", CircuitState::Open),
            ("time_disabled", CircuitState::Disabled),
            ("time_forced_open", CircuitState::ForcedOpen),
        ];
        numbers.extend(times.map(|(name, state)| (name, found.time_in(state).as_secs_f64())));
        numbers
    }

    fn configure(&self, said: &Selection<'_>, is_new: bool) {
        let now = time::nanos();
        let (numbers, mode) = self.declared.under(said);
        let changes = [
            numbers.and_then(|numbers| self.machine.configure(numbers.config, now)),
            mode.and_then(|mode| self.machine.set_mode(mode, now)),
        ];
        changes.into_iter().filter(|_| !is_new).for_each(|change| self.announce(change));
    }
}

impl Sealed for CircuitBreaker {
    fn own_name(&self) -> &'static str {
        self.home.name()
    }

    fn for_key(&self, owner: Owner<'_>, key: Arc<str>) -> Self {
        Self { home: Home::of_key(&self.template, owner, key), template: self.template.clone() }
    }

    fn is_at_rest(&self, now: u64) -> bool {
        !self.home.is_held() && self.home.get(&self.template).machine.is_at_rest(now)
    }
}
