//! Survives `fork`: the child records on its own, and re-sends nothing of its parent's.
//!
//! A handler that the C library runs in the child, on its only thread, moves on to a new recorder
//! and forgets the inherited chunk. So no span ever asks whether the process has forked.

/// Registers the handlers, once.
#[cfg(unix)]
pub(crate) fn watch() {
    use std::sync::Once;

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "there is no safe way to hear of a fork")]
        // SAFETY: the handlers are functions of this program; they take and release a lock that
        // the forking thread does not hold, and store to its own thread-local state.
        let status = unsafe { libc::pthread_atfork(Some(prepare), Some(release), Some(child)) };
        if status != 0 {
            crate::diag::warn(format_args!("a forked child will not record (error {status})"));
        }
    });
}

#[cfg(not(unix))]
pub(crate) fn watch() {}

/// Takes the lock of the sites, so that no other thread holds it in the child for ever.
#[cfg(unix)]
extern "C" fn prepare() {
    crate::site::hold_for_fork();
}

#[cfg(unix)]
extern "C" fn release() {
    crate::site::release_after_fork();
}

#[cfg(unix)]
extern "C" fn child() {
    crate::site::release_after_fork();
    super::recorder::after_fork_in_child();
}
