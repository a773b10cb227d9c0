//! Panics for which a fallback stands in, because it was asked to.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::run::Settled;

/// What a call came to, if it did not panic.
pub type Caught<R> = Result<Settled<R>, Panicked>;

/// The call has panicked; the panic hook has said how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

pin_project! {
    /// Catches the panics of a future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Catching<F> {
        #[pin]
        body: Option<F>,
    }
}

/// Catches the panics of a future.
#[doc(hidden)]
pub fn caught<R, F: Future<Output = Settled<R>>>(body: F) -> Catching<F> {
    Catching { body: Some(body) }
}

/// Catches the panics of a closure.
#[doc(hidden)]
pub fn caught_here<R>(body: impl FnOnce() -> Settled<R>) -> Caught<R> {
    // Whoever asks for it answers without what the call left behind.
    catch_unwind(AssertUnwindSafe(body)).map_err(forget)
}

impl<R, F: Future<Output = Settled<R>>> Future for Catching<F> {
    type Output = Caught<R>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Caught<R>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = match catch_unwind(AssertUnwindSafe(|| body.poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(forget(payload))),
        };
        if matches!(polled, Poll::Ready(Err(Panicked))) {
            // What is left of the body is dropped before the fallback answers.
            this.body.set(None);
        }
        polled
    }
}

/// A payload may panic when it is dropped; then it is not.
fn forget(payload: Box<dyn std::any::Any + Send>) -> Panicked {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    Panicked
}
