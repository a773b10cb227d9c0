//! What an attempt that has ended means to the policies around it.
//!
//! Autoref specialisation, as where tracing looks at a returned value: method lookup takes the impl
//! for the most references that applies, so the traits below are tried from top to bottom.

use std::{error::Error, time::Duration};

use super::Refusal;
use crate::{
    outcome::Outcome,
    resilience::{Class, Classify, Deadline, RejectedKind, classify_chain},
};

/// What an attempt means.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What its span and its metrics say.
    pub outcome: Outcome,
    /// Whether what is called has failed; `None`: it says nothing about that.
    pub failed: Option<bool>,
    /// Another attempt may be worth it.
    pub again: bool,
    /// The callee has said when.
    pub retry_after: Option<Duration>,
    /// What its error means to the retry, where that was asked.
    pub class: Option<Class>,
    /// The policy that refused it or cut it off.
    pub rejected: Option<RejectedKind>,
}

impl Judged {
    /// It went well.
    pub const SUCCESS: Self = Self {
        outcome: Outcome::Ok,
        failed: Some(false),
        again: false,
        retry_after: None,
        class: None,
        rejected: None,
    };
    /// It returned an error.
    pub const ERROR: Self =
        Self { outcome: Outcome::Error, failed: Some(true), again: true, ..Self::SUCCESS };

    /// It did not run, or not to its end.
    #[cold]
    #[must_use]
    pub fn of_rejected(refusal: &Refusal) -> Self {
        let Refusal { kind, ran, .. } = *refusal;
        // What was refused at a door, or never got to it, says nothing about what stands behind it.
        let failed = (ran || kind == RejectedKind::Chaos).then_some(true);
        let class = if ran { Class::Timeout } else { Class::NotSent };
        Self {
            outcome: Outcome::Rejected,
            failed,
            again: kind != RejectedKind::Timeout(Deadline::Total),
            retry_after: refusal.retry_after,
            class: Some(class),
            rejected: Some(kind),
        }
    }

    /// Says nothing about what is called, if the function's own predicate says so.
    #[inline(always)]
    pub fn ignore_if<R>(&mut self, returned: &R, predicate: impl FnOnce(&R) -> bool) {
        if predicate(returned) {
            self.failed = None;
        }
    }

    /// Is a failure exactly if the function's own predicate says so.
    #[inline(always)]
    pub fn failure_if<R>(&mut self, returned: &R, predicate: impl FnOnce(&R) -> bool) {
        if self.failed.is_some() {
            self.failed = Some(predicate(returned));
        }
    }

    /// Means what its error means: to the retry, to the circuit breaker, or to both.
    #[inline(always)]
    pub fn classify(&mut self, class: Option<Class>, (retry, breaker): (bool, bool)) {
        let Some(class) = class else { return };
        if retry {
            self.class = Some(class);
            self.again = class.is_retryable();
            if let Class::Throttled { retry_after } = class {
                self.retry_after = retry_after;
            }
        }
        // The caller's mistake says nothing about the callee.
        if breaker && class == Class::Permanent {
            self.failed = None;
        }
    }

    /// Is worth another attempt exactly if the function's own predicate says so.
    #[inline(always)]
    pub fn retry_if<R>(&mut self, returned: &R, predicate: impl FnOnce(&R) -> bool) {
        self.again = predicate(returned);
    }

    /// After the time that its error names, if it names one.
    #[inline(always)]
    pub fn retry_after<T, E>(
        &mut self,
        returned: &Result<T, E>,
        find: impl FnOnce(&E) -> Option<Duration>,
    ) {
        if let Err(error) = returned
            && let Some(after) = find(error)
        {
            self.retry_after = Some(after);
        }
    }
}

/// A returned value under inspection.
#[derive(Debug)]
pub struct Judging<'r, R>(pub &'r R);

/// The type is a `Result`.
pub trait JudgedAsResult {
    /// What it means.
    fn judge(&self) -> Judged;
}

impl<T, E> JudgedAsResult for &Judging<'_, Result<T, E>> {
    #[inline(always)]
    fn judge(&self) -> Judged {
        if self.0.is_ok() { Judged::SUCCESS } else { Judged::ERROR }
    }
}

/// Anything else is fine.
pub trait JudgedAsAny {
    /// What it means.
    fn judge(&self) -> Judged;
}

impl<R> JudgedAsAny for Judging<'_, R> {
    #[inline(always)]
    fn judge(&self) -> Judged {
        Judged::SUCCESS
    }
}

/// The error of a returned value, to be classified.
#[derive(Debug)]
pub struct Classified<'r, R>(pub &'r R);

/// The error says it itself.
pub trait ByClassify {
    /// What it means.
    fn class(&self) -> Option<Class>;
}

impl<T, E: Classify> ByClassify for &&&Classified<'_, Result<T, E>> {
    #[inline(always)]
    fn class(&self) -> Option<Class> {
        self.0.as_ref().err().map(Classify::classify)
    }
}

/// The error wraps any error, as `anyhow::Error` and boxes do.
pub trait ByWrapped {
    /// What it means.
    fn class(&self) -> Option<Class>;
}

impl<T, E: AsRef<dyn Error + Send + Sync>> ByWrapped for &&Classified<'_, Result<T, E>> {
    #[inline(always)]
    fn class(&self) -> Option<Class> {
        self.0.as_ref().err().map(|error| classify_chain(error.as_ref()))
    }
}

/// The error has a chain of sources, and what it wraps may tell.
pub trait BySource {
    /// What it means.
    fn class(&self) -> Option<Class>;
}

impl<T, E: Error + 'static> BySource for &Classified<'_, Result<T, E>> {
    #[inline(always)]
    fn class(&self) -> Option<Class> {
        self.0.as_ref().err().map(|error| classify_chain(error))
    }
}

/// Nobody can tell: the compiler says what is missing.
pub trait ByNobody<E> {
    /// What it means.
    fn class(&self) -> Option<Class>
    where
        E: Classify;
}

impl<T, E> ByNobody<E> for Classified<'_, Result<T, E>> {
    fn class(&self) -> Option<Class>
    where
        E: Classify,
    {
        self.0.as_ref().err().map(Classify::classify)
    }
}
