//! The bodies of one call, which end as the script says.

use std::{
    collections::VecDeque,
    future::poll_fn,
    panic::resume_unwind,
    sync::{Arc, Condvar, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use spandrel::{
    Rejected,
    resilience::{self, Class, Classify},
    testing::MockClock,
};

use super::script::{Kind, Outcome};

/// What a call under test returns.
pub(crate) type Returned = Result<Good, Failed>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Good {
    Answer(u32),
    /// Of the body of this number, but none that anybody could use.
    Bad(u32),
    Fallback,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failed {
    /// Of the body of this number.
    Own(Outcome, u32),
    Refused(Rejected),
    /// There were more attempts than the script knows of.
    Unscripted,
}

impl From<Rejected> for Failed {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl Failed {
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Own(outcome, _) => Some(outcome.kind),
            _ => None,
        }
    }

    /// Where no class is asked for, when to come back.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Own(outcome, _) => outcome.retry_after,
            _ => None,
        }
    }
}

impl Classify for Failed {
    fn classify(&self) -> Class {
        match self.kind() {
            Some(Kind::Throttled) => Class::Throttled { retry_after: self.retry_after() },
            Some(Kind::TimedOut) => Class::Timeout,
            Some(Kind::NotSent) => Class::NotSent,
            Some(Kind::Permanent) => Class::Permanent,
            _ => Class::Transient,
        }
    }
}

/// One call's part of the script.
#[derive(Debug)]
pub(crate) struct Line {
    clock: Arc<MockClock>,
    /// All is known in the beginning: nobody is waited for.
    is_whole: bool,
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcomes: VecDeque<Outcome>,
    ran: u32,
    polls: u32,
    /// Bodies that have begun and not ended, or been dropped.
    live: u32,
    /// What the last body was told about itself.
    attempt: u32,
    time_left: Option<Duration>,
    /// When the earliest of the bodies that are under way will end.
    ready_at: Option<u64>,
    wakers: Vec<Waker>,
    /// A thread waits to be told.
    is_waiting: bool,
    is_given_up: bool,
}

/// What is known of the bodies of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bodies {
    pub(crate) left: usize,
    pub(crate) ran: u32,
    pub(crate) polls: u32,
    pub(crate) live: u32,
    pub(crate) attempt: u32,
    pub(crate) time_left: Option<Duration>,
}

struct Live<'l>(&'l Line);

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().live -= 1;
    }
}

impl Line {
    pub(crate) fn new(clock: Arc<MockClock>, outcomes: Option<&[Outcome]>) -> Self {
        let state = State {
            outcomes: outcomes.unwrap_or_default().iter().copied().collect(),
            ..State::default()
        };
        Self { clock, is_whole: outcomes.is_some(), state: Mutex::new(state), told: Condvar::new() }
    }

    /// What a body is to come to.
    pub(crate) fn tell(&self, outcome: Outcome) {
        self.state.lock().unwrap().outcomes.push_back(outcome);
        self.told.notify_all();
        self.wake();
    }

    /// Time has passed, or something has been told.
    pub(crate) fn wake(&self) {
        let wakers = std::mem::take(&mut self.state.lock().unwrap().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Nobody is going to tell anything any more.
    pub(crate) fn give_up(&self) {
        self.state.lock().unwrap().is_given_up = true;
        self.told.notify_all();
    }

    pub(crate) fn bodies(&self) -> Bodies {
        let State { ran, polls, live, attempt, time_left, ref outcomes, .. } =
            *self.state.lock().unwrap();
        Bodies { left: outcomes.len(), ran, polls, live, attempt, time_left }
    }

    /// Nanoseconds until a body will be ready, if one is under way.
    pub(crate) fn ready_in(&self) -> Option<u64> {
        let now = self.clock.unix_nanos();
        self.state.lock().unwrap().ready_at.map(|at| at.saturating_sub(now))
    }

    /// Whether a thread stands in the body until it is told how that ends.
    pub(crate) fn is_waited_for(&self) -> bool {
        let state = self.state.lock().unwrap();
        state.is_waiting && state.outcomes.is_empty()
    }

    fn begin(&self) -> (Live<'_>, u32) {
        let (attempt, time_left) = (resilience::attempt(), resilience::time_left());
        let mut state = self.state.lock().unwrap();
        state.ran += 1;
        state.live += 1;
        state.attempt = attempt;
        state.time_left = time_left;
        (Live(self), state.ran)
    }

    fn end(outcome: Outcome, number: u32) -> Returned {
        match outcome.kind {
            Kind::Success => Ok(Good::Answer(number)),
            Kind::Bad => Ok(Good::Bad(number)),
            Kind::Panic => resume_unwind(Box::new("as the script says")),
            _ => Err(Failed::Own(outcome, number)),
        }
    }

    /// The body of a function.
    pub(crate) fn run(&self) -> Returned {
        let (_live, number) = self.begin();
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(outcome) = state.outcomes.pop_front() {
                state.is_waiting = false;
                drop(state);
                self.clock.advance(outcome.takes);
                return Self::end(outcome, number);
            }
            if self.is_whole || state.is_given_up {
                return Err(Failed::Unscripted);
            }
            state.is_waiting = true;
            state = self.told.wait(state).unwrap();
        }
    }

    /// The body of an asynchronous function.
    pub(crate) async fn run_async(self: Arc<Self>) -> Returned {
        let (_live, number) = self.begin();
        let mut under_way: Option<(Outcome, u64)> = None;
        let outcome = poll_fn(|context| {
            let now = self.clock.unix_nanos();
            let mut state = self.state.lock().unwrap();
            state.polls += 1;
            if under_way.is_none() {
                under_way = state
                    .outcomes
                    .pop_front()
                    .map(|outcome| (outcome, now.saturating_add(outcome.takes.as_nanos() as u64)));
            }
            match under_way {
                Some((outcome, at)) if outcome.kind != Kind::Hangs => {
                    if now >= at {
                        state.ready_at = None;
                        return Poll::Ready(Some(outcome));
                    }
                    state.ready_at = Some(at);
                }
                None if self.is_whole => return Poll::Ready(None),
                _ => {}
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        });
        match outcome.await {
            Some(outcome) => Self::end(outcome, number),
            None => Err(Failed::Unscripted),
        }
    }
}
