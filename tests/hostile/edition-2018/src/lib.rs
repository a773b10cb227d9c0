//! An old edition.

#![deny(warnings)]

use spandrel::{counted, instrument, span, timed, traced};

/// A sum.
#[traced(kind = client, fields(a, sum = a + 1, shown = %a, debugged = ?a), ret)]
#[counted]
pub fn sync(a: u8) -> Result<u8, std::fmt::Error> {
    Ok(a)
}

/// Later.
#[counted]
#[traced(args, root, name = "later {text}", error_if = |n| *n > 3)]
pub async fn later(text: &str) -> usize {
    text.len()
}

/// Measured.
#[timed(
    name = "measured.duration",
    labels(region, of = "orders"),
    max_label_sets = 9,
    slo(latency = "250ms", target = 0.99),
    slo(errors, target = 0.999),
    slow = "1s"
)]
pub fn measured(region: &str) -> usize {
    region.len()
}

/// Measured, later.
#[traced]
#[timed(labels(region), slow = ::core::time::Duration::from_millis(1))]
pub async fn measured_later(region: &str) -> usize {
    region.len()
}

/// Orders.
#[derive(Debug)]
pub struct Orders;

#[traced(level = debug)]
impl Orders {
    /// Places one.
    pub fn place(&self, #[field(redact = len)] id: &str) -> usize {
        let _span = span!("inner", id);
        id.len()
    }
}

/// As `tracing` does it.
#[instrument("named", level = 2, skip(b), fields(c.d = a, later, e = ?b), ret, err(level = 1))]
pub fn instrumented(a: u8, b: &str) -> Result<usize, std::fmt::Error> {
    Ok(b.len() + usize::from(a))
}

/// As `tracing` does it, later.
#[instrument(parent = parent, follows_from = parent, skip_all)]
pub async fn instrumented_later(parent: &::spandrel::trace::Context) {
    let _ = parent;
}
