//! What the answers depend on besides the question.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    export::prometheus::{Exposition, Names, Target},
    init::config::Token,
    resource::Resource,
};

/// How this program shows itself.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) exposition: Exposition,
    pub(super) token: Option<Token>,
}

impl State {
    pub(crate) fn new(resource: &Resource, has_utf8_names: bool, token: Option<Token>) -> Self {
        let names = if has_utf8_names { Names::Utf8 } else { Names::Underscores };
        Self { exposition: Exposition::new(Target::new(resource), names), token }
    }
}

/// What a router shows, which may be there before telemetry starts.
static CURRENT: RwLock<Option<Arc<State>>> = RwLock::new(None);

/// Shows the program so from now on.
pub(crate) fn install(state: Arc<State>) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
}

/// What was installed last; `None`: telemetry has not started, and nobody knows who may ask.
#[cfg(feature = "axum-0-8")]
pub(super) fn current() -> Option<Arc<State>> {
    CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
}
