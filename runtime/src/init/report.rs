//! What became of all spans.

use std::{fmt, time::Duration};

use crate::{
    diag,
    export::stats::Stats,
    logs::pipeline::Counted,
    trace::{LossReason, loss::Losses, recorder::Recorder},
};

/// What became of the spans, counted without exception.
///
/// Every span that began is unfinished, undecided, not kept, was dropped before it reached an
/// exporter, or was given to each exporter; each exporter delivered it, dropped it for a reason,
/// wrote it to the spool, or still holds it.
///
/// ```
/// # fn example(telemetry: &spandrel::Telemetry) {
/// let report = telemetry.report();
/// println!("{report}");
/// assert!(report.is_complete(), "{report:?}");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Spans that began and were to be recorded.
    pub produced: u64,
    /// Spans that have not ended, or whose end the background thread has not seen.
    pub unfinished: u64,
    /// Spans that no exporter was configured for.
    pub unexported: u64,
    /// Spans of traces that the sampler turned down and [tail bias](crate::trace::TailBias) did not
    /// keep. Nothing is lost by that.
    pub not_kept: u64,
    /// Spans of traces that the sampler turned down and tail bias kept; they were exported.
    pub kept: u64,
    /// Spans that have ended and of whose traces tail bias does not know yet whether to keep them.
    pub undecided: u64,
    /// Spans dropped before they reached an exporter, by reason.
    pub dropped: Vec<(LossReason, u64)>,
    /// What each exporter did.
    pub exporters: Vec<ExporterReport>,
    /// What became of the log records, if they go anywhere.
    pub logs: Option<LogReport>,
    /// What each exporter of metrics did; here data points are counted, not spans.
    ///
    /// Nothing is lost for good by one that is dropped, as long as a later one arrives: it says
    /// what has been counted since the start, or since the last that arrived.
    pub metrics: Vec<ExporterReport>,
    /// What error tracking sent; here events are counted, not spans.
    pub tracking: Vec<ExporterReport>,
    /// What the flight recorder holds, if there is one; spans are in it beside all else.
    #[cfg(feature = "file")]
    pub flight: Option<FlightReport>,
}

/// What the [flight recorder](crate::export::FlightRecorder) holds and did.
#[cfg(feature = "file")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlightReport {
    /// Spans that it was shown; those that it no longer holds were driven out by later ones.
    pub seen: u64,
    /// Spans that it holds.
    pub spans: u64,
    /// The memory that they hold.
    pub bytes: u64,
    /// Dumps that were written.
    pub dumps: u64,
    /// Dumps that could not be written.
    pub failed_dumps: u64,
}

/// What became of the log records, counted without exception.
///
/// Every record was dropped before it reached an output, or was given to each output; each output
/// delivered it, dropped it for a reason, or still holds it. In [`ExporterReport`] they take the
/// place of spans.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogReport {
    /// Records that were to be written.
    pub produced: u64,
    /// Records that were left out because their traces are not sampled. Nothing is lost by that.
    pub unsampled: u64,
    /// Records dropped before they reached an output, by reason.
    pub dropped: Vec<(LossReason, u64)>,
    /// What each output did.
    pub exporters: Vec<ExporterReport>,
}

/// What one exporter did with the spans that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExporterReport {
    /// The exporter.
    pub name: &'static str,
    /// Spans that the receiver took.
    pub delivered: u64,
    /// Spans that wait to be delivered, in a batch or in the exporter's queue.
    pub queued: u64,
    /// The memory that they hold.
    pub queued_bytes: u64,
    /// Exports tried; one batch and its retries are one.
    pub exports: u64,
    /// The time that exports took, all together.
    pub export_time: Duration,
    /// Spans dropped, by reason.
    pub dropped: Vec<(LossReason, u64)>,
    /// Spans that could not be delivered and were written to the spool instead, to be delivered
    /// later by this process or another one.
    pub spooled: u64,
    /// Spans from the spool that this process delivered, whichever process had recorded them.
    pub replayed: u64,
    /// Spans in the spool that this process gave up: the spool was full, what it held was damaged,
    /// or the receiver refused it. Whichever process had recorded them.
    pub spool_lost: u64,
}

impl Report {
    /// Adds up at any moment: a span is counted where it comes from before it is counted where it
    /// goes, and here it is read the other way round.
    pub(crate) fn new(recorder: &Recorder, mut exporters: Vec<ExporterReport>) -> Self {
        let handed_over = recorder.handed_over();
        for exporter in &mut exporters {
            let done = exporter.delivered + exporter.spooled + sum(&exporter.dropped);
            exporter.queued = handed_over.saturating_sub(done);
        }
        let unexported = recorder.unexported();
        let dropped = nonzero(&recorder.losses);
        let is_tail = |(reason, _): &&(LossReason, u64)| *reason == LossReason::TailMemoryFull;
        let lost_in_tail = dropped.iter().find(is_tail).map_or(0, |(_, spans)| *spans);
        let (kept, not_kept, undecided) = recorder.tentative.read(lost_in_tail);
        let is_early = |(reason, _): &&(LossReason, u64)| {
            matches!(reason, LossReason::PoolEmpty | LossReason::Reentrant)
        };
        let early = dropped.iter().filter(is_early).map(|(_, spans)| spans).sum::<u64>();
        let produced = recorder.recorded() + early;
        let gone = handed_over + unexported + not_kept + undecided + sum(&dropped);
        let unfinished = produced.saturating_sub(gone);
        Self {
            produced,
            unfinished,
            unexported,
            not_kept,
            kept,
            undecided,
            dropped,
            exporters,
            logs: None,
            metrics: vec![],
            tracking: vec![],
            #[cfg(feature = "file")]
            flight: None,
        }
    }

