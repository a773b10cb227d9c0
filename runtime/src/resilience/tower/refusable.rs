//! The future of a call that may have been refused, and of what is held meanwhile.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::resilience::Rejected;

pin_project! {
    /// The answer of a service, or that a policy refused the call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RefusableFuture<F, H = ()> {
        #[pin]
        inner: Option<F>,
        refused: Option<Rejected>,
        // Dropped after what it was held for.
        held: Option<H>,
    }
}

impl<F, H> RefusableFuture<F, H> {
    pub(super) fn called(inner: F, held: Option<H>) -> Self {
        Self { inner: Some(inner), refused: None, held }
    }

    pub(super) fn refused(rejected: Rejected) -> Self {
        Self { inner: None, refused: Some(rejected), held: None }
    }
}

impl<F, H, T, E> Future for RefusableFuture<F, H>
where
    F: Future<Output = Result<T, E>>,
    E: From<Rejected>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        let mut this = self.project();
        if let Some(rejected) = this.refused.take() {
            return Poll::Ready(Err(rejected.into()));
        }
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let answer = std::task::ready!(inner.poll(context));
        this.inner.set(None);
        *this.held = None;
        Poll::Ready(answer)
    }
}
