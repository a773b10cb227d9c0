//! What a policy brings along.

use std::{
    hint,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use spandrel::{
    Rejected, bulkhead, circuit_breaker, fallback, policies, rate_limit,
    resilience::{
        CircuitBreaker, Keyed, Policy, PolicyKind, PolicyStatus, Rate, RateLimiter, Retry,
        RetryBudget,
    },
    resilient, retry, traced,
};

/// The mechanisms of this name, and whether somebody disputes their numbers.
fn listed(name: &str) -> Vec<(PolicyKind, bool)> {
    let found = policies();
    let found = found.iter().filter(|policy| policy.name() == name);
    found.map(|policy| (policy.kind(), policy.is_disputed())).collect()
}

#[test]
fn a_policy_lists_what_was_declared_and_no_more() {
    static GUARDED: Policy =
        Policy::new("declared once").circuit_breaker(CircuitBreaker::new("declared once"));

    GUARDED.run(|| Ok::<_, Rejected>(())).unwrap();

    assert_eq!(listed("declared once"), [(PolicyKind::CircuitBreaker, false)]);
}

#[test]
fn a_budget_of_its_own_numbers_is_disputed_by_nobody() {
    static RETRIED: Policy = Policy::new("frugal")
        .retry(Retry::new("frugal").budget(RetryBudget::new("frugal").share(0.1)));

    RETRIED.run(|| Ok::<_, Rejected>(())).unwrap();

    assert_eq!(listed("frugal"), [(PolicyKind::RetryBudget, false)]);
}

#[test]
fn what_a_function_keeps_for_keys_is_called_like_the_function() {
    struct Orders;
    impl Orders {
        #[rate_limit(rate = "1/h", key = tenant)]
        fn place(&self, tenant: &str) -> Result<(), Rejected> {
            let _ = (self, tenant);
            Ok(())
        }
    }

    Orders.place("acme").unwrap();

    assert_eq!(listed("Orders::place"), [(PolicyKind::RateLimiter, false)]);
    assert_eq!(listed("place"), []);
}

#[test]
fn what_a_bundle_keeps_for_keys_is_called_like_the_bundle() {
    static HOSTS: Policy = Policy::new("hosts").rate_limit(RateLimiter::new("", Rate::per_hour(1)));
    static OWN: Keyed<RateLimiter> = Keyed::new(RateLimiter::new("own hosts", Rate::per_hour(1)));

    HOSTS.for_key("eu").run(|| Ok::<_, Rejected>(())).unwrap();
    OWN.get("eu").check().unwrap();

    let is_of_key = |name: &str| {
        let all = policies();
        let found = all.iter().find(|policy| policy.name() == name && policy.key() == Some("eu"));
        found.map(PolicyStatus::kind)
    };
    assert_eq!(is_of_key("hosts"), Some(PolicyKind::RateLimiter));
    assert_eq!(is_of_key("own hosts"), Some(PolicyKind::RateLimiter));
}

#[test]
fn a_function_lists_all_its_policies_wherever_they_stand() {
    struct Client {
        breaker: CircuitBreaker,
    }
    impl Client {
        #[traced]
        #[bulkhead(max_concurrent = 3)]
        #[rate_limit(rate = "1/h", key = host)]
        #[circuit_breaker(instance = self.breaker)]
        #[retry]
        #[fallback(value = 0)]
        fn fetch_all(&self, host: &str) -> Result<u32, Rejected> {
            Ok(host.len() as u32)
        }
    }
    static BUNDLE: Policy = Policy::new("listed").retry(Retry::new("listed"));
    #[fallback(value = 0)]
    #[resilient(BUNDLE)]
    fn fetch_bundled() -> Result<u32, Rejected> {
        Ok(1)
    }
    let client = Client { breaker: CircuitBreaker::new("of the client") };
    let _ = (client.fetch_all("eu"), fetch_bundled());

    let of = |name: &str| {
        let functions = spandrel::functions();
        let found = functions.iter().find(|function| function.name() == name).unwrap();
        found.policies().collect::<Vec<_>>()
    };
    assert_eq!(
        of("Client::fetch_all"),
        ["traced", "fallback", "retry", "circuit_breaker", "rate_limit", "bulkhead"]
    );
    assert_eq!(of("fetch_bundled"), ["fallback", "retry"]);
}

macro_rules! protected {
    ($($name:ident)*) => {
        $(#[circuit_breaker(consecutive = 3)] fn $name() -> Result<(), Rejected> { Ok(()) })*
        const PROTECTED: &[fn() -> Result<(), Rejected>] = &[$($name),*];
    };
}

protected!(a b c d e f g h i j k l m n o p q r s t u v w x y z);

#[test]
fn a_policy_has_a_name_however_many_threads_are_the_first_to_call() {
    for function in PROTECTED {
        let (barrier, arrived) = (Barrier::new(4), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    arrived.fetch_add(1, SeqCst);
                    while arrived.load(SeqCst) < 4 {
                        hint::spin_loop();
                    }
                    function().unwrap();
                });
            }
        });
    }

    let nameless = policies().iter().filter(|policy| policy.name().is_empty()).count();
    assert_eq!(nameless, 0);
}
