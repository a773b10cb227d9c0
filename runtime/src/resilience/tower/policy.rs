//! Retries, hedges and whole policies around a service.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use tower_layer::Layer;
use tower_service::Service;

use super::{
    ByAnswer, ByClass, EveryError, Judges,
    held::{Held, Once},
};
use crate::resilience::{
    Class, Hedge, Policy, Rejected, Retry, plain,
    policy::{Any, Parts},
    run::{Ended, Judged},
};

/// Puts a policy around a service; made by [`Policy::layer`].
///
/// Each attempt has a clone of the request, and one of the service that gets ready by itself.
#[derive(Debug)]
pub struct PolicyLayer<P: 'static = Policy, J = EveryError> {
    parts: Held<P>,
    judge: J,
}

/// Makes further attempts around a service; made by [`Retry::layer`].
pub type RetryLayer<J = EveryError> = PolicyLayer<Retry, J>;

/// Begins second attempts around a service; made by [`Hedge::layer`].
pub type HedgeLayer<J = EveryError> = PolicyLayer<Hedge, J>;

/// A service behind a policy; made by [`PolicyLayer`].
#[derive(Debug)]
pub struct PolicyService<S, P: 'static = Policy, J = EveryError> {
    inner: S,
    parts: Held<P>,
    judge: J,
}

/// The answer of a service behind a policy.
#[must_use = "futures do nothing unless polled"]
pub struct PolicyFuture<T, E>(pub(super) Pin<Box<dyn Future<Output = Result<T, E>> + Send>>);

macro_rules! layers {
    ($($Type:ident: $what:literal, $into:literal;)*) => {
        $(impl $Type {
            #[doc = concat!("A layer for services of `tower` that ", $what, ".")]
            ///
            /// Requests have to be `Clone`. Every `Err` is a failure, unless the layer is told
            /// otherwise.
            #[must_use]
            pub fn layer(&'static self) -> PolicyLayer<Self> {
                PolicyLayer { parts: Held::Declared(self), judge: EveryError }
            }

            #[doc = concat!("The same for ", $into, " that is made while the program runs.")]
            #[must_use]
            pub fn into_layer(self) -> PolicyLayer<Self> {
                PolicyLayer { parts: Held::shared(self), judge: EveryError }
            }
        })*
    };
}

layers! {
    Hedge: "begins a second attempt when the first one takes long", "a hedge";
    Policy: "puts the whole policy around them", "a policy";
    Retry: "makes further attempts", "a retry";
}

impl<P, J> PolicyLayer<P, J> {
    /// Lets the error of the service say what it means: to the retry, and to the circuit breaker.
    #[must_use]
    pub fn classify(self) -> PolicyLayer<P, ByClass> {
        PolicyLayer { parts: self.parts, judge: ByClass }
    }

    /// Lets this function say what an answer means; `None` is a success.
    ///
    /// ```
    /// use spandrel::resilience::{Class, Retry};
    ///
    /// static RETRY: Retry = Retry::new("client");
    ///
    /// let layer = RETRY.layer().judge(|answer: &Result<http::Response<String>, std::io::Error>| {
    ///     match answer {
    ///         Ok(answer) if answer.status().is_server_error() => Some(Class::Transient),
    ///         Ok(_) => None,
    ///         Err(_) => Some(Class::NotSent),
    ///     }
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn judge<T, E, F>(self, judge: F) -> PolicyLayer<P, ByAnswer<F>>
    where
        F: Fn(&Result<T, E>) -> Option<Class> + Clone + Send + Sync + 'static,
    {
        PolicyLayer { parts: self.parts, judge: ByAnswer(judge) }
    }
}

impl PolicyLayer<Policy> {
    /// For requests that cannot be cloned: without the policy's retries and hedges.
    #[must_use]
    pub fn once(self) -> PolicyLayer<Once> {
        PolicyLayer { parts: Held::shared(Once(self.parts)), judge: self.judge }
    }
}

impl<S, P, J: Clone> Layer<S> for PolicyLayer<P, J> {
    type Service = PolicyService<S, P, J>;

    fn layer(&self, inner: S) -> Self::Service {
        PolicyService { inner, parts: self.parts.clone(), judge: self.judge.clone() }
    }
}

/// Requests that a policy can send: clones for all attempts but one that is the only one.
#[doc(hidden)]
pub trait Sends<R>: Parts + Send + 'static {
    /// A request for one attempt, as far as there are any.
    fn take(request: &mut Option<R>) -> Option<R>;
}

macro_rules! sends_clones {
    ($($Type:ident),*) => {
        $(impl<R: Clone> Sends<R> for $Type {
            fn take(request: &mut Option<R>) -> Option<R> {
                request.clone()
            }
        })*
    };
}

sends_clones!(Hedge, Policy, Retry);

impl<R> Sends<R> for Once {
    fn take(request: &mut Option<R>) -> Option<R> {
        request.take()
    }
}

impl<S, R, P, J> Service<R> for PolicyService<S, P, J>
where
    S: Service<R> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send,
    S::Error: From<Rejected> + Send,
    R: Send + 'static,
    P: Sends<R>,
    J: Judges<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = PolicyFuture<S::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // What is ready goes with the call; whoever calls next has to ask again.
        let spare = self.inner.clone();
        let mut ready = Some(mem::replace(&mut self.inner, spare.clone()));
        let (parts, judge, mut request) = (self.parts.clone(), self.judge.clone(), Some(request));
        PolicyFuture(Box::pin(async move {
            let call = move || {
                let (first, request) = (ready.take(), P::take(&mut request));
                let spare = if first.is_none() { Some(spare.clone()) } else { None };
                attempt(first, spare, request)
            };
            let judge = |ended: &Ended<Result<S::Response, S::Error>>| match ended {
                Ok(answer) => judge.judge(answer),
                Err(refusal) => Judged::of_rejected(refusal),
            };
            plain::run_judged::<_, _, _, _, Any>(&*parts, call, judge).await
        }))
    }
}

/// One attempt: with the service that is ready, or a clone that gets so first.
async fn attempt<S: Service<R>, R>(
    ready: Option<S>,
    spare: Option<S>,
    request: Option<R>,
) -> Result<S::Response, S::Error> {
    let (is_ready, service) = (ready.is_some(), ready.or(spare));
    // There is one of both: a policy without clones makes one attempt, with what is ready.
    let (Some(mut service), Some(request)) = (service, request) else {
        return std::future::pending().await;
    };
    if !is_ready {
        poll_fn(|context| service.poll_ready(context)).await?;
    }
    let answer = service.call(request);
    // Who waits for an answer keeps nothing ready.
    drop(service);
    answer.await
}

impl<P, J: Clone> Clone for PolicyLayer<P, J> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), judge: self.judge.clone() }
    }
}

impl<S: Clone, P, J: Clone> Clone for PolicyService<S, P, J> {
    fn clone(&self) -> Self {
        let (inner, parts) = (self.inner.clone(), self.parts.clone());
        Self { inner, parts, judge: self.judge.clone() }
    }
}

impl<T, E> Future for PolicyFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        self.0.as_mut().poll(context)
    }
}

impl<T, E> fmt::Debug for PolicyFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyFuture")
    }
}
