//! Stands in for the mechanisms that are being built beside this.

use super::Rejected;

#[derive(Debug)]
pub struct CircuitBreaker;
#[derive(Debug)]
pub struct RateLimiter;
#[derive(Debug)]
pub struct Bulkhead;
#[derive(Debug)]
pub(crate) struct Permit<'b>(&'b CircuitBreaker);
#[derive(Debug)]
pub(crate) struct Wait<'l>(&'l RateLimiter);
#[derive(Debug)]
pub(crate) struct Place<'b>(&'b Bulkhead);
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict { Success, Failure, Ignored }

impl CircuitBreaker {
    pub(crate) fn admit(&self, _now: u64) -> Result<Permit<'_>, Rejected> { Ok(Permit(self)) }
}
impl Permit<'_> {
    pub(crate) fn end(self, _verdict: Verdict, _now: u64) {}
}
#[derive(Debug)]
pub struct RetryBudget(super::retry::Budget);
impl RetryBudget {
    pub const fn new(_name: &'static str) -> Self {
        Self(super::retry::Budget::new(super::retry::Limits { share: 0.2, reserve: 100, window: 10_000_000_000 }))
    }
    pub(crate) fn call(&self) { self.0.call() }
    pub(crate) fn retry(&self, now: u64) -> bool { self.0.retry(now) }
}
