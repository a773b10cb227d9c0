//! A call of a function that returns a stream: the span lives in the stream.
//!
//! It begins when the function is called, is current in each poll, and ends with the last item. The
//! first item that is no success is its outcome, whether or not others follow: whoever gives up at an
//! error drops the stream.

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
        InstrumentedStream { stream, ends: Ends { carrier, noted: None }, look, items }
    }
}

pin_project! {
    /// A stream with its span, or without one where nothing is recorded.
    ///
    /// Dropped before its end, its outcome is `cancelled`, unless there was an error; what the stream
    /// drops then is still within the span.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct InstrumentedStream<S, L, C: Tally = ()> {
        // Dropped before the carrier, which leaves the span and ends it.
        #[pin]
        stream: S,
        ends: Ends<C>,
        look: L,
        items: Items,
    }

    impl<S, L, C: Tally> PinnedDrop for InstrumentedStream<S, L, C> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let carrier = &mut this.ends.carrier;
            if !carrier.is_done() {
                carrier.late(|span| this.items.record(span));
            }
            carrier.begin_drop();
        }
    }
}

/// The span of a stream, and with what it ends.
#[derive(Debug)]
struct Ends<C: Tally> {
    carrier: Carrier<C>,
    noted: Option<Noted>,
}

/// What the first item that was no success said.
#[derive(Debug)]
struct Noted {
    outcome: Outcome,
    error_type: Option<Box<str>>,
}

impl<C: Tally> Ends<C> {
    /// The outcome; the type of its error is counted now, for the call ends.
    fn take(&mut self, otherwise: Outcome) -> Outcome {
        let Some(Noted { outcome, error_type }) = self.noted.take() else { return otherwise };
        if let (Some(cell), Some(error_type)) = (self.carrier.meter().cell(), error_type) {
            cell.calls.error(&error_type);
        }
        outcome
    }
}

impl<C: Tally> Drop for Ends<C> {
    fn drop(&mut self) {
        if self.carrier.is_dropping() {
            let outcome = self.take(Outcome::Cancelled);
            self.carrier.end_drop_as(outcome);
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
        let (items, look, ends) = (this.items, this.look, this.ends);
        if ends.carrier.is_done() {
            return this.stream.poll_next(context);
        }
        let noted = &mut ends.noted;
        let polled = ends.carrier.poll(|active| {
            let polled = this.stream.poll_next(context);
            if let Poll::Ready(Some(item)) = &polled {
                items.add(active.is_recording());
                let span = if active.is_recording() { Local.span() } else { 0 };
                let (mut outcome, mut error_type) = (None, None);
                look(
                    &mut Returning::item(span, active.span(), &mut outcome, &mut error_type),
                    item,
                );
                let outcome = outcome.filter(|outcome| *outcome != Outcome::Ok);
                if let (None, Some(outcome)) = (&noted, outcome) {
                    *noted = Some(Noted { outcome, error_type });
                }
            }
            polled
        });
        if let Poll::Ready(None) = &polled {
            ends.carrier.late(|span| items.record(span));
            let outcome = ends.take(Outcome::Ok);
            ends.carrier.end(outcome);
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
