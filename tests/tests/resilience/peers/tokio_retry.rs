//! `tokio-retry`: retries.

use std::{sync::Arc, time::Duration};

use tokio_retry::{
    RetryIf,
    strategy::{ExponentialBackoff, FixedInterval},
};

use super::{
    backon::{Again, attempts, only_retry},
    guard::{Calling, Cannot, Fail, Guard, body, has, waits},
};
use crate::conformance::{Line, Outcome, case::Case};

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    let retry = only_retry(case)?;
    if retry.max_elapsed.is_some() {
        return Err("no limit of time");
    }
    if has(outcomes, |outcome| outcome.retry_after.is_some()) {
        return Err("no wait that the error asks for");
    }
    let (first, cap, factor) = waits(retry.backoff.as_ref(), case.chance)?;
    let waits = attempts(retry) - 1;
    let millis = first.as_millis() as u64;
    let waits = if factor == 1.0 || waits <= 1 {
        Waits::Fixed(FixedInterval::new(first.min(cap)), waits)
    } else if factor.fract() == 0.0 && factor < 1e9 && millis.is_multiple_of(factor as u64) {
        // The base is the first power, not the first wait.
        let base = factor as u64;
        let growing = ExponentialBackoff::from_millis(base).factor(millis / base).max_delay(cap);
        Waits::Growing(growing, waits)
    } else {
        return Err("the first wait is a multiple of the factor, in whole milliseconds");
    };
    Ok(Box::new(TokioRetry { waits, again: Again::new(case.judge, retry) }))
}

#[derive(Clone)]
enum Waits {
    Fixed(FixedInterval, usize),
    Growing(ExponentialBackoff, usize),
}

struct TokioRetry {
    waits: Waits,
    again: Again,
}

impl Guard for TokioRetry {
    fn call(&self, line: Arc<Line>) -> Calling {
        let again = self.again;
        let run = move || body(Arc::clone(&line));
        let may = move |fail: &Fail| again.may(fail);
        let waits: Box<dyn Iterator<Item = Duration>> = match self.waits.clone() {
            Waits::Fixed(waits, count) => Box::new(waits.take(count)),
            Waits::Growing(waits, count) => Box::new(waits.take(count)),
        };
        // It begins at once, not when it is polled.
        Box::pin(async move { RetryIf::start(waits, run, may).await })
    }
}
