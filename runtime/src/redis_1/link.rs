//! The way to a Redis that may be away.

mod dial;

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use redis::{Cmd, RedisError, ServerErrorKind, Value, aio};

use self::dial::{Dial, Line, OfClient, OfConnection};
use crate::{
    resilience::timer::{self, Timer},
    sync::lock,
};

/// The way to a Redis through which limits and modes are shared.
///
/// Connects when it is first needed, and again when the connection is lost. Nobody waits for longer
/// than [`patience`](Self::patience), 50 ms unless told; and where Redis did not answer within that,
/// nobody asks it again for a [`pause`](Self::pause), one second unless told.
///
/// Clones are the same link.
///
/// ```no_run
/// use std::time::Duration;
/// use spandrel::redis_1::Link;
///
/// let client = redis::Client::open("redis://127.0.0.1/")?;
/// let link = Link::new(client).patience(Duration::from_millis(20));
/// # Ok::<(), redis::RedisError>(())
/// ```
#[derive(Clone)]
pub struct Link {
    dial: Arc<dyn Dial>,
    patience: Duration,
    pause: Duration,
    state: Arc<Mutex<State>>,
}

/// That Redis did not answer in time, or not with what was asked for.
#[derive(Debug)]
pub struct Away(Option<RedisError>);

#[derive(Default)]
struct State {
    line: Option<Arc<dyn Line>>,
    /// Grows with each line, so that the failure of an old one does not close the new one.
    number: u64,
    /// When it may be asked again, by [`timer::now`].
    away_until: u64,
    is_dialling: bool,
    waiting: Vec<Waker>,
}

impl Link {
    /// Connects to this server as soon as there is something to ask.
    #[must_use]
    pub fn new(client: redis::Client) -> Self {
        Self::by(Arc::new(OfClient(client)))
    }

    /// Asks through a connection that finds its server again by itself.
    ///
    /// Those to a cluster do, and connection managers.
    #[must_use]
    pub fn over<C>(connection: C) -> Self
    where
        C: aio::ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self::by(Arc::new(OfConnection(connection)))
    }

    fn by(dial: Arc<dyn Dial>) -> Self {
        let (patience, pause) = (Duration::from_millis(50), Duration::from_secs(1));
        Self { dial, patience, pause, state: Arc::default() }
    }

    /// Waits for an answer for at most so long, connecting included.
    #[must_use]
    pub fn patience(mut self, most: Duration) -> Self {
        self.patience = most;
        self
    }

    /// Leaves Redis alone for so long after it did not answer.
    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        self.pause = time;
        self
    }

    /// Asks, and waits for the answer no longer than the patience lasts.
    pub(super) async fn ask(&self, command: Cmd) -> Result<Value, Away> {
        let until = timer::now().saturating_add(nanos(self.patience));
        let command = Arc::new(command);
        let mut is_second = false;
        loop {
            let Some(line) = within(until, self.line()).await else {
                return Err(self.lost(None, None));
            };
            let (line, number) = line?;
            let error = match within(until, line.send(Arc::clone(&command))).await {
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
                None => return Err(self.lost(Some(number), None)),
            };
            if is_missing_script(&error) {
                return Err(Away(Some(error)));
            }
            // A line that was there before may have been cut long ago: a new one tells.
            if is_second
                || !self.dial.is_anew()
                || !error.is_io_error() && !error.is_connection_dropped()
            {
                return Err(self.lost(Some(number), Some(error)));
            }
            self.drop_line(number);
            is_second = true;
        }
    }

    /// The line, which one of those who need it makes while the others wait.
    async fn line(&self) -> Result<(Arc<dyn Line>, u64), Away> {
        let dialling = poll_fn(|context| {
            let mut state = lock(&self.state);
            if let Some(line) = &state.line {
                return Poll::Ready(Ok(Err((Arc::clone(line), state.number))));
            }
            if timer::now() < state.away_until {
                return Poll::Ready(Err(Away(None)));
            }
            if state.is_dialling {
                // Whoever gave up stays until all are woken: as many as ask within the patience.
                if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    state.waiting.push(context.waker().clone());
                }
                return Poll::Pending;
            }
            state.is_dialling = true;
            Poll::Ready(Ok(Ok(Dialling(self))))
        });
        let dialling = match dialling.await? {
            Ok(dialling) => dialling,
            Err(line) => return Ok(line),
        };
        let made = unwound(self.dial.dial(self.patience)).await;
        match made {
            Some(Ok(line)) => {
                let mut state = lock(&self.state);
                state.number += 1;
                state.line = Some(Arc::clone(&line));
                let number = state.number;
                drop(state);
                drop(dialling);
                Ok((line, number))
            }
            Some(Err(error)) => Err(self.lost(None, Some(error))),
            // Connecting needs a runtime of tokio.
            None => Err(self.lost(None, None)),
        }
    }

    fn drop_line(&self, number: u64) {
        let mut state = lock(&self.state);
        if state.number == number {
            state.line = None;
        }
    }

    /// Nobody asks for a while.
    fn lost(&self, number: Option<u64>, error: Option<RedisError>) -> Away {
        let mut state = lock(&self.state);
        if number.is_none_or(|number| number == state.number) {
            state.line = None;
            state.away_until = timer::now().saturating_add(nanos(self.pause));
        }
        Away(error)
    }
}

/// Somebody is connecting: done, failed or given up, the others go on.
struct Dialling<'l>(&'l Link);

impl Drop for Dialling<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.is_dialling = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Away {
    /// Redis does not know the script yet.
    pub(super) fn lacks_script(&self) -> bool {
        self.0.as_ref().is_some_and(is_missing_script)
    }
}

fn is_missing_script(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(ServerErrorKind::NoScript)
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis did not answer")?;
        match &self.0 {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Away {}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("patience", &self.patience)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

/// What a future comes to, unless the time is over first.
async fn within<F: Future>(until: u64, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(Timer::until(until));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// What a future comes to, unless it panics.
async fn unwound<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

pub(super) async fn wait(time: u64) {
    let mut timer = pin!(Timer::until(timer::now().saturating_add(time)));
    poll_fn(|context| timer.as_mut().poll(context)).await;
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
