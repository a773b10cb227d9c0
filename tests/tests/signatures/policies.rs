//! The same for policies: what they stand on, they leave as it is.

#![expect(
    clippy::multiple_bound_locations,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self,
    reason = "functions are written in all the ways that there are"
)]

use std::{
    cell::Cell,
    error::Error,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use spandrel::{
    Rejected, bulkhead, circuit_breaker, fallback, hedge, policy, rate_limit,
    resilience::{self, CircuitBreaker, Class, Classify, Failure, Policy, Rate, RateLimiter},
    resilient, retry, timed, timeout, traced,
};

use super::{assert_send, block_on};

/// An error that can say that a policy refused the call.
#[derive(Debug, PartialEq)]
enum Failed {
    Broken(u32),
    Refused(Rejected),
}

impl From<Rejected> for Failed {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

/// Fails so many times.
struct Flaky {
    left: AtomicU32,
    calls: AtomicU32,
}

impl Flaky {
    fn new(failures: u32) -> Self {
        Self { left: AtomicU32::new(failures), calls: AtomicU32::new(0) }
    }

    fn call(&self) -> Result<u32, Failed> {
        let calls = self.calls.fetch_add(1, Relaxed) + 1;
        match self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Err(Failed::Broken(calls)),
            Err(_) => Ok(calls),
        }
    }
}

mod retries {
    use super::*;

    #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
    fn sync(flaky: &Flaky) -> Result<u32, Failed> {
        flaky.call()
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
    async fn asynchronous(flaky: &Flaky) -> Result<u32, Failed> {
        let seen = flaky.call()?;
        if seen > 100 {
            return Err(Failed::Broken(0));
        }
        Ok(seen)
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, clone(text))]
    async fn owned(flaky: &Flaky, text: String) -> Result<String, Failed> {
        flaky.call()?;
        Ok(text)
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, clone(text))]
    fn changed(flaky: &Flaky, mut text: String) -> Result<String, Failed> {
        text.push('!');
        flaky.call()?;
        Ok(text)
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, clone(cell))]
    async fn unshareable(flaky: &Flaky, cell: Cell<u8>) -> Result<u8, Failed> {
        flaky.call()?;
        Ok(cell.get())
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
    fn opaque(flaky: &Flaky) -> Result<impl Iterator<Item = u32>, Failed> {
        let calls = flaky.call()?;
        Ok(0..calls)
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, retry_if = |n| *n < 3)]
    fn number(calls: &Cell<u32>) -> u32 {
        calls.set(calls.get() + 1);
        calls.get()
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
    async fn generic<T: Clone + Sync>(flaky: &Flaky, value: &T) -> Result<T, Failed>
    where
        T: Send,
    {
        flaky.call()?;
        Ok(value.clone())
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
    fn boxed<'a>(
        flaky: &'a Flaky,
        text: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<usize, Failed>> + Send + 'a>> {
        let length = text.len();
        Box::pin(async move {
            flaky.call()?;
            Ok(length)
        })
    }

    struct Counter {
        calls: u32,
    }

    impl Counter {
        #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
        fn count(&mut self) -> Result<u32, Failed> {
            self.calls += 1;
            if self.calls < 3 { Err(Failed::Broken(self.calls)) } else { Ok(self.calls) }
        }

        #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
        async fn count_later(&mut self) -> Result<u32, Failed> {
            self.calls += 1;
            if self.calls < 3 { Err(Failed::Broken(self.calls)) } else { Ok(self.calls) }
        }
    }

    trait Fetch {
        async fn fetch(&self) -> Result<u32, Failed>;
    }

    impl Fetch for Flaky {
        #[retry(max_attempts = 3, backoff = "1ms", budget = none)]
        async fn fetch(&self) -> Result<u32, Failed> {
            self.call()
        }
    }

    #[async_trait::async_trait]
    trait FetchBoxed {
        async fn fetch(&self, text: String) -> Result<String, Failed>;
    }

    #[async_trait::async_trait]
    impl FetchBoxed for Flaky {
        #[retry(max_attempts = 3, backoff = "1ms", budget = none, clone(text))]
        async fn fetch(&self, text: String) -> Result<String, Failed> {
            self.call()?;
            Ok(text)
        }
    }

    #[test]
    fn a_retry_runs_bodies_of_every_shape_again() {
        assert_eq!(sync(&Flaky::new(2)), Ok(3));
        assert_eq!(sync(&Flaky::new(3)), Err(Failed::Broken(3)));
        assert_eq!(block_on(assert_send(asynchronous(&Flaky::new(2)))), Ok(3));
        assert_eq!(block_on(assert_send(owned(&Flaky::new(2), "a".into()))), Ok("a".into()));
        assert_eq!(changed(&Flaky::new(2), "a".into()), Ok("a!".into()));
        assert_eq!(block_on(assert_send(unshareable(&Flaky::new(2), Cell::new(7)))), Ok(7));
        assert_eq!(opaque(&Flaky::new(2)).map(Iterator::count), Ok(3));
        assert_eq!(number(&Cell::new(0)), 3);
        assert_eq!(block_on(assert_send(generic(&Flaky::new(2), &'x'))), Ok('x'));
        assert_eq!(block_on(boxed(&Flaky::new(2), "abc")), Ok(3));
        assert_eq!(Counter { calls: 0 }.count(), Ok(3));
        assert_eq!(block_on(Counter { calls: 0 }.count_later()), Ok(3));
        assert_eq!(block_on(Fetch::fetch(&Flaky::new(2))), Ok(3));
        assert_eq!(block_on(FetchBoxed::fetch(&Flaky::new(2), "b".into())), Ok("b".into()));
    }
}

