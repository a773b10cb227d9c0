//! Locks that shrug off poison, and the primitives of the hand-over between threads.

pub(crate) use std::sync::{Condvar, Mutex};
use std::sync::{MutexGuard, PoisonError};

/// Locks, and takes the data of a poisoned lock: a panic of another thread is no reason to fail.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the hand-over is made of; under `cfg(loom)` a model of it that tries every interleaving.
pub(crate) mod shared {
    #[cfg(loom)]
    pub(crate) use loom::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize},
    };
    #[cfg(not(loom))]
    pub(crate) use std::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize},
    };

    /// Like [`super::lock`].
    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
