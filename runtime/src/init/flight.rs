//! Dumps of the flight recorder: when, and where to.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Once,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    thread,
    time::Duration,
};

use super::{
    config::{self, Settings},
    exit,
    report::FlightReport,
};
use crate::{
    diag,
    error::Error,
    export::{
        OwnCrate, flight,
        otlp::batch::{Encoding, Resource},
    },
    time::{self, Rfc3339},
    trace::{own_thread, recorder::Recorder},
};

/// How long a dump waits for what was recorded last.
const PATIENCE: Duration = Duration::from_secs(2);
const MOST_NAME_BYTES: usize = 64;

/// The process that is writing a dump that nobody called for; 0: none.
///
/// Not a lock: a forked child would inherit it locked.
static WRITER: AtomicU32 = AtomicU32::new(0);

/// Why a dump is made that nobody called for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    Panic,
    Signal,
}

/// What writes the dumps of this telemetry.
#[derive(Debug)]
pub(super) struct Dumper {
    resource: Resource,
    own_crate: OwnCrate,
    service: String,
    dir: PathBuf,
    most: u32,
    begun: AtomicU32,
    written: AtomicU64,
    failed: AtomicU64,
    has_complained: AtomicBool,
}

impl Dumper {
    /// `None`: there is no flight recorder.
    pub(super) fn new(settings: &Settings, own_crate: OwnCrate) -> Option<Self> {
        settings.flight.bytes.value?;
        let resource = &settings.resource;
        let service = resource.get("service.name").map(|name| name.to_string());
        Some(Self {
            service: file_name(&service.unwrap_or_default()),
            resource: Resource::new(Encoding::Json, resource.iter(), resource.schema_url()),
            own_crate,
            dir: settings.flight.dir.value.clone(),
            most: settings.flight.most_dumps.value.get(),
            begun: AtomicU32::new(0),
            written: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            has_complained: AtomicBool::new(false),
        })
    }

    /// Writes a dump; how many spans it has.
    pub(super) fn write(&self, recorder: &Recorder, out: &mut dyn Write) -> Result<usize, Error> {
        let result = self.try_write(recorder, out);
        self.count(result.is_ok());
        result
    }

    /// The same to a file, which is created or replaced.
    pub(super) fn write_to(&self, recorder: &Recorder, path: &Path) -> Result<usize, Error> {
        let file = File::create(path)
            .map_err(|error| Error::flight(format_args!("{}: {error}", path.display())));
        let result = file.and_then(|file| self.try_write(recorder, &mut BufWriter::new(file)));
        self.count(result.is_ok());
        result
    }

    fn try_write(&self, recorder: &Recorder, out: &mut dyn Write) -> Result<usize, Error> {
        let snapshot = recorder.snapshot(time::now() + PATIENCE).ok_or_else(|| {
            Error::flight("telemetry has ended, or could not say in time what it holds")
        })?;
        flight::write(&snapshot, self.resource.clone(), self.own_crate.clone(), out)
            .map_err(Error::flight)
    }

    fn count(&self, well: bool) {
        let counter = if well { &self.written } else { &self.failed };
        counter.fetch_add(1, Relaxed);
    }

    /// Dumps to a file of its own, unless there are enough of them, and says how it went.
    pub(super) fn dump(&self, recorder: &Recorder, cause: Cause) {
        let process = std::process::id();
        let writer = WRITER.load(Acquire);
        if writer == process || WRITER.compare_exchange(writer, process, AcqRel, Relaxed).is_err() {
            return diag::debug(format_args!("no second dump while one is being written"));
        }
        let number = self.begun.fetch_add(1, Relaxed).saturating_add(1);
        if number <= self.most {
            self.dump_to(recorder, &self.path(process, number, cause));
        } else {
            diag::debug(format_args!("no more than {} dumps of the flight recorder", self.most));
        }
        WRITER.store(0, Release);
    }

    fn dump_to(&self, recorder: &Recorder, path: &Path) {
        let unfinished = path.with_extension("part");
        let result = create_new(&unfinished)
            .map_err(Error::flight)
            .and_then(|file| self.try_write(recorder, &mut BufWriter::new(file)))
            .and_then(|spans| {
                fs::rename(&unfinished, path).map_err(Error::flight)?;
                Ok(spans)
            });
        self.count(result.is_ok());
        match result {
            Ok(spans) => diag::info(format_args!(
                "the flight recorder wrote {spans} spans to {}",
                path.display()
            )),
            Err(error) => {
                let _ = fs::remove_file(&unfinished);
                if self.has_complained.swap(true, Relaxed) {
                    diag::debug(format_args!("{error} ({})", path.display()));
                } else {
                    diag::warn(format_args!("{error} ({}; said once)", path.display()));
                }
            }
        }
    }

    fn path(&self, process: u32, number: u32, cause: Cause) -> PathBuf {
        let cause = match cause {
            Cause::Panic => "panic",
            Cause::Signal => "signal",
        };
        let now = Rfc3339(time::unix_nanos()).to_string();
        // 20261121T083733.123Z: to the millisecond, without what file systems object to.
        let now: String = now.chars().filter(|c| !matches!(c, '-' | ':')).take(19).collect();
        self.dir.join(format!("{}-{process}-{now}Z-{number}-{cause}.jsonl", self.service))
    }

    pub(super) fn report(&self, recorder: &Recorder) -> FlightReport {
        let (seen, spans, bytes) = recorder.flight.read();
        let (dumps, failed_dumps) = (self.written.load(Relaxed), self.failed.load(Relaxed));
        FlightReport { seen, spans, bytes, dumps, failed_dumps }
    }
}

/// Follows no link that somebody has put there.
fn create_new(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// The name of a service as part of the name of a file.
fn file_name(service: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String =
        service.chars().take(MOST_NAME_BYTES).map(|c| if fits(c) { c } else { '_' }).collect();
    // Neither hidden nor taken for an option.
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "service".to_owned() } else { name.to_owned() }
}

/// From now on a panic dumps, after the hook that was there has run.
pub(super) fn watch_panics() {
    static ONCE: Once = Once::new();
    if thread::panicking() {
        // No hook can be set by such a thread.
        return;
    }
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            previous(info);
            if own_thread::is_current() {
                // It would wait for itself: what is recorded last is known to one of them.
                return;
            }
            exit::beside_panic(|| exit::dump(Cause::Panic));
        }));
    });
}

/// The number of the signal that dumps.
pub(super) fn signal(settings: &config::Flight) -> Option<i32> {
    settings.bytes.value?;
    match settings.signal.value {
        config::Signal::None => None,
        #[cfg(unix)]
        config::Signal::Usr1 => Some(libc::SIGUSR1),
        #[cfg(unix)]
        config::Signal::Usr2 => Some(libc::SIGUSR2),
        #[cfg(not(unix))]
        config::Signal::Usr1 | config::Signal::Usr2 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_any_name_is_part_of_the_name_of_a_file() {
        for (service, expected) in [
            ("checkout", "checkout"),
            ("shop/../etc", "shop_.._etc"),
            ("../up", "_up"),
            ("-rf", "rf"),
            ("Käse & Wein", "K_se___Wein"),
            ("", "service"),
            ("..", "service"),
        ] {
            assert_eq!(file_name(service), expected, "{service}");
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), MOST_NAME_BYTES);
    }
}
