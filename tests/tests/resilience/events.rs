//! What policies say on the span of the call.

use spandrel::{
    FutureExt as _, Outcome, Rejected, circuit_breaker, fallback,
    resilience::{Bulkhead, RejectedKind},
    retry, testing, timeout,
    trace::{EventData, OwnedValue, SpanData},
    traced,
};

fn text(value: Option<&OwnedValue>) -> String {
    match value {
        Some(OwnedValue::Str(text)) => text.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn all(event: &EventData) -> Vec<(&str, String)> {
    event.attributes.iter().map(|(key, value)| (key.as_str(), text(Some(value)))).collect()
}

fn named<'s>(span: &'s SpanData, name: &str) -> Vec<&'s EventData> {
    span.events.iter().filter(|event| event.name == name).collect()
}

#[test]
fn a_refusal_says_whose_and_why_and_the_breaker_how_it_stands() {
    #[circuit_breaker(consecutive = 1, open_for = "1h")]
    #[traced]
    fn told() -> Result<(), Rejected> {
        Err(Rejected::new(RejectedKind::Chaos, "the callee"))
    }
    let capture = testing::capture();

    capture.run(|| (0..2).for_each(|_| drop(told())));

    let spans = capture.spans();
    let [failed, refused] = spans.as_slice() else { panic!("{spans:?}") };
    let changed = named(failed, "circuit_breaker.transition");
    let expected =
        [("policy", "told"), ("from", "closed"), ("to", "open"), ("reason", "consecutive")];
    assert_eq!(all(changed[0]), expected.map(|(key, value)| (key, value.to_owned())));
    assert_eq!(text(failed.attribute("circuit_breaker.state")), "");
    assert_eq!(text(refused.attribute("circuit_breaker.state")), "open");
    let rejected = named(refused, "rejected");
    let said = all(rejected[0]);
    assert_eq!(said[..2], [("policy", "told".into()), ("kind", "circuit_open".into())]);
    assert_eq!(said[2].0, "retry_after");
    assert!(named(failed, "rejected").is_empty());
}

#[tokio::test]
async fn each_attempt_that_is_cut_off_says_so_on_the_span_of_the_call() {
    #[traced]
    #[retry(max_attempts = 2, backoff = "1ms..2ms")]
    #[timeout(attempt = "1ms")]
    async fn hangs() -> Result<(), Rejected> {
        std::future::pending().await
    }
    let capture = testing::capture();

    hangs().in_context(capture.context()).await.unwrap_err();

    let spans = capture.spans();
    let call = spans.iter().find(|span| span.name == "hangs").unwrap();
    let kinds: Vec<_> =
        named(call, "rejected").into_iter().map(|event| all(event)[1].1.clone()).collect();
    assert_eq!(kinds, ["attempt_timeout", "attempt_timeout"]);
    assert_eq!(text(call.attribute("retry.stopped")), "attempts");
}

#[test]
fn a_probe_says_that_the_breaker_is_half_open() {
    #[circuit_breaker(consecutive = 1, open_for = "1ns")]
    #[traced]
    fn probed(works: bool) -> Result<(), Rejected> {
        if works { Ok(()) } else { Err(Rejected::new(RejectedKind::Chaos, "the callee")) }
    }
    let capture = testing::capture();

    capture.run(|| {
        let _ = probed(false);
        probed(true).unwrap();
    });

    let spans = capture.spans();
    assert_eq!(text(spans[1].attribute("circuit_breaker.state")), "half_open");
    let changes: Vec<_> = spans
        .iter()
        .flat_map(|span| named(span, "circuit_breaker.transition"))
        .map(|event| all(event)[2].1.clone())
        .collect();
    assert_eq!(changes, ["open", "half_open", "closed"]);
}

#[test]
fn a_fallback_says_whose_it_is_and_what_it_stood_in_for() {
    #[fallback(value = 0, on_panic)]
    #[traced]
    fn told_price(panics: bool) -> Result<u32, Rejected> {
        assert!(!panics, "as the test wants");
        Err(Rejected::new(RejectedKind::Chaos, "the callee"))
    }
    let capture = testing::capture();

    capture.run(|| {
        let _ = (told_price(false), told_price(true));
    });

    let spans = capture.spans();
    let said: Vec<_> = spans.iter().flat_map(|span| named(span, "fallback")).map(all).collect();
    let of = |kind: &str| vec![("policy", "told_price".to_owned()), ("kind", kind.to_owned())];
    assert_eq!(said, [of("error"), of("panicked")]);
}

#[test]
fn an_object_of_the_programs_own_says_so_on_the_current_span() {
    static STORE: Bulkhead = Bulkhead::new("told store", 1);
    #[traced]
    fn told_by_hand() -> Result<(), Rejected> {
        STORE.call(|| STORE.call(|| Ok(())))
    }
    let capture = testing::capture();

    capture.run(told_by_hand).unwrap_err();

    let spans = capture.spans();
    let rejected = named(&spans[0], "rejected");
    let expected = [("policy", "told store".into()), ("kind", "bulkhead_full".into())];
    assert_eq!(all(rejected[0]), expected);
    // The function ran, and returned what another call had.
    assert_eq!(spans[0].outcome, Outcome::Error);
}