mod doors {
    use super::*;

    #[circuit_breaker(consecutive = 2)]
    #[traced]
    #[timed]
    fn breaks(flaky: &Flaky) -> Result<u32, Failed> {
        flaky.call()
    }

    #[rate_limit("1/h", key = tenant)]
    fn limited(tenant: &str) -> Result<usize, Rejected> {
        Ok(tenant.len())
    }

    #[rate_limit("1/h", reject = |rejected| rejected.attempts())]
    fn counted() -> u32 {
        7
    }

    #[rate_limit("1/h", map_err = |rejected| rejected.to_string())]
    async fn told() -> Result<u8, String> {
        Ok(1)
    }

    #[bulkhead(max_concurrent = 1)]
    async fn nested(depth: u8) -> Result<u8, Rejected> {
        match depth {
            0 => Ok(0),
            _ => Box::pin(nested(depth - 1)).await,
        }
    }

    #[timeout("1h")]
    async fn exclusive(list: &mut Vec<u8>) -> Result<&mut u8, Rejected> {
        list.push(1);
        Ok(&mut list[0])
    }

    #[timeout(attempt = "1h")]
    #[traced]
    fn future_value(n: u8) -> impl Future<Output = Result<u8, Rejected>> {
        std::future::ready(Ok(n))
    }

    struct Client {
        breaker: CircuitBreaker,
        limiter: Arc<RateLimiter>,
    }

    impl Client {
        #[circuit_breaker(instance = self.breaker)]
        #[rate_limit(instance = self.limiter)]
        fn call(&self) -> Result<u8, Box<dyn Error>> {
            Ok(1)
        }
    }

