//! Memory that threads leave to others when they end.

use std::sync::Mutex;

use super::recorder::{self, GENERATIONS};
use crate::sync::lock;

/// What threads have left, for each generation of forks: another thread of the parent may have held
/// the lock of the parent's for ever.
pub(crate) struct Spare<T>([Mutex<Vec<T>>; GENERATIONS]);

impl<T> Spare<T> {
    pub(crate) const fn new() -> Self {
        Self([const { Mutex::new(Vec::new()) }; GENERATIONS])
    }

    /// Something that was left; whoever asks waits for nobody.
    #[cold]
    pub(crate) fn take(&self) -> Option<T> {
        self.0.get(recorder::generation())?.try_lock().ok()?.pop()
    }

    /// Leaves something to others.
    pub(crate) fn give(&self, left: impl IntoIterator<Item = T>) {
        let mut left = left.into_iter().peekable();
        if left.peek().is_some()
            && let Some(spare) = self.0.get(recorder::generation())
        {
            lock(spare).extend(left);
        }
    }
}
