//! The binary form of what a thread records: small typed records of 8-byte words.
//!
//! A thread writes records with [`writer::Writer`] into its chunk; the background thread reads them
//! back with [`read::Reader`]. [`layout`] is the one place that knows the form.

#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
mod attributes;
#[cfg(test)]
pub(crate) mod fixture;
mod formatted;
pub(crate) mod layout;
pub(crate) mod read;
pub(crate) mod scratch;
pub(crate) mod texts;
pub(crate) mod value;
pub(crate) mod view;
pub(crate) mod writer;
