//! `backon`: retries.

use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};

use super::guard::{Calling, Cannot, Fail, Guard, alone, body, waits};
use crate::conformance::{
    Line, Outcome,
    case::{Case, Judge, Retry},
    script::Kind,
};

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, _outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    let retry = only_retry(case)?;
    let (first, cap, factor) = waits(retry.backoff.as_ref(), case.chance)?;
    let builder = ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(cap)
        .with_factor(factor as f32)
        .with_max_times(attempts(retry) - 1)
        .with_total_delay(retry.max_elapsed.map(|time| time.0));
    Ok(Box::new(Backon { builder, again: Again::new(case.judge, retry) }))
}

struct Backon {
    builder: ExponentialBuilder,
    again: Again,
}

impl Guard for Backon {
    fn call(&self, line: Arc<Line>) -> Calling {
        let again = self.again;
        let retrying = (move || body(Arc::clone(&line)))
            .retry(self.builder)
            .sleep(|wait| tokio::time::sleep(rounded(wait)))
            .when(move |fail| again.may(fail))
            .adjust(|fail: &Fail, wait| wait.map(|wait| fail.retry_after().unwrap_or(wait)));
        Box::pin(retrying)
    }
}

/// A wait without what `f32` adds to it, which tokio's timers would make a millisecond of.
fn rounded(wait: Duration) -> Duration {
    Duration::from_micros(wait.as_micros() as u64)
}

/// The retry of a case that has nothing else.
pub(super) fn only_retry(case: &Case) -> Result<&Retry, Cannot> {
    alone(case, |policy| usize::from(policy.retry.is_some()))?;
    let retry = case.policy.retry.as_ref().ok_or("no such policy")?;
    if retry.budget.is_some() {
        return Err("no budget");
    }
    Ok(retry)
}

pub(super) fn attempts(retry: &Retry) -> usize {
    retry.max_attempts.unwrap_or(3) as usize
}

/// What may be tried again, as somebody would write it in a predicate.
#[derive(Clone, Copy)]
pub(super) struct Again {
    judge: Judge,
    is_idempotent: bool,
}

impl Again {
    pub(super) fn new(judge: Judge, retry: &Retry) -> Self {
        Self { judge, is_idempotent: retry.idempotent.unwrap_or(true) }
    }

    pub(super) fn may(self, fail: &Fail) -> bool {
        let classes = matches!(self.judge, Judge::Classify | Judge::ClassifyForRetry);
        match fail.kind() {
            Some(Kind::NotSent | Kind::Throttled) if classes => true,
            Some(Kind::Permanent) if classes => false,
            _ => self.is_idempotent,
        }
    }
}
