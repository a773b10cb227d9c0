//! A response in the making.

use std::{
    any::type_name,
    pin::Pin,
    task::{self, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{begin::content_length, body::ServerBody, exchange::Exchange};

pin_project! {
    /// The future of a response, within the span of its request; see [`server`](crate::http::server).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<F> {
        // Dropped before the exchange, which leaves the span and ends it.
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
    }

    impl<F> PinnedDrop for ServerFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(exchange) = this.project().exchange {
                exchange.begin_drop();
            }
        }
    }
}

impl<F> ServerFuture<F> {
    pub(super) fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self { inner, exchange }
    }
}

impl<F, B, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ServerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(exchange) = this.exchange else {
            let response = ready!(this.inner.poll(context));
            return Poll::Ready(response.map(|response| response.map(ServerBody::passed_by)));
        };
        let inner = this.inner;
        let response = ready!(exchange.poll(|| inner.poll(context)));
        Poll::Ready(match response {
            Ok(response) => {
                let (mut head, body) = response.into_parts();
                exchange.respond(&mut head, body.is_end_stream());
                let length = content_length(&head.headers);
                Ok(Response::from_parts(head, ServerBody::new(body, length, this.exchange.take())))
            }
            Err(error) => {
                exchange.fail(type_name::<E>());
                Err(error)
            }
        })
    }
}
