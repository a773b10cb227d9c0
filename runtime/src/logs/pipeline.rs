//! The queue of log records, and the thread that gives them to the sinks.
//!
//! Whoever logs appends bytes under a lock that is held for the time of a copy. The thread takes
//! the whole queue at once and leaves an empty one of the same capacity. While records come it looks
//! every [`INTERVAL`], and is woken only out of a longer sleep or when the queue fills up: so a
//! record costs a system call only after a time of silence.
//!
//! A forked child has no such thread and shares nothing with its parent: it starts one of its own,
//! as the recorder does, with its first record.

use std::{
    mem,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use super::{LogFilter, LogLimits, LogView, Said, fill, scratch};
use crate::{
    diag,
    site::Level,
    sync::{Condvar, Mutex, lock},
    time,
    trace::{
        Context, Writer,
        local::RECORDING,
        loss::{LossReason, Losses},
        own_thread,
        pending::{Pending, wait_at_once, wait_in_turn},
        recorder,
    },
};

/// How often the thread looks, while records come.
const INTERVAL: Duration = Duration::from_millis(50);
/// And while none do; a record wakes it.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

/// How long somebody waits who asks for nothing but that what was said is written.
const BRIEFLY: Duration = Duration::from_secs(1);

/// Where log records go. Runs on the thread of the pipeline and must never block.
pub(crate) trait LogSink: Send {
    /// Takes one record.
    fn accept(&mut self, record: &LogView<'_>);

    /// A pass has ended: hand over what is due by `now`; returns when there is more to do.
    fn end_pass(&mut self, now: Instant) -> Option<Instant>;

    /// Hands over everything; the caller of `flush` waits for what comes back, not this thread.
    fn flush(&mut self) -> Pending;

    /// Telemetry ends: hands over everything. What comes later goes only where that costs nothing
    /// that is shut down.
    fn shutdown(&mut self) -> Pending;
}

/// Builds the sinks; called again in a forked child.
pub(crate) type LogSinkFactory = Arc<dyn Fn() -> Vec<Box<dyn LogSink>> + Send + Sync>;

/// What a pipeline is started with.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) filter: LogFilter,
    /// Records of traces that are not sampled are left out, unless they are errors.
    pub(crate) follows_trace: bool,
    /// Records carry the names of the spans around them.
    pub(crate) shows_path: bool,
    pub(crate) limits: LogLimits,
    /// Bytes of the queue.
    pub(crate) bytes: usize,
    pub(crate) sinks: LogSinkFactory,
}

/// The running pipeline.
pub(crate) struct Pipeline {
    settings: Settings,
    queue: Mutex<Queue>,
    signal: Condvar,
    /// Records that were to be written.
    produced: AtomicU64,
    /// Records left out because their traces are not sampled.
    unsampled: AtomicU64,
    losses: Losses,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    sleeps_long: bool,
    wake: bool,
    flush: Vec<Flush>,
    /// There is no thread: nobody will answer.
    over: bool,
}

/// Somebody waits for the sinks.
struct Flush {
    reply: mpsc::Sender<Vec<Pending>>,
    /// Telemetry ends with it.
    ends: bool,
}

/// What became of the log records before they reached the sinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) produced: u64,
    pub(crate) unsampled: u64,
    pub(crate) dropped: Vec<(LossReason, u64)>,
}

/// One slot for each generation of forks, as the recorder has them.
static SLOTS: [OnceLock<&'static Pipeline>; recorder::GENERATIONS] =
    [const { OnceLock::new() }; recorder::GENERATIONS];

/// The most verbose level that is wanted from anywhere; 0: none.
static MOST_VERBOSE: AtomicU8 = AtomicU8::new(0);

/// The pipeline of this process, if one was started.
pub(crate) fn current() -> Option<&'static Pipeline> {
    if MOST_VERBOSE.load(Relaxed) == 0 {
        return None;
    }
    let slot = SLOTS.get(recorder::generation())?;
    slot.get().copied().or_else(|| restart_in_child(slot))
}

/// The pipeline of this process, if it has made one: a forked child does with its first record.
pub(crate) fn started() -> Option<&'static Pipeline> {
    SLOTS.get(recorder::generation())?.get().copied()
}

/// Starts the pipeline of this process; what runs already goes on.
pub(crate) fn start(settings: Settings) {
    let most_verbose = settings.filter.most_verbose();
    let Some(slot) = SLOTS.get(recorder::generation()) else { return };
    slot.get_or_init(|| Pipeline::leak(settings));
    MOST_VERBOSE.store(most_verbose.map_or(0, |level| level as u8), Relaxed);
}

/// Waits a little until all records are written.
pub(crate) fn flush_briefly() {
    if let Some(pipeline) = started() {
        pipeline.ask(false)(time::now() + BRIEFLY);
    }
}

/// The most verbose level that goes anywhere.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn most_verbose() -> Option<Level> {
    let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
    levels.into_iter().find(|level| *level as u8 == MOST_VERBOSE.load(Relaxed))
}

#[cold]
fn restart_in_child(slot: &'static OnceLock<&'static Pipeline>) -> Option<&'static Pipeline> {
    let ancestors = SLOTS.get(..recorder::generation())?;
    let parent = *ancestors.iter().rev().find_map(OnceLock::get)?;
    Some(*slot.get_or_init(|| Pipeline::leak(parent.settings.clone())))
}

