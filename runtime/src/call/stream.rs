//! A call of a function that returns a stream: the span lives in the stream.
//!
//! It begins when the function is called, is current in each poll, and ends with the last item.

use std::{
    pin::Pin,
    task::{self, Poll},
};

use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::{
    AsyncCall,
    asynchronous::{Carrier, Returning, Tally},
};
use crate::{
    outcome::Outcome,
    trace::{local::Local, stream::Items},
};

impl<C: Tally> AsyncCall<C> {
    /// Makes the stream within the span, and runs it there; `look` notes what each item means.
    #[inline(always)]
    pub fn stream<S, L>(self, make: impl FnOnce() -> S, look: L) -> InstrumentedStream<S, L, C>
    where
        S: Stream,
        L: Fn(&mut Returning<'_>, &S::Item),
    {
        let mut carrier = Carrier::new(self);
        let items = Items::begin(carrier.is_recording());
        let stream = carrier.poll(|_| make());
        InstrumentedStream { stream, carrier, look, items, outcome: None }
    }
}

pin_project! {
    /// A stream with its span, or without one where nothing is recorded.
    ///
    /// Dropped before its end, its outcome is `cancelled`; what the stream drops then is still
    /// within the span.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct InstrumentedStream<S, L, C: Tally = ()> {
        // Dropped before the carrier, which leaves the span and ends it.
        #[pin]
        stream: S,
        carrier: Carrier<C>,
        look: L,
        items: Items,
        outcome: Option<Outcome>,
    }

    impl<S, L, C: Tally> PinnedDrop for InstrumentedStream<S, L, C> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if !this.carrier.is_done() {
                this.carrier.late(|span| this.items.record(span));
            }
            this.carrier.begin_drop();
        }
    }
}

impl<S, L, C> Stream for InstrumentedStream<S, L, C>
where
    S: Stream,
    L: Fn(&mut Returning<'_>, &S::Item),
    C: Tally,
{
    type Item = S::Item;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if this.carrier.is_done() {
            return this.stream.poll_next(context);
        }
        let (items, outcome, look) = (this.items, this.outcome, this.look);
        let meter = this.carrier.meter();
        let polled = this.carrier.poll(|active| {
            let polled = this.stream.poll_next(context);
            if let Poll::Ready(Some(item)) = &polled {
                items.add(active.is_recording());
                let span = if active.is_recording() { Local.span() } else { 0 };
                look(&mut Returning::new(span, active.span(), meter, outcome), item);
            }
            polled
        });
        if let Poll::Ready(None) = &polled {
            this.carrier.late(|span| items.record(span));
            this.carrier.end(outcome.unwrap_or(Outcome::Ok));
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S, L, C> FusedStream for InstrumentedStream<S, L, C>
where
    S: FusedStream,
    L: Fn(&mut Returning<'_>, &S::Item),
    C: Tally,
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}
