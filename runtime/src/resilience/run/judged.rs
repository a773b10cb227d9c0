//! What an attempt that has ended means to the policies around it.
//!
//! Autoref specialisation, as where tracing looks at a returned value: method lookup takes the impl
//! for the most references that applies, so the traits below are tried from top to bottom.

use std::{error::Error, time::Duration};

use crate::{
    outcome::Outcome,
    resilience::{
        Class, Classify, Deadline, Rejected, RejectedKind, breaker::Denied, classify_chain, nanos,
        rejected::Whose,
    },
};

/// Why an attempt did not run, or not to its end: a rejection without whose it is.
///
/// Plain data, so that an [`Ended`](super::Ended) can be kept in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    kind: RejectedKind,
    /// The body had begun.
    ran: bool,
    after: u64,
}

impl Refusal {
    /// What nobody can say a better time for.
    #[inline(always)]
    pub(super) fn of_kind(kind: RejectedKind) -> Self {
        Self { kind, ran: kind.ran(), after: UNSAID }
    }

    /// The same for that which is worth trying again after so many nanoseconds; [`UNSAID`]: who
    /// knows.
    #[inline(always)]
    pub(super) fn after(kind: RejectedKind, nanos: u64) -> Self {
        Self { kind, ran: kind.ran(), after: nanos }
    }

    #[cold]
    pub(crate) fn of(rejected: &Rejected) -> Self {
        let (kind, ran) = (rejected.kind(), rejected.ran());
        Self { kind, ran, after: nanos_of(rejected.retry_after()) }
    }

    /// The time was over before there was a call.
    #[cold]
    pub(super) fn out_of_time() -> Self {
        Self { ran: false, ..Self::of_kind(RejectedKind::Timeout(Deadline::Total)) }
    }

    pub(super) fn kind(&self) -> RejectedKind {
        self.kind
    }

    /// The whole call is over, and not only its attempt.
    pub(super) fn is_end(&self) -> bool {
        self.kind == RejectedKind::Timeout(Deadline::Total)
    }

    /// The rejection, of the policy of this name.
    pub(super) fn of_policy(&self, (name, key): Whose) -> Rejected {
        let mut rejected = Rejected::new(self.kind, name).with_key(key);
        if self.kind.ran() && !self.ran {
            rejected = rejected.unbegun();
        }
        match of_nanos(self.after) {
            Some(after) => rejected.with_retry_after(after),
            None => rejected,
        }
    }
}

/// Of a door that tells everything.
#[cold]
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn refused(rejected: Rejected) -> Refusal {
    Refusal::of(&rejected)
}

/// Of a circuit breaker.
#[inline(always)]
pub(super) fn open(denied: Denied) -> Refusal {
    Refusal::after(RejectedKind::CircuitOpen, denied.retry_after)
}

/// What an attempt means: two words, which go from hand to hand in registers.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What its span and its metrics say.
    pub outcome: Outcome,
    /// Whether what is called has failed; `None`: it says nothing about that.
    pub failed: Option<bool>,
    /// Another attempt may be worth it.
    pub again: bool,
    /// What its error means to the retry, where that was asked.
    class: Option<ClassName>,
    /// The policy that refused it or cut it off.
    pub rejected: Option<RejectedKind>,
    /// The callee has said when: nanoseconds; [`UNSAID`]: it has not.
    after: u64,
}

const UNSAID: u64 = u64::MAX;

fn nanos_of(after: Option<Duration>) -> u64 {
    after.map_or(UNSAID, |after| nanos::of(after).min(UNSAID - 1))
}

fn of_nanos(nanos: u64) -> Option<Duration> {
    (nanos != UNSAID).then(|| Duration::from_nanos(nanos))
}

/// A [`Class`] without what it says about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClassName {
    Transient,
    Throttled,
    Timeout,
    NotSent,
    Permanent,
}

impl Judged {
    /// It went well.
    pub const SUCCESS: Self = Self {
        outcome: Outcome::Ok,
        failed: Some(false),
        again: false,
        class: None,
        rejected: None,
        after: UNSAID,
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
        let class = if ran { ClassName::Timeout } else { ClassName::NotSent };
        Self {
            outcome: Outcome::Rejected,
            failed,
            again: kind != RejectedKind::Timeout(Deadline::Total),
            class: Some(class),
            rejected: Some(kind),
            after: refusal.after,
        }
    }

    /// What its error means, where that was asked.
    pub(crate) fn class(&self) -> Option<Class> {
        Some(match self.class? {
            ClassName::Transient => Class::Transient,
            ClassName::Throttled => Class::Throttled { retry_after: self.asked_after() },
            ClassName::Timeout => Class::Timeout,
            ClassName::NotSent => Class::NotSent,
            ClassName::Permanent => Class::Permanent,
        })
    }

    /// When to come again, if the callee has said that.
    pub(crate) fn asked_after(&self) -> Option<Duration> {
        of_nanos(self.after)
    }

    /// The same, asked to come again after this time.
    #[cfg(test)]
    pub(crate) fn after(mut self, after: Duration) -> Self {
        self.after = nanos_of(Some(after));
        self
    }

    /// The same, of this class.
    #[cfg(test)]
    pub(crate) fn of_class(mut self, class: Class) -> Self {
        self.take_class(class);
        self
    }

    #[inline(always)]
    fn take_class(&mut self, class: Class) {
        self.class = Some(match class {
            Class::Transient => ClassName::Transient,
            Class::Throttled { retry_after } => {
                self.after = nanos_of(retry_after);
                ClassName::Throttled
            }
            Class::Timeout => ClassName::Timeout,
            Class::NotSent => ClassName::NotSent,
            Class::Permanent => ClassName::Permanent,
        });
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
            self.take_class(class);
            self.again = class.is_retryable();
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
            self.after = nanos_of(Some(after));
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
