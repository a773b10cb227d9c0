//! What the probe tells the test that runs it.

use std::{fmt::Display, fs, io::Write as _, time::Duration};

use spandrel::{ExporterReport, Report, Telemetry, trace::LossReason};

/// More than any case needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Says one thing, in one write: a forked child has the same stdout.
pub(crate) fn say(key: &str, value: impl Display) {
    let line = format!("{key}={value}\n");
    std::io::stdout().write_all(line.as_bytes()).expect("the test listens");
}

/// Says everything that a report says, and whether its numbers add up.
pub(crate) fn say_report(report: &Report) {
    say("produced", report.produced);
    say("unfinished", report.unfinished);
    say("unexported", report.unexported);
    say("kept", report.kept);
    say("not_kept", report.not_kept);
    say("undecided", report.undecided);
    if let Some(flight) = &report.flight {
        say("flight.seen", flight.seen);
        say("flight.spans", flight.spans);
        say("flight.bytes", flight.bytes);
        say("flight.dumps", flight.dumps);
        say("flight.failed", flight.failed_dumps);
    }
    say_dropped("dropped", &report.dropped);
    for (index, exporter) in report.exporters.iter().enumerate() {
        say(&format!("{index}.delivered"), exporter.delivered);
        say(&format!("{index}.queued"), exporter.queued);
        say(&format!("{index}.spooled"), exporter.spooled);
        say(&format!("{index}.replayed"), exporter.replayed);
        say(&format!("{index}.spool_lost"), exporter.spool_lost);
        say_dropped(&format!("{index}.dropped"), &exporter.dropped);
    }
    say("balanced", is_balanced(report));
}

/// produced = delivered + dropped + spooled + unfinished and what tail bias does not keep, for each
/// exporter.
pub(crate) fn is_balanced(report: &Report) -> bool {
    let undelivered = report.unfinished + report.undecided + report.not_kept + report.unexported;
    let before = undelivered + sum(&report.dropped);
    let exporter =
        |e: &ExporterReport| before + e.delivered + e.spooled + e.queued + sum(&e.dropped);
    if report.exporters.is_empty() {
        return report.produced == before;
    }
    report.exporters.iter().all(|e| report.produced == exporter(e))
}

fn say_dropped(of: &str, dropped: &[(LossReason, u64)]) {
    for (reason, spans) in dropped {
        say(&format!("{of}.{reason}"), spans);
    }
}

fn sum(dropped: &[(LossReason, u64)]) -> u64 {
    dropped.iter().map(|(_, spans)| spans).sum()
}

/// Shuts down and says how that went.
pub(crate) fn shut_down(telemetry: Telemetry, timeout: Duration) {
    let began = std::time::Instant::now();
    let result = telemetry.shutdown(timeout).wait();
    say("shutdown.millis", began.elapsed().as_millis());
    say_result(&result);
}

/// Says whether it was done in time; a report is said in either case but the error's.
pub(crate) fn say_result(result: &Result<Report, spandrel::Error>) {
    match result {
        Ok(report) => {
            say("result", "done");
            say_report(report);
        }
        Err(error) => {
            say("result", if error.is_timeout() { "timeout" } else { "failed" });
            say("error", error);
        }
    }
}

/// The memory that the process really holds, in KiB; 0 where the system does not say.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
