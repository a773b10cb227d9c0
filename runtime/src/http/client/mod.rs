//! The calling side.

mod attempt;
mod future;
mod options;
#[cfg(feature = "reqwest")]
mod reqwest;

mod body;
#[cfg(feature = "tower")]
mod layer;

pub use body::ClientBody;
#[cfg(feature = "tower")]
pub use layer::{ClientFuture, ClientService};
pub use options::{Client, ResendCount, UrlTemplate, client};
