//! The last good answers, to be served when there is no new one.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    fmt,
    time::Duration,
};

use super::{instances::Own, nanos};
use crate::{
    sync::{Mutex, lock},
    time,
};

/// Answers are kept for so many keys; of more, the oldest is forgotten.
const MOST: usize = 1_024;

/// The last good answers of a function, for each key the last one.
pub struct Stale {
    /// Nanoseconds for which an answer is good enough.
    most: u64,
    answers: Own<Answers>,
}

type Answers = Mutex<BTreeMap<(TypeId, String), Kept>>;

struct Kept {
    value: Box<dyn Any + Send + Sync>,
    at: u64,
}

impl Stale {
    /// Answers are good enough for so long.
    #[must_use]
    pub const fn new(most: Duration) -> Self {
        Self { most: nanos::of(most), answers: Own::new(Mutex::new(BTreeMap::new())) }
    }

    fn answers(&self) -> &Answers {
        self.answers.get(|| Mutex::new(BTreeMap::new()))
    }

    /// Keeps an answer.
    pub(super) fn keep<T: Clone + Send + Sync + 'static>(
        &self,
        key: &(impl fmt::Display + ?Sized),
        value: &T,
    ) {
        let (key, now) = ((TypeId::of::<T>(), key.to_string()), time::nanos());
        let fresh = Kept { value: Box::new(value.clone()), at: now };
        let mut kept = lock(self.answers());
        let mut forgotten = Vec::new();
        if kept.len() >= MOST && !kept.contains_key(&key) {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.at).map(|(key, _)| key.clone());
            forgotten.extend(oldest.and_then(|key| kept.remove(&key)));
        }
        forgotten.extend(kept.insert(key, fresh));
        // What the program's own values do when they are dropped, they do without our lock.
        drop(kept);
        drop(forgotten);
    }

    /// The answer that was kept, if it is still good enough.
    pub(super) fn serve<T: Clone + Send + Sync + 'static>(
        &self,
        key: &(impl fmt::Display + ?Sized),
    ) -> Option<T> {
        let key = (TypeId::of::<T>(), key.to_string());
        let kept = lock(self.answers());
        let found = kept.get(&key)?;
        let is_good = time::nanos().saturating_sub(found.at) <= self.most;
        if is_good { found.value.downcast_ref().cloned() } else { None }
    }
}

impl fmt::Debug for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stale").field("most", &self.most).finish_non_exhaustive()
    }
}