    #[test]
    fn a_refusal_becomes_what_the_function_returns() {
        let flaky = Flaky::new(9);
        assert_eq!([breaks(&flaky), breaks(&flaky)], [1, 2].map(|n| Err(Failed::Broken(n))));
        assert!(matches!(breaks(&flaky), Err(Failed::Refused(_))));
        assert_eq!(flaky.calls.load(Relaxed), 2);

        assert_eq!(limited("eu"), Ok(2));
        assert!(limited("eu").is_err() && limited("us").is_ok());
        assert_eq!([counted(), counted()], [7, 0]);
        assert_eq!(block_on(assert_send(told())), Ok(1));
        assert!(block_on(told()).unwrap_err().contains("rate limit"));
        assert_eq!(block_on(nested(0)), Ok(0));
        assert!(block_on(nested(1)).is_err());
        assert_eq!(block_on(exclusive(&mut Vec::new())), Ok(&mut 1));
        assert_eq!(block_on(assert_send(future_value(3))), Ok(3));
    }

    #[test]
    fn objects_of_the_program_take_the_place_of_the_functions_own() {
        let client = Client {
            breaker: CircuitBreaker::new("client"),
            limiter: Arc::new(RateLimiter::new("client", Rate::per_second(1_000_000))),
        };
        assert_eq!(client.call().unwrap(), 1);

        client.breaker.force_open();

        let refused = client.call().unwrap_err();
        assert_eq!(Rejected::find(&*refused).map(Rejected::policy), Some("client"));
    }
}

mod fallbacks {
    use super::*;

    #[fallback(with = cached)]
    #[rate_limit("1/h")]
    fn with(user: u64, name: &str) -> Result<String, Failed> {
        if user == 0 { Err(Failed::Broken(0)) } else { Ok(name.to_owned()) }
    }

    fn cached(user: &u64, name: &str, why: Failure<Failed>) -> Result<String, Failed> {
        match why {
            Failure::Error(error) if *user == 9 => Err(error),
            Failure::Rejected(_) => Ok(format!("{name} refused")),
            _ => Ok(format!("{name} failed")),
        }
    }

    #[fallback(with = later)]
    async fn asynchronous(fails: bool) -> Result<u8, Failed> {
        if fails { Err(Failed::Broken(0)) } else { Ok(1) }
    }

    async fn later(_fails: &bool, _why: Failure<Failed>) -> Result<u8, Failed> {
        Ok(2)
    }

    #[fallback(value = 0, on_panic)]
    #[rate_limit("2/h", burst = 2)]
    fn plain(panics: bool) -> u8 {
        assert!(!panics, "on purpose");
        1
    }

    #[fallback(stale = "1h", key = user)]
    fn stale(user: &str, flaky: &Flaky) -> Result<(String, u32), Failed> {
        Ok((user.to_owned(), flaky.call()?))
    }

    struct Prices(u64);

    impl Prices {
        #[fallback(with = Self::usual, when = |error| *error == Failed::Broken(1))]
        fn price(&self, pieces: u64) -> Result<u64, Failed> {
            Err(Failed::Broken(u32::try_from(pieces).unwrap_or(0)))
        }

        fn usual(&self, pieces: &u64, _why: Failure<Failed>) -> Result<u64, Failed> {
            Ok(self.0 * pieces)
        }
    }

    #[test]
    fn a_fallback_answers_in_place_of_failures() {
        assert_eq!(with(1, "a").unwrap(), "a");
        assert_eq!(with(1, "a").unwrap(), "a refused");
        assert_eq!(block_on(assert_send(asynchronous(false))), Ok(1));
        assert_eq!(block_on(asynchronous(true)), Ok(2));
        assert_eq!([plain(false), plain(true), plain(false)], [1, 0, 0]);
        assert_eq!(Prices(5).price(1), Ok(5));
        assert_eq!(Prices(5).price(2), Err(Failed::Broken(2)));
    }

    #[test]
    fn a_stale_answer_is_served_to_whoever_asked_for_it() {
        let flaky = Flaky::new(0);
        assert_eq!(stale("ann", &flaky), Ok(("ann".into(), 1)));

        flaky.left.store(9, Relaxed);

        assert_eq!(stale("ann", &flaky), Ok(("ann".into(), 1)));
        assert_eq!(stale("ben", &flaky), Err(Failed::Broken(3)));
    }
}

mod bundles {
    use super::*;

