//! The body of a response that is being read: the attempt lasts until its end.

use std::{
    any::type_name,
    pin::Pin,
    task::{self, Poll, ready},
};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::attempt::Attempt;

pin_project! {
    /// The body of a response, within the span of its request; see [`client`](crate::http::client).
    ///
    /// Who drops it has read enough: the span ends then, and is not cancelled.
    #[derive(Debug)]
    pub struct ClientBody<B> {
        // Dropped before the attempt, which leaves the span and ends it.
        #[pin]
        body: B,
        attempt: Option<Attempt>,
    }

    impl<B> PinnedDrop for ClientBody<B> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(attempt) = this.project().attempt {
                attempt.begin_drop();
            }
        }
    }
}

impl<B> ClientBody<B> {
    pub(super) fn new(body: B, attempt: Option<Attempt>) -> Self {
        Self { body, attempt }
    }
}

impl<B: Body> Body for ClientBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(attempt) = this.attempt else { return this.body.poll_frame(context) };
        let frame = ready!(attempt.poll(|| this.body.as_mut().poll_frame(context)));
        match &frame {
            None => attempt.finish(),
            Some(Err(_)) => attempt.fail(type_name::<B::Error>(), None),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    attempt.received(data.remaining());
                }
                if let Some(trailers) = frame.trailers_ref() {
                    attempt.trailers(trailers);
                }
                if this.body.is_end_stream() {
                    attempt.finish();
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
