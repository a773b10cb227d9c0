//! A rate limiter in front of a service.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tower_layer::Layer;
use tower_service::Service;

use super::RefusableFuture;
use crate::{
    resilience::{
        RateLimiter, Rejected,
        limit::{Core, Turn},
        timer::{self, Timer},
    },
    time,
};

/// Puts a rate limiter in front of a service; made by [`RateLimiter::layer`].
#[derive(Clone, Debug)]
pub struct RateLimiterLayer {
    core: Arc<Core>,
}

/// A service behind a rate limiter; made by [`RateLimiterLayer`].
pub struct RateLimiterService<S> {
    inner: S,
    core: Arc<Core>,
    turn: Ask,
}

/// How far the next call has come.
enum Ask {
    Unasked,
    /// With a timer in a box of its own, which only those need who wait.
    Waiting(Turn<Arc<Core>>, Pin<Box<Timer>>),
    Answered(Result<Turn<Arc<Core>>, Rejected>),
}

impl RateLimiter {
    /// A layer for services of `tower`; a service that is ready has its turn.
    ///
    /// It shares its state with this limiter. A turn that the service has got is given back when
    /// the service is dropped before it is called, as far as its time is not over.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter};
    /// use tower_layer::Layer;
    ///
    /// static MAILS: RateLimiter = RateLimiter::new("mails", Rate::per_second(100));
    ///
    /// # let client = ();
    /// let service = MAILS.layer().layer(client);
    /// # drop(service);
    /// ```
    #[must_use]
    pub fn layer(&self) -> RateLimiterLayer {
        RateLimiterLayer { core: self.core() }
    }
}

impl<S> Layer<S> for RateLimiterLayer {
    type Service = RateLimiterService<S>;

    fn layer(&self, inner: S) -> RateLimiterService<S> {
        RateLimiterService { inner, core: Arc::clone(&self.core), turn: Ask::Unasked }
    }
}

impl<S> RateLimiterService<S> {
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.turn {
                Ask::Answered(_) => return Poll::Ready(()),
                Ask::Waiting(_, timer) => {
                    ready!(timer.as_mut().poll(context));
                    if let Ask::Waiting(turn, _) = std::mem::replace(&mut self.turn, Ask::Unasked) {
                        self.turn = Ask::Answered(Ok(turn));
                    }
                }
                Ask::Unasked => {
                    let core = Arc::clone(&self.core);
                    let patience = core.patience();
                    self.turn = match Core::admit(core, time::nanos(), patience) {
                        Ok(turn) if turn.nanos() > 0 => {
                            let until = timer::now().saturating_add(turn.nanos());
                            Ask::Waiting(turn, Box::pin(Timer::until(until)))
                        }
                        answer => Ask::Answered(answer),
                    };
                }
            }
        }
    }
}

impl<S, R> Service<R> for RateLimiterService<S>
where
    S: Service<R>,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RefusableFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // A turn is taken last: it does not keep.
        ready!(self.inner.poll_ready(context))?;
        self.poll_turn(context).map(Ok)
    }

    fn call(&mut self, request: R) -> Self::Future {
        match std::mem::replace(&mut self.turn, Ask::Unasked) {
            Ask::Answered(Ok(turn)) => {
                match turn.nanos() {
                    0 => turn.is_over(),
                    _ => turn.has_waited(),
                }
                RefusableFuture::called(self.inner.call(request), None)
            }
            Ask::Answered(Err(rejected)) => RefusableFuture::refused(rejected),
            // Whoever calls without having been told that it is ready has no turn.
            Ask::Unasked | Ask::Waiting(..) => {
                RefusableFuture::refused(self.core.rejected(std::time::Duration::MAX))
            }
        }
    }
}

/// The clone has no turn yet.
impl<S: Clone> Clone for RateLimiterService<S> {
    fn clone(&self) -> Self {
        let (inner, core) = (self.inner.clone(), Arc::clone(&self.core));
        Self { inner, core, turn: Ask::Unasked }
    }
}

impl<S: fmt::Debug> fmt::Debug for RateLimiterService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiterService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
