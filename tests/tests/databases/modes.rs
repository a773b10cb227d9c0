//! Policies that are held by hand in all processes, through a real Redis.

use std::time::{Duration, Instant};

use redis::TypedCommands as _;
use spandrel::{
    redis_1::{Link, SharedModes},
    resilience::{CircuitBreaker, Keyed, Mode, PolicyKind, Rate, RateLimiter, Rejected},
};
use spandrel_tests::databases::Database;

const BREAKER: PolicyKind = PolicyKind::CircuitBreaker;
const PATIENCE: Duration = Duration::from_secs(20);

fn link(port: u16) -> Link {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    Link::new(client).patience(PATIENCE)
}

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

fn is_let_through(breaker: &CircuitBreaker) -> bool {
    breaker.call(|| Ok::<_, Rejected>(())).is_ok()
}

#[test]
fn a_mode_that_another_process_sets_holds_until_it_is_cleared() {
    static HELD: CircuitBreaker = CircuitBreaker::new("held by all").observe();
    static OTHER: CircuitBreaker = CircuitBreaker::new("held by nobody");
    static SAME_NAME: RateLimiter = RateLimiter::new("held by all", Rate::per_second(100));
    let Some(database) = Database::redis() else { return };
    let (here, there) = (link(database.port()), link(database.port()));
    let (here, there) = (SharedModes::new(&here), SharedModes::new(&there));
    assert!(is_let_through(&HELD) && is_let_through(&OTHER) && SAME_NAME.check().is_ok());

    run(async {
        there.set(BREAKER, "held by all", Mode::ForcedOpen).await.unwrap();
        here.refresh().await.unwrap();
        assert!(!is_let_through(&HELD));
        assert!(is_let_through(&OTHER) && SAME_NAME.check().is_ok());

        // What this process says itself does not hold meanwhile.
        HELD.disable();
        here.refresh().await.unwrap();
        assert!(!is_let_through(&HELD));

        there.clear(BREAKER, "held by all").await.unwrap();
        here.refresh().await.unwrap();
        assert_eq!((HELD.mode(), OTHER.mode()), (Mode::Observe, Mode::Auto));
    });
}

#[test]
fn instances_of_all_keys_are_held_also_those_that_come_later() {
    static HOSTS: Keyed<CircuitBreaker> = Keyed::new(CircuitBreaker::new("hosts held by all"));
    let Some(database) = Database::redis() else { return };
    let modes = SharedModes::new(&link(database.port()));
    let first = HOSTS.get("a");

    run(async {
        modes.set(BREAKER, "hosts held by all", Mode::ForcedOpen).await.unwrap();
        modes.refresh().await.unwrap();
        let second = HOSTS.get("b");
        modes.refresh().await.unwrap();
        assert!(!is_let_through(&first) && !is_let_through(&second));
        modes.clear(BREAKER, "hosts held by all").await.unwrap();
        modes.refresh().await.unwrap();
        assert!(is_let_through(&first) && is_let_through(&second));
    });
}

#[test]
fn what_is_no_mode_and_a_redis_that_is_gone_leave_policies_as_they_are() {
    static KEPT: CircuitBreaker = CircuitBreaker::new("kept as it is");
    let Some(mut database) = Database::redis() else { return };
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/", database.port())).unwrap();
    let impatient = Link::new(client.clone()).pause(Duration::ZERO);
    let modes = SharedModes::new(&impatient.patience(Duration::from_secs(2)));
    let mut connection = client.get_connection().unwrap();
    assert!(is_let_through(&KEPT));

    run(async {
        connection.hset("spandrel:modes", "circuit_breaker:kept as it is", "ajar").unwrap();
        modes.refresh().await.unwrap();
        assert_eq!(KEPT.mode(), Mode::Auto);
        modes.set(BREAKER, "kept as it is", Mode::ForcedOpen).await.unwrap();
        modes.refresh().await.unwrap();
        database.kill();
        modes.refresh().await.unwrap_err();
        modes.set(BREAKER, "kept as it is", Mode::Auto).await.unwrap_err();
        assert_eq!(KEPT.mode(), Mode::ForcedOpen);
        // It comes back with nothing: nobody holds the breaker any more.
        database.start_redis_again();
        modes.refresh().await.unwrap();
        assert!(is_let_through(&KEPT));
    });
}

#[test]
fn a_task_that_follows_sees_what_is_set() {
    static FOLLOWED: CircuitBreaker = CircuitBreaker::new("followed");
    let Some(database) = Database::redis() else { return };
    let modes = SharedModes::new(&link(database.port())).every(Duration::from_millis(10));
    assert!(is_let_through(&FOLLOWED));

    run(async {
        let following = spandrel::spawn({
            let modes = modes.clone();
            async move { modes.follow().await }
        });
        modes.set(BREAKER, "followed", Mode::ForcedOpen).await.unwrap();
        let began = Instant::now();
        while is_let_through(&FOLLOWED) {
            assert!(began.elapsed() < PATIENCE);
            tokio::task::yield_now().await;
        }
        following.abort();
    });
}
