//! Spans: recording, sampling, propagation.

pub mod id;
