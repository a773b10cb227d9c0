//! Where a record is written before it is appended to the queue: memory of the thread, used again.

use std::{
    cell::{Cell, RefCell},
    sync::atomic::Ordering::Relaxed,
};

use super::record::FIXED_WORDS;
use crate::{
    site::Field,
    sync::shared::AtomicU64,
    trace::{Writer, spare::Spare},
};

/// The most words of one record: 32 KiB.
const WORDS: usize = 4_096;
/// Records that a thread may be writing at once, each within a value of the one before.
const MOST_NESTED: u32 = 4;

/// A record in the making.
pub(super) struct Record {
    /// Leaked, as chunks are: writers of attributes write there.
    words: &'static [AtomicU64],
    bytes: Vec<u8>,
}

static SPARE: Spare<Record> = Spare::new();

thread_local! {
    static OWN: Kept = const { Kept(RefCell::new(Vec::new())) };
    static NESTED: Cell<u32> = const { Cell::new(0) };
}

/// What a thread has written records with; others may have it when the thread ends.
struct Kept(RefCell<Vec<Record>>);

impl Drop for Kept {
    fn drop(&mut self) {
        SPARE.give(self.0.borrow_mut().drain(..));
    }
}

/// Runs with memory for one record; `None`: values that log themselves, within one another.
pub(super) fn with_record<R>(run: impl FnOnce(&mut Record) -> R) -> Option<R> {
    struct Level;
    impl Drop for Level {
        fn drop(&mut self) {
            NESTED.set(NESTED.get() - 1);
        }
    }
    if NESTED.get() == MOST_NESTED {
        return None;
    }
    NESTED.set(NESTED.get() + 1);
    let _level = Level;
    let own = OWN.try_with(|own| own.0.borrow_mut().pop()).ok().flatten();
    let mut record = own.or_else(|| SPARE.take()).unwrap_or_else(Record::new);
    let result = run(&mut record);
    let mut record = Some(record);
    // A thread whose locals are gone gives it to the others at once.
    let _ = OWN.try_with(|own| own.0.borrow_mut().extend(record.take()));
    SPARE.give(record);
    Some(result)
}

impl Record {
    #[cold]
    fn new() -> Self {
        let words: Vec<_> = (0..WORDS).map(|_| AtomicU64::new(0)).collect();
        Self { words: words.leak(), bytes: Vec::new() }
    }

    /// A writer behind so many words; the last one stays free for the count of what has no room.
    pub(super) fn writer(&self, at: usize, fields: &'static [Field]) -> Writer {
        let kept = self.words.split_last().map_or(self.words, |(_, kept)| kept);
        Writer::new(kept, at, fields, false)
    }

    /// The words of the whole record.
    pub(super) fn finish(&self, mut writer: Writer) -> usize {
        writer.finish_in(self.words)
    }

    /// Completes the record.
    pub(super) fn put(&mut self, fixed: [u64; FIXED_WORDS], words: usize) {
        self.bytes.clear();
        fixed.iter().for_each(|word| self.bytes.extend_from_slice(&word.to_ne_bytes()));
        let rest = self.words.get(FIXED_WORDS..words).unwrap_or_default();
        rest.iter()
            .for_each(|word| self.bytes.extend_from_slice(&word.load(Relaxed).to_ne_bytes()));
    }

    /// The record that was completed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it holds in memory, at most.
    pub(super) const MOST_BYTES: usize = WORDS * size_of::<u64>();
}
