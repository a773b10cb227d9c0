//! The calling side.

mod attempt;
mod future;
mod options;
#[cfg(feature = "reqwest")]
mod reqwest;

#[cfg(feature = "tower")]
mod layer;
mod body;

pub use body::ClientBody;
#[cfg(feature = "tower")]
pub use layer::{ClientFuture, ClientService};
pub use options::{Client, ResendCount, UrlTemplate, client};
