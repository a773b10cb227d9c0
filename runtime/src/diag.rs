//! Spandrel explains itself, on stderr.

/// Says that something is wrong.
#[expect(clippy::print_stderr, reason = "this is the one place that prints")]
pub(crate) fn warn(message: std::fmt::Arguments<'_>) {
    eprintln!("spandrel: {message}");
}
