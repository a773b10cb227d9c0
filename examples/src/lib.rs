//! What the examples share; each binary of this package is one story that runs offline.

pub mod inventory;
mod lines;
mod slowest;

pub use lines::Lines;
pub use slowest::Slowest;
