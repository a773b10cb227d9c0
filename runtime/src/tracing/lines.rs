//! Events as lines for people, each with the ids of the span that is current.

use std::{
    fmt::{self, Write as _},
    io::Write as _,
    panic::{self, AssertUnwindSafe},
};

use tracing_core::{
    Event, Metadata,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    layer::Filter,
};

use crate::{
    diag, redact,
    time::{self, Rfc3339},
    trace::{Context, foreign},
};

/// Writes events as lines to stderr.
///
/// Nothing is kept for a span: what it is called and was given is in the trace, which the ids lead
/// to.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    wanted: Targets,
}

impl Lines {
    /// Lines of what `text` says, in the form of `RUST_LOG`; what it does not understand is said
    /// and left out.
    pub(super) fn parse(text: &str) -> Self {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        // Taken for part of a target's name, a filter by span would let nothing pass in silence.
        let is_understood =
            |part: &&str| !part.contains(['[', '{']) && part.parse::<Targets>().is_ok();
        let (good, bad): (Vec<_>, Vec<_>) = parts.partition(is_understood);
        if !bad.is_empty() {
            diag::warn(format_args!(
                "`{}` in `RUST_LOG` is ignored; write `level` or `target=level`, or install a \
                 subscriber of your own with an `EnvFilter` and `spandrel::tracing::layer()`",
                bad.join(",")
            ));
        }
        Self { wanted: good.join(",").parse().unwrap_or_default() }
    }

    pub(super) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        self.wanted.would_enable(metadata.target(), metadata.level())
    }

    pub(super) fn max_level(&self) -> LevelFilter {
        Filter::<Registry>::max_level_hint(&self.wanted).unwrap_or(LevelFilter::TRACE)
    }

    pub(super) fn write(&self, event: &Event<'_>) {
        let line = || self.line(event, time::unix_nanos());
        // Values are formatted by the user's code, which must not take down what it watches.
        if let Ok(Some(line)) = panic::catch_unwind(AssertUnwindSafe(line)) {
            // One write, so that lines of several threads stay whole; without a stderr there is
            // nobody to tell.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn line(&self, event: &Event<'_>, unix_nanos: u64) -> Option<String> {
        let metadata = event.metadata();
        let mut found = Found::default();
        event.record(&mut found);
        let target = found.target.as_deref().unwrap_or(metadata.target());
        if !self.wanted.would_enable(target, metadata.level()) {
            return None;
        }
        let mut line = String::with_capacity(160);
        // Writing to a `String` cannot fail.
        let _ = write!(line, "{} {:>5} {target}:", Rfc3339(unix_nanos), metadata.level());
        for text in [&found.message, &found.fields] {
            if !text.is_empty() {
                line.push(' ');
                line.push_str(text);
            }
        }
        let context = foreign::adopt().unwrap_or_else(Context::peek);
        if let (Some(trace), Some(span)) = (context.trace_id(), context.span_id()) {
            let _ = write!(line, " trace_id={trace} span_id={span}");
        }
        line.push('\n');
        Some(line)
    }
}

/// The parts of a line.
#[derive(Default)]
struct Found {
    message: String,
    fields: String,
    /// What a record of the `log` crate calls its target.
    target: Option<String>,
}

impl Found {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let name = field.name();
        if name == "message" {
            let _ = self.message.write_fmt(value);
        } else if name == "log.target" {
            self.target = Some(value.to_string());
        } else if !name.starts_with("log.") {
            if !self.fields.is_empty() {
                self.fields.push(' ');
            }
            let _ = write!(self.fields, "{name}=");
            if redact::hides(name) {
                self.fields.push_str("[REDACTED]");
            } else {
                let _ = self.fields.write_fmt(value);
            }
        }
    }
}

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" || field.name().starts_with("log.") {
            self.add(field, format_args!("{value}"));
        } else {
            self.add(field, format_args!("{value:?}"));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}
