//! What protects a function, told as text.

use spandrel::{
    Rejected, bulkhead, circuit_breaker, explain, fallback, rate_limit, resilience::CircuitBreaker,
    retry, timed, timeout, traced,
};

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn a_function_tells_its_pipeline_with_its_numbers() {
    #[traced]
    #[timed]
    #[fallback(value = 0)]
    #[timeout(attempt = "2s", total = "8s")]
    #[retry(max_attempts = 4, backoff = "50ms..2s")]
    #[circuit_breaker(failure_rate = 0.25, window = "60s", open_for = "5s", half_open(rate = 0.5))]
    #[rate_limit(rate = "100/s", burst = 10, key = host)]
    #[bulkhead(max_concurrent = 10, queue = 5, wait = "1s")]
    async fn explained(host: String) -> Result<u32, Rejected> {
        Ok(host.len() as u32)
    }
    drop(explained("a".into()));

    let told = explain("explained").unwrap();

    let lines = lines(&told);
    assert!(lines[0].starts_with("resilience::explaining::"), "{told}");
    assert!(lines[0].contains("explained (") && lines[0].contains("explaining.rs:"), "{told}");
    let expected = [
        "  traced",
        "  timed",
        "  fallback",
        "  timeout          attempt = \"2s\", total = \"8s\"",
        "  retry            max_attempts = 4, backoff = \"50ms..2s\", factor = 2, jitter = full, \
         budget(share = 0.2, reserve = 10, window = \"10s\"; available)",
        "  circuit_breaker  failure_rate = 0.25, window = \"60s\", min_calls = 20, \
         open_for = \"5s\", probes = 1, half_open(rate = 0.5); closed",
        "  rate_limit       rate = \"100/s\", burst = 10; for each key, 0 of at most 1024",
        "  bulkhead         max_concurrent = 10, queue = 5, wait = \"1s\"; available",
    ];
    assert_eq!(lines[1..], expected, "{told}");
}

#[test]
fn the_numbers_are_those_that_hold_now() {
    static OWN: CircuitBreaker = CircuitBreaker::new("explained own").consecutive(3);
    #[circuit_breaker(instance = OWN)]
    #[bulkhead(max_concurrent = 3, shared = "explained places")]
    fn changed() -> Result<(), Rejected> {
        Ok(())
    }
    changed().unwrap();
    let places = spandrel::resilience::Bulkhead::new("explained places", 3).shared();

    places.resize(7);
    places.set_mode(spandrel::resilience::Mode::Observe);

    let told = explain(concat!(module_path!(), "::changed")).unwrap();
    assert!(told.contains("\n  circuit_breaker\n"), "{told}");
    let expected = "max_concurrent = 7, queue = 0; available, mode observe";
    assert!(told.contains(expected), "{told}");
    assert!(spandrel::functions().explain().contains(&told));
}

#[test]
fn what_is_no_function_is_not_explained_and_what_has_no_policies_is_not_among_all() {
    #[traced]
    fn only_watched() {}
    only_watched();

    assert_eq!(explain("nobody"), None);
    assert!(explain("only_watched").unwrap().ends_with("\n  traced\n"));
    assert!(!spandrel::functions().explain().contains("only_watched"));
}
