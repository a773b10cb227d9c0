//! The serving side.

mod begin;
mod body;
mod exchange;
mod forwarded;
mod future;
mod layer;
mod options;

pub use body::ServerBody;
pub use future::ServerFuture;
pub use layer::ServerService;
pub use options::{Server, server};
