//! The layer and its service.

use std::{
    any::type_name,
    pin::Pin,
    sync::Arc,
    task::{self, Poll, ready},
};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    attempt::{Attempt, Outgoing, Watched},
    body::ClientBody,
    future::Within,
    options::{Client, Options},
};

/// A client within the layer that [`client`](crate::http::client) makes.
#[derive(Clone, Debug)]
pub struct ClientService<S> {
    inner: S,
    options: Arc<Options>,
}

impl<S> Layer<S> for Client {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService { inner, options: Arc::clone(&self.options) }
    }
}

impl<S, B, R> Service<Request<B>> for ClientService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<ClientBody<R>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> ClientFuture<S::Future> {
        if request.extensions().get::<Watched>().is_some() {
            return ClientFuture { inner: Within::passing_by(self.inner.call(request)) };
        }
        let (mut attempt, headers) = Attempt::begin(&self.options, Outgoing::of(&request));
        headers.put(request.headers_mut());
        request.extensions_mut().insert(Watched);
        let future = attempt.poll(|| self.inner.call(request));
        ClientFuture { inner: Within::new(future, attempt) }
    }
}

pin_project! {
    /// The future of a response, within the span of its request; see [`client`](crate::http::client).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture<F> {
        #[pin]
        inner: Within<F>,
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ClientBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let (response, mut attempt) = ready!(self.project().inner.poll(context));
        if let Some(attempt) = &mut attempt {
            match &response {
                Ok(response) => {
                    let is_whole = response.body().is_end_stream();
                    attempt.answered(response, is_whole);
                }
                Err(_) => attempt.fail(type_name::<E>(), None),
            }
        }
        Poll::Ready(response.map(|response| response.map(|body| ClientBody::new(body, attempt))))
    }
}
