//! Tests that need the finished crates: interplay, compile errors, hostile crates, real counterparts.

pub mod counterparts;
