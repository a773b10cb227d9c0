//! The subscriber that `init!` installs, if the program has none.

use tracing_core::{Dispatch, dispatcher};
use tracing_subscriber::{
    Registry,
    filter::Filtered,
    layer::{Layer as _, Layered, SubscriberExt as _},
};

use super::{
    layer::{self, Recording},
    mirror::asked::Knowing,
    wanted::Wanted,
};
use crate::diag;

/// What `init!` installs.
type Installed = Knowing<Layered<Filtered<Recording, Wanted, Registry>, Registry>>;

/// Whether the program has no subscriber of its own, which might write lines.
pub(crate) fn is_free() -> bool {
    !dispatcher::has_been_set()
}

/// The layer of ours that a subscriber has, if any.
pub(super) fn layer_of(dispatch: &Dispatch) -> Option<&Recording> {
    let installed = || dispatch.downcast_ref::<Installed>().and_then(Knowing::layer);
    dispatch.downcast_ref().or_else(installed)
}

/// Installs a subscriber, or says what to add to the one that is there.
pub(crate) fn at_init() {
    if !is_free() {
        let has_layer = layer::is_installed()
            || dispatcher::get_default(|dispatch| layer_of(dispatch).is_some());
        if !has_layer {
            diag::info(format_args!(
                "the `tracing` subscriber of the program stays as it is; add \
                 `spandrel::tracing::layer()` to it, and what it sees joins the traces"
            ));
        }
        return;
    }
    let layer = Recording::new().with_filter(Wanted);
    let subscriber: Installed = Knowing(tracing_subscriber::registry().with(layer));
    // Fails if somebody else has just been quicker; then theirs stays.
    let _ = dispatcher::set_global_default(subscriber.into());
}

/// Asks anew which places are wanted: log records go somewhere else than before.
pub(crate) fn ask_anew() {
    tracing_core::callsite::rebuild_interest_cache();
}
