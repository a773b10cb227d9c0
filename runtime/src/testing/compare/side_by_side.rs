//! Collects the spans of both sides while a program runs.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Comparison, Differences, Observed};
use crate::{
    export::{ExportError, SpanExporter},
    sync::lock,
    trace::SpanData,
};

/// Keeps the spans of an old instrumentation and of ours, to be compared.
///
/// Clones share what they keep. Give [`SideBySide::here`] to [`Builder::exporter`]; what the old
/// instrumentation exports goes to [`SideBySide::add_there`], which the bridge to OpenTelemetry
/// does for any of its SDK's exporters.
///
/// ```no_run
/// use spandrel::testing::compare::{Comparison, SideBySide};
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let both = SideBySide::new();
/// let telemetry = spandrel::builder!().exporter(both.here()).init()?;
/// // The program, in which the old instrumentation exports to the other side.
/// telemetry.flush(std::time::Duration::from_secs(5))?;
/// println!("{}", both.report(&Comparison::with_tracing_opentelemetry()));
/// # Ok(())
/// # }
/// ```
///
/// [`Builder::exporter`]: crate::Builder::exporter
#[derive(Clone, Debug, Default)]
pub struct SideBySide {
    sides: Arc<[Side; 2]>,
}

#[derive(Debug, Default)]
struct Side {
    spans: Mutex<Vec<Observed>>,
    /// Beyond what is kept.
    left_out: AtomicU64,
}

/// Our side, as an exporter.
#[derive(Debug)]
pub struct Here(SideBySide);

/// Enough for a test run of a service; a span takes about a kilobyte.
const MOST_SPANS: usize = 100_000;
const THERE: usize = 0;
const HERE: usize = 1;

impl SideBySide {
    /// Keeps nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The exporter of our side.
    #[must_use]
    pub fn here(&self) -> Here {
        Here(self.clone())
    }

    /// Keeps a span of the old instrumentation; beyond 100,000 it is only counted.
    pub fn add_there(&self, span: Observed) {
        self.sides[THERE].add(span);
    }

    /// Compares what both sides have exported so far; flush both before.
    #[must_use]
    pub fn report(&self, comparison: &Comparison) -> Differences {
        let [there, here] = &*self.sides;
        // A copy: what compares must not keep an exporter waiting.
        let (there, here) = (lock(&there.spans).clone(), lock(&here.spans).clone());
        comparison.compare(&there, &here)
    }

    /// How many spans of the old instrumentation, and of ours, were not kept.
    #[must_use]
    pub fn left_out(&self) -> (u64, u64) {
        let [there, here] = &*self.sides;
        (there.left_out.load(Relaxed), here.left_out.load(Relaxed))
    }
}

impl Side {
    fn add(&self, span: Observed) {
        let mut spans = lock(&self.spans);
        if spans.len() < MOST_SPANS {
            spans.push(span);
        } else {
            self.left_out.fetch_add(1, Relaxed);
        }
    }
}

impl SpanExporter for Here {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        batch.iter().for_each(|span| self.0.sides[HERE].add(span.into()));
        Ok(())
    }
}
