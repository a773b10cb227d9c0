//! An answer in place of a service that fails.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::resilience::Fallback;

/// Answers in place of a service that fails; made by [`Fallback::layer`].
#[derive(Clone, Copy, Debug)]
pub struct FallbackLayer<F>(Fallback<F>);

/// A service in whose place somebody answers where it fails; made by [`FallbackLayer`].
#[derive(Clone, Copy, Debug)]
pub struct FallbackService<S, F> {
    inner: S,
    fallback: Fallback<F>,
}

impl<F> Fallback<F> {
    /// A layer for services of `tower`: outside of those whose refusals it is to answer, too.
    ///
    /// An error of `poll_ready` goes to the caller: the service is broken, and not one of its calls.
    ///
    /// ```
    /// use spandrel::resilience::{Fallback, Rejected};
    /// use tower_layer::Layer;
    ///
    /// let prices = Fallback::new("prices", |_error: Rejected| Ok::<_, Rejected>([42]));
    ///
    /// # let client = ();
    /// let service = prices.layer().layer(client);
    /// # drop(service);
    /// ```
    #[must_use]
    pub const fn layer(self) -> FallbackLayer<F> {
        FallbackLayer(self)
    }
}

impl<S, F: Clone> Layer<S> for FallbackLayer<F> {
    type Service = FallbackService<S, F>;

    fn layer(&self, inner: S) -> FallbackService<S, F> {
        FallbackService { inner, fallback: self.0.clone() }
    }
}

impl<S, F, R> Service<R> for FallbackService<S, F>
where
    S: Service<R>,
    F: Fn(S::Error) -> Result<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = FallbackFuture<S::Future, F>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        FallbackFuture { inner: self.inner.call(request), fallback: self.fallback.clone() }
    }
}

pin_project! {
    /// The answer of a service, or of who stands in for it.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct FallbackFuture<A, F> {
        #[pin]
        inner: A,
        fallback: Fallback<F>,
    }
}

impl<A, F, T, E> Future for FallbackFuture<A, F>
where
    A: Future<Output = Result<T, E>>,
    F: Fn(E) -> Result<T, E>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        let this = self.project();
        let answered = ready!(this.inner.poll(context));
        Poll::Ready(this.fallback.call(|| answered))
    }
}
