//! The subscriber that `init!` installs, if the program has none.

use tracing_core::{Dispatch, dispatcher};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::{
    layer::{self, Recording},
    lines::Lines,
    wanted::Wanted,
};
use crate::diag;

/// Installs a subscriber, or says what to add to the one that is there.
///
/// `lines` says which events become lines on stderr.
pub(crate) fn at_init(lines: &str) {
    if dispatcher::has_been_set() {
        let has_layer = layer::is_installed() || dispatcher::get_default(Dispatch::is::<Recording>);
        if !has_layer {
            diag::info(format_args!(
                "the `tracing` subscriber of the program stays as it is; add \
                 `spandrel::tracing::layer()` to it, and what it sees joins the traces"
            ));
        }
        return;
    }
    let lines = Some(Lines::parse(lines));
    let layer = Recording::new(lines.clone()).with_filter(Wanted { lines });
    let subscriber = tracing_subscriber::registry().with(layer);
    // Fails if somebody else has just been quicker; then theirs stays.
    let _ = dispatcher::set_global_default(subscriber.into());
}