    /// The report of a process that has recorded nothing.
    pub(crate) fn empty() -> Self {
        Self {
            produced: 0,
            unfinished: 0,
            unexported: 0,
            not_kept: 0,
            kept: 0,
            undecided: 0,
            dropped: vec![],
            exporters: vec![],
            logs: None,
            metrics: vec![],
            tracking: vec![],
            #[cfg(feature = "file")]
            flight: None,
        }
    }

    /// Whether nothing was dropped and nothing waits.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.dropped.is_empty()
            && self.exporters.iter().all(ExporterReport::is_complete)
            && self.tracking.iter().all(ExporterReport::is_complete)
            && self.logs.as_ref().is_none_or(LogReport::is_complete)
    }

    /// Says on stderr what was dropped, if anything was.
    ///
    /// With `SPANDREL_DEBUG` it says what was delivered, too.
    pub fn log(&self) {
        if self.is_complete() {
            diag::info(format_args!("{self}"));
        } else {
            diag::warn(format_args!("{self}"));
        }
    }
}

impl LogReport {
    pub(crate) fn new(counted: &Counted, mut exporters: Vec<ExporterReport>) -> Self {
        let Counted { produced, unsampled, ref dropped } = *counted;
        for exporter in &mut exporters {
            let done = exporter.delivered + exporter.spooled + sum(&exporter.dropped);
            exporter.queued = produced.saturating_sub(sum(dropped) + done);
        }
        Self { produced, unsampled, dropped: dropped.clone(), exporters }
    }

    fn is_complete(&self) -> bool {
        self.dropped.is_empty() && self.exporters.iter().all(ExporterReport::is_complete)
    }
}

impl ExporterReport {
    pub(crate) fn new(name: &'static str, stats: &Stats) -> Self {
        Self {
            name,
            delivered: stats.exported(),
            queued: stats.queued_spans(),
            queued_bytes: stats.queued_bytes(),
            exports: stats.exports(),
            export_time: stats.export_time(),
            dropped: nonzero(stats.losses()),
            spooled: stats.spooled(),
            replayed: stats.replayed(),
            spool_lost: stats.spool_lost(),
        }
    }

    fn is_complete(&self) -> bool {
        let in_the_spool = self.spooled.saturating_sub(self.replayed);
        self.dropped.is_empty() && self.queued == 0 && in_the_spool == 0 && self.spool_lost == 0
    }
}

fn nonzero(losses: &Losses) -> Vec<(LossReason, u64)> {
    LossReason::ALL
        .into_iter()
        .map(|reason| (reason, losses.of(reason)))
        .filter(|(_, spans)| *spans != 0)
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} spans", self.produced)?;
        if self.unfinished != 0 {
            write!(f, ", {} unfinished", self.unfinished)?;
        }
        if self.unexported != 0 {
            write!(f, ", {} without an exporter", self.unexported)?;
        }
        for (spans, what) in [
            (self.kept, "kept although not sampled"),
            (self.not_kept, "not kept"),
            (self.undecided, "undecided"),
        ] {
            if spans != 0 {
                write!(f, ", {spans} {what}")?;
            }
        }
        write_dropped(f, &self.dropped)?;
        self.exporters.iter().try_for_each(|exporter| exporter.fmt(f, ""))?;
        self.metrics.iter().try_for_each(|exporter| exporter.fmt(f, " data points"))?;
        self.tracking.iter().try_for_each(|exporter| exporter.fmt(f, " events"))?;
        if let Some(logs) = self.logs.as_ref().filter(|logs| logs.produced + logs.unsampled > 0) {
            write!(f, "; {} log records", logs.produced)?;
            if logs.unsampled != 0 {
                write!(f, ", {} not sampled", logs.unsampled)?;
            }
            write_dropped(f, &logs.dropped)?;
            logs.exporters.iter().try_for_each(|exporter| exporter.fmt(f, ""))?;
        }
        Ok(())
    }
}

impl ExporterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, items: &str) -> fmt::Result {
        write!(f, "; {}: {}{items} delivered", self.name, self.delivered)?;
        if self.queued != 0 {
            write!(f, ", {} waiting", self.queued)?;
        }
        write_dropped(f, &self.dropped)?;
        for (spans, what) in [
            (self.spooled, "spooled"),
            (self.replayed, "delivered from the spool"),
            (self.spool_lost, "lost in the spool"),
        ] {
            if spans != 0 {
                write!(f, ", {spans} {what}")?;
            }
        }
        Ok(())
    }
}

fn sum(dropped: &[(LossReason, u64)]) -> u64 {
    dropped.iter().map(|(_, spans)| spans).sum()
}

fn write_dropped(f: &mut fmt::Formatter<'_>, dropped: &[(LossReason, u64)]) -> fmt::Result {
    for (reason, spans) in dropped {
        write!(f, ", {spans} dropped ({reason})")?;
    }
    Ok(())
}
