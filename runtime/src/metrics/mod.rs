//! What a program counts and measures: where it comes from, and the form in which exporters read it.
//!
//! Whoever counts (annotated functions, the program's own metrics, other libraries) is a
//! [`Source`]; collecting asks each of them for what it has counted since it began. Nothing is
//! reset by being read, so any number of readers see the same, and each makes of it what it needs:
//! differences, buckets, quantiles.

pub(crate) mod data;
pub(crate) mod difference;
pub(crate) mod exemplars;
pub(crate) mod explicit;
mod quantile;
mod source;
pub(crate) mod windows;

pub(crate) use source::{Source, collect, register};
