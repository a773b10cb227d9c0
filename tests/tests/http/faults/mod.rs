//! What retries, time limits, breakers, bulkheads and hedges make of a network that fails: a real
//! server, a real client of reqwest, and between them a proxy that breaks things.

#[cfg(target_os = "linux")]
mod network;
mod proxy;

use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::{Request, Response};
use hyper::body::Incoming;
use spandrel::{
    Rejected, bulkhead, circuit_breaker, hedge,
    resilience::{self, Class, Deadline, RejectedKind, classify_chain},
    retry, timeout,
};
use tower::service_fn;

use self::proxy::{Fault, Proxy};
use crate::setting::{run, serve};

type Failed = Box<dyn Error + Send + Sync>;

/// What the server answers; longer than any head of an answer.
const ANSWER: &str = "paid, and it will be delivered to where you said; thank you for your order, \
     which has the number 0000000000000000000000000000000000000000000000000000000000000000000000001";

/// A server that counts, behind a proxy, and who asks it.
struct Net {
    proxy: Proxy,
    asked: Arc<AtomicUsize>,
    client: reqwest::Client,
    attempts: AtomicUsize,
    first: Trouble,
}

/// What the first attempt meets.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    Refused,
    Broken(Fault),
}

impl Net {
    async fn new(first: Trouble) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let proxy = Proxy::to(counting(asked.clone()).await);
        // A connection for each attempt.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        if let Trouble::Refused = first {
            proxy.refuse().await;
        }
        Self { proxy, asked, client, attempts: AtomicUsize::new(0), first }
    }

    async fn ask(&self) -> Result<String, Failed> {
        match (self.attempts.fetch_add(1, Relaxed), self.first) {
            (0, Trouble::Broken(fault)) => self.proxy.then(fault),
            (1.., Trouble::Refused) => self.proxy.listen(),
            _ => {}
        }
        self.send().await
    }

    async fn send(&self) -> Result<String, Failed> {
        let url = format!("http://{}/orders", self.proxy.address());
        let answer = self.client.post(url).body("tea").send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, classify)]
    #[timeout(attempt = "2s")]
    async fn may_be_repeated(&self) -> Result<String, Failed> {
        self.ask().await
    }

    #[retry(max_attempts = 3, backoff = "1ms", budget = none, classify, idempotent = false)]
    #[timeout(attempt = "2s")]
    async fn must_not_be_repeated(&self) -> Result<String, Failed> {
        self.ask().await
    }
}

async fn counting(asked: Arc<AtomicUsize>) -> SocketAddr {
    serve(service_fn(move |_: Request<Incoming>| {
        asked.fetch_add(1, Relaxed);
        async { Ok::<_, Infallible>(Response::new(ANSWER.to_owned())) }
    }))
    .await
}

fn kind(error: &Failed) -> Option<RejectedKind> {
    Rejected::find(&**error).map(Rejected::kind)
}

/// What a call came to: how often it was attempted, how often the server was asked, and its answer.
async fn outcome(trouble: Trouble, repeats: bool) -> (usize, usize, Result<(), Class>) {
    let net = Net::new(trouble).await;
    let result = match repeats {
        true => net.may_be_repeated().await,
        false => net.must_not_be_repeated().await,
    };
    let result = match result {
        Ok(answer) => {
            assert_eq!(answer, ANSWER, "{trouble:?}");
            Ok(())
        }
        Err(error) => Err(classify_chain(&*error)),
    };
    (net.attempts.load(Relaxed), net.asked.load(Relaxed), result)
}

#[test]
fn what_may_have_had_an_effect_is_repeated_only_if_the_call_may_be() {
    use Class::{Timeout, Transient};
    let late = Fault::Latency(Duration::from_secs(60));
    // What the first attempt meets; attempts, requests that the server saw, and the answer: of a call
    // that must not be made twice, and of one that may be.
    let cases = [
        (Trouble::None, (1, 1, Ok(())), (1, 1, Ok(()))),
        // Nobody was reached.
        (Trouble::Refused, (2, 1, Ok(())), (2, 1, Ok(()))),
        (Trouble::Broken(Fault::Reset), (1, 1, Err(Transient)), (2, 2, Ok(()))),
        // In the head of the answer, and in its body.
        (Trouble::Broken(Fault::Cut(7)), (1, 1, Err(Transient)), (2, 2, Ok(()))),
        (Trouble::Broken(Fault::Cut(150)), (1, 1, Err(Transient)), (2, 2, Ok(()))),
        (Trouble::Broken(Fault::Blackhole), (1, 0, Err(Timeout)), (2, 1, Ok(()))),
        (Trouble::Broken(late), (1, 1, Err(Timeout)), (2, 2, Ok(()))),
        // The time of an attempt covers the body that is read in it.
        (Trouble::Broken(Fault::Stall(150)), (1, 1, Err(Timeout)), (2, 2, Ok(()))),
    ];

    let seen = run(async |_| {
        let cases = cases.map(|(trouble, ..)| async move {
            tokio::join!(outcome(trouble, false), outcome(trouble, true))
        });
        all(cases).await
    });

    for ((trouble, once, again), seen) in cases.into_iter().zip(seen) {
        assert_eq!(seen, (once, again), "{trouble:?}");
    }
}

