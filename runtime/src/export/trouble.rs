//! Says that an exporter loses spans: once, and once more when it works again.

use std::fmt;

use crate::diag;

/// The failures of one exporter, as far as they have been said.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What it exports, as people call it.
    items: &'static str,
    row: Option<Row>,
}

/// Exports have failed, one after the other.
#[derive(Debug)]
struct Row {
    why: String,
    exports: u64,
    count: u64,
}

impl Trouble {
    pub(super) fn of(items: &'static str) -> Self {
        Self { items, row: None }
    }

    /// An export went well; says how a row of failures ended.
    pub(super) fn worked(&mut self, to: impl fmt::Display, count: u32) {
        let items = self.items;
        match self.row.take() {
            None => diag::debug(format_args!("exported {count} {items} to {to}")),
            Some(Row { exports, count, .. }) => diag::warn(format_args!(
                "exporting to {to} works again, {count} {items} in {exports} requests were lost"
            )),
        }
    }

    /// An export failed; says so for the first of a row, or if it has another reason.
    pub(super) fn failed(&mut self, to: impl fmt::Display, count: u32, why: &str) {
        let items = self.items;
        let row = self.row.get_or_insert(Row { why: String::new(), exports: 0, count: 0 });
        row.exports += 1;
        row.count += u64::from(count);
        if row.why == why {
            diag::debug(format_args!("{count} more {items} lost: {why}"));
            return;
        }
        row.why.clear();
        row.why.push_str(why);
        diag::warn(format_args!("{count} {items} for {to} are lost: {why}"));
    }
}
