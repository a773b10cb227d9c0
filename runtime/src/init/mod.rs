//! From environment and code to a running recorder: the only place that knows every leaf.

pub(crate) mod config;
pub(crate) mod env;
pub(crate) mod notice;
pub(crate) mod resource;
