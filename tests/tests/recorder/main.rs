//! What the recorder promises, seen through its public API.

mod concurrency;
mod endings;
mod groups;
mod sampling;
mod streams;
