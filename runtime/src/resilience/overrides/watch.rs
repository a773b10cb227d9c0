//! Notices that the file has changed.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::reload;
use crate::{
    diag,
    sync::{Mutex, lock},
};

/// Looks so often, in nanoseconds.
const INTERVAL: u64 = 2_000_000_000;

/// The file's text; none, if there is none.
type Look = fn() -> Option<String>;

static LOOK: OnceLock<Look> = OnceLock::new();
static NEXT: AtomicU64 = AtomicU64::new(0);
static SEEN: Mutex<Option<String>> = Mutex::new(None);

/// Has everything read again whenever this changes.
pub(crate) fn watch(look: Look) {
    *lock(&SEEN) = look();
    let _ = LOOK.set(look);
}

/// Looks, if it is time; called often, by the background thread alone.
pub(crate) fn tick(now: u64) {
    let Some(look) = LOOK.get() else { return };
    if now < NEXT.load(Relaxed) {
        return;
    }
    NEXT.store(now.saturating_add(INTERVAL), Relaxed);
    let text = look();
    let is_new = {
        let mut seen = lock(&SEEN);
        let is_new = *seen != text;
        *seen = text;
        is_new
    };
    // What is wrong with it has been said, and is listed.
    if is_new && reload().is_ok() {
        diag::info(format_args!("the configuration of policies has changed, and was read again"));
    }
}
