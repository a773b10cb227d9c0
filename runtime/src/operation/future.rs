//! An operation that is polled.

use std::{
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::{Exchange, Operation};
use crate::outcome::Outcome;

pin_project! {
    /// A future that is measured; dropped before it is ready, it was cancelled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct MeasuredFuture<F, L> {
        #[pin]
        future: F,
        operation: Operation,
        is_polled: bool,
        look: L,
    }

    impl<F, L> PinnedDrop for MeasuredFuture<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            // A panic leaves the poll, and the future is dropped with it.
            if !*this.is_polled && this.operation.on.is_some() {
                this.operation.end(Outcome::Cancelled);
            }
        }
    }
}

impl Operation {
    /// Runs the body; `look` notes what it returned.
    #[inline(always)]
    pub fn run<F, L>(self, future: F, look: L) -> MeasuredFuture<F, L>
    where
        F: Future,
        L: Fn(&mut Self, &F::Output),
    {
        MeasuredFuture { future, operation: self, is_polled: false, look }
    }
}

impl<F, L> Future for MeasuredFuture<F, L>
where
    F: Future,
    L: Fn(&mut Operation, &F::Output),
{
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let entered = this.operation.exchange().map(Exchange::enter);
        *this.is_polled = true;
        let polled = this.future.poll(context);
        *this.is_polled = false;
        drop(entered);
        if let Poll::Ready(value) = &polled {
            (this.look)(this.operation, value);
            this.operation.finish();
        }
        polled
    }
}
