//! One clock: that of spans, policies, timers, and of tokio.

use std::time::{Duration, Instant};

use spandrel::{
    bulkhead, circuit_breaker,
    resilience::{Bulkhead, CircuitBreaker, CircuitState, Rate, RateLimiter, Window},
    retry, scripted,
    testing::Test,
    timeout,
    trace::SpanData,
    traced,
};

use crate::Failed;

const HOUR: Duration = Duration::from_secs(3_600);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[traced]
#[timeout(attempt = "2s", total = "1h")]
#[retry(max_attempts = 4, backoff = "1s..1m", jitter = none)]
#[circuit_breaker(consecutive = 4, open_for = "10m")]
async fn charge(takes: u64) -> Result<(), Failed> {
    tokio::time::sleep(seconds(takes)).await;
    Ok(())
}

#[spandrel::test(start_paused = true)]
async fn a_breaker_with_retry_and_timeout_takes_virtual_time_alone(t: Test) {
    let real = Instant::now();
    let began = tokio::time::Instant::now();

    // Four attempts of 2 s, and between them 1 s, 2 s, 4 s.
    assert_eq!(charge(3).await, Err(Failed::Refused));
    assert_eq!(began.elapsed(), seconds(15));
    // It is open, at once.
    assert_eq!(charge(1).await, Err(Failed::Refused));
    assert_eq!(began.elapsed(), seconds(15));
    // Not yet, and then.
    tokio::time::advance(Duration::from_millis(599_999)).await;
    assert_eq!(charge(1).await, Err(Failed::Refused));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(charge(1).await, Ok(()));
    assert_eq!(began.elapsed(), seconds(616));

    let charges: Vec<_> = t.find("charge").iter().map(SpanData::duration).collect();
    assert_eq!(charges, [seconds(15), Duration::ZERO, Duration::ZERO, seconds(1)]);
    let attempts = t.find("attempt");
    assert!(attempts.iter().all(|span| span.duration() == seconds(2)), "{attempts:?}");
    t.assert_tree(
        "
        charge rejected
          attempt rejected
          attempt rejected
          attempt rejected
        charge rejected
        charge rejected
        charge ok
        ",
    );
    assert!(real.elapsed() < seconds(15), "somebody slept");
}

#[spandrel::test(start_paused = true)]
async fn whoever_moves_the_clock_of_tokio_moves_ours() {
    let limiter = RateLimiter::new("mails", Rate::per_hour(1));
    let breaker = CircuitBreaker::new("store").consecutive(1).open_for(seconds(30));
    let budget = CircuitBreaker::new("window").window(Window::time(seconds(60)));
    limiter.check().unwrap();
    breaker.call(|| Err::<(), _>(Failed::Busy)).unwrap_err();
    budget.call(|| Ok::<_, Failed>(())).unwrap();

    tokio::time::advance(seconds(30)).await;
    assert_eq!(breaker.call(|| Ok::<_, Failed>(())), Ok(()));
    assert!(limiter.check().is_err());
    assert_eq!(budget.statistics().calls_in_window(), 1);
    tokio::time::sleep(HOUR).await;
    assert!(limiter.check().is_ok());
    assert_eq!(budget.statistics().calls_in_window(), 0);
}

#[spandrel::test(start_paused = true)]
async fn whoever_moves_our_clock_moves_that_of_tokio(t: Test) {
    let began = tokio::time::Instant::now();
    let sleep = spandrel::spawn(tokio::time::sleep(HOUR));
    tokio::task::yield_now().await;

    t.advance(HOUR);

    assert_eq!(
        (began.elapsed(), t.clock().unix_nanos() % 3_600_000_000_000),
        (HOUR, 2_800_000_000_000)
    );
    sleep.await.unwrap();
    assert_eq!(began.elapsed(), HOUR);
}

#[retry(max_attempts = 3, backoff = "10m", jitter = none)]
#[scripted]
fn lookup() -> Result<(), Failed> {
    Ok(())
}

#[spandrel::test(start_paused = true)]
async fn a_thread_that_would_wait_moves_the_clock_of_tokio(t: Test) {
    let began = tokio::time::Instant::now();
    t.script(lookup, [Err(Failed::Busy), Err(Failed::Busy), Ok(())]);

    assert_eq!(lookup(), Ok(()));

    assert_eq!(began.elapsed(), seconds(1_200));
}

#[spandrel::test(start_paused = true)]
async fn a_limit_of_which_somebody_waits_lets_them_in_at_its_time() {
    let limiter = RateLimiter::new("mails", Rate::per_hour(2)).burst(1).wait(HOUR);
    let began = tokio::time::Instant::now();

    for number in 0..3 {
        let sent = || async { Ok::<_, Failed>(began.elapsed()) };
        assert_eq!(limiter.call_async(sent).await, Ok(number * HOUR / 2));
    }
}

#[spandrel::test(start_paused = true)]
fn a_thread_that_would_wait_moves_the_clock(t: Test) {
    let began = t.clock().unix_nanos();
    t.script(lookup, [Err(Failed::Busy), Err(Failed::Busy), Err(Failed::Busy)]);

    assert_eq!(lookup(), Err(Failed::Busy));

    assert_eq!(t.clock().unix_nanos() - began, 1_200_000_000_000);
}

#[traced]
#[bulkhead(max_concurrent = 1, queue = 1, wait = "1h")]
fn nested(depth: u32) -> Result<(), Failed> {
    if depth == 0 { Ok(()) } else { nested(depth - 1) }
}

#[spandrel::test(start_paused = true)]
fn a_thread_that_waits_for_a_place_waits_on_the_clock_of_the_test(t: Test) {
    // The place is its own: nobody gives it back.
    assert_eq!(nested(1), Err(Failed::Refused));

    assert_eq!(t.find("nested")[0].duration(), HOUR);
}

#[spandrel::test(start_paused = true)]
fn a_total_time_limits_how_long_a_thread_waits_for_a_place(t: Test) {
    static PLACE: Bulkhead = Bulkhead::new("place", 1).queue(1).wait(HOUR);
    #[timeout(total = "5m", sync = cooperative)]
    #[bulkhead(instance = PLACE)]
    fn enter() -> Result<(), Failed> {
        Ok(())
    }
    let began = t.clock().unix_nanos();

    let within = PLACE.call(enter);

    assert_eq!(within, Err(Failed::Refused));
    assert_eq!(t.clock().unix_nanos() - began, 300_000_000_000);
}

#[spandrel::test(start_paused = true)]
fn a_test_that_is_not_asynchronous_moves_its_clock_by_hand(t: Test) {
    let breaker = CircuitBreaker::new("store").consecutive(1).open_for(seconds(30));
    breaker.call(|| Err::<(), _>(Failed::Busy)).unwrap_err();

    t.advance(seconds(29));
    assert_eq!(breaker.call(|| Ok::<_, Failed>(())), Err(Failed::Refused));
    t.advance(seconds(1));
    assert_eq!(breaker.call(|| Ok::<_, Failed>(())), Ok(()));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[spandrel::test]
#[should_panic(expected = "begin it with `#[spandrel::test(start_paused = true)]`")]
fn a_clock_that_runs_is_moved_by_nobody(t: Test) {
    t.advance(HOUR);
}

#[spandrel::test(start_paused = false)]
async fn a_clock_runs_unless_told(t: Test) {
    let span = spandrel::Span::start("wait");
    tokio::time::sleep(Duration::from_millis(1)).await;
    span.end();

    assert!(t.span("wait").duration() >= Duration::from_millis(1));
}
