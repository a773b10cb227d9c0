//! Policies that are held by hand in all processes at once.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use redis::{Cmd, Value};

use super::link::{self, Away, Link};
use crate::{
    resilience::{Mode, PolicyKind, policies},
    sync::lock,
};

const KEY: &str = "spandrel:modes";
/// How many policies one command asks for.
const AT_ONCE: usize = 256;

/// Holds policies by hand in all processes that ask the same Redis.
///
/// Calls never ask Redis: a background task, [`follow`](Self::follow), looks every second, and puts
/// the policies of this process into the modes that are set. A mode that is set holds over what a
/// process says itself, until it is [cleared](Self::clear); then the policy goes back to the mode that it
/// had before. While Redis does not answer, everything stays as it is.
///
/// ```no_run
/// use spandrel::{
///     redis_1::{Link, SharedModes},
///     resilience::{Mode, PolicyKind},
/// };
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let link = Link::new(redis::Client::open("redis://127.0.0.1/")?);
/// let modes = SharedModes::new(&link);
/// spandrel::spawn({
///     let modes = modes.clone();
///     async move { modes.follow().await }
/// });
///
/// modes.set(PolicyKind::CircuitBreaker, "payments", Mode::ForcedOpen).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SharedModes {
    link: Link,
    every: Duration,
    /// The mode that a policy had before Redis held it.
    held: Arc<Mutex<HashMap<Held, Mode>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    kind: PolicyKind,
    name: &'static str,
    key: Option<String>,
}

impl SharedModes {
    /// Modes that all processes share that ask this Redis.
    #[must_use]
    pub fn new(link: &Link) -> Self {
        Self { link: link.clone(), every: Duration::from_secs(1), held: Arc::default() }
    }

    /// Looks so often, at most every 10 ms; every second unless told.
    #[must_use]
    pub fn every(mut self, time: Duration) -> Self {
        self.every = time.max(Duration::from_millis(10));
        self
    }

    /// Looks at Redis for ever; to be spawned as a task.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves all policies in the modes that they have.
    pub async fn follow(&self) -> Infallible {
        loop {
            // Without an answer, everything stays as it is.
            let _ = self.refresh().await;
            link::wait(link::nanos(self.every)).await;
        }
    }

    /// Looks at Redis once.
    ///
    /// # Errors
    ///
    /// If Redis did not answer in time; policies that were not asked for yet stay as they are.
    ///
    /// # Cancel safety
    ///
    /// As [`follow`](Self::follow).
    pub async fn refresh(&self) -> Result<(), Away> {
        let mut names: Vec<_> =
            policies().iter().map(|policy| (policy.kind(), policy.name())).collect();
        names.dedup();
        for names in names.chunks(AT_ONCE) {
            let mut command = Cmd::new();
            command.arg("HMGET").arg(KEY);
            for (kind, name) in names {
                command.arg(field(*kind, name));
            }
            let Value::Array(found) = self.link.ask(command).await? else { continue };
            for ((kind, name), value) in names.iter().zip(found) {
                self.apply(*kind, name, mode_of(&value));
            }
        }
        Ok(())
    }

    /// Holds all policies of this name in this mode, in all processes that follow.
    ///
    /// # Errors
    ///
    /// If Redis did not answer in time: then nobody knows whether it is set.
    ///
    /// # Cancel safety
    ///
    /// Dropping it, nobody knows whether it is set.
    pub async fn set(&self, kind: PolicyKind, name: &str, mode: Mode) -> Result<(), Away> {
        let mut command = Cmd::new();
        command.arg("HSET").arg(KEY).arg(field(kind, name)).arg(mode.as_str());
        self.link.ask(command).await.map(drop)
    }

    /// Lets each process decide again.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    ///
    /// # Cancel safety
    ///
    /// As [`set`](Self::set).
    pub async fn clear(&self, kind: PolicyKind, name: &str) -> Result<(), Away> {
        let mut command = Cmd::new();
        command.arg("HDEL").arg(KEY).arg(field(kind, name));
        self.link.ask(command).await.map(drop)
    }

    fn apply(&self, kind: PolicyKind, name: &'static str, mode: Option<Mode>) {
        let mut held = lock(&self.held);
        let found = policies();
        let named = found.iter().filter(|policy| policy.kind() == kind && policy.name() == name);
        let mut living = Vec::new();
        for policy in named {
            let key = policy.key().map(str::to_owned);
            let place = Held { kind, name, key };
            match mode {
                Some(mode) => {
                    if policy.mode() != mode {
                        held.entry(place.clone()).or_insert_with(|| policy.mode());
                        policy.set_mode(mode);
                    }
                    living.push(place);
                }
                None => {
                    if let Some(before) = held.remove(&place) {
                        policy.set_mode(before);
                    }
                }
            }
        }
        // Instances of keys come and go; what is kept of them must go, too.
        held.retain(|place, _| place.kind != kind || place.name != name || living.contains(place));
    }
}

fn field(kind: PolicyKind, name: &str) -> String {
    format!("{}:{name}", kind.as_str())
}

/// What is neither a mode nor nothing is nothing: somebody else's slip stops no program.
fn mode_of(value: &Value) -> Option<Mode> {
    let text: &[u8] = match value {
        Value::BulkString(text) => text,
        Value::SimpleString(text) => text.as_bytes(),
        _ => return None,
    };
    let modes = [Mode::Auto, Mode::Disabled, Mode::ForcedOpen, Mode::Observe];
    modes.into_iter().find(|mode| mode.as_str().as_bytes() == text)
}
