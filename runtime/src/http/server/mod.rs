//! The serving side.

mod begin;
mod body;
mod exchange;
mod forwarded;
mod future;
mod heads;
mod layer;
mod options;
#[cfg(feature = "axum-0-8")]
mod reading;

pub use body::ServerBody;
pub use future::ServerFuture;
pub use layer::ServerService;
pub use options::{Server, server};
