//! An operation that answers piece by piece.

use std::{
    pin::Pin,
    task::{self, Poll},
};

use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::{Exchange, Operation};
use crate::outcome::Outcome;

pin_project! {
    /// A stream that is measured until its last item; dropped before, it was cancelled, unless there
    /// was an error.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct MeasuredStream<S, L> {
        #[pin]
        stream: S,
        operation: Operation,
        is_polled: bool,
        look: L,
    }

    impl<S, L> PinnedDrop for MeasuredStream<S, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if !*this.is_polled && this.operation.on.is_some() {
                this.operation.end(Outcome::Cancelled);
            }
        }
    }
}

impl Operation {
    /// Makes the stream, and runs it; `look` notes what each item means.
    #[inline(always)]
    pub fn stream<S, L>(self, make: impl FnOnce() -> S, look: L) -> MeasuredStream<S, L>
    where
        S: Stream,
        L: Fn(&mut Self, &S::Item),
    {
        let entered = self.exchange().map(Exchange::enter);
        let stream = make();
        drop(entered);
        MeasuredStream { stream, operation: self, is_polled: false, look }
    }

    /// Notes what an item means, unless an earlier one was no success: that is the outcome.
    fn look_at_item(&mut self, look: impl FnOnce(&mut Self)) {
        let noted =
            self.on.as_mut().and_then(|on| Some((on.outcome.take()?, on.error_type.take())));
        look(self);
        let Some(on) = &mut self.on else { return };
        if let Some((outcome, error_type)) = noted {
            (on.outcome, on.error_type) = (Some(outcome), error_type);
        } else if on.outcome == Some(Outcome::Ok) {
            // The stream goes on.
            on.outcome = None;
        }
    }
}

impl<S, L> Stream for MeasuredStream<S, L>
where
    S: Stream,
    L: Fn(&mut Operation, &S::Item),
{
    type Item = S::Item;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let entered = this.operation.exchange().map(Exchange::enter);
        *this.is_polled = true;
        let polled = this.stream.poll_next(context);
        *this.is_polled = false;
        drop(entered);
        match &polled {
            Poll::Ready(Some(item)) => {
                if let Some(exchange) = this.operation.exchange() {
                    exchange.answered();
                }
                this.operation.look_at_item(|operation| (this.look)(operation, item));
            }
            Poll::Ready(None) => this.operation.finish(),
            Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S, L> FusedStream for MeasuredStream<S, L>
where
    S: FusedStream,
    L: Fn(&mut Operation, &S::Item),
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}
