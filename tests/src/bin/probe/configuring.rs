//! Options of policies from outside of the code, as functions feel them.

use std::{
    io::Read as _,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    thread,
};

use spandrel::{
    Rejected,
    resilience::{self, CircuitBreaker, Mode, Policy, Retry},
};

use crate::output::say;

/// What a function of the program fails with.
#[derive(Debug)]
pub(crate) struct Failed;

impl From<Rejected> for Failed {
    fn from(_: Rejected) -> Self {
        Self
    }
}

/// How often bodies ran.
static RAN: AtomicU32 = AtomicU32::new(0);

fn fail() -> Result<(), Failed> {
    RAN.fetch_add(1, Relaxed);
    Err(Failed)
}

fn succeed() -> Result<(), Failed> {
    RAN.fetch_add(1, Relaxed);
    Ok(())
}

mod shop {
    use spandrel::{bulkhead, circuit_breaker, policy, rate_limit, resilient, retry, timeout};

    use super::{Failed, fail, succeed};

    #[retry(max_attempts = 3, backoff = "1us", budget = none)]
    pub(super) fn charge() -> Result<(), Failed> {
        fail()
    }

    // Another function of nearly the same name.
    #[expect(non_snake_case, reason = "in a variable both are the same")]
    #[retry(max_attempts = 3, backoff = "1us", budget = none)]
    pub(super) fn Charge() -> Result<(), Failed> {
        fail()
    }

    #[circuit_breaker(consecutive = 2)]
    pub(super) fn look() -> Result<(), Failed> {
        fail()
    }

    #[rate_limit("2/h")]
    pub(super) fn mail() -> Result<(), Failed> {
        succeed()
    }

    #[rate_limit("2/h", key = tenant)]
    pub(super) fn mail_of(tenant: &str) -> Result<(), Failed> {
        let _ = tenant;
        succeed()
    }

    #[bulkhead(max_concurrent = 1, shared = "store")]
    pub(super) fn store(depth: u32) -> Result<(), Failed> {
        if depth == 0 { succeed() } else { store(depth - 1) }
    }

    #[timeout("1h")]
    #[retry(max_attempts = 2, backoff = "1us", budget = none)]
    pub(super) async fn hang() -> Result<(), Failed> {
        super::RAN.fetch_add(1, super::Relaxed);
        std::future::pending().await
    }

    pub(super) static PROVIDER: spandrel::resilience::Policy = policy! {
        name = "provider",
        retry(max_attempts = 2, backoff = "1us", budget = none),
    };

    #[resilient(PROVIDER)]
    pub(super) fn ask() -> Result<(), Failed> {
        fail()
    }

    pub(super) struct Orders;

    impl Orders {
        #[retry(max_attempts = 3, backoff = "1us", budget = none)]
        pub(super) fn place(&self) -> Result<(), Failed> {
            fail()
        }
    }
}

static RETRY: Retry = Retry::new("alone").without_budget();
static POLICY: Policy = Policy::new("alone").retry(Retry::new("alone").without_budget());
static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments").consecutive(2);

pub(crate) fn run(how: &str) {
    let telemetry = match spandrel::init!() {
        Ok(telemetry) => telemetry,
        Err(error) => return say("error", error.to_string().replace('\n', " ")),
    };
    match how {
        "once" => once(),
        "switch" => {
            resilience::set_enabled(false);
            say("off", ran(times(3, shop::look)));
            // Objects alone, which no function has.
            say("retry", ran(|| RETRY.call(fail).is_ok()));
            say("policy", ran(|| POLICY.run(fail).is_ok()));
            resilience::set_enabled(true);
            say("on", ran(times(5, shop::look)));
        }
        "follow" => follow(),
        _ => say("error", "unknown"),
    }
    drop(telemetry);
}

fn once() {
    say("charge", ran(|| shop::charge().is_ok()));
    say("Charge", ran(|| shop::Charge().is_ok()));
    say("look", ran(times(9, shop::look)));
    say("mail", ran(times(9, shop::mail)));
    say("mail_of", ran(times(9, || shop::mail_of("acme"))));
    say("store", ran(|| shop::store(3).is_ok()));
    say("ask", ran(|| shop::ask().is_ok()));
    say("place", ran(|| shop::Orders.place().is_ok()));
    say("payments", ran(times(9, || PAYMENTS.call(fail))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("it starts");
    if std::env::var_os("HANGS").is_some() {
        say("hang", ran(|| runtime.block_on(shop::hang()).is_ok()));
    }
    for one in resilience::overrides().iter() {
        let reached: Vec<_> = one.reached().collect();
        say(one.source(), reached.join(" "));
        if let Some(hint) = one.hint() {
            say("hint", hint);
        }
    }
}

/// Calls, until there is nobody to tell, and says whatever becomes different.
fn follow() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        IS_OVER.store(true, Relaxed);
    });
    // Three calls that failed are in the window, and none of them may be forgotten.
    times(3, || PAYMENTS.call(succeed))();
    say("ready", true);
    let (mut before, mut refused_before) = ((0, false), false);
    while !IS_OVER.load(Relaxed) {
        // One is taken after the other, so only both together say that all was taken.
        let now = (ran(|| shop::charge().is_ok()), PAYMENTS.mode() == Mode::Observe);
        if now != before {
            let (attempts, observes) = now;
            let in_window = PAYMENTS.statistics().calls_in_window();
            say(&format!("attempts.{attempts}.observes.{observes}"), in_window);
        }
        let refused = resilience::overrides().refused().is_some();
        if refused && !refused_before {
            say("refused", true);
            say("reload", resilience::reload().is_err());
        }
        (before, refused_before) = (now, refused);
    }
}

/// How often a body runs within this.
fn ran<R>(act: impl FnOnce() -> R) -> u32 {
    let before = RAN.load(Relaxed);
    act();
    RAN.load(Relaxed) - before
}

fn times<R>(times: u32, act: impl Fn() -> R) -> impl FnOnce() {
    move || (0..times).for_each(|_| drop(act()))
}
