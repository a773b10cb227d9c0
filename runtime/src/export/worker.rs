//! The thread of one exporter, behind a queue that never blocks and never grows.
//!
//! The recorder's background thread offers payloads; when they come faster than the receiver takes
//! them, the offer comes back and the spans are counted. Whoever flushes or shuts down waits here,
//! on their own thread and until their own deadline. What the exporter itself does, hang or panic,
//! stays on its thread.
//!
//! The thread starts with the first payload. It is never joined: a thread that hangs in a system
//! call cannot be, and a process that ends does not wait for it. What it holds when the time for
//! shutting down is over is counted as lost then, once, whatever still becomes of it.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use super::stats::Stats;
use crate::{
    diag,
    sync::{Condvar, Mutex, lock},
    time,
    trace::{drain::Pending, loss::LossReason, own_thread},
};

/// Spans ready for an exporter, as one piece.
#[derive(Debug)]
pub(crate) struct Payload<T> {
    pub(crate) content: T,
    /// What it adds to the memory of the queue.
    pub(crate) bytes: usize,
    pub(crate) spans: u32,
}

/// What became of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The receiver took it, except for some spans.
    Accepted { rejected: u32 },
    /// It is lost.
    Failed,
    /// It waits on disk, for this process or another one.
    #[cfg(feature = "otlp")]
    Spooled,
}

/// The exporter's side of the queue: runs on the exporter's thread, and may block there.
pub(crate) trait Deliver<T>: Send {
    /// Delivers one payload, or gives up. The content's memory is used again afterwards.
    fn deliver(&mut self, payload: &mut Payload<T>, pace: &dyn Pace) -> Delivery;

    /// When [`Deliver::idle`] is to be called, if nothing else is to be done then.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Does what nobody waits for.
    fn idle(&mut self, _pace: &dyn Pace) {}

    /// Whether it has a use for time after a delivery was ended from another thread.
    fn keeps_what_it_cannot_deliver(&self) -> bool {
        false
    }

    /// Ends a delivery from another thread, as soon as that is possible.
    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }
}

/// Time, as a delivery sees it.
pub(crate) trait Pace {
    #[cfg_attr(
        not(any(
            feature = "console",
            feature = "file",
            feature = "otlp",
            feature = "prometheus-remote-write",
            feature = "sentry",
            feature = "zipkin"
        )),
        expect(dead_code, reason = "only a delivery that is tried again asks for the time")
    )]
    fn now(&self) -> Instant;

    /// The wall clock, in seconds since the Unix epoch: what a receiver's dates are compared with.
    #[cfg_attr(
        not(any(
            feature = "otlp",
            feature = "prometheus-remote-write",
            feature = "sentry",
            feature = "zipkin"
        )),
        expect(dead_code, reason = "only receivers across the network give dates")
    )]
    fn unix_seconds(&self) -> u64;

    /// When the program stops waiting for this exporter, if it is shutting down.
    #[cfg_attr(
        not(any(
            feature = "console",
            feature = "file",
            feature = "otlp",
            feature = "prometheus-remote-write",
            feature = "sentry",
            feature = "zipkin"
        )),
        expect(dead_code, reason = "only these ask for the time that is left")
    )]
    fn deadline(&self) -> Option<Instant>;

    /// Waits; `false`: there is no point in waiting that long, give up.
    #[cfg_attr(
        not(any(
            feature = "file",
            feature = "otlp",
            feature = "prometheus-remote-write",
            feature = "sentry",
            feature = "zipkin"
        )),
        expect(dead_code, reason = "only a delivery that is tried again waits")
    )]
    fn pause_until(&self, until: Instant) -> bool;
}

/// How much may wait, payloads in delivery included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) spans: u64,
}

/// The queue and its thread.
pub(crate) struct Worker<T> {
    shared: Arc<Shared<T>>,
    name: &'static str,
    bounds: Bounds,
    started: bool,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// The exporter's thread waits on it: something came, or the program shuts down.
    wake: Condvar,
    /// Whoever flushes waits on it: a payload is done.
    done: Condvar,
    stats: Arc<Stats>,
}

struct State<T> {
    /// Taken by the thread when it starts.
    deliver: Option<Box<dyn Deliver<T>>>,
    interrupt: Option<Box<dyn FnOnce() + Send>>,
    interrupts_early: bool,
    queue: VecDeque<Payload<T>>,
    /// The payload in delivery, for as long as its spans are not counted.
    in_flight: Option<Payload<()>>,
    /// The last content that was delivered, for its memory.
    spare: Option<T>,
    bytes: usize,
    spans: u64,
    /// Payloads taken, and payloads delivered or dropped.
    offered: u64,
    finished: u64,
    closed: bool,
    deadline: Option<Instant>,
    abandoned: bool,
}

