//! What each thread keeps: the current span and the place where the next record goes.
//!
//! One const-initialised cell without a destructor, so that reaching it is one address
//! computation, also while the thread's other locals are being destroyed. A second local, touched
//! only when a chunk changes hands, has the destructor that seals the last chunk.

use std::{
    cell::Cell,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    chunk::{Chunk, LARGE_WORDS},
    context::Extra,
    ids::{self, Sequence},
    loss::LossReason,
    record::layout::{self, Kind, MAX_RECORD_WORDS},
    recorder,
};
use crate::{random::Generator, sync::AtomicU64};

/// The current span records.
pub(crate) const RECORDING: u32 = 1;
/// There is a current span or a remote parent.
pub(crate) const ACTIVE: u32 = 2;
/// The current span is in another process.
pub(crate) const REMOTE: u32 = 4;
/// More was recorded about the current span than its first record holds.
pub(crate) const LATE: u32 = 8;
/// Another thread may record about the current span.
pub(crate) const SHARED: u32 = 16;
/// [`Local::extra`] holds something.
pub(crate) const EXTRA: u32 = 32;
/// Where the W3C trace flags stand.
pub(crate) const W3C_SHIFT: u32 = 8;

/// Fewer words than this are not worth a try.
const LEAST_ROOM: usize = 32;

/// The thread's recording state.
pub(crate) struct Local {
    pub(crate) trace_high: Cell<u64>,
    pub(crate) trace_low: Cell<u64>,
    pub(crate) span: Cell<u64>,
    pub(crate) flags: Cell<u32>,
    pub(crate) scope: Cell<u32>,
    /// The current chunk's words; those at `at` and behind are free.
    words: Cell<&'static [AtomicU64]>,
    at: Cell<usize>,
    chunk: Cell<Option<&'static Chunk>>,
    /// The chunk of a thread whose destructors run already: sealed after its first record.
    parting: Cell<Option<&'static Chunk>>,
    /// Changes whenever the chunk does; unique over all threads.
    epoch: Sequence,
    ids: Sequence,
    /// The chunk's last Trace record is the current trace.
    trace_written: Cell<bool>,
    /// A record is being written: a nested one would land in its middle.
    writing: Cell<bool>,
    /// The thread has filled a chunk: it is worth a large one.
    busy: Cell<bool>,
    pub(crate) random: Generator,
}

thread_local! {
    static LOCAL: Local = const { Local::new() };
    static EXTRA_OF_CURRENT: Cell<Option<Arc<Extra>>> = const { Cell::new(None) };
    static SEAL_AT_EXIT: SealAtExit = const { SealAtExit };
}

/// Runs with the thread's state.
#[inline(always)]
pub(crate) fn with<R>(run: impl FnOnce(&Local) -> R) -> R {
    LOCAL.with(run)
}

/// Exchanges the extra of the current context; lost without harm while the thread ends.
pub(crate) fn replace_extra(extra: Option<Arc<Extra>>) -> Option<Arc<Extra>> {
    EXTRA_OF_CURRENT.try_with(|cell| cell.replace(extra)).unwrap_or_default()
}

/// A copy of the extra of the current context.
pub(crate) fn clone_extra() -> Option<Arc<Extra>> {
    let copy = |cell: &Cell<Option<Arc<Extra>>>| {
        let extra = cell.take();
        let copy = extra.clone();
        cell.set(extra);
        copy
    };
    EXTRA_OF_CURRENT.try_with(copy).unwrap_or_default()
}

/// A run of free words, and where it stands.
pub(crate) struct Room<'l> {
    local: &'l Local,
    pub(crate) words: &'static [AtomicU64],
}

impl Local {
    const fn new() -> Self {
        Self {
            trace_high: Cell::new(0),
            trace_low: Cell::new(0),
            span: Cell::new(0),
            flags: Cell::new(0),
            scope: Cell::new(0),
            words: Cell::new(&[]),
            at: Cell::new(0),
            chunk: Cell::new(None),
            parting: Cell::new(None),
            epoch: Sequence::empty(),
            ids: Sequence::empty(),
            trace_written: Cell::new(false),
            writing: Cell::new(false),
            busy: Cell::new(false),
            random: Generator::unseeded(),
        }
    }

