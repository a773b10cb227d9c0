//! The layer and its service.

use std::{
    sync::Arc,
    task::{self, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    begin::{Watched, begin, found},
    body::ServerBody,
    future::ServerFuture,
    options::{Options, Server},
};

/// A service within the layer that [`server`](crate::http::server) makes.
#[derive(Clone, Debug)]
pub struct ServerService<S> {
    inner: S,
    options: Arc<Options>,
}

impl<S> Layer<S> for Server {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService { inner, options: Arc::clone(&self.options) }
    }
}

impl<S, B, R> Service<Request<B>> for ServerService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: 'static,
    R: Body,
{
    type Response = Response<ServerBody<R>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> ServerFuture<S::Future> {
        if request.extensions().get::<Watched>().is_some() {
            let found = found(request.extensions());
            return ServerFuture::passing_by(self.inner.call(request), found);
        }
        let Some(mut exchange) = begin(&self.options, &request) else {
            return ServerFuture::passing_by(self.inner.call(request), None);
        };
        request.extensions_mut().insert(Watched);
        #[cfg(feature = "axum-0-8")]
        exchange.reading(super::reading::count(request.body_mut()));
        let future = exchange.poll(|| self.inner.call(request));
        ServerFuture::new(future, exchange)
    }
}
