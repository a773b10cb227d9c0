//! How a bulkhead is used.

use std::future::Future;
#[cfg(feature = "tower")]
use std::sync::Arc;

#[cfg(feature = "tower")]
use super::Core;
use super::{Bulkhead, BulkheadStatistics};
use crate::{
    resilience::{
        Mode, Rejected,
        breaker::judge,
        instances::{Listed as _, Owner},
    },
    time,
};

impl Bulkhead {
    /// The state, for who shares it.
    #[cfg(feature = "tower")]
    pub(crate) fn core(&self) -> Arc<Core> {
        Arc::clone(self.home.get(&self.template))
    }

    /// Gives one without a name of its own the name of the function that it protects.
    pub(crate) fn bind(&self, owner: Owner<'_>) {
        self.home.bind(&self.template, owner);
    }

    /// Makes a call as soon as there is a place; keeps the thread waiting until then.
    ///
    /// # Errors
    ///
    /// The call's own, or what its type makes of a [`Rejected`] with
    /// [`BulkheadFull`](crate::resilience::RejectedKind::BulkheadFull): all places and the queue
    /// are taken, or the wait was too long.
    ///
    /// ```
    /// use spandrel::resilience::{Bulkhead, Rejected};
    ///
    /// static STORE: Bulkhead = Bulkhead::new("store", 10);
    ///
    /// assert_eq!(STORE.call(|| Ok::<_, Rejected>("found")), Ok("found"));
    /// ```
    pub fn call<T, E: From<Rejected>>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let place = self.enter_blocking(None)?;
        let result = call();
        place.end(judge(&result));
        result
    }

    /// Makes a call if there is a place now, without waiting for one.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), with a rejection as soon as all places are taken.
    ///
    /// ```
    /// use spandrel::resilience::{Bulkhead, Rejected};
    ///
    /// let store = Bulkhead::new("store", 1);
    /// let found = store.try_call(|| {
    ///     assert!(store.try_call(|| Ok::<_, Rejected>(())).is_err());
    ///     Ok::<_, Rejected>("found")
    /// });
    /// assert_eq!(found, Ok("found"));
    /// ```
    pub fn try_call<T, E: From<Rejected>>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let place = self.try_enter()?;
        let result = call();
        place.end(judge(&result));
        result
    }

    /// Makes an asynchronous call as soon as there is a place.
    ///
    /// The bulkhead is asked when the future is polled first.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives its place back, in the bulkhead or in the queue.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::{Bulkhead, Rejected};
    ///
    /// static STORE: Bulkhead =
    ///     Bulkhead::new("store", 10).queue(100).wait(Duration::from_secs(1));
    ///
    /// async fn find() -> Result<&'static str, Rejected> {
    ///     STORE.call_async(|| async { Ok("found") }).await
    /// }
    /// ```
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, E>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        let place = self.enter().await?;
        let result = call().await;
        place.end(judge(&result));
        result
    }

    /// Whether it decides by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.home.get(&self.template).mode()
    }

    /// Decides in this mode from now on; who is in stays in.
    pub fn set_mode(&self, mode: Mode) {
        self.home.get(&self.template).set_mode(mode, time::nanos());
    }

    /// Has so many places from now on; who is in stays in, who waits is let in.
    ///
    /// With 0 places nobody is let in until there are more.
    ///
    /// ```
    /// use spandrel::resilience::Bulkhead;
    ///
    /// static STORE: Bulkhead = Bulkhead::new("store", 10);
    ///
    /// STORE.resize(20);
    /// assert_eq!(STORE.statistics().max_concurrent(), 20);
    /// ```
    pub fn resize(&self, max_concurrent: u32) {
        self.home.get(&self.template).queue.resize(max_concurrent);
    }

    /// Takes the numbers of another declaration, from now on; who is in stays in.
    ///
    /// ```
    /// use spandrel::resilience::Bulkhead;
    ///
    /// static STORE: Bulkhead = Bulkhead::new("store", 10);
    ///
    /// STORE.configure(&Bulkhead::new("store", 20).queue(5));
    /// ```
    pub fn configure(&self, like: &Self) {
        self.home.get(&self.template).take(&like.template);
    }

    /// How full it is, and what it counted since it was made.
    #[must_use]
    pub fn statistics(&self) -> BulkheadStatistics {
        self.home.get(&self.template).statistics()
    }
}
