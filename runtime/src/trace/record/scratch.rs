//! Writes attributes where they can be read back at once, instead of into a record.

use std::{cell::Cell, sync::atomic::Ordering::Relaxed};

use super::{layout::MAX_RECORD_WORDS, writer::Writer};
use crate::{site::Site, sync::shared::AtomicU64, trace::spare::Spare};

/// Leaked, as chunks are, and used again and again.
type Words = &'static [AtomicU64];

static SPARE: Spare<Words> = Spare::new();

thread_local! {
    static MINE: Mine = const { Mine(Cell::new(None)) };
}

/// The words of what the closure writes about a span of the site.
pub(crate) fn attributes(site: &'static Site, write: &dyn Fn(&mut Writer)) -> Vec<u64> {
    let scratch = Lent(take());
    let mut writer = Writer::new(scratch.0, 0, site.field_table(), site.redacts());
    write(&mut writer);
    let used = writer.finish();
    scratch.0.iter().take(used).map(|word| word.load(Relaxed)).collect()
}

/// A value that is formatted may come here itself: it gets a scratch of its own.
fn take() -> Words {
    let mine = MINE.try_with(|mine| mine.0.take()).ok().flatten();
    mine.or_else(|| SPARE.take())
        .unwrap_or_else(|| Box::leak((0..MAX_RECORD_WORDS).map(|_| AtomicU64::new(0)).collect()))
}

/// Comes back when it is no longer used, also by a panic.
struct Lent(Words);

impl Drop for Lent {
    fn drop(&mut self) {
        let other = match MINE.try_with(|mine| mine.0.replace(Some(self.0))) {
            Ok(other) => other,
            Err(_) => Some(self.0),
        };
        SPARE.give(other);
    }
}

/// A thread's own, as long as nobody on it writes.
struct Mine(Cell<Option<Words>>);

impl Drop for Mine {
    fn drop(&mut self) {
        SPARE.give(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_a_thread_used_others_use_after_it() {
        let used = || {
            let lent = Lent(take());
            lent.0.as_ptr().addr()
        };
        let mut all: Vec<_> = (0..200).map(|_| thread::spawn(used).join().unwrap()).collect();
        all.sort_unstable();
        all.dedup();

        // Other tests may come between.
        assert!(all.len() < 100, "{} for 200 threads, one after the other", all.len());
    }

    #[test]
    fn a_value_that_is_formatted_within_another_has_its_own() {
        let (outer, inner) = (Lent(take()), Lent(take()));

        assert_ne!(outer.0.as_ptr(), inner.0.as_ptr());
    }
}
