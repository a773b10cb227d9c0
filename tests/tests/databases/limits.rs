//! Limits that several processes share through a real Redis.

use std::{
    io::Read as _,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use redis::TypedCommands as _;
use spandrel::{
    redis_1::{Link, SharedRateLimiter, WhileAway},
    resilience::{Mode, Rate, RateLimiter, Rejected},
};
use spandrel_tests::databases::Database;

/// Longer than any of these takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn client(port: u16) -> redis::Client {
    redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap()
}

/// A link whose answers are waited for, however busy the machine is.
fn patient(port: u16) -> Link {
    Link::new(client(port)).patience(PATIENCE)
}

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Seconds on the clock of this server.
fn redis_time(connection: &mut redis::Connection) -> f64 {
    let (seconds, micros): (f64, f64) = redis::cmd("TIME").query(connection).unwrap();
    seconds + micros / 1e6
}

struct Taker(Child);

impl Taker {
    fn start(port: u16, millis: u32, mode: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.args(["limiting", &format!("{port},{millis},{mode}")]);
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// How many calls it got through, and how often it had no answer.
    fn end(mut self) -> (u64, u64) {
        let mut text = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(self.0.wait().unwrap().success());
        let said = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap().trim_start_matches('=').parse().unwrap()
        };
        (said("admitted"), said("away"))
    }
}

#[test]
fn ten_processes_share_one_limit() {
    let Some(database) = Database::redis() else { return };
    let mut connection = client(database.port()).get_connection().unwrap();

    let began = redis_time(&mut connection);
    let takers: Vec<_> = (0..10).map(|_| Taker::start(database.port(), 2_000, "patient")).collect();
    let taken: Vec<_> = takers.into_iter().map(Taker::end).collect();
    let took = redis_time(&mut connection) - began;

    let total: u64 = taken.iter().map(|(admitted, _)| admitted).sum();
    assert!(taken.iter().all(|(_, away)| *away == 0), "{taken:?}");
    // 200 in a second, and 20 at once.
    let bound = 20.0 + 200.0 * took;
    assert!(total as f64 <= bound, "{total} of {bound}: {taken:?}");
    assert!(total >= 200, "{total}: {taken:?}");
}

