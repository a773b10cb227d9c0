//! The layers for HTTP between real servers and real clients, over loopback.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod classes;
mod clients;
mod correlation;
mod endings;
mod faults;
mod grpc;
mod metrics;
mod policies;
#[cfg(unix)]
mod script;
mod serving;
mod setting;
mod trace_context;
