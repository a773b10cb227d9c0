//! The guard of a program's telemetry: flushes, reports, shuts down.

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{
            AtomicBool,
            Ordering::{AcqRel, Acquire, Release},
        },
    },
    task::{self, Poll, Waker},
    thread,
    time::Duration,
};

#[cfg(feature = "file")]
use super::flight::Dumper;
use super::{
    exit,
    report::{ExporterReport, LogReport, Report},
};
#[cfg(feature = "prometheus")]
use crate::admin::{Bound, Server};
use crate::{
    diag,
    error::Error,
    export::stats::Stats,
    level,
    logs::pipeline,
    site,
    sync::lock,
    time,
    trace::{
        pending::{Pending, wait_at_once},
        recorder::{self, Recorder},
    },
};

/// How long a guard that is dropped, and a process that exits, wait for the exporters.
pub(crate) const PATIENCE_AT_EXIT: Duration = Duration::from_secs(5);

/// Keeps the telemetry of the program running; returned by [`init!`](crate::init).
///
/// Dropped, it sends what has been recorded and shuts down, within 5 seconds. Keep it for as long
/// as the program runs: bind it to a name, not to `_`.
#[must_use = "dropped at once, it shuts telemetry down at once: write `let telemetry = …`"]
#[derive(Debug)]
pub struct Telemetry {
    running: Arc<Running>,
}

/// What a running telemetry knows of itself.
#[derive(Debug)]
pub(crate) struct Running {
    recorder: &'static Recorder,
    /// Telemetry is switched on, and somebody exports.
    records: bool,
    exporters: Exporters,
    #[cfg(feature = "prometheus")]
    servers: Mutex<Vec<Server>>,
    #[cfg(feature = "file")]
    flight: Option<Dumper>,
    started: std::time::Instant,
    stopped: AtomicBool,
    /// The guard is gone, but whoever took it stops later.
    guarded_elsewhere: AtomicBool,
    /// The one stop is over, well or not.
    over: Mutex<bool>,
    ended: Condvar,
}

