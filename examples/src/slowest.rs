//! An exporter that adds up where the time went.

use std::{
    cmp::Reverse,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use spandrel::{
    Outcome,
    export::{ExportError, SpanExporter},
    trace::SpanData,
};

/// Adds up the spans of each name; shown, it is a table with the slowest first.
///
/// Clones share their numbers: one is given to the builder, the other is printed at the end.
#[derive(Clone, Debug, Default)]
pub struct Slowest {
    functions: Arc<Mutex<HashMap<String, Calls>>>,
}

#[derive(Clone, Debug, Default)]
struct Calls {
    count: u32,
    errors: u32,
    total: Duration,
    longest: Duration,
}

impl SpanExporter for Slowest {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        for span in batch {
            let calls = functions.entry(span.name.clone()).or_default();
            calls.count += 1;
            calls.errors += u32::from(span.outcome == Outcome::Error);
            calls.total += span.duration();
            calls.longest = calls.longest.max(span.duration());
        }
        Ok(())
    }
}

impl fmt::Display for Slowest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = functions.iter().collect();
        rows.sort_by_key(|(_, calls)| Reverse(calls.total));
        writeln!(
            f,
            "{:<14}{:>7}{:>8}{:>12}{:>12}",
            "function", "calls", "errors", "total", "longest"
        )?;
        for (name, Calls { count, errors, total, longest }) in rows {
            let (total, longest) = (format!("{total:.1?}"), format!("{longest:.1?}"));
            writeln!(f, "{name:<14}{count:>7}{errors:>8}{total:>12}{longest:>12}")?;
        }
        Ok(())
    }
}
