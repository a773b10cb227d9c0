//! The tasks in which faults happen that happen nowhere else.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is within a scope.
pub(super) fn is_within() -> bool {
    WITHIN.get()
}

/// Makes what is declared with [`scoped`](super::Chaos::scoped) happen in this future.
///
/// In this future and whatever it awaits, on the same task; not in tasks and threads that it spawns.
///
/// ```
/// use spandrel::resilience::{Chaos, Policy, Rejected, with_chaos};
///
/// static FLAKY: Policy = Policy::new("flaky").chaos(Chaos::new("flaky").fault(1.0).scoped());
///
/// async fn call() -> Result<(), Rejected> {
///     FLAKY.run_async(|| async { Ok(()) }).await
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// assert!(call().await.is_ok());
/// assert!(with_chaos(call()).await.is_err());
/// # });
/// ```
pub fn with_chaos<F: Future>(future: F) -> WithChaos<F> {
    WithChaos { future }
}

/// Makes what is declared with [`scoped`](super::Chaos::scoped) happen in this call.
///
/// ```
/// use spandrel::resilience::{Chaos, Policy, Rejected, with_chaos_here};
///
/// static FLAKY: Policy = Policy::new("flaky").chaos(Chaos::new("flaky").fault(1.0).scoped());
///
/// let call = || FLAKY.run(|| Ok::<_, Rejected>(()));
/// assert!(call().is_ok());
/// assert!(with_chaos_here(call).is_err());
/// ```
pub fn with_chaos_here<R>(call: impl FnOnce() -> R) -> R {
    let _within = Within(WITHIN.replace(true));
    call()
}

struct Within(bool);

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(self.0);
    }
}

pin_project! {
    /// A future in which faults happen; made by [`with_chaos`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WithChaos<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for WithChaos<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        with_chaos_here(|| self.project().future.poll(context))
    }
}
