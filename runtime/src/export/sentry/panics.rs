//! Panics, noted where they happen.

use std::{
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::trace::failure::{self, Failure, Kind};

/// From now on a panic is noted, after the hook that was there has run.
pub(crate) fn watch_panics() {
    static ONCE: Once = Once::new();
    if thread::panicking() {
        // No hook can be set by such a thread.
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            previous(info);
            // A panic in a hook ends the process.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| note(info)));
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    if !failure::is_watched() {
        return;
    }
    let message = info.payload_as_str().unwrap_or("a value that is no text");
    let place = info.location().map(|place| (place.file().to_owned(), place.line()));
    Failure { place, ..Failure::here(Kind::Panic, "panic", message) }.note();
}