    static PROVIDER: Policy = policy! {
        name = "signatures",
        retry(max_attempts = 3, backoff = "1ms", budget = none),
        circuit_breaker(min_calls = 3, failure_rate = 1.0),
    };
    static TENANTS: Policy = policy! { rate_limit("1/h") };

    #[resilient(PROVIDER)]
    fn first(flaky: &Flaky) -> Result<u32, Failed> {
        flaky.call()
    }

    #[resilient(PROVIDER)]
    async fn second(flaky: &Flaky) -> Result<u32, Failed> {
        flaky.call()
    }

    #[resilient(TENANTS, key = tenant)]
    async fn tenant(tenant: &str) -> Result<usize, Rejected> {
        Ok(tenant.len())
    }

    struct Mails;

    #[resilient(retry(max_attempts = 2, backoff = "1ms", budget = none))]
    impl Mails {
        fn send(&self, flaky: &Flaky) -> Result<u32, Failed> {
            flaky.call()
        }

        #[retry(max_attempts = 4)]
        fn fetch(&self, flaky: &Flaky) -> Result<u32, Failed> {
            flaky.call()
        }

        #[resilient(skip)]
        fn once(&self, flaky: &Flaky) -> Result<u32, Failed> {
            flaky.call()
        }
    }

    #[test]
    fn who_names_a_bundle_shares_what_it_knows() {
        assert_eq!(first(&Flaky::new(3)), Err(Failed::Broken(3)));

        assert!(matches!(block_on(second(&Flaky::new(0))), Err(Failed::Refused(_))));

        assert_eq!(block_on(assert_send(tenant("eu"))), Ok(2));
        assert!(block_on(tenant("eu")).is_err() && block_on(tenant("us")).is_ok());
    }

    #[test]
    fn a_function_says_it_before_its_block() {
        assert_eq!(Mails.send(&Flaky::new(9)), Err(Failed::Broken(2)));
        assert_eq!(Mails.fetch(&Flaky::new(9)), Err(Failed::Broken(4)));
        assert_eq!(Mails.once(&Flaky::new(9)), Err(Failed::Broken(1)));
    }
}

mod hedges {
    use super::*;

    #[hedge(delay = "1h", idempotent = true, clone(text))]
    async fn owned(text: String) -> Result<String, Failed> {
        Ok(text)
    }

    #[hedge(delay = p95, idempotent = true, with_retry)]
    #[retry(max_attempts = 2, backoff = "1ms", budget = none)]
    async fn again(flaky: &Flaky) -> Result<u32, Failed> {
        flaky.call()
    }

    #[test]
    fn a_hedge_that_is_not_needed_changes_nothing() {
        assert_eq!(block_on(assert_send(owned("a".into()))), Ok("a".into()));
        assert_eq!(block_on(assert_send(again(&Flaky::new(1)))), Ok(2));
    }
}

mod classes {
    use super::*;

    #[derive(Debug, Classify)]
    enum PayError {
        #[classify(permanent)]
        Declined,
        #[classify(throttled(retry_after = after))]
        Busy { after: Duration },
        #[classify(source)]
        Io(std::io::Error),
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, classify)]
    fn pay(attempts: &Cell<u32>, fail: fn() -> PayError) -> Result<u32, PayError> {
        attempts.set(resilience::attempt());
        Err(fail())
    }

    #[test]
    fn an_error_that_is_permanent_is_not_tried_again() {
        let attempts = Cell::new(0);

        pay(&attempts, || PayError::Declined).unwrap_err();
        assert_eq!(attempts.get(), 1);

        pay(&attempts, || PayError::Io(std::io::ErrorKind::TimedOut.into())).unwrap_err();
        assert_eq!(attempts.get(), 3);
        let after = Duration::from_millis(1);
        let busy = PayError::Busy { after };
        assert_eq!(busy.classify(), Class::Throttled { retry_after: Some(after) });
    }
}
