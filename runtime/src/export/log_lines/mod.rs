//! Log records as lines of text: JSON for a log pipeline, or readable by people.
//!
//! The thread of the records renders, a thread of the lines' own writes; what comes faster than it
//! is taken is dropped and counted. Lines are whole whoever logs at the same time, because one
//! thread writes them, each with its end.

mod json;
mod pretty;
mod sink;
#[cfg(test)]
mod tests;

use std::{fmt, io::Write};

pub(crate) use sink::LineSink;

use super::{ColorChoice, output::Output};

/// Writes log records as lines.
///
/// [`LogLines::json`] writes a flat object for each record, in the order `timestamp` (RFC 3339 with
/// nanoseconds), `level` (`TRACE` to `ERROR`), `message`, `target`; `trace_id` and `span_id` within
/// a span; `correlation_id`, `method` and `route` within a request; `event` where records of the kind
/// have a name. Then come the record's own fields under their own names, numbers and truth values as
/// such. A field that has one of the names above is written as `field.` and its name.
/// `dropped_fields` counts what a limit left out.
///
/// ```text
/// {"timestamp":"2026-01-02T03:04:05.000000006Z","level":"WARN","message":"slow","target":"shop::db",
///  "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","disk":"sda"}
/// ```
///
/// [`LogLines::pretty`] writes for people, with the names of the spans around the record where those
/// began on the same thread:
///
/// ```text
/// 2026-01-02T03:04:05.000000006Z  WARN shop::db: slow disk=sda in checkout:charge trace_id=… span_id=…
/// ```
///
/// ```no_run
/// use spandrel::export::LogLines;
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::builder!().log_lines(LogLines::json()).init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[must_use = "lines are written only once they are given to a builder"]
pub struct LogLines {
    pub(crate) form: LineForm,
    pub(crate) color: ColorChoice,
    pub(crate) output: Output,
}

/// How a record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LineForm {
    /// A flat object of JSON.
    Json,
    /// For people.
    #[default]
    Pretty,
}

impl LogLines {
    /// An object of JSON for each record, on stdout.
    pub const fn json() -> Self {
        Self { form: LineForm::Json, color: ColorChoice::Never, output: Output::Stdout }
    }

    /// A readable line for each record, on stderr.
    pub const fn pretty() -> Self {
        Self { form: LineForm::Pretty, color: ColorChoice::Auto, output: Output::Stderr }
    }

    /// Whether readable lines have colours.
    pub const fn with_color(mut self, color: ColorChoice) -> Self {
        self.color = color;
        self
    }

    /// Writes to stdout.
    pub fn to_stdout(mut self) -> Self {
        self.output = Output::Stdout;
        self
    }

    /// Writes to stderr.
    pub fn to_stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// Writes to whatever takes text, on a thread of its own; it may block there.
    ///
    /// A process forked later does not have it.
    ///
    /// ```no_run
    /// use std::fs::File;
    ///
    /// use spandrel::export::LogLines;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let lines = LogLines::json().to_writer(File::create("shop.log")?);
    /// let telemetry = spandrel::builder!().log_lines(lines).init()?;
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.output = Output::Writer(Box::new(writer));
        self
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines").field("form", &self.form).field("color", &self.color).finish()
    }
}
