//! A seed for whatever is left to chance.

use spandrel::{
    retry, scripted,
    testing::{Setup, Test},
    traced,
};

use crate::Failed;

#[traced]
#[retry(max_attempts = 5, backoff = "1s..1h")]
#[scripted]
fn lookup() -> Result<(), Failed> {
    Ok(())
}

/// The id of the trace, and how long the waits between attempts took.
fn run(setup: Setup) -> (u64, String, u128) {
    setup.start_paused().run(|t| {
        t.script(lookup, (0..5).map(|_| Err(Failed::Busy)));
        assert_eq!(lookup(), Err(Failed::Busy));
        let span = t.span("lookup");
        (t.seed(), span.trace_id.to_string(), span.duration().as_nanos())
    })
}

#[test]
fn a_seed_decides_what_chance_does() {
    let (first, again, other) =
        (run(Setup::new().seed(7)), run(Setup::new().seed(7)), run(Setup::new().seed(8)));

    assert_eq!(first, again);
    assert!(first.1 != other.1 && first.2 != other.2, "{first:?} {other:?}");
}

#[test]
fn without_a_seed_each_run_is_another_one_which_can_be_repeated() {
    let (first, other) = (run(Setup::new()), run(Setup::new()));
    assert!(first.1 != other.1 && first.2 != other.2, "{first:?} {other:?}");

    assert_eq!(run(Setup::new().seed(other.0)), other);
}

#[spandrel::test(seed = 7)]
fn a_test_names_its_seed(t: Test) {
    assert_eq!(t.seed(), 7);
}

#[test]
fn after_a_test_chance_goes_on_as_before() {
    let id = || {
        Setup::new().run(|t| {
            lookup().unwrap();
            t.span("lookup").trace_id
        })
    };
    let (_, first) = (run(Setup::new().seed(7)), id());
    let (_, second) = (run(Setup::new().seed(7)), id());

    assert_ne!(first, second);
}