impl<T: Send + 'static> Worker<T> {
    pub(crate) fn new(
        name: &'static str,
        bounds: Bounds,
        stats: Arc<Stats>,
        deliver: Box<dyn Deliver<T>>,
    ) -> Self {
        let state = State {
            interrupt: deliver.interrupter(),
            interrupts_early: deliver.keeps_what_it_cannot_deliver(),
            deliver: Some(deliver),
            queue: VecDeque::new(),
            in_flight: None,
            spare: None,
            bytes: 0,
            spans: 0,
            offered: 0,
            finished: 0,
            closed: false,
            deadline: None,
            abandoned: false,
        };
        let is_eager = state.deliver.as_ref().is_some_and(|deliver| deliver.wakes_at().is_some());
        let (wake, done) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { state: Mutex::new(state), wake, done, stats });
        let mut worker = Self { shared, name, bounds, started: false };
        if is_eager {
            worker.start();
        }
        worker
    }

    /// Hands a payload over, or returns it: the queue is full, or closed.
    ///
    /// # Errors
    ///
    /// Returns the payload, for the caller to count and to use its memory again.
    pub(crate) fn offer(&mut self, payload: Payload<T>) -> Result<(), (Payload<T>, LossReason)> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err((payload, LossReason::Shutdown));
        }
        let bytes = state.bytes.saturating_add(payload.bytes);
        let spans = state.spans.saturating_add(payload.spans.into());
        if bytes > self.bounds.bytes || spans > self.bounds.spans {
            return Err((payload, LossReason::QueueFull));
        }
        (state.bytes, state.spans) = (bytes, spans);
        state.offered += 1;
        state.queue.push_back(payload);
        self.shared.publish_depth(&state);
        drop(state);
        self.shared.wake.notify_one();
        if !self.started {
            self.start();
        }
        Ok(())
    }

    /// Memory of a delivered payload, if there is any.
    pub(crate) fn take_spare(&self) -> Option<T> {
        lock(&self.shared.state).spare.take()
    }

    /// Waits, wherever it is called, until all that was offered before now is delivered or dropped.
    pub(crate) fn flush(&self) -> Pending {
        let target = lock(&self.shared.state).offered;
        let shared = Arc::clone(&self.shared);
        Box::new(move |deadline| shared.wait_for(target, deadline).is_some())
    }

    /// Takes nothing more; what is returned counts as lost what is not delivered by its deadline.
    pub(crate) fn shutdown(&mut self) -> Pending {
        self.shared.close();
        let shared = Arc::clone(&self.shared);
        Box::new(move |deadline| shared.wait_for_the_end(deadline))
    }

    /// Starts the thread. If there is none to be had, the next offer tries again.
    #[cold]
    fn start(&mut self) {
        let shared = Arc::clone(&self.shared);
        let hook = diag::Hook::current();
        let thread = thread::Builder::new().name(self.name.into()).spawn(move || {
            hook.into_iter().for_each(diag::Hook::install);
            // What an exporter calls may be traced itself, and log.
            let _own = own_thread::begin();
            shared.run();
        });
        match thread {
            Ok(_) => self.started = true,
            Err(error) => diag::warn(format_args!("no thread for an exporter: {error}")),
        }
    }
}

