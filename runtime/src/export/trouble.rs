//! Says that an exporter loses spans: once, and once more when it works again.

use std::fmt;

use crate::diag;

/// The failures of one exporter, as far as they have been said.
#[derive(Debug, Default)]
pub(super) struct Trouble(Option<Row>);

/// Exports have failed, one after the other.
#[derive(Debug)]
struct Row {
    why: String,
    exports: u64,
    spans: u64,
}

impl Trouble {
    /// An export went well; says how a row of failures ended.
    pub(super) fn worked(&mut self, to: impl fmt::Display, spans: u32) {
        match self.0.take() {
            None => diag::debug(format_args!("exported {spans} spans to {to}")),
            Some(Row { exports, spans, .. }) => diag::warn(format_args!(
                "exporting to {to} works again, {spans} spans in {exports} requests were lost"
            )),
        }
    }

    /// An export failed; says so for the first of a row, or if it has another reason.
    pub(super) fn failed(&mut self, to: impl fmt::Display, spans: u32, why: &str) {
        let row = self.0.get_or_insert(Row { why: String::new(), exports: 0, spans: 0 });
        row.exports += 1;
        row.spans += u64::from(spans);
        if row.why == why {
            diag::debug(format_args!("{spans} more spans lost: {why}"));
            return;
        }
        row.why.clear();
        row.why.push_str(why);
        diag::warn(format_args!("{spans} spans for {to} are lost: {why}"));
    }
}
