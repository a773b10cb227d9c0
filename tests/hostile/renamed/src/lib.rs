//! Spandrel under another name.

#![deny(warnings)]

use bridge::{instrument, span, traced};

/// A sum.
#[traced(kind = client, fields(a, sum = a + 1, shown = %a, debugged = ?a), ret, crate = ::bridge)]
#[bridge::counted(crate = ::bridge)]
pub fn sync(a: u8) -> Result<u8, std::fmt::Error> {
    Ok(a)
}

/// Later.
#[bridge::counted(crate = ::bridge)]
#[traced(args, root, name = "later {text}", error_if = |n| *n > 3, crate = ::bridge)]
pub async fn later(text: &str) -> usize {
    text.len()
}

/// Orders.
#[derive(Debug)]
pub struct Orders;

#[traced(level = debug, crate = ::bridge)]
impl Orders {
    /// Places one.
    pub fn place(&self, #[field(redact = len)] id: &str) -> usize {
        let _span = span!(crate = ::bridge, "inner", id);
        id.len()
    }
}

/// As `tracing` does it.
#[instrument("named", level = 2, skip(b), fields(c.d = a, later, e = ?b), ret, err(level = 1), crate = ::bridge)]
pub fn instrumented(a: u8, b: &str) -> Result<usize, std::fmt::Error> {
    Ok(b.len() + usize::from(a))
}

/// As `tracing` does it, later.
#[instrument(parent = parent, follows_from = parent, skip_all, crate = ::bridge)]
pub async fn instrumented_later(parent: &::bridge::trace::Context) {
    let _ = parent;
}
