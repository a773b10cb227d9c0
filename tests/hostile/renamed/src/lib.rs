//! Spandrel under another name.

#![deny(warnings)]

use bridge::{span, traced};

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