impl<T> Drop for Worker<T> {
    /// What is queued is still delivered, if the program lives on.
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl<T> Shared<T> {
    fn close(&self) {
        lock(&self.state).closed = true;
        self.wake.notify_one();
    }

    fn run(&self) {
        let Some(mut deliver) = lock(&self.state).deliver.take() else { return };
        let mut may_idle = true;
        loop {
            match self.next(deliver.wakes_at().filter(|_| may_idle)) {
                Next::Deliver(mut payload) => {
                    let began = time::now();
                    let delivery =
                        catch_unwind(AssertUnwindSafe(|| deliver.deliver(&mut payload, self)));
                    let delivery = delivery.unwrap_or_else(|_| {
                        let spans = payload.spans;
                        diag::warn(format_args!("an exporter panicked; {spans} spans are lost"));
                        Delivery::Failed
                    });
                    self.finish(payload, delivery, time::now().saturating_duration_since(began));
                }
                Next::Idle => {
                    if catch_unwind(AssertUnwindSafe(|| deliver.idle(self))).is_err() {
                        diag::warn(format_args!("an exporter panicked while it had nothing to do"));
                        // It would panic again, and again at once.
                        may_idle = false;
                    }
                }
                Next::End => return,
            }
        }
    }

    /// Waits for something to do; at `wakes_at` that is nothing in particular.
    fn next(&self, wakes_at: Option<Instant>) -> Next<T> {
        let mut state = lock(&self.state);
        loop {
            if let Some(payload) = state.queue.pop_front() {
                let Payload { bytes, spans, .. } = payload;
                state.in_flight = Some(Payload { content: (), bytes, spans });
                return Next::Deliver(payload);
            }
            if state.closed {
                return Next::End;
            }
            let left = wakes_at.map(|at| at.saturating_duration_since(time::now()));
            state = match left {
                Some(Duration::ZERO) => return Next::Idle,
                Some(left) => match self.wake.wait_timeout(state, left) {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => match self.wake.wait(state) {
                    Ok(state) => state,
                    Err(poisoned) => poisoned.into_inner(),
                },
            };
        }
    }

    fn finish(&self, payload: Payload<T>, delivery: Delivery, took: Duration) {
        // Without spans it was called for something else.
        if payload.spans > 0 {
            self.stats.add_export(took);
        }
        let mut state = lock(&self.state);
        // Nothing there: somebody's patience was over, and the spans are counted already.
        if let Some(Payload { bytes, spans, .. }) = state.in_flight.take() {
            let spans = u64::from(spans);
            match delivery {
                Delivery::Accepted { rejected } => {
                    let rejected = u64::from(rejected).min(spans);
                    self.stats.add_exported(spans - rejected);
                    self.stats.add_lost(LossReason::Rejected, rejected);
                }
                #[cfg(feature = "otlp")]
                Delivery::Spooled => self.stats.add_spooled(spans),
                // It may have failed for want of time, a moment before whoever waits gives up.
                Delivery::Failed if state.is_out_of_time() => {
                    self.stats.add_lost(LossReason::Shutdown, spans);
                    state.abandoned = true;
                }
                Delivery::Failed => self.stats.add_lost(LossReason::ExportFailed, spans),
            }
            state.bytes -= bytes;
            state.spans -= spans;
            state.finished += 1;
            self.publish_depth(&state);
        }
        state.spare = Some(payload.content);
        drop(state);
        self.done.notify_all();
    }

    /// Waits until `target` payloads are finished; `None`: the deadline came first.
    fn wait_for(&self, target: u64, deadline: Instant) -> Option<MutexGuard<'_, State<T>>> {
        let mut state = lock(&self.state);
        while state.finished < target {
            let left = deadline.saturating_duration_since(time::now());
            if left.is_zero() {
                return None;
            }
            state = match self.done.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        Some(state)
    }

    /// Waits until everything is finished; at the deadline, the rest is lost.
    fn wait_for_the_end(&self, deadline: Instant) -> bool {
        let (target, interrupts_early) = {
            let mut state = lock(&self.state);
            state.deadline = Some(deadline);
            (state.offered, state.interrupts_early)
        };
        self.wake.notify_one();
        if interrupts_early {
            let now = time::now();
            let half_time = now + deadline.saturating_duration_since(now) / 2;
            if self.wait_for(target, half_time).is_none() {
                let interrupt = lock(&self.state).interrupt.take();
                interrupt.into_iter().for_each(|interrupt| interrupt());
            }
        }
        if let Some(state) = self.wait_for(target, deadline) {
            return !state.abandoned;
        }
        let interrupt = self.abandon(&mut lock(&self.state));
        // Whatever it does, it does not do it under the lock.
        interrupt.into_iter().for_each(|interrupt| interrupt());
        false
    }

    /// Counts everything that is left as lost.
    #[must_use]
    fn abandon(&self, state: &mut State<T>) -> Option<Box<dyn FnOnce() + Send>> {
        state.abandoned = true;
        state.in_flight = None;
        self.stats.add_lost(LossReason::Shutdown, state.spans);
        state.queue.clear();
        (state.bytes, state.spans) = (0, 0);
        state.finished = state.offered;
        self.publish_depth(state);
        self.wake.notify_one();
        self.done.notify_all();
        state.interrupt.take()
    }

    fn publish_depth(&self, state: &State<T>) {
        self.stats.set_queued(state.spans, state.bytes as u64);
    }
}

/// What the thread does next.
enum Next<T> {
    Deliver(Payload<T>),
    Idle,
    End,
}

impl<T> State<T> {
    /// Whether whoever waits for the shutdown gives up now.
    fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= time::now())
    }
}

impl<T> Pace for Shared<T> {
    fn now(&self) -> Instant {
        time::now()
    }

    fn unix_seconds(&self) -> u64 {
        time::unix_nanos() / 1_000_000_000
    }

    fn deadline(&self) -> Option<Instant> {
        lock(&self.state).deadline
    }

    fn pause_until(&self, until: Instant) -> bool {
        let mut state = lock(&self.state);
        loop {
            if state.abandoned || state.deadline.is_some_and(|deadline| deadline <= until) {
                return false;
            }
            let left = until.saturating_duration_since(time::now());
            if left.is_zero() {
                return true;
            }
            state = match self.wake.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

#[cfg(test)]
mod tests;
