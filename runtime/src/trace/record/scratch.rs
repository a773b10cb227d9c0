//! Writes attributes where they can be read back at once, instead of into a record.

use std::{cell::Cell, sync::atomic::Ordering::Relaxed};

use super::{layout::MAX_RECORD_WORDS, writer::Writer};
use crate::{site::Site, sync::shared::AtomicU64};

thread_local! {
    /// Leaked, as chunks are.
    static SCRATCH: Cell<Option<&'static [AtomicU64]>> = const { Cell::new(None) };
}

/// The words of what the closure writes about a span of the site.
pub(crate) fn attributes(site: &'static Site, write: &dyn Fn(&mut Writer)) -> Vec<u64> {
    // A value that is formatted may come here itself: it gets a scratch of its own.
    let scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_else(leak);
    let mut writer = Writer::new(scratch, 0, site.field_table(), site.redacts());
    write(&mut writer);
    let used = writer.finish();
    let words = scratch.iter().take(used).map(|word| word.load(Relaxed)).collect();
    let _ = SCRATCH.try_with(|cell| cell.set(Some(scratch)));
    words
}

fn leak() -> &'static [AtomicU64] {
    Box::leak((0..MAX_RECORD_WORDS).map(|_| AtomicU64::new(0)).collect())
}
