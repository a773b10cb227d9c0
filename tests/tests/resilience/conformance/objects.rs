//! The policies of a case, and how each driver calls them.

use std::{ops::ControlFlow, pin::Pin, sync::Arc};

use spandrel::{
    __private::{
        Meta,
        resilience::{self as private, Rejectable as _},
    },
    Site,
    resilience::{
        Bulkhead, CircuitBreaker, Fallback, Hedge, Policy, RateLimiter, Retry, RetryBudget,
        Timeout, Verdict,
    },
};

use super::{
    body::{Failed, Good, Line, Returned},
    case::{self, Case, Judge, Numbers},
    declare::{breaker, budget, bulkhead, hedge, kinds, limiter, retry, timeout},
    script::Kind,
};

/// Against what a case is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Sync,
    Async,
}

/// A call of a function that waits in its task.
pub(crate) type Calling = Pin<Box<dyn Future<Output = Returned>>>;

/// The policies of a case. Whoever has them has their state: they are shared by their names.
#[derive(Debug)]
pub(crate) struct Objects {
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) limiter: Option<RateLimiter>,
    pub(crate) bulkhead: Option<Bulkhead>,
    pub(crate) budget: Option<RetryBudget>,
    retry: Option<Retry>,
    timeout: Option<Timeout>,
    hedge: Option<Hedge>,
    fallback: Option<case::Fallback>,
    policy: Policy,
    inner: Option<Arc<Objects>>,
    judge: Judge,
    /// Something is asked that only generated code can ask.
    is_judged: bool,
}

impl Objects {
    pub(crate) fn new(case: &Case, name: &'static str) -> Self {
        let inner = case.inner.as_ref().map(|numbers| {
            let name = String::leak(format!("{name}, within"));
            Arc::new(Self::of(numbers, Judge::Default, name, None))
        });
        Self::of(&case.policy, case.judge, name, inner)
    }

    fn of(numbers: &Numbers, judge: Judge, name: &'static str, inner: Option<Arc<Self>>) -> Self {
        let mut policy = Policy::new(name);
        if let Some(numbers) = &numbers.timeout {
            policy = policy.timeout(timeout(numbers, name));
        }
        if let Some(numbers) = &numbers.retry {
            policy = policy.retry(retry(numbers, name));
        }
        if let Some(numbers) = &numbers.hedge {
            policy = policy.hedge(hedge(numbers, name));
        }
        if let Some(numbers) = &numbers.breaker {
            policy = policy.circuit_breaker(breaker(numbers, name));
        }
        if let Some(numbers) = &numbers.rate_limit {
            policy = policy.rate_limit(limiter(numbers, name));
        }
        if let Some(numbers) = &numbers.bulkhead {
            policy = policy.bulkhead(bulkhead(numbers, name));
        }
        let own_budget = numbers.retry.as_ref().and_then(|retry| retry.budget.as_ref());
        Self {
            breaker: numbers.breaker.as_ref().map(|numbers| breaker(numbers, name)),
            limiter: numbers.rate_limit.as_ref().map(|numbers| limiter(numbers, name)),
            bulkhead: numbers.bulkhead.as_ref().map(|numbers| bulkhead(numbers, name)),
            budget: own_budget.map(|numbers| budget(numbers, name)),
            retry: numbers.retry.as_ref().map(|numbers| retry(numbers, name)),
            timeout: numbers.timeout.as_ref().map(|numbers| timeout(numbers, name)),
            hedge: numbers.hedge.as_ref().map(|numbers| hedge(numbers, name)),
            fallback: numbers.fallback.clone(),
            policy,
            inner,
            judge,
            is_judged: judge != Judge::Default || numbers.fallback.is_some(),
        }
    }

    /// The breaker of the case, which may be that of the policy within.
    pub(crate) fn breaker(&self) -> Option<&CircuitBreaker> {
        let within = self.inner.as_ref().and_then(|inner| inner.breaker.as_ref());
        self.breaker.as_ref().or(within)
    }

