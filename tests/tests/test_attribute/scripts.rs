//! Outcomes in place of bodies, attempt by attempt.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use spandrel::{
    circuit_breaker, fallback, retry, scripted,
    testing::{self, Test},
    traced,
};

use crate::Failed;

#[traced]
#[retry(max_attempts = 3, backoff = "1s", jitter = none)]
#[circuit_breaker(consecutive = 3)]
#[scripted]
async fn charge(cents: &u64) -> Result<u64, Failed> {
    Ok(*cents)
}

#[spandrel::test(start_paused = true)]
async fn attempts_end_as_the_script_says(t: Test) {
    let script = t.script_async(charge, [Err(Failed::Busy), Ok(5), Ok(6)]);

    assert_eq!(charge(&1).await, Ok(5));
    assert_eq!(script.left(), 1);
    assert_eq!(charge(&1).await, Ok(6));
    t.assert_tree("charge ok\n  attempt ok\ncharge ok");
}

#[spandrel::test]
async fn without_a_script_the_body_runs() {
    assert_eq!(charge(&1).await, Ok(1));
}

#[spandrel::test]
fn a_script_is_seen_by_its_test_alone(t: Test) {
    t.script(plain, ["scripted".to_owned()]);

    let call = || plain("a", 1);
    let elsewhere = thread::spawn(call).join().unwrap();
    let other = thread::spawn(move || testing::run(|_| call())).join().unwrap();
    let here = spandrel::thread::spawn(call).join().unwrap();

    assert_eq!([elsewhere, other, here], ["real", "real", "scripted"]);
}

#[spandrel::test(start_paused = true)]
#[should_panic(expected = "called more often than its script says (2)")]
async fn an_attempt_after_the_last_outcome_fails_the_test(t: Test) {
    t.script_async(charge, [Err(Failed::Busy), Err(Failed::Busy)]);
    let _ = charge(&1).await;
}

#[spandrel::test(start_paused = true)]
async fn a_script_may_go_on_with_the_body(t: Test) {
    t.script_async(charge, [Err(Failed::Busy), Err(Failed::Busy)]).then_real();

    assert_eq!(charge(&1).await, Ok(1));
}

#[test]
fn a_script_that_nobody_asked_for_fails_the_test() {
    fn unscripted() -> u32 {
        1
    }
    let test = || {
        testing::run(|t| {
            t.script(unscripted, [2]);
            assert_eq!(unscripted(), 1);
        });
    };

    let panic = catch_unwind(AssertUnwindSafe(test)).unwrap_err();

    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("unscripted") && text.contains("#[spandrel::scripted]"), "{text}");
}

#[fallback(value = 0, on_panic)]
#[scripted]
fn careful() -> Result<u64, Failed> {
    Ok(1)
}

#[spandrel::test]
#[should_panic(expected = "careful` is called more often than its script says (1)")]
fn a_panic_that_somebody_caught_fails_the_test_at_its_end(t: Test) {
    t.script(careful, [Ok(7)]);
    assert_eq!([careful(), careful()], [Ok(7), Ok(0)]);
}

#[scripted]
fn plain(_first: &str, _second: u64) -> String {
    "real".to_owned()
}

#[derive(Default)]
struct Client;

trait Pay {
    fn pay(&self, cents: u64) -> Result<u64, Failed>;
}

impl Client {
    #[scripted]
    #[retry(max_attempts = 2, backoff = "1s")]
    async fn find(&mut self, id: &str) -> Result<String, Failed> {
        Ok(id.to_owned())
    }

    #[fallback(value = 0)]
    #[scripted]
    fn count<T: Into<u64>>(&self, item: T) -> Result<u64, Failed> {
        Ok(item.into())
    }
}

impl Pay for Client {
    #[traced]
    #[scripted]
    fn pay(&self, cents: u64) -> Result<u64, Failed> {
        Ok(cents)
    }
}

#[spandrel::test(start_paused = true)]
async fn functions_methods_and_those_of_traits_follow_a_script(t: Test) {
    let mut client = Client;
    t.script(plain, ["scripted".to_owned()]);
    t.script_async(Client::find, [Err(Failed::Busy), Ok("found".to_owned())]);
    t.script(Client::count::<u32>, [Err(Failed::Busy)]);
    t.script(<Client as Pay>::pay, [Ok(7)]);

    assert_eq!(plain("a", 1), "scripted");
    assert_eq!(client.find("a").await, Ok("found".to_owned()));
    assert_eq!((client.count(5_u32), client.count(5_u8)), (Ok(0), Ok(5)));
    assert_eq!(client.pay(1), Ok(7));
}
