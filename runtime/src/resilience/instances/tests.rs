//! Instances by name and by key, and the list of all.

use std::{sync::Arc, time::Duration};

use super::{keyed::sealed::Sealed as _, *};
use crate::{
    diag,
    resilience::{
        Bulkhead, CircuitBreaker, CircuitState, Mode, Rate, RateLimiter, Rejected, RetryBudget,
        overrides::Scopes,
    },
};

fn found(kind: PolicyKind, name: &str) -> Vec<PolicyStatus> {
    let is_it = |policy: &&PolicyStatus| policy.kind() == kind && policy.name() == name;
    policies().iter().filter(is_it).cloned().collect()
}

#[test]
fn those_that_share_a_name_share_their_state() {
    let [one, other] = [(); 2].map(|()| CircuitBreaker::new("shared state").shared());

    one.force_open();

    assert_eq!(other.state(), CircuitState::ForcedOpen);
    assert_eq!(found(PolicyKind::CircuitBreaker, "shared state").len(), 1);
    // Another kind has the name for itself.
    let limiter = RateLimiter::new("shared state", Rate::per_second(1)).shared();
    assert!(limiter.check().is_ok());
}

#[test]
fn those_that_only_have_the_same_name_have_their_own_state() {
    let [one, other] = [(); 2].map(|()| CircuitBreaker::new("same name"));

    one.force_open();

    assert_eq!(other.state(), CircuitState::Closed);
    assert_eq!(found(PolicyKind::CircuitBreaker, "same name").len(), 2);
}

#[test]
fn different_numbers_under_one_shared_name_are_said_and_listed() {
    let first = Bulkhead::new("disputed", 1).shared();
    let second = Bulkhead::new("disputed", 2).shared();

    let capture = diag::capture();
    assert_eq!(first.statistics().max_concurrent(), 1);
    assert_eq!(second.statistics().max_concurrent(), 1);
    let said = capture.of(diag::Level::Warn);

    assert!(found(PolicyKind::Bulkhead, "disputed")[0].is_disputed());
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("share the bulkhead `disputed`"), "{said:?}");
}

#[test]
fn whoever_is_gone_is_not_listed() {
    let breaker = CircuitBreaker::new("soon gone");
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(found(PolicyKind::CircuitBreaker, "soon gone").len(), 1);

    drop(breaker);

    assert!(found(PolicyKind::CircuitBreaker, "soon gone").is_empty());
}

#[test]
fn a_list_can_be_used_to_hold_policies_by_hand() {
    let limiter = RateLimiter::new("held by hand", Rate::per_second(5));
    limiter.check().unwrap();
    let listed = found(PolicyKind::RateLimiter, "held by hand").remove(0);

    listed.set_mode(Mode::ForcedOpen);
    assert_eq!(limiter.check().unwrap_err().retry_after(), None);
    assert_eq!((listed.mode(), listed.state()), (Mode::ForcedOpen, "forced_open"));
    listed.reset();

    assert!((0..5).all(|_| limiter.check().is_ok()));
}

#[test]
fn the_list_is_in_one_order_and_in_json() {
    let names = ["order b", "order a", "order a"];
    let breakers = names.map(CircuitBreaker::new);
    let bulkhead = Bulkhead::new("order a", 1);
    breakers.iter().for_each(|breaker| assert_eq!(breaker.mode(), Mode::Auto));
    assert_eq!(bulkhead.mode(), Mode::Auto);
    breakers[1].force_open();

    let listed = policies();
    let ours = listed.iter().filter(|policy| policy.name().starts_with("order"));
    let ours: Vec<_> =
        ours.map(|policy| (policy.name(), policy.kind().as_str(), policy.state())).collect();

    let expected = [
        ("order a", "bulkhead", "available"),
        ("order a", "circuit_breaker", "forced_open"),
        ("order a", "circuit_breaker", "closed"),
        ("order b", "circuit_breaker", "closed"),
    ];
    assert_eq!(ours, expected);
    let json: serde_json::Value = serde_json::from_str(&listed.to_json()).unwrap();
    let first = json.as_array().unwrap().iter().find(|policy| policy["name"] == "order a").unwrap();
    assert_eq!(first["statistics"]["max_concurrent"], 1);
}

#[test]
fn one_without_a_name_takes_that_of_where_it_stands() {
    let breaker = CircuitBreaker::new("");
    let scopes = Scopes::of_name("shop::pay");
    breaker.bind(Owner { name: "shop::pay", scopes: &scopes });
    breaker.force_open();

    let refused = breaker.call(|| Ok::<_, Rejected>(())).unwrap_err();

    assert_eq!(refused.policy(), "shop::pay");
}

