//! What a program says about its console.

use std::{fmt, io::Write};

use crate::export::{ColorChoice, output::Output};

/// Shows spans to a person, or line by line to a program.
///
/// [`Console::tree`] draws a tree for each trace:
///
/// ```text
///  12.4 ms  checkout  trace 4bf92f3577b34da6a3ce929d0e0e4736
///  1.20 ms  ├─ load_cart  user.id=7
///  9.80 ms  └─ charge [client]  ✗ card declined  order.id=12
///              · retry  attempt=2
/// ```
///
/// [`Console::json`] writes a line of JSON for each span, with the members `timestamp` (its start,
/// RFC 3339 with nanoseconds), `duration_ns`, `name`, `kind`, `trace_id`, `span_id`,
/// `parent_span_id`, `trace_state`, `outcome`, `status` (`code`, `description`), `scope`,
/// `attributes` (an object; numbers, truth values and arrays keep their types), `events`, `links`,
/// and how much was left out because of a limit: `dropped_attributes`, `dropped_events` and
/// `dropped_links`. What is absent or empty is left out.
///
/// Spans that come faster than the output takes them are dropped and counted, so that a terminal
/// that stands still never slows the program.
///
/// ```no_run
/// use spandrel::export::{ColorChoice, Console};
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::builder!()
///     .console_as(Console::tree().to_stdout().with_color(ColorChoice::Always))
///     .init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[must_use = "a console shows nothing before it is given to a builder"]
pub struct Console {
    pub(crate) form: Form,
    pub(crate) color: ColorChoice,
    pub(crate) output: Output,
}

/// How the console shows spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line of JSON for each span.
    Json,
    /// A tree for each trace.
    #[default]
    Tree,
}

impl Console {
    /// A tree for each trace, on stderr.
    pub const fn tree() -> Self {
        Self { form: Form::Tree, color: ColorChoice::Auto, output: Output::Stderr }
    }

    /// A line of JSON for each span, on stderr.
    pub const fn json() -> Self {
        Self { form: Form::Json, color: ColorChoice::Auto, output: Output::Stderr }
    }

    /// Whether a tree has colours.
    pub const fn with_color(mut self, color: ColorChoice) -> Self {
        self.color = color;
        self
    }

    /// Writes to stdout.
    pub fn to_stdout(mut self) -> Self {
        self.output = Output::Stdout;
        self
    }

    /// Writes to whatever takes text, on a thread of its own; it may block there.
    ///
    /// A process forked later does not have it.
    ///
    /// ```no_run
    /// use std::fs::File;
    ///
    /// use spandrel::export::Console;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let spans = Console::json().to_writer(File::create("spans.jsonl")?);
    /// let telemetry = spandrel::builder!().console_as(spans).init()?;
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.output = Output::Writer(Box::new(writer));
        self
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("form", &self.form).field("color", &self.color).finish()
    }
}
