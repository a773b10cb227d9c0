//! One limit for all processes that ask the same Redis.

mod declared;
mod key;
mod numbers;

use std::{future::Future, time::Duration};

use redis::{Cmd, Value};

pub use self::declared::DeclaredLimit;
use self::numbers::Counts;
pub use self::numbers::SharedRateStatistics;
use super::link::{self, Link};
use crate::resilience::{Keyed, Mode, RateLimiter, Rejected, RejectedKind, timer};

const SCRIPT: &str = include_str!("gcra.lua");
/// By which Redis knows the script: its SHA-1.
const SCRIPT_NAME: &str = "d2fb3259bbd81747ccc23fb86530c8b467e9d127";

/// Who decides while Redis does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhileAway {
    /// Each process for itself, by the limit that was declared or its part of it.
    #[default]
    Local,
    /// Nobody: every call goes through.
    Open,
    /// Nobody: no call goes through.
    Closed,
}

/// A [`RateLimiter`] whose limit holds for all processes together.
///
/// It is the same algorithm, in one script that Redis runs and on the clock of Redis: clocks of the
/// processes do not matter. For asynchronous functions only; each call asks Redis once.
///
/// # How exact it is
///
/// As long as Redis answers, no more calls go through in any time `t` than `burst + rate × t`, of all
/// processes together. While it does not answer, each process lets `burst + rate × t` through by
/// itself, or its part of that if it was told how many there are ([`processes`](Self::processes)); and
/// when a Redis comes back that has forgotten everything, there is one `burst` more. With
/// [`WhileAway::Closed`] that last one is all that can come on top.
///
/// A call never waits for Redis for longer than the [`Link`] allows. A call that has to wait for its
/// turn keeps no place meanwhile, so one that gives up leaves no hole; it asks again when there may
/// be one, which is not in the order of arrival.
///
/// Redis 5 or newer, alone or as a cluster. A bucket that is full again is forgotten by Redis.
///
/// ```no_run
/// use spandrel::{
///     redis_1::{Link, SharedRateLimiter},
///     resilience::{Rate, RateLimiter, Rejected},
/// };
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let link = Link::new(redis::Client::open("redis://127.0.0.1/")?);
/// let mails = RateLimiter::new("mails", Rate::per_second(100)).burst(10);
/// let mails = SharedRateLimiter::new(&link, mails).processes(4);
///
/// mails.check().await?;
/// mails.call_async_for("acme", || async { Ok::<_, Rejected>("sent") }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SharedRateLimiter {
    link: Link,
    /// The numbers for all processes; never asked.
    declared: RateLimiter,
    local: RateLimiter,
    keyed: Keyed<RateLimiter>,
    away: WhileAway,
    counts: Counts,
}

/// What became of a question.
enum Answer {
    Yes,
    /// It fits in so many nanoseconds.
    In(u64),
    Away,
}

impl SharedRateLimiter {
    /// Shares the limit of this limiter with all others of its name that ask the same Redis.
    ///
    /// They must have the same rate and burst.
    #[must_use]
    pub fn new(link: &Link, limiter: RateLimiter) -> Self {
        let (local, keyed) = (limiter.part(1), Keyed::new(limiter.part(1)));
        let (away, counts) = (WhileAway::default(), Counts::default());
        Self { link: link.clone(), declared: limiter, local, keyed, away, counts }
    }

    /// Says who decides while Redis does not answer; [`WhileAway::Local`] unless told.
    #[must_use]
    pub fn away(mut self, away: WhileAway) -> Self {
        self.away = away;
        self
    }

    /// Takes only one part in so many of rate and burst while Redis does not answer.
    ///
    /// Of the burst, at least one call.
    #[must_use]
    pub fn processes(mut self, processes: u32) -> Self {
        self.local = self.declared.part(processes);
        self.keyed = Keyed::new(self.declared.part(processes));
        self
    }

    /// Takes leave for one call, and waits for it as long as the limiter says.
    ///
    /// # Errors
    ///
    /// A [`Rejected`] with [`RateLimited`](RejectedKind::RateLimited).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future while it waits for its turn takes nothing; dropping it while Redis is asked
    /// may cost the place of one call.
    pub async fn check(&self) -> Result<(), Rejected> {
        self.decide(&self.local, None).await
    }

