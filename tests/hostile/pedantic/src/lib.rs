//! Every lint there is for users.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    rust_2018_idioms,
    let_underscore,
    missing_debug_implementations,
    trivial_casts,
    trivial_numeric_casts,
    unused_qualifications,
    unused_lifetimes,
    unused_results
)]

use spandrel::{counted, span, traced};

/// A sum.
///
/// # Errors
///
/// None.
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

/// Orders.
#[derive(Debug)]
pub struct Orders;

#[traced(level = debug)]
impl Orders {
    /// Places one.
    #[must_use]
    pub fn place(&self, #[field(redact = len)] id: &str) -> usize {
        let _span = span!("inner", id);
        id.len()
    }
}