impl Pipeline {
    pub(super) fn leak(settings: Settings) -> &'static Self {
        let pipeline: &'static Self = Box::leak(Box::new(Self {
            settings,
            queue: Mutex::default(),
            signal: Condvar::new(),
            produced: AtomicU64::new(0),
            unsampled: AtomicU64::new(0),
            losses: Losses::new(),
        }));
        // Here and not on the thread: a report must not show what the sinks of a parent did.
        let sinks = (pipeline.settings.sinks)();
        let hook = diag::Hook::current();
        let spawned = thread::Builder::new().name("spandrel-logs".into()).spawn(move || {
            hook.into_iter().for_each(diag::Hook::install);
            let _own = own_thread::begin();
            pipeline.run(sinks);
        });
        if let Err(error) = spawned {
            lock(&pipeline.queue).over = true;
            diag::warn(format_args!("no thread for log records, none is written: {error}"));
        }
        pipeline
    }

    pub(crate) fn wants(&self, target: &str, level: Level) -> bool {
        level as u8 >= MOST_VERBOSE.load(Relaxed) && self.settings.filter.passes(target, level)
    }

    /// Appends a record to the queue, or counts it.
    pub(super) fn emit(&self, said: &Said<'_>, write: &dyn Fn(&mut Writer)) {
        if self.settings.follows_trace && said.level < Level::Error && is_left_out(said.context) {
            self.unsampled.fetch_add(1, Relaxed);
            return;
        }
        self.produced.fetch_add(1, Relaxed);
        let lost = scratch::with_record(|record| {
            fill(record, said, self.settings.shows_path, write);
            self.push(record.bytes())
        });
        if let Some(reason) = lost.unwrap_or(Some(LossReason::Reentrant)) {
            self.losses.add(reason, 1);
        }
    }

    fn push(&self, record: &[u8]) -> Option<LossReason> {
        let mut queue = lock(&self.queue);
        if queue.over {
            return Some(LossReason::Shutdown);
        }
        if queue.bytes.len() + record.len() > self.settings.bytes {
            return Some(LossReason::QueueFull);
        }
        queue.bytes.extend_from_slice(record);
        let is_filling = queue.bytes.len() > self.settings.bytes / 2;
        if !queue.wake && (queue.sleeps_long || is_filling) {
            queue.wake = true;
            drop(queue);
            self.signal.notify_one();
        }
        None
    }

    /// Goes on when telemetry has ended: what a program says last is of interest.
    fn run(&self, mut sinks: Vec<Box<dyn LogSink>>) {
        let (mut bytes, mut scrubbed) = (Vec::new(), Vec::new());
        let mut wakes_at = None;
        loop {
            let flushes = self.wait(&mut bytes, wakes_at);
            let mut rest = &*bytes;
            while let Some((record, after)) = LogView::take(rest, self.settings.limits) {
                rest = after;
                // Here, in front of all sinks, and not on the caller's thread.
                let shown =
                    if record.is_clean() { Some(record) } else { record.scrubbed(&mut scrubbed) };
                let Some(record) = shown else { continue };
                sinks.iter_mut().for_each(|sink| sink.accept(&record));
            }
            let now = time::now();
            let due = sinks.iter_mut().filter_map(|sink| sink.end_pass(now)).min();
            // As long as records come, others will.
            wakes_at = if bytes.is_empty() { due } else { Some(now + INTERVAL) };
            for Flush { reply, ends } in flushes {
                let end = |sink: &mut Box<dyn LogSink>| {
                    if ends { sink.shutdown() } else { sink.flush() }
                };
                // Whoever asked may have given up by now.
                let _ = reply.send(sinks.iter_mut().map(end).collect());
            }
        }
    }

    /// Waits for something to do, and takes what is there.
    fn wait(&self, bytes: &mut Vec<u8>, wakes_at: Option<Instant>) -> Vec<Flush> {
        bytes.clear();
        let mut queue = lock(&self.queue);
        let left = wakes_at.map(|at| at.saturating_duration_since(time::now()));
        queue.sleeps_long = left.is_none_or(|left| left > INTERVAL);
        let nothing_to_do = |queue: &mut Queue| !queue.wake && queue.flush.is_empty();
        let interval = left.unwrap_or(IDLE_INTERVAL);
        queue = match self.signal.wait_timeout_while(queue, interval, nothing_to_do) {
            Ok((queue, _)) => queue,
            Err(poisoned) => poisoned.into_inner().0,
        };
        (queue.sleeps_long, queue.wake) = (false, false);
        mem::swap(&mut queue.bytes, bytes);
        mem::take(&mut queue.flush)
    }

    /// Asks for all records to be brought to the sinks; what is returned waits for that, on the
    /// caller's thread. `false`: time was over first.
    pub(crate) fn ask(&self, ends: bool) -> impl FnOnce(Instant) -> bool + use<> {
        let (reply, answer) = mpsc::channel();
        {
            let mut queue = lock(&self.queue);
            // Without a thread, whoever waits hears at once that nobody answers.
            if !queue.over {
                queue.flush.push(Flush { reply, ends });
            }
        }
        self.signal.notify_one();
        move |deadline| {
            let left = deadline.saturating_duration_since(time::now());
            let Ok(pending) = answer.recv_timeout(left) else { return false };
            if ends { wait_at_once(pending, deadline) } else { wait_in_turn(pending, deadline) }
        }
    }

    pub(crate) fn counted(&self) -> Counted {
        let dropped = LossReason::ALL.into_iter().map(|reason| (reason, self.losses.of(reason)));
        Counted {
            produced: self.produced.load(Relaxed),
            unsampled: self.unsampled.load(Relaxed),
            dropped: dropped.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// Whether the trace was turned down, and is not kept for other reasons either.
fn is_left_out(context: &Context) -> bool {
    context.trace_id().is_some()
        && context.flags & RECORDING == 0
        && !context.trace_flags().is_sampled()
}

const _: () = assert!(scratch::Record::MOST_BYTES < 64 * 1024);

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}
