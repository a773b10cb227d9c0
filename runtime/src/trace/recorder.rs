//! The recorder of the program: its memory, its background thread, its counters.
//!
//! One recorder runs at a time. A forked child has no background thread and shares nothing with its
//! parent, so it starts a recorder of its own with the same configuration at its first span.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

#[cfg(feature = "file")]
use super::flight::{self, Snapshot};
use super::{
    chunk::Pool,
    drain::{Drain, Pending, Sink},
    fork,
    id::TraceId,
    ids,
    join::End,
    limits::Limits,
    local::Local,
    loss::Losses,
    memory::Memory,
    own_thread,
    pending::{wait_at_once, wait_in_turn},
    propagation::Propagators,
    sampling::{Root, Sampling, Under},
    scope,
    tail::{Counts, TailBias},
};
use crate::{
    metrics::windows,
    resilience::overrides,
    site::Site,
    sync::{Condvar, Mutex, lock},
    time,
};

/// How often the background thread looks, while there is something to see.
const BUSY_INTERVAL: Duration = Duration::from_millis(50);
/// And while there is not.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Ends that may wait for memory; 32 bytes each.
const MOST_ENDS_WITHOUT_ROOM: usize = 16_384;
/// Depth of nested forks up to which children record.
pub(crate) const GENERATIONS: usize = 32;

/// What a recorder is started with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) memory: Memory,
    pub(crate) limits: Limits,
    pub(crate) sampling: Sampling,
    pub(crate) tail_bias: Option<TailBias>,
    /// Bytes of the flight recorder.
    #[cfg(feature = "file")]
    pub(crate) flight: Option<usize>,
    pub(crate) propagators: Propagators,
    /// Somebody watches all spans, whatever the sampler says.
    pub(crate) watched: bool,
}

impl Settings {
    /// Whether traces are recorded that the sampler turns down.
    fn records_all(&self) -> bool {
        #[cfg(feature = "file")]
        if self.flight.is_some() {
            return true;
        }
        self.tail_bias.is_some() || self.watched
    }
}

/// Builds the sinks; called again in a forked child.
pub(crate) type SinkFactory = Arc<dyn Fn() -> Vec<Box<dyn Sink>> + Send + Sync>;

/// The running recorder.
pub(crate) struct Recorder {
    pub(crate) pool: Pool,
    pub(crate) losses: Arc<Losses>,
    pub(crate) settings: Settings,
    /// Spans that the background thread has seen begin.
    pub(crate) produced: AtomicU64,
    handed_over: AtomicU64,
    unexported: AtomicU64,
    /// What was recorded although the sampler said no.
    pub(crate) tentative: Counts,
    #[cfg(feature = "file")]
    pub(crate) flight: flight::Counts,
    /// In a forked child: the recorder that the program started.
    origin: Option<&'static Recorder>,
    ends_without_room: Mutex<Vec<(u64, End)>>,
    requests: Mutex<Requests>,
    signal: Condvar,
    sinks: SinkFactory,
}

#[derive(Default)]
struct Requests {
    wake: bool,
    stop: bool,
    flush: Vec<mpsc::Sender<Vec<Pending>>>,
    #[cfg(feature = "file")]
    snapshots: Vec<mpsc::Sender<Snapshot>>,
    /// The background thread has ended: nobody will answer.
    over: bool,
}

impl Requests {
    fn nobody_asks(&self) -> bool {
        #[cfg(feature = "file")]
        if !self.snapshots.is_empty() {
            return false;
        }
        self.flush.is_empty()
    }
}

/// One slot for each generation of forks: a child never waits on a lock of its parent.
static SLOTS: [OnceLock<&'static Recorder>; GENERATIONS] = [const { OnceLock::new() }; GENERATIONS];
static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// How many forks lie between this process and the one that started telemetry.
pub(crate) fn generation() -> usize {
    GENERATION.load(Relaxed)
}

/// The recorder of this process, if one was started.
#[inline]
pub(crate) fn current() -> Option<&'static Recorder> {
    let slot = SLOTS.get(GENERATION.load(Relaxed))?;
    slot.get().copied().or_else(|| restart_in_child(slot))
}

