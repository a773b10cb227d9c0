//! Those who read metrics by their own clock, and can be asked to read now.

use std::{
    sync::{PoisonError, RwLock, Weak},
    time::Instant,
};

use crate::trace::drain::Pending;

/// Somebody who exports what is counted.
pub(crate) trait Reader: Send + Sync {
    /// Begins to read and export at once; what is returned waits for the end of it.
    fn read_now(&self) -> Pending;
}

static READERS: RwLock<Vec<Weak<dyn Reader>>> = RwLock::new(Vec::new());

/// Can be asked from now on, for as long as it is there.
#[cfg_attr(
    not(any(feature = "console", feature = "file", feature = "otlp")),
    expect(dead_code, reason = "nobody exports metrics")
)]
pub(crate) fn add(reader: Weak<dyn Reader>) {
    let mut readers = READERS.write().unwrap_or_else(PoisonError::into_inner);
    readers.retain(|reader| reader.strong_count() > 0);
    readers.push(reader);
}

/// Lets all of them read, and waits for them; `false`: time was over first.
pub(crate) fn read_now(deadline: Instant) -> bool {
    let readers = READERS.read().unwrap_or_else(PoisonError::into_inner).clone();
    let reading: Vec<_> =
        readers.iter().filter_map(Weak::upgrade).map(|reader| reader.read_now()).collect();
    // All of them are given the time, also behind one that hangs.
    let done: Vec<_> = reading.into_iter().map(|wait| wait(deadline)).collect();
    !done.contains(&false)
}
