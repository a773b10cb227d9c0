//! What the recorder promises, seen through its public API.

mod concurrency;
mod endings;
mod groups;
mod metered;
mod sampling;
mod streams;