    /// Takes the numbers of another declaration.
    pub(crate) fn configure(&self, numbers: &Numbers) {
        for (object, numbers) in self.breaker.iter().zip(&numbers.breaker) {
            object.configure(&breaker(numbers, ""));
        }
        for (object, numbers) in self.limiter.iter().zip(&numbers.rate_limit) {
            object.configure(&limiter(numbers, ""));
        }
        for (object, numbers) in self.bulkhead.iter().zip(&numbers.bulkhead) {
            object.configure(&bulkhead(numbers, ""));
        }
        let budgets = numbers.retry.iter().filter_map(|retry| retry.budget.as_ref());
        for (object, numbers) in self.budget.iter().zip(budgets) {
            object.configure(&budget(numbers, ""));
        }
    }

    /// Calls a function in its own thread's time.
    pub(crate) fn call(&self, way: Way, line: &Line, asks: bool) -> Result<Returned, &'static str> {
        let body = || match &self.inner {
            Some(inner) => inner.policy.run(|| line.run()),
            None => line.run(),
        };
        if way == Way::Plain {
            return self.call_plain(&body);
        }
        Ok(if asks || self.is_judged { self.run_judged(&body) } else { self.policy.run(body) })
    }

    fn call_plain(&self, body: &dyn Fn() -> Returned) -> Result<Returned, &'static str> {
        Ok(match self {
            Self { breaker: Some(breaker), .. } => {
                breaker.call_judged(body, |returned| self.verdict(returned))
            }
            Self { limiter: Some(limiter), .. } => limiter.call(body),
            Self { bulkhead: Some(bulkhead), .. } => bulkhead.call(body),
            Self { retry: Some(retry), .. } => retry.call(body),
            Self { fallback: Some(_), .. } => Fallback::new("", answer).call(body),
            _ => return Err("the plain object has no call that blocks"),
        })
    }

    /// What generated code does around a function.
    fn run_judged(&self, body: &dyn Fn() -> Returned) -> Returned {
        let mut run = private::SyncRun::<_, private::Any>::begin(&SITE, &self.policy);
        let mut last = private::Last::NONE;
        let ended = loop {
            let ended = run.attempt(body);
            let seen = self.judged(&ended);
            match run.settle_or(ended, seen, last) {
                ControlFlow::Break(ended) => break ended,
                ControlFlow::Continue((pause, returned)) => {
                    last = returned;
                    pause.block();
                }
            }
        };
        self.rescued(ended)
    }

    /// Calls a function that waits in its task.
    pub(crate) fn call_async(
        self: Arc<Self>,
        way: Way,
        line: Arc<Line>,
        asks: bool,
    ) -> Result<Calling, &'static str> {
        let inner = self.inner.clone();
        let body = move || {
            let (inner, line) = (inner.clone(), Arc::clone(&line));
            async move {
                match inner {
                    Some(inner) => inner.policy.run_async(|| Arc::clone(&line).run_async()).await,
                    None => line.run_async().await,
                }
            }
        };
        if way == Way::Plain {
            return self.call_plain_async(body, asks);
        }
        Ok(Box::pin(async move {
            if asks || self.is_judged {
                self.run_judged_async(body).await
            } else {
                self.policy.run_async(body).await
            }
        }))
    }

    fn call_plain_async<F: Future<Output = Returned>>(
        self: Arc<Self>,
        body: impl Fn() -> F + 'static,
        asks: bool,
    ) -> Result<Calling, &'static str> {
        if asks {
            return Err("no future of a plain object is judged");
        }
        Ok(Box::pin(async move {
            match &*self {
                Self { breaker: Some(breaker), .. } => breaker.call_async(body).await,
                Self { limiter: Some(limiter), .. } => limiter.call_async(body).await,
                Self { bulkhead: Some(bulkhead), .. } => bulkhead.call_async(body).await,
                Self { retry: Some(retry), .. } => retry.call_async(body).await,
                Self { timeout: Some(timeout), .. } => timeout.call_async(body()).await,
                Self { hedge: Some(hedge), .. } => hedge.call_async(body).await,
                Self { fallback: Some(_), .. } => {
                    Fallback::new("", answer).call_async(body()).await
                }
                _ => body().await,
            }
        }))
    }

    async fn run_judged_async<F: Future<Output = Returned>>(
        &self,
        body: impl Fn() -> F,
    ) -> Returned {
        let mut run = private::Run::<_, private::Any>::begin(&SITE, &self.policy);
        let mut last = private::Last::NONE;
        let ended = loop {
            let ended = if self.hedge.is_some() {
                run.hedged(&body, |ended| self.judged(ended)).await
            } else {
                run.attempt(body()).await
            };
            let seen = self.judged(&ended);
            match run.settle_or(ended, seen, last) {
                ControlFlow::Break(ended) => break ended,
                ControlFlow::Continue((pause, returned)) => {
                    last = returned;
                    pause.await;
                }
            }
        };
        self.rescued(ended)
    }

    fn judged(&self, ended: &private::Ended<Returned>) -> private::Judged {
        let says_nothing = |returned: &Returned| kind(returned) == Some(Kind::Ignored);
        match self.judge {
            Judge::Default => private::judge!(
                run,
                *ended,
                ignore_if = says_nothing,
                retry_after = Failed::retry_after
            ),
            Judge::Classify => {
                private::judge!(run, *ended, ignore_if = says_nothing, classify = (true, true))
            }
            Judge::ClassifyForBreaker => {
                private::judge!(run, *ended, ignore_if = says_nothing, classify = (false, true))
            }
            Judge::ClassifyForRetry => {
                private::judge!(run, *ended, ignore_if = says_nothing, classify = (true, false))
            }
            Judge::FailureIf => {
                private::judge!(run, *ended, ignore_if = says_nothing, failure_if = is_bad)
            }
            Judge::FailureIfAndClassify => private::judge!(
                run,
                *ended,
                ignore_if = says_nothing,
                failure_if = is_bad,
                classify = (true, false)
            ),
        }
    }

    fn verdict(&self, returned: &Returned) -> Verdict {
        let fails = match self.judge {
            Judge::Default => returned.is_err(),
            _ => is_bad(returned),
        };
        match kind(returned) {
            Some(Kind::Ignored) => Verdict::Ignored,
            _ if fails => Verdict::Failure,
            _ => Verdict::Success,
        }
    }

    /// What stands in for a failure, where something does.
    fn rescued(&self, ended: private::Settled<Returned>) -> Returned {
        let Some(case::Fallback { on, when }) = &self.fallback else {
            return private::rejectable(ended);
        };
        let on = on.as_deref().map(kinds);
        let is_meant = |error: &Failed| {
            error.kind().is_some_and(|kind| {
                when.as_deref().is_some_and(|letters| {
                    letters.chars().any(|letter| Kind::read(letter) == Some(kind))
                })
            })
        };
        let value = Good::Fallback;
        let ended = match (on, when) {
            (None, None) => private::fallback!(ended, value = value),
            (Some(on), None) => private::fallback!(ended, value = value, on = on),
            (None, Some(_)) => private::fallback!(ended, value = value, when = is_meant),
            (Some(on), Some(_)) => {
                private::fallback!(ended, value = value, on = on, when = is_meant)
            }
        };
        ended.unwrap_or_else(Returned::rejected)
    }

    /// How many mechanisms there are: of plain objects, one can be played.
    pub(crate) fn count(&self) -> usize {
        let parts = [
            self.breaker.is_some(),
            self.limiter.is_some(),
            self.bulkhead.is_some(),
            self.retry.is_some(),
            self.timeout.is_some(),
            self.hedge.is_some(),
            self.fallback.is_some(),
            self.inner.is_some(),
        ];
        parts.into_iter().filter(|part| *part).count()
    }

    /// Whether the plain object has a call that keeps its thread.
    pub(crate) fn blocks(&self) -> bool {
        self.timeout.is_none() && self.hedge.is_none()
    }
}

static SITE: Site = Site::new(Meta::block("case", module_path!(), file!(), line!()));

fn answer(_: Failed) -> Returned {
    Ok(Good::Fallback)
}

fn kind(returned: &Returned) -> Option<Kind> {
    returned.as_ref().err().and_then(Failed::kind)
}

fn is_bad(returned: &Returned) -> bool {
    match returned {
        Ok(good) => matches!(good, Good::Bad(_)),
        Err(error) => error.kind() == Some(Kind::Failure),
    }
}