    /// The same for a key, such as a tenant, that has a limit of its own.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    ///
    /// # Cancel safety
    ///
    /// As [`check`](Self::check).
    pub async fn check_for(&self, key: &str) -> Result<(), Rejected> {
        self.decide(&self.keyed.get(key), Some(key)).await
    }

    /// Makes a call when it is its turn.
    ///
    /// # Errors
    ///
    /// The call's own, or what its type makes of a [`Rejected`].
    ///
    /// # Cancel safety
    ///
    /// As [`check`](Self::check), and the call's own.
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, E>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        self.check().await?;
        call().await
    }

    /// The same for a key that has a limit of its own.
    ///
    /// # Errors
    ///
    /// As [`call_async`](Self::call_async).
    ///
    /// # Cancel safety
    ///
    /// As [`call_async`](Self::call_async).
    pub async fn call_async_for<T, E, F>(&self, key: &str, call: impl FnOnce() -> F) -> Result<T, E>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        self.check_for(key).await?;
        call().await
    }

    /// The limiter of this process, which decides while Redis does not.
    ///
    /// Held by hand, it holds the shared one in this process, for all keys.
    #[must_use]
    pub fn local(&self) -> &RateLimiter {
        &self.local
    }

    /// What was counted in this process since it was made.
    #[must_use]
    pub fn statistics(&self) -> SharedRateStatistics {
        self.counts.read()
    }

    async fn decide(&self, local: &RateLimiter, key: Option<&str>) -> Result<(), Rejected> {
        // What holds the limiter holds it for all keys.
        let of_all = self.local.mode();
        let mode = if of_all == Mode::Auto { local.mode() } else { of_all };
        match mode {
            Mode::Disabled => return Ok(()),
            Mode::ForcedOpen => return Err(self.rejected(key, None)),
            Mode::Auto | Mode::Observe => {}
        }
        let found = self.take(local, key, if mode == Mode::Observe { 0 } else { self.patience() });
        match found.await {
            Err(_) if mode == Mode::Observe => Ok(()),
            found => found,
        }
    }

    fn patience(&self) -> u64 {
        self.declared.pace_and_patience().1
    }

    async fn take(
        &self,
        local: &RateLimiter,
        key: Option<&str>,
        patience: u64,
    ) -> Result<(), Rejected> {
        let until = timer::now().saturating_add(patience);
        loop {
            match self.ask(key).await {
                Answer::Yes => {
                    self.counts.admitted();
                    return Ok(());
                }
                Answer::In(after) => {
                    let left = until.saturating_sub(timer::now());
                    if after > left {
                        return Err(self.rejected(key, Some(after.saturating_sub(patience))));
                    }
                    // Spread a little, as others wait for the same moment.
                    let spread = timer::now() % (after / 8 + 1);
                    link::wait(after.saturating_add(spread).min(left)).await;
                }
                Answer::Away => {
                    self.counts.away();
                    return match self.away {
                        WhileAway::Open => Ok(()),
                        WhileAway::Closed => Err(self.rejected(key, None)),
                        WhileAway::Local => local.call_async(|| async { Ok(()) }).await,
                    };
                }
            }
        }
    }

    #[cold]
    fn rejected(&self, key: Option<&str>, after: Option<u64>) -> Rejected {
        self.counts.rejected();
        let rejected = Rejected::new(RejectedKind::RateLimited, self.declared.name());
        let rejected = rejected.with_key(key.map(Into::into));
        after.map_or(rejected.clone(), |after| {
            rejected.with_retry_after(Duration::from_nanos(after))
        })
    }

    async fn ask(&self, key: Option<&str>) -> Answer {
        let ((interval, tolerance), _) = self.declared.pace_and_patience();
        let key = key::of(self.declared.name(), key);
        let command = |name, script: &str| {
            let mut command = Cmd::new();
            command.arg(name).arg(script).arg(1).arg(&key).arg(interval).arg(tolerance);
            command
        };
        let answer = match self.link.ask(command("EVALSHA", SCRIPT_NAME)).await {
            // New, restarted or told to forget: it will know it from now on.
            Err(away) if away.lacks_script() => self.link.ask(command("EVAL", SCRIPT)).await,
            answer => answer,
        };
        match answer {
            Ok(Value::Int(0)) => Answer::Yes,
            Ok(Value::Int(after)) => Answer::In(after.unsigned_abs()),
            _ => Answer::Away,
        }
    }
}
