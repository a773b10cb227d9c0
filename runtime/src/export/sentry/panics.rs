//! Panics, noted where they happen.

use std::{
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::trace::failure::{self, Failure, Kind};

/// What the standard library says of a panic that ends the process where others would unwind.
const LAST_WORDS: [&str; 2] =
    ["panic in a function that cannot unwind", "panic in a destructor during cleanup"];

/// From now on a panic is noted, after the hook that was there has run; before one that ends the
/// process `flush` is called, which must not take long.
pub(crate) fn watch_panics(flush: fn()) {
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
            let _ = panic::catch_unwind(AssertUnwindSafe(|| note(info, flush)));
        }));
    });
}

fn note(info: &PanicHookInfo<'_>, flush: fn()) {
    if !failure::is_watched() {
        return;
    }
    let message = info.payload_as_str().unwrap_or("a value that is no text");
    let place = info.location().map(|place| (place.file().to_owned(), place.line()));
    Failure { place, ..Failure::here(Kind::Panic, "panic", message) }.note();
    if cfg!(panic = "abort") || LAST_WORDS.iter().any(|words| message.starts_with(words)) {
        flush();
    }
}
