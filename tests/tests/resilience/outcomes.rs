//! How a call ends that a policy refused: for its span, and for its metrics.

use spandrel::{
    FutureExt as _, Outcome, Rejected, circuit_breaker, counted, fallback,
    resilience::RejectedKind, testing, timed, timeout, traced,
};

#[derive(Debug, PartialEq)]
enum Failed {
    Own,
    Refused(RejectedKind),
}

impl From<Rejected> for Failed {
    fn from(rejected: Rejected) -> Self {
        // An annotated function that fails meanwhile is not what was refused.
        let _ = unrelated();
        Self::Refused(rejected.kind())
    }
}

#[traced]
fn unrelated() -> Result<(), &'static str> {
    Err("no")
}

const OPEN: Failed = Failed::Refused(RejectedKind::CircuitOpen);

/// How the spans of this name ended.
fn outcomes(capture: &testing::Capture, name: &str) -> Vec<Outcome> {
    let spans = capture.spans();
    spans.iter().filter(|span| span.name == name).map(|span| span.outcome).collect()
}

/// How many calls of this function failed, and how many were refused.
fn counted_of(name: &str) -> (Option<u64>, Option<u64>) {
    let functions = spandrel::functions();
    let found = functions.iter().find(|function| function.name() == name).unwrap();
    (found.calls(Outcome::Error), found.calls(Outcome::Rejected))
}

#[test]
fn a_call_that_was_refused_ends_so_and_not_as_an_error() {
    #[circuit_breaker(consecutive = 1)]
    #[traced]
    fn charge() -> Result<(), Failed> {
        Err(Failed::Own)
    }
    let capture = testing::capture();

    let ended = capture.run(|| [charge(), charge()]);

    assert_eq!(ended, [Err(Failed::Own), Err(OPEN)]);
    assert_eq!(outcomes(&capture, "charge"), [Outcome::Error, Outcome::Rejected]);
    assert_eq!(outcomes(&capture, "unrelated"), [Outcome::Error]);
}

#[tokio::test]
async fn an_asynchronous_call_that_was_refused_ends_so_too() {
    #[circuit_breaker(consecutive = 1)]
    #[traced]
    #[timed]
    async fn charge_later() -> Result<(), Failed> {
        Err(Failed::Own)
    }
    let capture = testing::capture();

    let calls = async { (charge_later().await, charge_later().await) };
    let ended = calls.in_context(capture.context()).await;

    assert_eq!(ended, (Err(Failed::Own), Err(OPEN)));
    assert_eq!(outcomes(&capture, "charge_later"), [Outcome::Error, Outcome::Rejected]);
    assert_eq!(counted_of("charge_later"), (Some(1), Some(1)));
}

#[test]
fn a_call_that_is_only_counted_ends_so_too() {
    #[circuit_breaker(consecutive = 1)]
    #[counted]
    fn charge_counted() -> Result<(), Failed> {
        Err(Failed::Own)
    }
    #[circuit_breaker(consecutive = 1)]
    #[timed(labels(region = "eu"))]
    fn charge_labelled() -> Result<(), Failed> {
        Err(Failed::Own)
    }

    for _ in 0..3 {
        let _ = (charge_counted(), charge_labelled());
    }

    assert_eq!(counted_of("charge_counted"), (Some(1), Some(2)));
    assert_eq!(counted_of("charge_labelled"), (Some(1), Some(2)));
}

#[tokio::test]
async fn a_call_that_was_cut_off_ends_so_too() {
    #[timeout("1ms")]
    #[traced]
    async fn hang() -> Result<(), Failed> {
        std::future::pending().await
    }
    let capture = testing::capture();

    hang().in_context(capture.context()).await.unwrap_err();

    assert_eq!(outcomes(&capture, "hang"), [Outcome::Rejected]);
}

#[test]
fn whatever_the_rejection_became_it_ends_so() {
    #[circuit_breaker(consecutive = 1, map_err = |rejected| rejected.to_string())]
    #[traced]
    fn by_text() -> Result<(), String> {
        Err("own".into())
    }
    #[circuit_breaker(consecutive = 1, reject = |_| Err(7))]
    #[traced]
    fn by_number() -> Result<(), u32> {
        Err(1)
    }
    #[circuit_breaker(consecutive = 1, failure_if = Option::is_none, reject = None)]
    #[traced]
    #[counted]
    fn by_nothing() -> Option<u32> {
        None
    }
    let capture = testing::capture();

    capture.run(|| {
        for _ in 0..2 {
            let _ = (by_text(), by_number(), by_nothing());
        }
    });

    let refused = [Outcome::Error, Outcome::Rejected];
    assert_eq!(outcomes(&capture, "by_text"), refused);
    assert_eq!(outcomes(&capture, "by_number"), refused);
    assert_eq!(outcomes(&capture, "by_nothing"), [Outcome::Ok, Outcome::Rejected]);
    assert_eq!(counted_of("by_nothing"), (Some(0), Some(1)));
}

#[test]
fn a_call_whose_rejection_a_fallback_replaced_is_no_rejection() {
    #[fallback(value = 0)]
    #[circuit_breaker(consecutive = 1)]
    #[traced]
    fn charge_or_nothing() -> Result<u32, Failed> {
        Err(Failed::Own)
    }
    fn worse(_: spandrel::resilience::Failure<Failed>) -> Result<u32, Failed> {
        Err(Failed::Own)
    }
    #[fallback(with = worse)]
    #[circuit_breaker(consecutive = 1)]
    #[traced]
    fn charge_or_worse() -> Result<u32, Failed> {
        Err(Failed::Own)
    }
    let capture = testing::capture();

    capture.run(|| {
        for _ in 0..2 {
            let _ = (charge_or_nothing(), charge_or_worse());
        }
    });

    assert_eq!(outcomes(&capture, "charge_or_nothing"), [Outcome::Ok; 2]);
    assert_eq!(outcomes(&capture, "charge_or_worse"), [Outcome::Error; 2]);
}

#[test]
fn whoever_calls_what_was_refused_and_fails_otherwise_has_an_error() {
    #[circuit_breaker(consecutive = 1)]
    fn guarded() -> Result<(), Failed> {
        Err(Failed::Own)
    }
    #[traced]
    #[counted]
    fn caller() -> Result<(), Failed> {
        let _ = (guarded(), guarded());
        Err(Failed::Own)
    }
    let capture = testing::capture();

    let _ = capture.run(caller);

    assert_eq!(outcomes(&capture, "caller"), [Outcome::Error]);
    assert_eq!(counted_of("caller"), (Some(1), Some(0)));
}