/// Starts the recorder of this process; `None` if one runs already.
pub(crate) fn start(
    settings: Settings,
    losses: Arc<Losses>,
    sinks: SinkFactory,
) -> Option<&'static Recorder> {
    fork::watch();
    let slot = SLOTS.get(GENERATION.load(Relaxed))?;
    let mut started = false;
    let recorder = *slot.get_or_init(|| {
        started = true;
        Recorder::leak(settings, losses, sinks, None)
    });
    started.then_some(recorder)
}

/// The recorder that `started` is in this process; `None` in a forked child that records nothing,
/// or that has started telemetry of its own.
pub(crate) fn successor(started: &'static Recorder) -> Option<&'static Recorder> {
    let recorder = *SLOTS.get(GENERATION.load(Relaxed))?.get()?;
    std::ptr::eq(recorder.origin.unwrap_or(recorder), started).then_some(recorder)
}

#[cold]
fn restart_in_child(slot: &'static OnceLock<&'static Recorder>) -> Option<&'static Recorder> {
    // The nearest ancestor that recorded: those between may have forked in silence.
    let ancestors = SLOTS.get(..GENERATION.load(Relaxed))?;
    let parent = *ancestors.iter().rev().find_map(OnceLock::get)?;
    let (settings, sinks) = (parent.settings.clone(), Arc::clone(&parent.sinks));
    let origin = Some(parent.origin.unwrap_or(parent));
    Some(*slot.get_or_init(|| Recorder::leak(settings, Arc::new(Losses::new()), sinks, origin)))
}

/// In a forked child, on its only thread: the parent's recorder is not ours.
pub(crate) fn after_fork_in_child() {
    GENERATION.fetch_add(1, Relaxed);
    ids::rekey();
    Local.forget_after_fork();
}