/// The exporters by what they take: names and numbers.
#[derive(Debug)]
pub(crate) struct Exporters {
    pub(crate) spans: Vec<(&'static str, Arc<Stats>)>,
    pub(crate) metrics: Vec<(&'static str, Arc<Stats>)>,
    pub(crate) logs: Vec<(&'static str, Arc<Stats>)>,
    pub(crate) tracking: Vec<(&'static str, Arc<Stats>)>,
}

impl Running {
    pub(crate) fn new(recorder: &'static Recorder, records: bool, exporters: Exporters) -> Self {
        Self {
            recorder,
            records,
            exporters,
            #[cfg(feature = "prometheus")]
            servers: Mutex::default(),
            #[cfg(feature = "file")]
            flight: None,
            started: time::now(),
            stopped: AtomicBool::new(false),
            guarded_elsewhere: AtomicBool::new(false),
            over: Mutex::new(false),
            ended: Condvar::new(),
        }
    }

    /// With a flight recorder, which this dumps.
    #[cfg(feature = "file")]
    pub(super) fn with_flight(self, flight: Option<Dumper>) -> Self {
        Self { flight, ..self }
    }

    /// Dumps the flight recorder, if there is one, for somebody who waits for nothing.
    #[cfg(feature = "file")]
    pub(super) fn dump(&self, cause: super::flight::Cause) {
        if let (Some(recorder), Some(flight)) = (self.recorder(), &self.flight) {
            flight.dump(recorder, cause);
        }
    }

    #[cfg(feature = "file")]
    fn flight(&self) -> Result<(&'static Recorder, &Dumper), Error> {
        let flight = self.flight.as_ref().ok_or_else(|| {
            Error::flight("there is none; set `SPANDREL_FLIGHT_RECORDER=16MiB`, or say so in code")
        })?;
        let recorder = self
            .recorder()
            .ok_or_else(|| Error::flight("this process is a fork that has recorded nothing"))?;
        Ok((recorder, flight))
    }

    /// The recorder of this process, which a fork may have made another one than that of `init!`.
    fn recorder(&self) -> Option<&'static Recorder> {
        recorder::successor(self.recorder)
    }

    pub(crate) fn flush(&self, timeout: Duration) -> Result<Report, Error> {
        let Some(recorder) = self.recorder() else { return Ok(Report::empty()) };
        if flush(recorder, deadline(timeout), false) {
            Ok(self.report())
        } else {
            Err(Error::timed_out("flush", timeout, &self.report()))
        }
    }

    /// Stops once; whoever comes second waits for the first, for the process may end behind either.
    fn stop(&self, timeout: Duration) -> Result<Report, Error> {
        let Some(recorder) = self.recorder() else { return Ok(Report::empty()) };
        let deadline = deadline(timeout);
        let done = if self.stopped.swap(true, AcqRel) {
            self.has_ended_by(deadline)
        } else {
            level::set_most_verbose(None);
            site::set_switches(|_| site::METERED);
            let done = flush(recorder, deadline, true);
            // Last: who asks meanwhile gets an answer.
            #[cfg(feature = "prometheus")]
            self.stop_serving(deadline);
            *lock(&self.over) = true;
            self.ended.notify_all();
            done
        };
        if done {
            Ok(self.report())
        } else {
            Err(Error::timed_out("shut down", timeout, &self.report()))
        }
    }

    /// Stops, and says how it went unless somebody else stopped before and knows.
    pub(crate) fn stop_at_exit(&self) {
        let is_first = !self.stopped.load(Acquire);
        match self.stop(PATIENCE_AT_EXIT) {
            Ok(report) if is_first => report.log(),
            Ok(_) => {}
            Err(error) => diag::warn(format_args!("{error}")),
        }
    }

    #[cfg(feature = "prometheus")]
    fn stop_serving(&self, deadline: std::time::Instant) {
        let servers = std::mem::take(&mut *lock(&self.servers));
        servers.iter().for_each(|server| server.stop(deadline));
    }

    fn has_ended_by(&self, deadline: std::time::Instant) -> bool {
        let left = deadline.saturating_duration_since(time::now());
        match self.ended.wait_timeout_while(lock(&self.over), left, |over| !*over) {
            Ok((over, _)) => *over,
            Err(poisoned) => *poisoned.into_inner().0,
        }
    }

    pub(crate) fn report(&self) -> Report {
        let Some(recorder) = self.recorder() else { return Report::empty() };
        let exporter =
            |(name, stats): &(&'static str, Arc<Stats>)| ExporterReport::new(name, stats);
        let exporters = self.exporters.spans.iter().map(exporter).collect();
        let metrics = self.exporters.metrics.iter().map(exporter).collect();
        let logs = self.exporters.logs.iter().map(exporter).collect();
        let logs = pipeline::started().map(|pipeline| LogReport::new(&pipeline.counted(), logs));
        let tracking = self.exporters.tracking.iter().map(exporter).collect();
        let report = Report { logs, metrics, tracking, ..Report::new(recorder, exporters) };
        #[cfg(feature = "file")]
        let report =
            Report { flight: self.flight.as_ref().map(|flight| flight.report(recorder)), ..report };
        report
    }
}

/// Waits for spans and log records, whose exporters work at the same time.
fn flush(recorder: &'static Recorder, deadline: std::time::Instant, ends: bool) -> bool {
    let logs = pipeline::started().map(|pipeline| Box::new(pipeline.ask(ends)) as Pending);
    if !ends {
        let spans = recorder.flush(deadline, false);
        return logs.is_none_or(|wait| wait(deadline)) && spans;
    }
    let spans: Pending = Box::new(move |deadline| recorder.flush(deadline, true));
    wait_at_once(logs.into_iter().chain([spans]).collect(), deadline)
}

fn deadline(timeout: Duration) -> std::time::Instant {
    let now = time::now();
    // A timeout beyond the clock's range waits a century.
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(100 * 365 * 86_400))
}

impl Telemetry {
    pub(crate) fn new(running: Running) -> Self {
        let running = Arc::new(running);
        exit::watch(&running);
        Self { running }
    }

    /// Sends everything recorded so far, and waits until it is delivered or dropped.
    ///
    /// Blocks the calling thread for at most `timeout`; also safe on the only thread of a tokio
    /// runtime, for the exporters have threads of their own.
    ///
    /// # Errors
    ///
    /// When time was over first; [`Error::is_timeout`] tells. Nothing is lost by that: what waits
    /// goes on waiting.
    pub fn flush(&self, timeout: Duration) -> Result<Report, Error> {
        self.running.flush(timeout)
    }

    /// Sends everything recorded, then ends: nothing is recorded afterwards.
    ///
    /// Await what is returned, or call [`Shutdown::wait`].
    ///
    /// # Cancel safety
    ///
    /// It goes on when the future is dropped.
    pub fn shutdown(self, timeout: Duration) -> Shutdown {
        self.running.guarded_elsewhere.store(true, Release);
        Shutdown { running: Arc::clone(&self.running), timeout }
    }

    /// Writes what the [flight recorder](crate::export::FlightRecorder) holds to a file.
    ///
    /// That is lines of OTLP in JSON; returns how many spans they have. A file that is there is
    /// replaced. Blocks the calling thread: for two seconds at most until what was recorded last is
    /// known, and for as long as writing takes.
    ///
    /// # Errors
    ///
    /// When there is no flight recorder, when telemetry has ended or is too busy to answer, and
    /// when the file cannot be written; [`Error::is_flight`] tells.
    #[cfg(feature = "file")]
    pub fn dump_flight(&self, path: impl AsRef<std::path::Path>) -> Result<usize, Error> {
        let (recorder, flight) = self.running.flight()?;
        flight.write_to(recorder, path.as_ref())
    }

    /// The same to wherever bytes can be written, in pieces of some 512 spans.
    ///
    /// # Errors
    ///
    /// As [`Telemetry::dump_flight`].
    #[cfg(feature = "file")]
    pub fn write_flight(&self, out: &mut impl std::io::Write) -> Result<usize, Error> {
        let (recorder, flight) = self.running.flight()?;
        flight.write(recorder, out)
    }

    /// Begins to answer those who ask for metrics and the like.
    #[cfg(feature = "prometheus")]
    pub(super) fn serve(&self, bound: Vec<Bound>) {
        let mut servers = lock(&self.running.servers);
        for bound in bound {
            match bound.start() {
                Ok(server) => {
                    diag::info(format_args!("metrics are at http://{}/metrics", server.address()));
                    servers.push(server);
                }
                Err(error) => diag::warn(format_args!("no thread to serve metrics: {error}")),
            }
        }
    }

    /// Where the [admin server](crate::admin), or else that of `/metrics`, listens.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn admin_address(&self) -> Option<std::net::SocketAddr> {
        lock(&self.running.servers).first().map(Server::address)
    }

    /// What became of all spans so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.running.report()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.running.guarded_elsewhere.load(Acquire) {
            return;
        }
        let at_once = self.running.started.elapsed() < Duration::from_millis(1);
        self.running.stop_at_exit();
        if at_once && self.running.records && self.running.report().produced == 0 {
            diag::warn(format_args!(
                "the guard that `init!` returned was dropped at once, which ends telemetry; write \
                 `let telemetry = spandrel::init!()?;` and keep it until the program ends"
            ));
        }
    }
}

