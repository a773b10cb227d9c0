//! A library for other languages.

#![deny(warnings)]

use spandrel::{counted, span, traced};

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

/// How many functions this library annotates.
#[unsafe(no_mangle)]
#[traced]
pub extern "C" fn hostile_functions() -> usize {
    spandrel::functions().len()
}
