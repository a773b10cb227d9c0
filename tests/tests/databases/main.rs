//! Libraries of databases, used as anybody would, on real servers.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod classes;
mod limits;
mod modes;
mod queries;
mod redis;