/// A shutdown on its way; see [`Telemetry::shutdown`].
#[derive(Debug)]
#[must_use = "write `.await`, or `.wait()` where nothing is asynchronous"]
pub struct Shutdown {
    running: Arc<Running>,
    timeout: Duration,
}

impl Shutdown {
    /// Waits for it on this thread.
    ///
    /// # Errors
    ///
    /// When time was over before everything was delivered or dropped.
    pub fn wait(self) -> Result<Report, Error> {
        self.running.stop(self.timeout)
    }
}

impl IntoFuture for Shutdown {
    type Output = Result<Report, Error>;
    type IntoFuture = ShuttingDown;

    fn into_future(self) -> ShuttingDown {
        let answer = Arc::new(Mutex::new(Answer::default()));
        let (place, running, timeout) =
            (Arc::clone(&answer), Arc::clone(&self.running), self.timeout);
        let work = move || {
            let result = running.stop(timeout);
            let mut answer = lock(&place);
            answer.result = Some(result);
            if let Some(waker) = answer.waker.take() {
                drop(answer);
                waker.wake();
            }
        };
        if let Err(error) = thread::Builder::new().name("spandrel-shutdown".into()).spawn(work) {
            diag::warn(format_args!("no thread to shut down on: {error}"));
            lock(&answer).result = Some(self.running.stop(self.timeout));
        }
        ShuttingDown { answer }
    }
}

/// The future of a [`Shutdown`].
pub struct ShuttingDown {
    answer: Arc<Mutex<Answer>>,
}

#[derive(Default)]
struct Answer {
    result: Option<Result<Report, Error>>,
    waker: Option<Waker>,
}

impl Future for ShuttingDown {
    type Output = Result<Report, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut answer = lock(&self.answer);
        match answer.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                answer.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for ShuttingDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShuttingDown").finish_non_exhaustive()
    }
}
