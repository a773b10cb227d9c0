//! How a breaker is used.

use std::{
    future::Future,
    ops::Deref,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

#[cfg(feature = "tower")]
use std::sync::Arc;

use super::{
    CircuitBreaker, CircuitState, CircuitStatistics, Core, Denied, Leave, Permit, Standing, Verdict,
};
use crate::{
    resilience::{
        Mode, Rejected,
        instances::{Listed as _, Owner},
        rejected::Whose,
    },
    time,
};

impl CircuitBreaker {
    /// Leave of a closed breaker; the clock is read only if need be.
    #[inline(always)]
    pub(crate) fn admit_at_once(&self, now: impl Fn() -> u64) -> Option<Standing<'_>> {
        let core = &**self.home.get(&self.template);
        core.admit_at_once(now).map(|(pass, began)| Standing::new(core, pass, began))
    }

    /// Leave for one call, which ends with the permit.
    pub(crate) fn admit(&self, now: u64) -> Result<Permit<'_>, Denied> {
        Core::admit(&**self.home.get(&self.template), || now)
    }

    /// The same, reading the clock only if need be, for those who tell their caller at once.
    #[inline(always)]
    fn enter(&self) -> Result<Permit<'_>, Rejected> {
        let core = &**self.home.get(&self.template);
        Core::admit(core, time::nanos).map_err(|denied| core.rejected(denied))
    }

    /// Tells of a call that was denied, whose rejection is made later.
    pub(crate) fn tell_denied(&self, denied: Denied) {
        drop(self.home.get(&self.template).rejected(denied));
    }

    /// The name and the key that its rejections have.
    pub(crate) fn whose(&self) -> Whose {
        let core = self.home.get(&self.template);
        (core.name, core.key.clone())
    }

    /// The state, for who shares it.
    #[cfg(feature = "tower")]
    pub(crate) fn core(&self) -> Arc<Core> {
        Arc::clone(self.home.get(&self.template))
    }

    /// Gives one without a name of its own the name of the function that it protects.
    pub(crate) fn bind(&self, owner: Owner<'_>) {
        self.home.bind(&self.template, owner);
    }

    /// Makes a call, unless the breaker is open; every `Err` and every panic is a failure.
    ///
    /// # Errors
    ///
    /// The call's own, or what its type makes of a [`Rejected`] with
    /// [`CircuitOpen`](crate::resilience::RejectedKind::CircuitOpen).
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, Rejected};
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    ///
    /// assert_eq!(PAYMENTS.call(|| Ok::<_, Rejected>(42)), Ok(42));
    /// ```
    pub fn call<T, E: From<Rejected>>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.call_judged(call, judge)
    }

    /// The same, where `judge` says what a result means for the breaker.
    ///
    /// A `judge` that panics counts as a failed call.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, Rejected, Verdict};
    ///
    /// # #[derive(Debug)] enum Error { NotFound, Rejected(Rejected) }
    /// # impl From<Rejected> for Error { fn from(r: Rejected) -> Self { Self::Rejected(r) } }
    /// static STORE: CircuitBreaker = CircuitBreaker::new("store");
    ///
    /// let found = STORE.call_judged(
    ///     || Err::<(), _>(Error::NotFound),
    ///     // That there is no such thing does not mean that the store is broken.
    ///     |found| match found {
    ///         Ok(_) | Err(Error::NotFound) => Verdict::Success,
    ///         Err(_) => Verdict::Failure,
    ///     },
    /// );
    /// assert!(found.is_err());
    /// assert_eq!(STORE.statistics().successes(), 1);
    /// ```
    pub fn call_judged<T, E: From<Rejected>>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
        judge: impl FnOnce(&Result<T, E>) -> Verdict,
    ) -> Result<T, E> {
        let mut permit = self.enter()?;
        let (result, verdict) = permit.run(|| {
            let result = call();
            let verdict = judge(&result);
            (result, verdict)
        });
        permit.end_at(verdict, time::nanos);
        result
    }

    /// Makes an asynchronous call, unless the breaker is open.
    ///
    /// The breaker is asked when the future is polled first, and `call` runs then.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives a probe's slot back; what else it means is said by
    /// [`on_cancel`](Self::on_cancel).
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, Rejected};
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    ///
    /// async fn pay(amount: u64) -> Result<u64, Rejected> {
    ///     PAYMENTS.call_async(|| async move { Ok(amount) }).await
    /// }
    /// ```
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, E>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        let mut permit = self.enter()?;
        let inner = permit.run(call);
        let (result, permit) = Watched { inner, permit: Some(permit) }.await;
        if let Some(permit) = permit {
            permit.end_at(judge(&result), time::nanos);
        }
        result
    }

    /// How it stands towards the next call.
    ///
    /// An open breaker whose time is over is open until the next call.
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, CircuitState};
    ///
    /// assert_eq!(CircuitBreaker::new("payments").state(), CircuitState::Closed);
    /// ```
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.home.get(&self.template).machine.visible()
    }

    /// Whether it decides by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.home.get(&self.template).mode()
    }

    /// What it counted, and what it judges by.
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, Rejected};
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    /// PAYMENTS.call(|| Ok::<_, Rejected>(()))?;
    ///
    /// let found = PAYMENTS.statistics();
    /// assert_eq!((found.calls_in_window(), found.failure_rate()), (1, Some(0.0)));
    /// # Ok::<_, Rejected>(())
    /// ```
    #[must_use]
    pub fn statistics(&self) -> CircuitStatistics {
        self.home.get(&self.template).statistics(time::nanos())
    }

    /// Decides in this mode from now on; what was seen is kept.
    pub fn set_mode(&self, mode: Mode) {
        self.home.get(&self.template).set_mode(mode, time::nanos());
    }

    /// Refuses every call until somebody [resets](Self::reset) it or sets another mode.
    pub fn force_open(&self) {
        self.set_mode(Mode::ForcedOpen);
    }

    /// Refuses every call until what is returned is dropped, for tests.
    ///
    /// After the last of several, in whichever order they go, it is as it was before the first.
    ///
    /// ```
    /// use spandrel::resilience::{CircuitBreaker, CircuitState};
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    ///
    /// let open = PAYMENTS.forced_open();
    /// assert_eq!(PAYMENTS.state(), CircuitState::ForcedOpen);
    /// drop(open);
    /// assert_eq!(PAYMENTS.state(), CircuitState::Closed);
    /// ```
    pub fn forced_open(&self) -> ForcedOpen<'_> {
        let core = self.home.get(&self.template);
        core.hold_open();
        ForcedOpen { core }
    }

    /// Lets every call through and notes nothing until somebody sets another mode.
    pub fn disable(&self) {
        self.set_mode(Mode::Disabled);
    }

    /// Closes it, forgets what it saw, and goes back into the mode that was declared.
    ///
    /// What was counted since it was made stays.
    pub fn reset(&self) {
        self.home.get(&self.template).reset(time::nanos());
    }

    /// Takes the numbers of another declaration, from now on.
    ///
    /// What was seen is kept, also the state; only a window of another shape begins empty. How it
    /// treats cancelled calls, its mode and its listener stay.
    ///
    /// ```
    /// use spandrel::resilience::CircuitBreaker;
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    ///
    /// PAYMENTS.configure(&CircuitBreaker::new("payments").failure_rate(0.2));
    /// ```
    pub fn configure(&self, like: &Self) {
        let core = self.home.get(&self.template);
        core.announce(core.machine.configure(like.template.config.clone(), time::nanos()));
    }
}

#[inline(always)]
pub(crate) fn judge<T, E>(result: &Result<T, E>) -> Verdict {
    if result.is_ok() { Verdict::Success } else { Verdict::Failure }
}

/// Keeps a breaker open; made by [`CircuitBreaker::forced_open`].
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub struct ForcedOpen<'b> {
    core: &'b Core,
}

impl Drop for ForcedOpen<'_> {
    fn drop(&mut self) {
        self.core.let_go();
    }
}

pin_project! {
    /// A call under way, whose panics its permit hears of.
    pub(crate) struct Watched<C, F>
    where
        C: Deref<Target = Core>,
    {
        #[pin]
        pub(crate) inner: F,
        pub(crate) permit: Option<Leave<C>>,
    }
}

impl<C: Deref<Target = Core>, F: Future> Future for Watched<C, F> {
    type Output = (F::Output, Option<Leave<C>>);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.permit {
            Some(permit) => permit.run(|| this.inner.poll(context)),
            None => this.inner.poll(context),
        };
        polled.map(|output| (output, this.permit.take()))
    }
}
