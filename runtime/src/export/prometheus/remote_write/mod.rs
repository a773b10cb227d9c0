//! Remote write: metrics are sent, from programs that nothing scrapes.
//!
//! A snapshot becomes series as a scrape would show them, classic buckets included ([`series`]), and
//! those become requests of bounded size, of version 1 or 2 of the protocol ([`request`]). A thread
//! of its own reads, keeps what cannot be sent yet, and sends in order ([`writer`]): a receiver
//! refuses samples that are older than what it has.

mod config;
mod error;
mod request;
mod series;
mod sink;
mod writer;

pub use config::RemoteWrite;
pub use error::RemoteWriteError;
pub(crate) use sink::RemoteWriteSink;

#[cfg(test)]
mod tests;
