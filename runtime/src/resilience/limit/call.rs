//! How a limiter is used.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    time::Duration,
};

#[cfg(feature = "tower")]
use std::sync::Arc;

use super::{Core, RateLimiter, RateStatistics, Wait};
use crate::{
    resilience::{
        Mode, Rejected,
        instances::{Listed as _, Owner},
        rejected::Whose,
        timer,
        timer::Timer,
    },
    time,
};

impl RateLimiter {
    /// The name and the key that its rejections have.
    pub(crate) fn whose(&self) -> Whose {
        let core = self.home.get(&self.template);
        (core.name, core.key.clone())
    }

    /// Leave for one call, now or in a while.
    #[inline]
    pub(crate) fn admit(&self, now: u64) -> Result<Wait<'_>, Rejected> {
        let core = self.home.get(&self.template);
        Core::admit(&**core, now, core.patience())
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

    /// Takes leave for one call now, without waiting.
    ///
    /// # Errors
    ///
    /// A [`Rejected`] with [`RateLimited`](crate::resilience::RejectedKind::RateLimited), which
    /// says after which time there is leave again.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter};
    ///
    /// let limiter = RateLimiter::new("mails", Rate::per_hour(1));
    /// assert!(limiter.check().is_ok());
    /// assert!(limiter.check().unwrap_err().retry_after().is_some());
    /// ```
    pub fn check(&self) -> Result<(), Rejected> {
        Core::admit(&**self.home.get(&self.template), time::nanos(), 0).map(Wait::is_over)
    }

    /// Makes a call when it is its turn; keeps the thread waiting until then.
    ///
    /// # Errors
    ///
    /// The call's own, or what its type makes of a [`Rejected`] with
    /// [`RateLimited`](crate::resilience::RejectedKind::RateLimited), at once.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter, Rejected};
    ///
    /// static MAILS: RateLimiter = RateLimiter::new("mails", Rate::per_second(100));
    ///
    /// assert_eq!(MAILS.call(|| Ok::<_, Rejected>("sent")), Ok("sent"));
    /// ```
    pub fn call<T, E: From<Rejected>>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let wait = self.admit(time::nanos())?;
        if wait.nanos() > 0 {
            timer::block(Duration::from_nanos(wait.nanos()));
            wait.has_waited();
        } else {
            wait.is_over();
        }
        call()
    }

    /// Makes an asynchronous call when it is its turn.
    ///
    /// The limiter is asked when the future is polled first, and `call` runs when it is its turn.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future while it waits gives its place back.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::{Rate, RateLimiter, Rejected};
    ///
    /// static MAILS: RateLimiter =
    ///     RateLimiter::new("mails", Rate::per_second(100)).wait(Duration::from_secs(1));
    ///
    /// async fn send() -> Result<&'static str, Rejected> {
    ///     MAILS.call_async(|| async { Ok("sent") }).await
    /// }
    /// ```
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, E>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        let wait = self.admit(time::nanos())?;
        if wait.nanos() > 0 {
            let mut timer = pin!(Timer::until(timer::now().saturating_add(wait.nanos())));
            poll_fn(|context| timer.as_mut().poll(context)).await;
            wait.has_waited();
        } else {
            wait.is_over();
        }
        call().await
    }

    /// Whether it decides by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.home.get(&self.template).mode()
    }

    /// Decides in this mode from now on.
    ///
    /// ```
    /// use spandrel::resilience::{Mode, Rate, RateLimiter};
    ///
    /// let limiter = RateLimiter::new("mails", Rate::per_hour(1));
    /// limiter.set_mode(Mode::Disabled);
    /// assert!((0..10).all(|_| limiter.check().is_ok()));
    /// ```
    pub fn set_mode(&self, mode: Mode) {
        self.home.get(&self.template).set_mode(mode, time::nanos());
    }

    /// Forgets the calls so far, and goes back into the mode that was declared.
    pub fn reset(&self) {
        self.home.get(&self.template).reset(time::nanos());
    }

    /// Takes the numbers of another declaration, from now on; its calls so far still count.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter};
    ///
    /// static MAILS: RateLimiter = RateLimiter::new("mails", Rate::per_second(100));
    ///
    /// MAILS.configure(&RateLimiter::new("mails", Rate::per_second(50)));
    /// ```
    pub fn configure(&self, like: &Self) {
        self.home.get(&self.template).take(&like.template);
    }

    /// What it counted since it was made.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter};
    ///
    /// let limiter = RateLimiter::new("mails", Rate::per_hour(3));
    /// limiter.check()?;
    /// assert_eq!((limiter.statistics().admitted(), limiter.statistics().available()), (1, 2));
    /// # Ok::<_, spandrel::Rejected>(())
    /// ```
    #[must_use]
    pub fn statistics(&self) -> RateStatistics {
        self.home.get(&self.template).statistics(time::nanos())
    }
}
