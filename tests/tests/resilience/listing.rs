//! What a policy brings along.

use spandrel::{
    Rejected, policies,
    resilience::{CircuitBreaker, Policy, PolicyKind, Retry, RetryBudget},
};

/// The mechanisms of this name, and whether somebody disputes their numbers.
fn listed(name: &str) -> Vec<(PolicyKind, bool)> {
    let found = policies();
    let found = found.iter().filter(|policy| policy.name() == name);
    found.map(|policy| (policy.kind(), policy.is_disputed())).collect()
}

#[test]
fn a_policy_lists_what_was_declared_and_no_more() {
    static GUARDED: Policy = Policy::new("guarded").circuit_breaker(CircuitBreaker::new("guarded"));

    GUARDED.run(|| Ok::<_, Rejected>(())).unwrap();

    assert_eq!(listed("guarded"), [(PolicyKind::CircuitBreaker, false)]);
}

#[test]
fn a_budget_of_its_own_numbers_is_disputed_by_nobody() {
    static RETRIED: Policy = Policy::new("frugal")
        .retry(Retry::new("frugal").budget(RetryBudget::new("frugal").share(0.1)));

    RETRIED.run(|| Ok::<_, Rejected>(())).unwrap();

    assert_eq!(listed("frugal"), [(PolicyKind::RetryBudget, false)]);
}