/// All of them at a time.
async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<_> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[test]
fn an_open_breaker_leaves_a_host_alone_until_one_probe_has_reached_it() {
    #[circuit_breaker(consecutive = 3, open_for = "1s", shared = "refusing host")]
    async fn hasty(net: &Net) -> Result<String, Failed> {
        net.send().await
    }

    // Waits for as long as the breaker asks for.
    #[circuit_breaker(consecutive = 3, open_for = "1s", shared = "refusing host")]
    #[retry(backoff = "1ms", budget = none, retry_on(circuit_open))]
    async fn patient(net: &Net) -> Result<String, Failed> {
        net.send().await
    }

    run(async |_| {
        let net = Net::new(Trouble::Refused).await;
        for _ in 0..3 {
            let error = hasty(&net).await.unwrap_err();
            assert_eq!(classify_chain(&*error), Class::NotSent);
        }
        net.proxy.listen();
        let error = hasty(&net).await.unwrap_err();
        assert_eq!(kind(&error), Some(RejectedKind::CircuitOpen), "{error}");
        assert_eq!(net.proxy.made(), 0, "nobody asks while it is open");

        assert_eq!(patient(&net).await.unwrap(), ANSWER);
        assert_eq!(net.proxy.made(), 1, "one probe");
        assert_eq!(hasty(&net).await.unwrap(), ANSWER);
    });
}

#[test]
fn a_bulkhead_bounds_what_hangs_in_a_network_that_swallows_everything() {
    #[bulkhead(max_concurrent = 3)]
    #[timeout(attempt = "500ms")]
    async fn ask(net: &Net) -> Result<String, Failed> {
        net.send().await
    }

    run(async |_| {
        let net = Net::new(Trouble::None).await;
        (0..20).for_each(|_| net.proxy.then(Fault::Blackhole));

        let ended = all((0..20).map(|_| ask(&net))).await;

        let errors = ended.iter().map(|ended| kind(ended.as_ref().unwrap_err()));
        let cut_off = Some(RejectedKind::Timeout(Deadline::Attempt));
        let (cut_off, full): (Vec<_>, Vec<_>) = errors.partition(|kind| *kind == cut_off);
        assert_eq!((cut_off.len(), full), (3, vec![Some(RejectedKind::BulkheadFull); 17]));
        assert_eq!(net.proxy.made(), 3, "the others never got to the network");
        gone(&net).await;
    });
}

#[test]
fn a_hedge_overtakes_a_connection_that_is_stuck_and_closes_it() {
    #[hedge(delay = "30ms", idempotent = true)]
    async fn ask(net: &Net) -> Result<String, Failed> {
        net.send().await
    }

    run(async |_| {
        let net = Net::new(Trouble::None).await;
        net.proxy.then(Fault::Latency(Duration::from_secs(60)));

        assert_eq!(ask(&net).await.unwrap(), ANSWER);

        assert_eq!((net.proxy.made(), net.asked.load(Relaxed)), (2, 2));
        gone(&net).await;
    });
}

#[test]
fn a_call_within_a_deadline_knows_how_long_to_wait_for_the_network() {
    #[timeout("30s")]
    async fn order(net: &Net) -> Result<Duration, Failed> {
        net.send().await?;
        Ok(resilience::time_left().unwrap_or_default())
    }

    run(async |_| {
        let net = Net::new(Trouble::None).await;
        net.proxy.then(Fault::Latency(Duration::from_millis(50)));

        let left = order(&net).await.unwrap();

        assert!(left <= Duration::from_millis(29_950), "{left:?}");
        assert!(!left.is_zero());
    });
}

/// Returns when no connection is left.
async fn gone(net: &Net) {
    let until = Instant::now() + Duration::from_secs(20);
    while net.proxy.open() > 0 {
        assert!(Instant::now() < until, "{} connections are left", net.proxy.open());
        tokio::task::yield_now().await;
    }
}
