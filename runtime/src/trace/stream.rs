//! Streams that run within a span.

use std::{
    mem,
    pin::Pin,
    task::{self, Poll},
};

use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::{context::Context, handle::SpanHandle, local::Local, record::layout::Kind};
use crate::{outcome::Outcome, time};

/// What a span says about the items of its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items {
    count: u64,
    /// When the stream began, and when its first item came; in nanoseconds.
    began: u64,
    first: Option<u64>,
}

impl Items {
    /// No items yet, from now on; the clock is read for a span that is recorded only.
    pub(crate) fn begin(recorded: bool) -> Self {
        let began = if recorded { time::steady_nanos() } else { 0 };
        Self { count: 0, began, first: None }
    }

    #[inline]
    pub(crate) fn add(&mut self, recorded: bool) {
        self.count += 1;
        if recorded && self.first.is_none() {
            self.first = Some(time::steady_nanos());
        }
    }

    /// Writes what there is to say about the span with this id.
    pub(crate) fn record(self, span: u64) {
        Local.mark_late(span);
        Local.put_extra(Kind::ATTRS, 0, 0, span, &[], &|writer| {
            writer.set_keyed("stream.items", &self.count);
            let waited = |first: u64| first.saturating_sub(self.began) as f64 / 1e9;
            writer.set_keyed("stream.time_to_first_item", &self.first.map(waited));
        });
    }
}

/// Streams that run within a span or a context.
///
/// ```
/// use futures_core::Stream;
/// use spandrel::{Span, StreamExt as _};
///
/// fn watched(numbers: impl Stream<Item = u32>) -> impl Stream<Item = u32> {
///     numbers.in_span(Span::start("numbers"))
/// }
/// ```
pub trait StreamExt: Stream + Sized {
    /// Runs the stream within the span, and ends the span with it.
    ///
    /// The span is current while the stream is polled. It ends when there are no more items, or as
    /// `cancelled` when the stream is dropped before, and says how many there were
    /// (`stream.items`) and after how many seconds the first one came
    /// (`stream.time_to_first_item`).
    fn in_span(self, span: SpanHandle) -> InSpanStream<Self> {
        let items = Items::begin(span.is_recording());
        InSpanStream { stream: self, span: EndsWithStream(Carried::Span { span, items }) }
    }

    /// Runs the stream within the context.
    fn in_context(self, context: Context) -> InSpanStream<Self> {
        InSpanStream { stream: self, span: EndsWithStream(Carried::Context { context }) }
    }
}

impl<S: Stream> StreamExt for S {}

pin_project! {
    /// A stream that runs within a span; see [`StreamExt`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct InSpanStream<S> {
        // Dropped before the span ends.
        #[pin]
        stream: S,
        span: EndsWithStream,
    }
}

#[derive(Debug)]
enum Carried {
    Span { span: SpanHandle, items: Items },
    Context { context: Context },
    Ended,
}

/// Ends the span when the stream is dropped, and not before what the stream drops.
#[derive(Debug)]
struct EndsWithStream(Carried);

impl EndsWithStream {
    fn end(&mut self, outcome: Outcome) {
        if let Carried::Span { span, items } = mem::replace(&mut self.0, Carried::Ended) {
            if let Some(id) = span.span_id() {
                items.record(id.to_u64());
            }
            span.end_with(outcome);
        }
    }
}

impl Drop for EndsWithStream {
    fn drop(&mut self) {
        let panicked = std::thread::panicking();
        self.end(if panicked { Outcome::Panicked } else { Outcome::Cancelled });
    }
}

impl<S: Stream> Stream for InSpanStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let polled = match &mut this.span.0 {
            Carried::Span { span, items } => {
                let polled = span.in_scope(|| this.stream.poll_next(task));
                if let Poll::Ready(Some(_)) = &polled {
                    items.add(span.is_recording());
                }
                polled
            }
            Carried::Context { context } => {
                let _attached = context.attach();
                this.stream.poll_next(task)
            }
            Carried::Ended => this.stream.poll_next(task),
        };
        if let Poll::Ready(None) = &polled {
            this.span.end(Outcome::Ok);
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: FusedStream> FusedStream for InSpanStream<S> {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}