impl Recorder {
    fn leak(
        settings: Settings,
        losses: Arc<Losses>,
        sinks: SinkFactory,
        origin: Option<&'static Self>,
    ) -> &'static Self {
        ids::rekey();
        let recorder: &'static Self = Box::leak(Box::new(Self {
            pool: Pool::new(settings.memory.pool_words(settings.tail_bias.is_some())),
            losses,
            settings,
            produced: AtomicU64::new(0),
            handed_over: AtomicU64::new(0),
            unexported: AtomicU64::new(0),
            tentative: Counts::default(),
            #[cfg(feature = "file")]
            flight: flight::Counts::default(),
            origin,
            ends_without_room: Mutex::new(Vec::new()),
            requests: Mutex::new(Requests::default()),
            signal: Condvar::new(),
            sinks,
        }));
        // Here and not on the thread: a report must not show what the exporters of a parent did.
        let sinks = (recorder.sinks)();
        let spawned = thread::Builder::new().name("spandrel-drain".into()).spawn(move || {
            let _own = own_thread::begin();
            recorder.run(Drain::new(recorder, sinks));
        });
        if let Err(error) = spawned {
            crate::diag::warn(format_args!("no background thread, nothing is exported: {error}"));
        }
        recorder
    }

    fn run(&self, mut drain: Drain) {
        let mut seen = 0;
        loop {
            let produced = self.produced.load(Relaxed);
            let idle = produced == seen && !drain.is_waiting();
            let interval = if idle { IDLE_INTERVAL } else { BUSY_INTERVAL };
            seen = produced;
            let requests = self.wait(interval);
            drain.pass();
            let now = time::monotonic_nanos();
            windows::tick(now);
            overrides::tick(now);
            #[cfg(feature = "file")]
            for reply in requests.snapshots {
                let _ = reply.send(drain.snapshot());
            }
            for reply in requests.flush {
                let pending = if requests.stop { drain.shutdown() } else { drain.flush() };
                // Whoever asked may have given up by now.
                let _ = reply.send(pending);
            }
            if requests.stop {
                let mut requests = lock(&self.requests);
                *requests = Requests { over: true, ..Requests::default() };
                return;
            }
        }
    }

    fn wait(&self, interval: Duration) -> Requests {
        let mut requests = lock(&self.requests);
        let idle =
            |requests: &mut Requests| !requests.wake && !requests.stop && requests.nobody_asks();
        if idle(&mut requests) {
            requests = match self.signal.wait_timeout_while(requests, interval, idle) {
                Ok((requests, _)) => requests,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        std::mem::take(&mut *requests)
    }

    /// Asks the background thread to look now.
    #[cold]
    pub(crate) fn wake(&self) {
        let mut requests = lock(&self.requests);
        if !requests.wake {
            requests.wake = true;
            self.signal.notify_one();
        }
    }

    /// Brings everything recorded so far to the exporters and waits for them; `false`: time is over.
    pub(crate) fn flush(&self, deadline: Instant, stop: bool) -> bool {
        let (reply, answer) = mpsc::channel();
        {
            let mut requests = lock(&self.requests);
            if requests.over {
                // Whatever there was has been delivered or dropped.
                return true;
            }
            requests.flush.push(reply);
            requests.stop |= stop;
            self.signal.notify_one();
        }
        let left = deadline.saturating_duration_since(time::now());
        match answer.recv_timeout(left) {
            Ok(pending) if stop => wait_at_once(pending, deadline),
            Ok(pending) => wait_in_turn(pending, deadline),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// What the flight recorder holds, brought up to date; `None`: time is over, or telemetry is.
    #[cfg(feature = "file")]
    pub(crate) fn snapshot(&self, deadline: Instant) -> Option<Snapshot> {
        let (reply, answer) = mpsc::channel();
        {
            let mut requests = lock(&self.requests);
            if requests.over {
                return None;
            }
            requests.snapshots.push(reply);
            self.signal.notify_one();
        }
        answer.recv_timeout(deadline.saturating_duration_since(time::now())).ok()
    }

    /// A new trace id, of which all 16 bytes are random.
    pub(crate) fn new_trace_id(&self) -> TraceId {
        loop {
            let number = u128::from(Local.random()) << 64 | u128::from(Local.random());
            if let Some(id) = TraceId::from_u128(number) {
                return id;
            }
        }
    }

    /// Asks the sampler about a local root.
    pub(crate) fn sample(&self, scope: u32, site: &Site, trace: TraceId, under: Under<'_>) -> Root {
        match scope::find(scope) {
            Some(scope) => scope.sampling().decide(site, trace, under),
            None => self.settings.sampling.decide(site, trace, under),
        }
    }

    /// Whether what the sampler turned down is recorded all the same.
    pub(crate) fn records_tentatively(&self, site: &Site) -> bool {
        self.settings.records_all() && !self.settings.sampling.silences(site)
    }

    /// Keeps an end for which no record could be written.
    #[cold]
    pub(crate) fn end_without_room(&self, span: u64, end: End) {
        let mut ends = lock(&self.ends_without_room);
        if ends.len() < MOST_ENDS_WITHOUT_ROOM {
            ends.push((span, end));
        }
    }

    pub(crate) fn take_ends_without_room(&self) -> Vec<(u64, End)> {
        std::mem::take(&mut lock(&self.ends_without_room))
    }

    /// Counts a span that nobody wanted: no exporter is configured.
    pub(crate) fn count_unexported(&self) {
        self.unexported.fetch_add(1, Relaxed);
    }

    /// Counts a span that each exporter is given; only the background thread does.
    #[inline]
    pub(crate) fn count_handed_over(&self) {
        self.handed_over.store(self.handed_over.load(Relaxed) + 1, Release);
    }

    /// Spans that were recorded, not counting those that were lost before.
    pub(crate) fn recorded(&self) -> u64 {
        self.produced.load(Acquire)
    }

    /// Spans that each exporter was given.
    pub(crate) fn handed_over(&self) -> u64 {
        self.handed_over.load(Acquire)
    }

    /// Spans that no exporter was configured for.
    pub(crate) fn unexported(&self) -> u64 {
        self.unexported.load(Acquire)
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
