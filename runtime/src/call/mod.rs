//! What generated code calls: one call of an instrumented function, from entry to outcome.
//!
//! Everything here is `#[inline(always)]` up to the first cold branch, so that a site that is off
//! costs one relaxed load and a recorded span little more than its two clock reads.

mod asynchronous;
mod ending;
mod error;
pub(crate) mod fields;
pub(crate) mod group;
pub mod look;
mod measured;
mod meter;
mod origin;
pub(crate) mod refused;
#[cfg(feature = "stream")]
mod stream;
mod sync;

#[cfg(any(feature = "tower", feature = "reqwest"))]
pub(crate) use asynchronous::Carrier;
pub use asynchronous::{AsyncCall, Instrumented};
pub use ending::Ending;
pub use error::{AsOutcome, ErrorInfo};
pub use fields::{Begun, Fields};
pub use measured::Measured;
pub use meter::Labels;
pub use origin::{IntoLinks, IntoParent, Origin};
pub use sync::{Call, Guard};
