//! A bulkhead in front of a service.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tower_layer::Layer;
use tower_service::Service;

use super::RefusableFuture;
use crate::resilience::{
    Bulkhead, Rejected,
    bulkhead::{Asked, Core, Entering, Held, ask},
};

/// Puts a bulkhead in front of a service; made by [`Bulkhead::layer`].
#[derive(Clone, Debug)]
pub struct BulkheadLayer {
    core: Arc<Core>,
}

/// A service behind a bulkhead; made by [`BulkheadLayer`].
pub struct BulkheadService<S> {
    inner: S,
    core: Arc<Core>,
    place: Ask,
}

/// How far the next call has come.
enum Ask {
    Unasked,
    /// In a box of its own, which only those need who wait.
    Waiting(Pin<Box<Entering<Arc<Core>>>>),
    Answered(Result<Held<Arc<Core>>, Rejected>),
}

impl Bulkhead {
    /// A layer for services of `tower`; a service that is ready has its place.
    ///
    /// It shares its state with this bulkhead. A place that the service has got is given back when
    /// the answer is there, or the service is dropped before it is called.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::Bulkhead;
    /// use tower_layer::Layer;
    ///
    /// static STORE: Bulkhead =
    ///     Bulkhead::new("store", 10).queue(100).wait(Duration::from_secs(1));
    ///
    /// # let client = ();
    /// let service = STORE.layer().layer(client);
    /// # drop(service);
    /// ```
    #[must_use]
    pub fn layer(&self) -> BulkheadLayer {
        BulkheadLayer { core: self.core() }
    }
}

impl<S> Layer<S> for BulkheadLayer {
    type Service = BulkheadService<S>;

    fn layer(&self, inner: S) -> BulkheadService<S> {
        BulkheadService { inner, core: Arc::clone(&self.core), place: Ask::Unasked }
    }
}

impl<S> BulkheadService<S> {
    fn poll_place(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.place {
                Ask::Answered(_) => return Poll::Ready(()),
                Ask::Waiting(enter) => {
                    let answer = ready!(enter.as_mut().poll(context));
                    self.place = Ask::Answered(answer);
                }
                Ask::Unasked => {
                    let core = Arc::clone(&self.core);
                    self.place = match ask(Arc::clone(&core)) {
                        Ok(Asked::In(place)) => Ask::Answered(Ok(place)),
                        Ok(Asked::Queued(waiting)) => {
                            Ask::Waiting(Box::pin(Entering::queued(core, waiting)))
                        }
                        Err(rejected) => Ask::Answered(Err(rejected)),
                    };
                }
            }
        }
    }
}

impl<S, R> Service<R> for BulkheadService<S>
where
    S: Service<R>,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RefusableFuture<S::Future, HeldPlace>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.poll_place(context));
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        match std::mem::replace(&mut self.place, Ask::Unasked) {
            Ask::Answered(Ok(place)) => {
                RefusableFuture::called(self.inner.call(request), Some(HeldPlace(place)))
            }
            Ask::Answered(Err(rejected)) => RefusableFuture::refused(rejected),
            // Whoever calls without having been told that it is ready has no place.
            Ask::Unasked | Ask::Waiting(_) => RefusableFuture::refused(self.core.rejected()),
        }
    }
}

/// A place, as long as the answer takes.
pub struct HeldPlace(
    #[expect(dead_code, reason = "it is held, and given back by dropping it")] Held<Arc<Core>>,
);

impl fmt::Debug for HeldPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldPlace")
    }
}

/// The clone has no place yet.
impl<S: Clone> Clone for BulkheadService<S> {
    fn clone(&self) -> Self {
        let (inner, core) = (self.inner.clone(), Arc::clone(&self.core));
        Self { inner, core, place: Ask::Unasked }
    }
}

impl<S: fmt::Debug> fmt::Debug for BulkheadService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkheadService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