#[test]
fn a_redis_that_is_killed_and_comes_back_with_nothing_costs_one_burst() {
    let Some(mut database) = Database::redis() else { return };
    let port = database.port();
    let link = Link::new(client(port)).pause(Duration::from_millis(50));
    let limiter = RateLimiter::new("watching", Rate::per_second(1_000)).burst(1_000);
    let watching = SharedRateLimiter::new(&link, limiter).away(WhileAway::Closed);
    let began = Instant::now();
    let takers: Vec<_> = (0..4).map(|_| Taker::start(port, 4_000, "closed")).collect();

    run(async {
        let until = async |wanted: bool| {
            while watching.check().await.is_ok() != wanted {
                assert!(began.elapsed() < PATIENCE);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        until(true).await;
        // In the middle of what the others do.
        tokio::time::sleep(Duration::from_secs(1)).await;
        database.kill();
        until(false).await;
        database.start_redis_again();
        until(true).await;
    });

    let taken: Vec<_> = takers.into_iter().map(Taker::end).collect();
    let total: u64 = taken.iter().map(|(admitted, _)| admitted).sum();
    let bound = 2.0 * 20.0 + 200.0 * began.elapsed().as_secs_f64();
    assert!(total as f64 <= bound, "{total} of {bound}: {taken:?}");
    assert!(taken.iter().all(|(admitted, away)| *admitted > 0 && *away > 0), "{taken:?}");
}

#[test]
fn while_redis_is_away_what_was_declared_decides_and_nobody_waits_long() {
    // Takes connections, and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for port in [mute.local_addr().unwrap().port(), gone] {
        let admitted = |name, away, processes| {
            let link = Link::new(client(port)).pause(PATIENCE);
            let limiter = RateLimiter::new(name, Rate::per_hour(40));
            let limiter = SharedRateLimiter::new(&link, limiter).away(away).processes(processes);
            run(async {
                let mut admitted = 0;
                for _ in 0..100 {
                    admitted += u32::from(limiter.check().await.is_ok());
                }
                assert_eq!(limiter.statistics().away(), 100);
                admitted
            })
        };
        let began = Instant::now();

        assert_eq!(admitted("local", WhileAway::Local, 1), 40);
        assert_eq!(admitted("quarter", WhileAway::Local, 4), 10);
        assert_eq!(admitted("open", WhileAway::Open, 1), 100);
        assert_eq!(admitted("closed", WhileAway::Closed, 1), 0);

        // Four links wait for 50 ms each, and their 396 other calls not at all.
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[test]
fn keys_have_limits_of_their_own_whatever_is_in_them_and_are_forgotten_in_time() {
    let Some(database) = Database::redis() else { return };
    let mut connection = client(database.port()).get_connection().unwrap();
    let limiter = RateLimiter::new("a:{b}\r\n", Rate::per_minute(1));
    let limiter = SharedRateLimiter::new(&patient(database.port()), limiter);
    let long = "x".repeat(100_000);
    let longer = format!("{long}y");
    let keys = [
        "",
        "a",
        "a:b",
        "{a}",
        "}{",
        "{}",
        "a\r\nFLUSHALL\r\n",
        "\0",
        "%",
        "ä",
        "*",
        &long,
        &longer,
    ];

    run(async {
        for key in keys {
            assert_eq!(limiter.check_for(key).await, Ok(()), "{key:.20}");
        }
        for key in keys {
            let refused = limiter.check_for(key).await.unwrap_err();
            assert_eq!((refused.policy(), refused.key()), ("a:{b}\r\n", Some(key)));
            assert!(refused.retry_after().unwrap() <= Duration::from_secs(60), "{refused:?}");
        }
        limiter.check().await.unwrap();
    });

    let kept = connection.keys("*").unwrap();
    assert_eq!(kept.len(), keys.len() + 1, "{kept:?}");
    for key in kept {
        assert!(key.starts_with("spandrel:rate:") && !key.contains('{'), "{key}");
        let left: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        assert!((1..=60_001).contains(&left), "{key}: {left}");
    }
}

#[test]
fn whatever_lies_where_a_bucket_should_be_harms_nobody() {
    let Some(database) = Database::redis() else { return };
    let mut connection = client(database.port()).get_connection().unwrap();
    let far = "99999999999999999999999999999999.5";
    for (number, garbage) in ["", "x", "1.", "-5.5", far, "\0\u{1}", "5.5.5"].iter().enumerate() {
        let name: &'static str = format!("garbage{number}").leak();
        connection.set(format!("spandrel:rate:{name}"), *garbage).unwrap();
        let limiter = RateLimiter::new(name, Rate::per_second(100)).wait(PATIENCE);
        let limiter = SharedRateLimiter::new(&patient(database.port()), limiter);
        assert_eq!(run(limiter.check()), Ok(()), "{garbage:?}");
        assert_eq!(limiter.statistics().admitted(), 1, "{garbage:?}");
    }
    connection.lpush("spandrel:rate:list", "x").unwrap();
    let limiter = RateLimiter::new("list", Rate::per_hour(1));
    let limiter = SharedRateLimiter::new(&patient(database.port()), limiter);
    assert!(run(limiter.check()).is_ok());
    assert!(run(limiter.check()).is_err());
}

#[test]
fn the_script_is_sent_once_and_again_when_redis_has_forgotten_it() {
    let Some(database) = Database::redis() else { return };
    let mut connection = client(database.port()).get_connection().unwrap();
    let limiter = RateLimiter::new("scripted", Rate::per_hour(10));
    let limiter = SharedRateLimiter::new(&patient(database.port()), limiter);
    let mut sent = || {
        let text: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_eval:calls="));
        line.map_or(0, |line| line.split(',').next().unwrap().parse::<u32>().unwrap())
    };

    run(async {
        for _ in 0..3 {
            limiter.check().await.unwrap();
        }
        assert_eq!(sent(), 1);
        redis::cmd("SCRIPT")
            .arg("FLUSH")
            .exec(&mut client(database.port()).get_connection().unwrap())
            .unwrap();
        for _ in 0..3 {
            limiter.check().await.unwrap();
        }
        assert_eq!(sent(), 2);
    });
    assert_eq!(limiter.statistics().admitted(), 6);
}

#[test]
fn a_call_that_may_wait_waits_for_its_turn_and_one_that_gives_up_takes_none() {
    let Some(database) = Database::redis() else { return };
    let mut connection = client(database.port()).get_connection().unwrap();
    let limiter = RateLimiter::new("waiting", Rate::per_second(20)).burst(1).wait(PATIENCE);
    let limiter = SharedRateLimiter::new(&patient(database.port()), limiter);

    run(async {
        limiter.check().await.unwrap();
        let began = redis_time(&mut connection);
        for _ in 0..20 {
            let given_up = tokio::time::timeout(Duration::ZERO, limiter.check()).await;
            assert!(given_up.is_err());
        }
        for _ in 0..4 {
            let answer = limiter.call_async(|| async { Ok::<_, Rejected>(7) }).await;
            assert_eq!(answer, Ok(7));
        }
        let took = redis_time(&mut connection) - began;
        // Had those that gave up kept their places, it would be more than a second.
        assert!((0.14..1.0).contains(&took), "{took}");
    });
}

#[test]
fn who_holds_the_limiter_by_hand_holds_it_without_redis() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let link = Link::new(client(gone));
    let limiter = SharedRateLimiter::new(&link, RateLimiter::new("held", Rate::per_hour(1)));

    limiter.local().set_mode(Mode::ForcedOpen);
    assert!(run(limiter.check()).is_err() && run(limiter.check_for("a")).is_err());
    limiter.local().set_mode(Mode::Disabled);
    assert!((0..10).all(|_| run(limiter.check()).is_ok()));
    assert_eq!(limiter.statistics().away(), 0);
}

#[test]
fn without_a_runtime_the_local_limit_decides() {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let limiter = RateLimiter::new("alone", Rate::per_hour(1));
    let limiter = SharedRateLimiter::new(&Link::new(client(gone)), limiter);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let check = || {
        let mut check = Box::pin(limiter.check());
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE);
            match check.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(checked) => return checked,
                Poll::Pending => thread::park_timeout(PATIENCE),
            }
        }
    };

    assert!(check().is_ok());
    assert!(check().is_err());
}
