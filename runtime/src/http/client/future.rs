//! A future that runs within the span of an attempt, and gives the attempt back.

use std::{
    pin::Pin,
    task::{self, Poll, ready},
};

use pin_project_lite::pin_project;

use super::attempt::Attempt;

pin_project! {
    #[derive(Debug)]
    pub(super) struct Within<F> {
        // Dropped before the attempt, which leaves the span and ends it.
        #[pin]
        inner: F,
        attempt: Option<Attempt>,
    }

    impl<F> PinnedDrop for Within<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(attempt) = this.project().attempt {
                attempt.begin_drop();
            }
        }
    }
}

impl<F> Within<F> {
    pub(super) fn new(inner: F, attempt: Attempt) -> Self {
        Self { inner, attempt: Some(attempt) }
    }

    /// Of a request that the layer takes no part in.
    #[cfg(feature = "tower")]
    pub(super) fn passing_by(inner: F) -> Self {
        Self { inner, attempt: None }
    }
}

impl<F: Future> Future for Within<F> {
    /// The attempt is there unless the future is polled after its end.
    type Output = (F::Output, Option<Attempt>);

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(attempt) = this.attempt else {
            return this.inner.poll(context).map(|output| (output, None));
        };
        let inner = this.inner;
        let output = ready!(attempt.poll(|| inner.poll(context)));
        Poll::Ready((output, this.attempt.take()))
    }
}