#[test]
fn budgets_of_one_name_are_one() {
    let [one, other] =
        [(); 2].map(|()| RetryBudget::new("one budget").share(0.0).reserve_per_second(0.1));

    assert!(one.try_retry());

    assert!(!other.try_retry());
    assert_eq!(other.statistics().refused(), 1);
}

fn limiters(max_keys: u32) -> Keyed<RateLimiter> {
    // In a nanosecond everybody has been idle for long, and every limit is full again.
    let rate = Rate::new(1, Duration::from_nanos(1));
    Keyed::new(RateLimiter::new("keyed", rate)).max_keys(max_keys).idle(Duration::from_nanos(1))
}

#[test]
fn each_key_has_its_own_and_rejections_say_whose() {
    static KEYED: Keyed<RateLimiter> = Keyed::new(RateLimiter::new("by tenant", Rate::per_hour(1)));

    assert!(KEYED.get("acme").check().is_ok() && KEYED.get("initech").check().is_ok());

    assert_eq!(KEYED.get("acme").check().unwrap_err().key(), Some("acme"));
    assert_eq!(KEYED.keys(), 2);
    let keys: Vec<_> = found(PolicyKind::RateLimiter, "by tenant");
    assert!(keys.iter().map(PolicyStatus::key).eq([Some("acme"), Some("initech")]));
}

#[test]
fn there_are_never_more_than_were_allowed_and_who_is_idle_goes_first() {
    let keyed = limiters(8);

    for number in 0..1_000 {
        keyed.get(&format!("tenant {number}")).check().unwrap();
        assert!(keyed.keys() <= 8);
    }

    // Those of late are still there.
    let lately = found(PolicyKind::RateLimiter, "keyed");
    let numbers =
        lately.iter().filter_map(|policy| policy.key()?.strip_prefix("tenant ")?.parse().ok());
    assert!(numbers.max().is_some_and(|number: u32| number >= 980), "{lately:?}");
}

#[test]
fn who_finds_no_room_shares_one() {
    let limiter = RateLimiter::new("overflowing", Rate::per_hour(1));
    let keyed = Keyed::new(limiter).max_keys(2);
    let _held = ["one", "two"].map(|key| keyed.get(key));

    assert!(keyed.get("three").check().is_ok());

    let refused = keyed.get("four").check().unwrap_err();
    assert_eq!((refused.key(), keyed.keys()), (Some("…"), 2));
}

#[test]
fn nobody_is_evicted_who_is_held_or_would_be_missed() {
    let keyed = Keyed::new(Bulkhead::new("held", 1)).max_keys(1).idle(Duration::from_nanos(1));
    let held = keyed.get("one");
    let place = held.try_enter().unwrap();
    (0..5).for_each(|number| drop(keyed.get(&format!("other {number}"))));
    assert!(keyed.get("one").try_enter().is_err());
    drop(place);

    let limiter = RateLimiter::new("missed", Rate::per_hour(1));
    let keyed = Keyed::new(limiter).max_keys(1).idle(Duration::from_nanos(1));
    keyed.get("one").check().unwrap();
    (0..5).for_each(|number| drop(keyed.get(&format!("other {number}"))));

    assert!(keyed.get("one").check().is_err(), "it began anew");
}

#[test]
fn many_threads_find_the_same_instances() {
    let keyed = Keyed::new(Bulkhead::new("found by many", 1_000));

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..1_000 {
                    let bulkhead = keyed.get(&(round % 50).to_string());
                    bulkhead.call(|| Ok::<_, Rejected>(())).unwrap();
                }
            });
        }
    });

    let entered: u64 = (0..50).map(|key| keyed.get(&key.to_string()).statistics().entered()).sum();
    assert_eq!((entered, keyed.keys()), (4_000, 50));
}

#[test]
fn what_is_at_rest_is_what_a_new_one_would_be() {
    let key: Arc<str> = "key".into();
    let scopes = Scopes::of_name("at rest");
    let owner = Owner { name: "at rest", scopes: &scopes };
    let breaker = CircuitBreaker::new("at rest").for_key(owner, Arc::clone(&key));
    assert!(breaker.is_at_rest(0));
    breaker.force_open();
    assert!(!breaker.is_at_rest(0));

    let bulkhead = Bulkhead::new("at rest", 1).for_key(owner, key);
    assert!(bulkhead.is_at_rest(0));
    let _place = bulkhead.try_enter().unwrap();
    assert!(!bulkhead.is_at_rest(0));
}
