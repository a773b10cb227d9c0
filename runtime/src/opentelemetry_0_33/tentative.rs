//! Spans of traces that are recorded although the sampler said no.
//!
//! To others such a trace is not sampled, and their span contexts can say no more than that. What
//! begins under one of them is to share its fate, so we remember whose they are.

use std::{
    collections::HashMap,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use crate::{
    sync::lock,
    trace::{Context, scope},
};

static ROOTS: LazyLock<Mutex<HashMap<u64, u32>>> = LazyLock::new(Mutex::default);
/// Most programs never have one: they do without the lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Remembers the current span of a context; `false`: there is nothing to remember.
pub(super) fn remember(context: &Context) -> bool {
    let root = scope::root_of(context.scope);
    if root != 0 && context.is_recording() {
        lock(&ROOTS).insert(context.span, root);
        COUNT.fetch_add(1, Relaxed);
    }
    root != 0 && context.is_recording()
}

/// Nobody can name the span any more.
pub(super) fn forget(span: u64) {
    if lock(&ROOTS).remove(&span).is_some() {
        COUNT.fetch_sub(1, Relaxed);
    }
}

/// The local root of a span that is remembered; 0: none is.
pub(super) fn root_of(span: u64) -> u32 {
    if COUNT.load(Relaxed) == 0 {
        return 0;
    }
    lock(&ROOTS).get(&span).copied().unwrap_or_default()
}
