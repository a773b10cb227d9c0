//! A response in the making.

use std::{
    any::type_name,
    pin::Pin,
    task::{self, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{
    begin::{Found, content_length},
    body::ServerBody,
    exchange::Exchange,
};

pin_project! {
    /// The future of a response, within the span of its request; see [`server`](crate::http::server).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<F> {
        // Dropped before the exchange, which leaves the span and ends it.
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        // What the layer around this one shall know.
        found: Option<Found>,
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
    pub(super) fn new(inner: F, exchange: Exchange) -> Self {
        Self { inner, exchange: Some(exchange), found: None }
    }

    /// Of a request that the layer takes no part in.
    pub(super) fn passing_by(inner: F, found: Option<Found>) -> Self {
        Self { inner, exchange: None, found }
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
            let mut response = ready!(this.inner.poll(context));
            if let (Ok(response), Some(found)) = (&mut response, *this.found) {
                response.extensions_mut().insert(found);
            }
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
