//! Adds up where the time went.

use std::{
    cmp::Reverse,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::histogram::Histogram;
use crate::{
    export::{paint, stats::Stats},
    sync::lock,
    trace::{
        SpanView,
        drain::{Pending, Sink},
    },
};

/// Functions beyond so many are counted together: names can be made up at run time.
const MOST_FUNCTIONS: usize = 512;
/// Rows that are printed.
const MOST_ROWS: usize = 20;

/// Adds up the spans of each function; printed, a table with the slowest first.
///
/// A function's time includes what it called, itself included if it calls itself. Clones share their numbers: one is given to the
/// builder, another is printed at the end, after [`shutdown`](crate::Telemetry::shutdown) or
/// [`flush`](crate::Telemetry::flush). Only recorded spans count, so that with a sampler the table
/// is one of samples.
///
/// ```no_run
/// use std::time::Duration;
///
/// use spandrel::export::Summary;
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let summary = Summary::new();
/// let telemetry = spandrel::builder!().console().summary(&summary).init()?;
/// // The program.
/// telemetry.shutdown(Duration::from_secs(5)).wait();
/// println!("{summary}");
/// # Ok(())
/// # }
/// ```
///
/// ```text
/// function   calls  failed    total      p50      p99      max
/// read_text    310       3  48.1 ms  94.0 µs  1.93 ms  2.10 ms
/// fnv1a        307       0  3.10 ms  6.20 µs  66.0 µs  71.4 µs
/// ```
///
/// `p50` and `p99` are at most 3 % too high.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    functions: Arc<Mutex<Functions>>,
}

#[derive(Clone, Debug, Default)]
struct Functions {
    /// By target, then by name: found without making a key.
    by_target: HashMap<&'static str, HashMap<String, Calls>>,
    len: usize,
    /// Calls of functions that there was no room for.
    others: u64,
}

#[derive(Clone, Debug, Default)]
struct Calls {
    failed: u64,
    total: Duration,
    durations: Histogram,
}

impl Summary {
    /// A summary of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&self, span: &SpanView<'_>) {
        let mut functions = lock(&self.functions);
        let Functions { by_target, len, others } = &mut *functions;
        let names = by_target.entry(span.target()).or_default();
        if !names.contains_key(span.name()) {
            if *len == MOST_FUNCTIONS {
                *others += 1;
                return;
            }
            *len += 1;
            names.insert(span.name().to_owned(), Calls::default());
        }
        if let Some(calls) = names.get_mut(span.name()) {
            calls.failed += u64::from(span.outcome().is_failure());
            calls.total = calls.total.saturating_add(span.duration());
            calls.durations.add(span.duration());
        }
    }
}

impl Functions {
    /// Label and numbers, the slowest first; a name that several modules have is told by its module.
    fn rows(&self) -> Vec<(String, &Calls)> {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for name in self.by_target.values().flat_map(HashMap::keys) {
            *times.entry(name).or_default() += 1;
        }
        let label = |target: &str, name: &str| {
            let is_unique = times.get(name) == Some(&1);
            let label = if is_unique { name.to_owned() } else { format!("{target}::{name}") };
            paint::printable(&label).into_owned()
        };
        let mut rows: Vec<_> = self
            .by_target
            .iter()
            .flat_map(|(target, names)| {
                names.iter().map(move |(name, calls)| (target, name, calls))
            })
            .map(|(target, name, calls)| (label(target, name), calls))
            .collect();
        rows.sort_by(|(a, x), (b, y)| (Reverse(x.total), a).cmp(&(Reverse(y.total), b)));
        rows
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The background thread adds to it, and does not wait for whoever reads the table.
        let functions = lock(&self.functions).clone();
        let rows = functions.rows();
        let header = ["function", "calls", "failed", "total", "p50", "p99", "max"];
        let mut table = vec![header.map(str::to_owned)];
        table.extend(rows.iter().take(MOST_ROWS).map(|(label, calls)| {
            [
                label.clone(),
                calls.durations.count().to_string(),
                calls.failed.to_string(),
                paint::duration(calls.total),
                paint::duration(calls.durations.percentile(50)),
                paint::duration(calls.durations.percentile(99)),
                paint::duration(calls.durations.longest()),
            ]
        }));
        let width = |column: usize| {
            let cells = table.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: [usize; 7] = std::array::from_fn(width);
        for ([function, numbers @ ..], [first, others @ ..]) in
            table.iter().map(|row| (row, &widths))
        {
            write!(f, "{function:<first$}")?;
            for (number, width) in numbers.iter().zip(others) {
                write!(f, "  {number:>width$}")?;
            }
            writeln!(f)?;
        }
        match rows.len().saturating_sub(MOST_ROWS) {
            0 => {}
            more => writeln!(f, "… {more} more functions")?,
        }
        match functions.others {
            0 => Ok(()),
            others => writeln!(f, "… {others} calls of functions beyond {MOST_FUNCTIONS}"),
        }
    }
}

/// The recorder's end of a summary.
pub(crate) struct SummarySink {
    summary: Summary,
    stats: Arc<Stats>,
}

impl SummarySink {
    pub(crate) fn new(summary: Summary, stats: Arc<Stats>) -> Self {
        Self { summary, stats }
    }
}

impl Sink for SummarySink {
    fn accept(&mut self, span: &SpanView<'_>) {
        self.summary.add(span);
        self.stats.add_exported(1);
    }

