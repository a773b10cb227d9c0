//! A circuit breaker in front of a service.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::RefusableFuture;
use crate::{
    resilience::{
        CircuitBreaker, Rejected,
        breaker::{Core, Watched, judge},
    },
    time,
};

/// Puts a circuit breaker in front of a service; made by [`CircuitBreaker::layer`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer {
    core: Arc<Core>,
}

/// A service behind a circuit breaker; made by [`CircuitBreakerLayer`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerService<S> {
    inner: S,
    core: Arc<Core>,
}

impl CircuitBreaker {
    /// A layer for services of `tower`; every `Err` of the service is a failure.
    ///
    /// It shares its state with this breaker.
    ///
    /// ```
    /// use spandrel::resilience::CircuitBreaker;
    /// use tower_layer::Layer;
    ///
    /// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
    ///
    /// # let client = ();
    /// let service = PAYMENTS.layer().layer(client);
    /// # drop(service);
    /// ```
    #[must_use]
    pub fn layer(&self) -> CircuitBreakerLayer {
        CircuitBreakerLayer { core: self.core() }
    }
}

impl<S> Layer<S> for CircuitBreakerLayer {
    type Service = CircuitBreakerService<S>;

    fn layer(&self, inner: S) -> CircuitBreakerService<S> {
        CircuitBreakerService { inner, core: Arc::clone(&self.core) }
    }
}

impl<S, R> Service<R> for CircuitBreakerService<S>
where
    S: Service<R>,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RefusableFuture<JudgedFuture<S::Future>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        match Core::admit(Arc::clone(&self.core), time::nanos) {
            Ok(mut permit) => {
                let inner = permit.run(|| self.inner.call(request));
                let inner = JudgedFuture { inner: Watched { inner, permit: Some(permit) } };
                RefusableFuture::called(inner, None)
            }
            // What the inner service has made ready stays so for the next call.
            Err(denied) => RefusableFuture::refused(self.core.rejected(denied)),
        }
    }
}

pin_project! {
    /// The answer of a service, of which its circuit breaker hears.
    #[must_use = "futures do nothing unless polled"]
    pub struct JudgedFuture<F> {
        #[pin]
        inner: Watched<Arc<Core>, F>,
    }
}

impl<F, T, E> Future for JudgedFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        let (answer, permit) = ready!(self.project().inner.poll(context));
        if let Some(permit) = permit {
            permit.end_at(judge(&answer), time::nanos);
        }
        Poll::Ready(answer)
    }
}
