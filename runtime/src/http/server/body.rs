//! The body of a response: the request lasts until it has been sent.

use std::{
    any::type_name,
    pin::Pin,
    task::{self, Poll, ready},
};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::Exchange;

pin_project! {
    /// The body of a response, within the span of its request; see [`server`](crate::http::server).
    #[derive(Debug)]
    pub struct ServerBody<B> {
        // Dropped before the exchange, which leaves the span and ends it.
        #[pin]
        body: B,
        exchange: Option<Exchange>,
        // What whoever sends it may be content with, without asking for the end.
        expected: Option<u64>,
    }

    impl<B> PinnedDrop for ServerBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(exchange) = this.exchange {
                if this.expected.is_some_and(|expected| exchange.sent_bytes() >= expected) {
                    exchange.finish();
                }
                exchange.begin_drop();
            }
        }
    }
}

impl<B: Body> ServerBody<B> {
    /// The length is the one that the head of the response announces, which a body that is a file
    /// or another's does not know itself.
    pub(super) fn new(body: B, length: Option<u64>, exchange: Option<Exchange>) -> Self {
        let expected = body.size_hint().exact().or(length);
        Self { body, exchange, expected }
    }

    /// Of a request that the layer takes no part in.
    pub(super) fn passed_by(body: B) -> Self {
        Self { body, exchange: None, expected: None }
    }
}

/// An empty body, as services that make none of their own answer with.
impl<B: Default> Default for ServerBody<B> {
    fn default() -> Self {
        Self { body: B::default(), exchange: None, expected: None }
    }
}

impl<B: Body> Body for ServerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(exchange) = this.exchange else { return this.body.poll_frame(context) };
        let frame = ready!(exchange.poll(|| this.body.as_mut().poll_frame(context)));
        match &frame {
            None => exchange.finish(),
            Some(Err(_)) => exchange.fail(type_name::<B::Error>()),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    exchange.sent(data.remaining());
                }
                if let Some(trailers) = frame.trailers_ref() {
                    exchange.trailers(trailers);
                }
                if this.body.is_end_stream() {
                    exchange.finish();
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