    fn end_pass(&mut self, _now: Instant) {}

    fn flush(&mut self) -> Pending {
        Box::new(|_| true)
    }

    fn shutdown(&mut self) -> Pending {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Outcome,
        site::Site,
        trace::{loss::Losses, record::fixture::SpanBuilder},
    };

    static LOAD: Site = Site::block("load", "shop::cart");
    static OTHER_LOAD: Site = Site::block("load", "shop::user");
    static CHARGE: Site = Site::block("charge", "shop::pay");

    fn summary(calls: &[(&'static Site, u64, Outcome)]) -> Summary {
        let summary = Summary::new();
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let mut sink = SummarySink::new(summary.clone(), Arc::clone(&stats));
        for (site, nanos, outcome) in calls {
            let span = SpanBuilder::new(site, 7, 9).times(0, *nanos).outcome(*outcome);
            span.view(|span| sink.accept(span));
        }
        assert_eq!(stats.exported(), calls.len() as u64);
        summary
    }

    #[test]
    fn the_slowest_function_comes_first() {
        let mut calls = vec![(&LOAD, 2_000_000, Outcome::Error), (&CHARGE, 340, Outcome::Ok)];
        calls.extend((0..98).map(|_| (&LOAD, 1_000, Outcome::Ok)));
        calls.push((&LOAD, 1_000_000, Outcome::Cancelled));
        let expected = "\
            function  calls  failed    total      p50      p99      max\n\
            load        100       1  3.10 ms  1.01 µs  1.02 ms  2.00 ms\n\
            charge        1       0   340 ns   340 ns   340 ns   340 ns\n";
        assert_eq!(summary(&calls).to_string(), expected);
    }

    #[test]
    fn functions_of_one_name_are_told_by_their_modules() {
        let calls =
            [(&LOAD, 30, Outcome::Ok), (&OTHER_LOAD, 20, Outcome::Ok), (&CHARGE, 10, Outcome::Ok)];
        let table = summary(&calls).to_string();
        let labels: Vec<_> = table.lines().map(|row| row.split(' ').next().unwrap()).collect();
        assert_eq!(labels, ["function", "shop::cart::load", "shop::user::load", "charge"]);
    }

    #[test]
    fn names_made_up_at_run_time_do_not_fill_the_memory() {
        let summary = Summary::new();
        let mut functions = lock(&summary.functions);
        let names = functions.by_target.entry("elsewhere").or_default();
        names.extend((0..MOST_FUNCTIONS).map(|id| (id.to_string(), Calls::default())));
        functions.len = MOST_FUNCTIONS;
        drop(functions);
        SpanBuilder::new(&LOAD, 7, 9).view(|span| summary.add(span));
        let table = summary.to_string();
        assert_eq!(table.lines().count(), 1 + MOST_ROWS + 2);
        assert!(table.ends_with("… 492 more functions\n… 1 calls of functions beyond 512\n"));
    }
}
