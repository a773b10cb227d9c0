//! An end to how long a service may take.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::{PolicyFuture, held::Held};
use crate::resilience::{Rejected, Timeout};

/// Puts an end to how long a service may take; made by [`Timeout::layer`].
#[derive(Clone, Debug)]
pub struct TimeoutLayer(Held<Timeout>);

/// A service that may take only so long; made by [`TimeoutLayer`].
#[derive(Clone, Debug)]
pub struct TimeoutService<S> {
    inner: S,
    timeout: Held<Timeout>,
}

impl Timeout {
    /// A layer for services of `tower`; what takes longer is dropped.
    ///
    /// The time is that of the answer: getting ready is not part of it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::Timeout;
    /// use tower_layer::Layer;
    ///
    /// static LOOKUP: Timeout = Timeout::new("lookup").total(Duration::from_secs(2));
    ///
    /// # let client = ();
    /// let service = LOOKUP.layer().layer(client);
    /// # drop(service);
    /// ```
    #[must_use]
    pub fn layer(&'static self) -> TimeoutLayer {
        TimeoutLayer(Held::Declared(self))
    }

    /// The same for a timeout that is made while the program runs.
    #[must_use]
    pub fn into_layer(self) -> TimeoutLayer {
        TimeoutLayer(Held::shared(self))
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = TimeoutService<S>;

    fn layer(&self, inner: S) -> TimeoutService<S> {
        TimeoutService { inner, timeout: self.0.clone() }
    }
}

impl<S, R> Service<R> for TimeoutService<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
    S::Error: From<Rejected> + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = PolicyFuture<S::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (answer, timeout) = (self.inner.call(request), self.timeout.clone());
        PolicyFuture(Box::pin(async move { timeout.call_async(answer).await }))
    }
}
