//! The flight recorder: what a user says about it, and what a dump is.

use std::{
    io::{self, Write},
    num::NonZeroU32,
    path::PathBuf,
};

use super::{
    OwnCrate,
    encoding_sink::{Push, Requests as _},
    otlp::batch::{Batch, Resource},
};
use crate::trace::flight::Snapshot;

/// Spans of one line.
const LINE_SPANS: u32 = 512;
/// No line is nearly as long: a dump leaves out no span for its size.
const LINE_BYTES: usize = 1 << 30;

/// Keeps the latest spans in memory, to be dumped when something goes wrong
/// (`SPANDREL_FLIGHT_RECORDER`).
///
/// ```no_run
/// use spandrel::export::FlightRecorder;
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::builder!()
///     .flight_recorder(FlightRecorder::new(16 * 1024 * 1024).dir("/var/tmp"))
///     .init()?;
/// telemetry.dump_flight("/tmp/now.jsonl")?;
/// # Ok(())
/// # }
/// ```
///
/// It holds **all** spans that have ended, also those that the sampler turned down: they are
/// recorded too, and cost what recorded ones cost, though only the flight recorder has them. What
/// an exception of the sampler silences with `always_off` it does not see. When its memory, which
/// it has beside [`Memory`](crate::trace::Memory), is full, the oldest spans go.
///
/// A dump has the latest spans and those that run, as lines of OTLP in JSON (the form of
/// [`OtlpFile`](super::OtlpFile)). A span that runs ends with the dump and has the attribute
/// `spandrel.unfinished = true`. There are three ways to one:
/// - A **panic** dumps before it unwinds, also one that somebody catches; the program's own panic
///   hook runs first. It waits for the dump for three seconds at most, and the dump goes on.
/// - A **signal**, SIGUSR2, dumps, if the program has no handler of its own for it.
/// - [`Telemetry::dump_flight`](crate::Telemetry::dump_flight) and
///   [`Telemetry::write_flight`](crate::Telemetry::write_flight).
///
/// The first two write to a file `service-pid-time-number-why.jsonl` in a folder. Such a file is
/// whole once it has its name; eight of them are the most of one process, and while one is being
/// written no other begins. What fails is said once on stderr, and harms nothing.
///
/// A forked child has a flight recorder of its own, which is empty at first.
#[derive(Clone, Debug)]
pub struct FlightRecorder {
    pub(crate) bytes: usize,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) on_panic: Option<bool>,
    pub(crate) signal: Option<DumpSignal>,
    pub(crate) most_dumps: Option<NonZeroU32>,
}

/// The signal that makes the [`FlightRecorder`] dump.
///
/// ```
/// use spandrel::export::{DumpSignal, FlightRecorder};
///
/// let flight = FlightRecorder::new(16 * 1024 * 1024).on_signal(DumpSignal::None);
/// # drop(flight);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpSignal {
    /// No signal.
    None,
    /// SIGUSR1.
    Usr1,
    /// SIGUSR2.
    #[default]
    Usr2,
}

impl FlightRecorder {
    /// Holds so many bytes of spans; less than 64 KiB is an error of `init`.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self { bytes, dir: None, on_panic: None, signal: None, most_dumps: None }
    }

    /// The folder of the dumps (`SPANDREL_FLIGHT_DIR`); the current one by default.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Whether a panic dumps (`SPANDREL_FLIGHT_ON_PANIC`); by default it does.
    #[must_use]
    pub const fn on_panic(mut self, dump: bool) -> Self {
        self.on_panic = Some(dump);
        self
    }

    /// Which signal dumps (`SPANDREL_FLIGHT_SIGNAL`), SIGUSR2 by default.
    #[must_use]
    pub const fn on_signal(mut self, signal: DumpSignal) -> Self {
        self.signal = Some(signal);
        self
    }

    /// The most dumps of one process after panics and signals (`SPANDREL_FLIGHT_DUMPS`), 8 by default.
    #[must_use]
    pub const fn most_dumps(mut self, dumps: NonZeroU32) -> Self {
        self.most_dumps = Some(dumps);
        self
    }
}

/// Writes a dump, and returns how many spans it has.
pub(crate) fn write(
    snapshot: &Snapshot,
    resource: Resource,
    own_crate: OwnCrate,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let mut batch = Batch::new(resource, Some(own_crate), LINE_BYTES);
    let (mut spans, mut line, mut result) = (0, Vec::new(), Ok(()));
    snapshot.each(|span| {
        if result.is_err() {
            return;
        }
        if batch.push(span) == Push::Taken {
            spans += 1;
        }
        if batch.spans() >= LINE_SPANS {
            result = put_line(&mut batch, &mut line, out);
        }
    });
    result?;
    if batch.spans() != 0 {
        put_line(&mut batch, &mut line, out)?;
    }
    out.flush()?;
    Ok(spans)
}

fn put_line(batch: &mut Batch, line: &mut Vec<u8>, out: &mut dyn Write) -> io::Result<()> {
    batch.finish(line);
    line.push(b'\n');
    out.write_all(line)
}