    /// The epoch of the current chunk.
    #[inline(always)]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.last()
    }

    /// The id of a new span.
    #[inline(always)]
    pub(crate) fn next_span_id(&self) -> u64 {
        ids::span_id(&self.ids)
    }

    /// Whether a record is being written right now.
    #[inline(always)]
    pub(crate) fn is_writing(&self) -> bool {
        self.writing.get()
    }

    /// The trace or scope has changed: the next record must say so.
    #[inline(always)]
    pub(crate) fn trace_changed(&self) {
        self.trace_written.set(false);
    }

    /// Room for one record of the current trace, the Trace record in front of it if one is due.
    ///
    /// `None`: the memory is used up.
    #[inline(always)]
    pub(crate) fn room(&self) -> Option<Room<'_>> {
        if self.words.get().len() - self.at.get() < LEAST_ROOM {
            self.change_chunk()?;
        }
        if !self.trace_written.get() {
            self.write_trace()?;
        }
        let words = self.words.get().get(self.at.get()..)?;
        Some(Room { local: self, words })
    }

    /// Like [`Local::room`], in a chunk with the most room that can be had.
    #[cold]
    pub(crate) fn fresh_room(&self) -> Option<Room<'_>> {
        self.busy.set(true);
        self.change_chunk()?;
        self.room()
    }

    #[cold]
    #[inline(never)]
    fn change_chunk(&self) -> Option<()> {
        let large = self.busy.get() || self.chunk.get().is_some();
        self.seal();
        let recorder = recorder::current()?;
        let Some(chunk) = recorder.pool.acquire(large) else {
            recorder.wake();
            return None;
        };
        if recorder.pool.is_low() {
            recorder.wake();
        }
        // Registers the destructor; in a thread that is ending there is none to register.
        let ending = SEAL_AT_EXIT.try_with(|_| ()).is_err();
        self.busy.set(chunk.words().len() == LARGE_WORDS);
        self.words.set(chunk.words());
        self.chunk.set((!ending).then_some(chunk));
        self.parting.set(ending.then_some(chunk));
        self.at.set(0);
        self.trace_written.set(false);
        self.ids.reserve(LARGE_WORDS as u32);
        self.epoch.reserve(1);
        self.epoch.next();
        Some(())
    }

    /// Gives the chunk to the drain; what is recorded next begins another one.
    pub(crate) fn seal(&self) {
        self.words.set(&[]);
        self.at.set(0);
        self.epoch.reserve(1);
        self.epoch.next();
        if let Some(chunk) = self.chunk.take() {
            chunk.seal();
        }
    }

    /// In a forked child: what stands in the chunk is the parent's to export.
    pub(crate) fn forget_after_fork(&self) {
        self.words.set(&[]);
        self.at.set(0);
        self.chunk.set(None);
        self.busy.set(false);
        self.random.reset();
        self.ids.reset();
        self.epoch.reset();
        self.epoch.reserve(1);
        self.epoch.next();
    }

    #[cold]
    #[inline(never)]
    fn write_trace(&self) -> Option<()> {
        let flags = self.flags.get();
        let extra = if flags & EXTRA != 0 { clone_extra() } else { None };
        let state = extra.as_deref().map_or("", Extra::trace_state_text);
        let used = 4 + layout::text_words(state.len());
        if self.words.get().len() - self.at.get() < used + LEAST_ROOM {
            self.change_chunk()?;
        }
        let words = self.words.get().get(self.at.get()..self.at.get() + used)?;
        if let [head, high, low, last, text @ ..] = words {
            let w3c = u64::from(flags >> W3C_SHIFT & 0xff);
            #[expect(clippy::cast_possible_truncation, reason = "tracestate is at most 8 KiB")]
            head.store(layout::head(Kind::TRACE, 0, used, state.len() as u32), Relaxed);
            high.store(self.trace_high.get(), Relaxed);
            low.store(self.trace_low.get(), Relaxed);
            last.store(u64::from(self.scope.get()) << 32 | w3c, Relaxed);
            for (word, bytes) in text.iter().zip(state.as_bytes().chunks(8)) {
                let mut padded = [0; 8];
                padded[..bytes.len()].copy_from_slice(bytes);
                word.store(u64::from_ne_bytes(padded), Relaxed);
            }
        }
        self.commit(used);
        self.trace_written.set(true);
        Some(())
    }

    #[inline(always)]
    fn commit(&self, words: usize) {
        let at = self.at.get() + words;
        self.at.set(at);
        match self.chunk.get() {
            Some(chunk) => chunk.publish(at),
            None => self.commit_parting(at),
        }
    }

    /// Nothing will seal the chunk of an ending thread later, so it goes after each record.
    #[cold]
    fn commit_parting(&self, at: usize) {
        if let Some(chunk) = self.parting.take() {
            chunk.publish(at);
            chunk.seal();
        }
        self.seal();
    }

    /// Runs while a record is being written; a record begun meanwhile is refused.
    #[inline(always)]
    pub(crate) fn while_writing<R>(&self, run: impl FnOnce() -> R) -> R {
        struct Done<'l>(&'l Cell<bool>);
        impl Drop for Done<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        self.writing.set(true);
        let _done = Done(&self.writing);
        run()
    }

    /// Counts a span that is lost before it began.
    #[cold]
    pub(crate) fn lose(reason: LossReason) {
        if let Some(recorder) = recorder::current() {
            recorder.losses.add(reason, 1);
        }
    }
}

impl Room<'_> {
    /// The words, at most as many as a record may have.
    #[inline(always)]
    pub(crate) fn words(&self) -> &'static [AtomicU64] {
        self.words.get(..MAX_RECORD_WORDS).unwrap_or(self.words)
    }

    /// Publishes a record of so many words, which has been written whole.
    #[inline(always)]
    pub(crate) fn commit(self, words: usize) {
        self.local.commit(words);
    }
}

struct SealAtExit;

impl Drop for SealAtExit {
    fn drop(&mut self) {
        with(Local::seal);
    }
}
