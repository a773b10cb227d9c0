//! Threads of ours: what happens on them is nothing that the program does.
//!
//! An exporter calls libraries that have spans and log lines of their own. If those were recorded,
//! each export would be the cause of the next one. A panic of a callback there is caught and said
//! where it is known what it means; a hook that waited for one of these threads would wait for its own.

use std::cell::Cell;

use super::context::{Attached, Context};

thread_local! {
    static IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread is one of ours from now on; while the guard lives, no span is recorded on it.
pub(crate) fn begin() -> Attached {
    IS_OWN.set(true);
    Context::unrecorded().attach()
}

/// Whether the calling thread is one of ours.
#[inline]
pub(crate) fn is_current() -> bool {
    IS_OWN.get()
}
