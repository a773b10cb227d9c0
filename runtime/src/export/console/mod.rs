//! Shows spans to a person: a tree for each trace, or a line of JSON for each span.
//!
//! The recorder's background thread renders; a thread of the exporter's own writes, because a
//! terminal can stand still for as long as somebody holds its scroll bar.

mod assemble;
mod choice;
mod histogram;
mod json;
mod quantile;
mod row;
mod siblings;
mod sink;
mod summary;
mod table;
mod tree;

pub use choice::Console;
pub(crate) use choice::Form;
pub(crate) use sink::ConsoleSink;
pub use summary::Summary;
pub(crate) use summary::SummarySink;
pub use table::MetricsTable;
