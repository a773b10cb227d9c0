//! A library: it annotates its functions and never starts telemetry.
//!
//! Whoever uses it decides. In a program that calls `spandrel::init!` its spans are parts of the
//! program's traces; in one that does not, an annotated function costs one load.

use std::{collections::BTreeMap, fmt};

use spandrel::traced;

/// How many there are of each item.
#[derive(Debug, Default)]
pub struct Inventory {
    items: BTreeMap<String, u32>,
}

/// There are fewer than were asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct OutOfStock {
    available: u32,
}

#[traced]
impl Inventory {
    /// Adds to what is there.
    pub fn put(&mut self, #[field] item: &str, #[field] count: u32) {
        *self.items.entry(item.to_owned()).or_default() += count;
    }

    /// Takes from what is there, or leaves it as it is.
    ///
    /// # Errors
    ///
    /// When there are fewer than `count`.
    #[traced(ret)]
    pub fn take(&mut self, #[field] item: &str, #[field] count: u32) -> Result<u32, OutOfStock> {
        let available = self.items.get(item).copied().unwrap_or_default();
        let left = available.checked_sub(count).ok_or(OutOfStock { available })?;
        self.items.insert(item.to_owned(), left);
        Ok(left)
    }
}

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} left", self.available)
    }
}

impl std::error::Error for OutOfStock {}
