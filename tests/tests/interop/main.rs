//! Libraries that use `tracing`, in one trace with ours.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod chains;
mod collector;
mod events;
mod fields;
mod instrument;
mod levels;
mod lifecycles;
mod logs;
mod parents;

use std::sync::Once;

use spandrel::testing::{self, Capture};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// A capture in a process whose subscriber has our layer.
pub(crate) fn capture() -> Capture {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| tracing_subscriber::registry().with(spandrel::tracing::layer()).init());
    testing::capture()
}
