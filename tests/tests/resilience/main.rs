//! What the policies promise: the table of cases in `tests/cases`, and calls dropped at any point.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod cancellation;
mod conformance;
mod events;
mod explaining;
mod listing;
mod metrics;
mod outcomes;
#[cfg(target_os = "linux")]
mod peers;
