//! The mechanisms without macros: a closure in, its result out.

use std::ops::ControlFlow;

use super::{
    ForKey, Hedge, Policy, Rejected, Retry, Timeout,
    policy::{Any, HEDGE, Has, Only, Parts, RETRY, TIMED, TIMEOUT, Timed},
    run::{Ended, Judged, Last, Run, SyncRun},
};

/// Runs the engine around a closure.
pub(super) fn run<T, E: From<Rejected>, P: Parts, H: Has>(
    parts: &P,
    mut call: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut run = SyncRun::<_, H>::new(None, parts);
    let mut last = Last::NONE;
    loop {
        let ended = run.attempt(&mut call);
        let seen = judge(&ended);
        match run.settle_or(ended, seen, last) {
            ControlFlow::Break(ended) => return ended.unwrap_or_else(|no| Err(E::from(no))),
            ControlFlow::Continue((pause, returned)) => {
                last = returned;
                pause.block();
            }
        }
    }
}

/// Runs the engine around what makes futures.
pub(super) async fn run_async<T, E, P, F, H: Has>(
    parts: &P,
    call: impl FnMut() -> F,
) -> Result<T, E>
where
    E: From<Rejected>,
    P: Parts,
    F: Future<Output = Result<T, E>>,
{
    run_judged::<_, _, _, _, H>(parts, call, judge).await
}

/// The same, where somebody else says what an attempt means.
pub(super) async fn run_judged<T, E, P, F, H: Has>(
    parts: &P,
    mut call: impl FnMut() -> F,
    judge: impl Fn(&Ended<Result<T, E>>) -> Judged,
) -> Result<T, E>
where
    E: From<Rejected>,
    P: Parts,
    F: Future<Output = Result<T, E>>,
{
    let mut run = Run::<_, H>::new(None, parts);
    let mut last = Last::NONE;
    loop {
        let ended = if parts.word() & H::HAS & HEDGE == 0 {
            run.attempt(call()).await
        } else {
            run.hedged(&mut call, &judge).await
        };
        let seen = judge(&ended);
        match run.settle_or(ended, seen, last) {
            ControlFlow::Break(ended) => return ended.unwrap_or_else(|no| Err(E::from(no))),
            ControlFlow::Continue((pause, returned)) => {
                last = returned;
                pause.await;
            }
        }
    }
}

#[inline(always)]
fn judge<T, E>(ended: &Ended<Result<T, E>>) -> Judged {
    match ended {
        Ok(Ok(_)) => Judged::SUCCESS,
        Ok(Err(_)) => Judged::ERROR,
        Err(rejected) => Judged::of_rejected(rejected),
    }
}

impl Policy {
    /// Calls a function under the policy, as often as that says.
    ///
    /// # Errors
    ///
    /// What the function returned last, or that the policy refused it.
    #[inline]
    pub fn run<T, E: From<Rejected>>(&self, call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        run::<_, _, _, Any>(self, call)
    }

    /// Awaits a future under the policy: one for each attempt.
    ///
    /// `call` makes the futures, and is called before any door of the policy: what must not begin
    /// where the policy refuses it belongs into the future.
    ///
    /// # Errors
    ///
    /// What the future returned last, or that the policy refused it or cut it off.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it gives back whatever it holds.
    #[inline]
    pub async fn run_async<T, E: From<Rejected>, F: Future<Output = Result<T, E>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, E> {
        run_async::<_, _, _, _, Any>(self, call).await
    }
}

impl ForKey {
    /// Calls a function under the policy, as often as that says.
    ///
    /// # Errors
    ///
    /// What the function returned last, or that the policy refused it.
    #[inline]
    pub fn run<T, E: From<Rejected>>(&self, call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        run::<_, _, _, Any>(self, call)
    }

    /// Awaits a future under the policy: one for each attempt.
    ///
    /// `call` makes the futures, and is called before any door of the policy: what must not begin
    /// where the policy refuses it belongs into the future.
    ///
    /// # Errors
    ///
    /// What the future returned last, or that the policy refused it or cut it off.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it gives back whatever it holds.
    #[inline]
    pub async fn run_async<T, E: From<Rejected>, F: Future<Output = Result<T, E>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, E> {
        run_async::<_, _, _, _, Any>(self, call).await
    }
}

impl Parts for Retry {
    #[inline(always)]
    fn word(&self) -> u32 {
        if self.is_timed() { RETRY | TIMED } else { RETRY }
    }

    fn name(&self) -> &'static str {
        self.name()
    }

    #[inline(always)]
    fn retry(&self) -> Option<&Retry> {
        Some(self)
    }
}

impl Retry {
    /// Calls a function until it succeeds, or no further attempt follows.
    ///
    /// # Errors
    ///
    /// What the function returned last.
    #[inline]
    pub fn call<T, E: From<Rejected>>(&self, call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        run::<_, _, _, Only<{ RETRY | TIMED }>>(self, call)
    }

    /// Awaits futures until one succeeds, or no further attempt follows.
    ///
    /// # Errors
    ///
    /// What the last one returned.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it gives back whatever it holds.
    #[inline]
    pub async fn call_async<T, E: From<Rejected>, F: Future<Output = Result<T, E>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, E> {
        run_async::<_, _, _, _, Only<{ RETRY | TIMED }>>(self, call).await
    }
}

impl Parts for Timeout {
    #[inline(always)]
    fn word(&self) -> u32 {
        TIMEOUT
    }

    fn name(&self) -> &'static str {
        self.name()
    }

    #[inline(always)]
    fn timeout(&self) -> Option<&Timeout> {
        Some(self)
    }
}

impl Timeout {
    /// Awaits a future, but only for so long.
    ///
    /// # Errors
    ///
    /// What the future returned, or that it took too long.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it drops the future.
    #[inline]
    pub async fn call_async<T, E: From<Rejected>>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut run = Run::<_, Timed<TIMEOUT>>::new(None, self);
        let ended = run.attempt(call).await;
        let seen = judge(&ended);
        run.finish(ended, seen).unwrap_or_else(|no| Err(E::from(no)))
    }
}

impl Parts for Hedge {
    #[inline(always)]
    fn word(&self) -> u32 {
        HEDGE
    }

    fn name(&self) -> &'static str {
        self.name()
    }

    #[inline(always)]
    fn hedge(&self) -> Option<&Hedge> {
        Some(self)
    }
}

impl Hedge {
    /// Awaits a future, and further ones beside it if it takes long; the first success wins.
    ///
    /// # Errors
    ///
    /// What the first one returned, if none succeeded.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it drops all the futures.
    #[inline]
    pub async fn call_async<T, E: From<Rejected>, F: Future<Output = Result<T, E>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, E> {
        run_async::<_, _, _, _, Only<HEDGE>>(self, call).await
    }
}
