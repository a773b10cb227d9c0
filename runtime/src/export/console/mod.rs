//! Shows spans to a person: a tree for each trace, or a line of JSON for each span.
//!
//! The recorder's background thread renders; a thread of the exporter's own writes, because a
//! terminal can stand still for as long as somebody holds its scroll bar.

mod assemble;
mod json;
mod output;
mod paint;
mod row;
mod siblings;
mod sink;
mod tree;

pub(crate) use sink::ConsoleSink;

/// How the console shows spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line of JSON for each span.
    Json,
    /// A tree for each trace.
    #[default]
    Tree,
}
