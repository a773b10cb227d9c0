//! What each thread keeps: the current span and the place where the next record goes.
//!
//! One const-initialised cell without a destructor, so that reaching it is one address
//! computation, also while the thread's other locals are being destroyed. A second local, touched
//! only when a chunk changes hands, has the destructor that seals the last chunk.
//!
//! [`Local`] is a handle of no size with an accessor for each field. One closure around all of a
//! call's work would be too large for the compiler to inline, and a call with its spills is what
//! there is to save here.

use std::{
    cell::Cell,
    mem,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    chunk::{Chunk, LARGE_WORDS},
    context::{Context, Extra},
    ids::{self, Sequence},
    loss::LossReason,
    record::layout::{self, Kind, MAX_RECORD_WORDS},
    recorder::{self, Recorder},
    scope,
};
use crate::{random::Generator, sync::shared::AtomicU64, time};

/// The current span records.
pub(crate) const RECORDING: u16 = 1;
/// There is a current span or a remote parent.
pub(crate) const ACTIVE: u16 = 2;
/// The current span is in another process.
pub(crate) const REMOTE: u16 = 4;
/// More was recorded about the current span than its first record holds.
pub(crate) const LATE: u16 = 8;
/// Another thread may record about the current span.
pub(crate) const SHARED: u16 = 16;
/// [`Local::extra`] holds something.
pub(crate) const EXTRA: u16 = 32;
/// Where the W3C trace flags stand.
pub(crate) const W3C_SHIFT: u32 = 8;
/// Where the number of the trace's state stands, beyond the W3C flags that are defined; see
/// [`super::threshold`].
pub(crate) const STATE_SHIFT: u32 = 10;

/// Fewer words than this are not worth a try.
const LEAST_ROOM: usize = 32;

/// The calling thread's recording state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local;

struct State {
    trace_high: Cell<u64>,
    trace_low: Cell<u64>,
    span: Cell<u64>,
    flags: Cell<u16>,
    /// See [`scope`].
    scope: Cell<u32>,
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
    random: Generator,
}

thread_local! {
    static STATE: State = const { State::new() };
    static EXTRA_OF_CURRENT: Cell<Option<Arc<Extra>>> = const { Cell::new(None) };
    static SEAL_AT_EXIT: SealAtExit = const { SealAtExit };
}

/// Exchanges the extra of the current context; kept as it is while the thread ends.
///
/// Nothing runs for two that are the same one, as mostly they are: a span shares that of its
/// parent. For others, `changed` is told what goes and what comes, and must not come back here.
pub(crate) fn swap_extra<R: Default>(
    extra: &mut Option<Arc<Extra>>,
    changed: impl FnOnce(Option<&Extra>, Option<&Extra>) -> R,
) -> R {
    let exchange = |cell: &Cell<Option<Arc<Extra>>>| {
        let current = cell.take();
        let address = |extra: &Option<Arc<Extra>>| extra.as_ref().map(Arc::as_ptr);
        if address(&current) == address(extra) {
            cell.set(current);
            return R::default();
        }
        let result = changed(current.as_deref(), extra.as_deref());
        cell.set(mem::replace(extra, current));
        result
    };
    EXTRA_OF_CURRENT.try_with(exchange).unwrap_or_default()
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

/// A run of free words.
pub(crate) struct Room {
    pub(crate) words: &'static [AtomicU64],
}

impl State {
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
}

/// Accessors: `get` and `replace`.
macro_rules! accessors {
    ($($field:ident, $replace:ident: $type:ty;)*) => {$(
        #[inline(always)]
        pub(crate) fn $field(self) -> $type {
            STATE.with(|state| state.$field.get())
        }

        #[inline(always)]
        pub(crate) fn $replace(self, value: $type) -> $type {
            STATE.with(|state| state.$field.replace(value))
        }
    )*};
}

impl Local {
    accessors! {
        trace_high, replace_trace_high: u64;
        trace_low, replace_trace_low: u64;
        span, replace_span: u64;
        flags, replace_flags: u16;
        scope, replace_scope: u32;
    }

    /// Has the random numbers go on from this state; returns the one so far.
    pub(crate) fn exchange_random(self, state: [u64; 4]) -> [u64; 4] {
        STATE.with(|local| local.random.exchange(state))
    }

    /// A random number.
    pub(crate) fn random(self) -> u64 {
        STATE.with(|state| state.random.next())
    }

    /// The epoch of the current chunk.
    #[inline(always)]
    pub(crate) fn epoch(self) -> u64 {
        STATE.with(|state| state.epoch.last())
    }

    /// The id of a new span.
    #[inline(always)]
    pub(crate) fn next_span_id(self) -> u64 {
        STATE.with(|state| ids::span_id(&state.ids))
    }

    /// Whether a record is being written right now.
    #[inline(always)]
    pub(crate) fn is_writing(self) -> bool {
        STATE.with(|state| state.writing.get())
    }

    /// The trace or scope has changed: the next record must say so.
    #[inline(always)]
    pub(crate) fn trace_changed(self) {
        STATE.with(|state| state.trace_written.set(false));
    }

    /// Room for one record of the current trace, the Trace record in front of it if one is due.
    ///
    /// `None`: the memory is used up.
    #[inline(always)]
    pub(crate) fn room(self) -> Option<Room> {
        if STATE.with(|state| state.words.get()).len() - STATE.with(|state| state.at.get())
            < LEAST_ROOM
        {
            self.change_chunk()?;
        }
        if !STATE.with(|state| state.trace_written.get()) {
            self.write_trace()?;
        }
        let words =
            STATE.with(|state| state.words.get()).get(STATE.with(|state| state.at.get())..)?;
        Some(Room { words })
    }

    /// Where in the current chunk a record stands.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn place_of(self, record: &'static [AtomicU64; layout::SPAN_WORDS]) -> Option<u64> {
        let words = STATE.with(|state| state.words.get());
        let bytes = record.as_ptr().addr().checked_sub(words.as_ptr().addr())?;
        Some((bytes / size_of::<AtomicU64>()) as u64)
    }

    /// What begins at a place of the current chunk.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn words_from(self, place: u64) -> Option<&'static [AtomicU64]> {
        STATE.with(|state| state.words.get()).get(usize::try_from(place).ok()?..)
    }

    /// The record at a place of the current chunk.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn record_at(self, place: u64) -> Option<&'static [AtomicU64; layout::SPAN_WORDS]> {
        self.words_from(place)?.first_chunk()
    }

    /// What stands in the current chunk.
    pub(crate) fn written(self) -> &'static [AtomicU64] {
        let (words, at) = STATE.with(|state| (state.words.get(), state.at.get()));
        words.get(..at).unwrap_or_default()
    }

    /// Like [`Local::room`], in a chunk with the most room that can be had.
    #[cold]
    pub(crate) fn fresh_room(self) -> Option<Room> {
        STATE.with(|state| state.busy.set(true));
        self.change_chunk()?;
        self.room()
    }

    #[cold]
    #[inline(never)]
    fn change_chunk(self) -> Option<()> {
        let large =
            STATE.with(|state| state.busy.get()) || STATE.with(|state| state.chunk.get()).is_some();
        self.seal();
        let recorder = recorder::current()?;
        let chunk = recorder.pool.acquire(large).or_else(|| self.wait_for_chunk(recorder))?;
        if recorder.pool.is_low() {
            recorder.wake();
        }
        // Registers the destructor; in a thread that is ending there is none to register.
        let ending = SEAL_AT_EXIT.try_with(|_| ()).is_err();
        STATE.with(|state| state.busy.set(chunk.words().len() == LARGE_WORDS));
        STATE.with(|state| state.words.set(chunk.words()));
        STATE.with(|state| state.chunk.set((!ending).then_some(chunk)));
        STATE.with(|state| state.parting.set(ending.then_some(chunk)));
        STATE.with(|state| state.at.set(0));
        STATE.with(|state| state.trace_written.set(false));
        STATE.with(|state| state.ids.reserve(LARGE_WORDS as u32));
        STATE.with(|state| state.epoch.reserve(1));
        STATE.with(|state| state.epoch.next());
        Some(())
    }

    /// The memory is used up. A program must not wait for it; a test that captures its spans must
    /// not lose one, so within a scope the thread waits, in reason.
    #[cold]
    fn wait_for_chunk(self, recorder: &Recorder) -> Option<&'static Chunk> {
        recorder.wake();
        if scope::of(self.scope()) == 0 {
            return None;
        }
        let deadline = time::now() + Duration::from_secs(10);
        while time::now() < deadline {
            if let Some(chunk) = recorder.pool.acquire(false) {
                return Some(chunk);
            }
            recorder.wake();
            thread::yield_now();
        }
        None
    }

    /// Gives the chunk to the drain; what is recorded next begins another one.
    pub(crate) fn seal(self) {
        STATE.with(|state| state.words.set(&[]));
        STATE.with(|state| state.at.set(0));
        STATE.with(|state| state.epoch.reserve(1));
        STATE.with(|state| state.epoch.next());
        if let Some(chunk) = STATE.with(|state| state.chunk.take()) {
            chunk.seal();
        }
    }

    /// In a forked child: what stands in the chunk is the parent's to export.
    pub(crate) fn forget_after_fork(self) {
        STATE.with(|state| state.words.set(&[]));
        STATE.with(|state| state.at.set(0));
        STATE.with(|state| state.chunk.set(None));
        STATE.with(|state| state.busy.set(false));
        STATE.with(|state| state.random.reset());
        STATE.with(|state| state.ids.reset());
        STATE.with(|state| state.epoch.reset());
        STATE.with(|state| state.epoch.reserve(1));
        STATE.with(|state| state.epoch.next());
    }

    #[cold]
    #[inline(never)]
    fn write_trace(self) -> Option<()> {
        let context = Context::peek();
        let state = context.trace_state_text();
        let used = 4 + layout::text_words(state.len());
        if STATE.with(|state| state.words.get()).len() - STATE.with(|state| state.at.get())
            < used + LEAST_ROOM
        {
            self.change_chunk()?;
        }
        let words = STATE
            .with(|state| state.words.get())
            .get(STATE.with(|state| state.at.get())..STATE.with(|state| state.at.get()) + used)?;
        if let [head, high, low, last, text @ ..] = words {
            let w3c = u64::from(context.trace_flags().bits());
            #[expect(clippy::cast_possible_truncation, reason = "tracestate is at most 8 KiB")]
            head.store(layout::head(Kind::TRACE, 0, used, state.len() as u32), Relaxed);
            high.store(self.trace_high(), Relaxed);
            low.store(self.trace_low(), Relaxed);
            last.store(u64::from(self.scope()) << 32 | w3c, Relaxed);
            for (word, bytes) in text.iter().zip(state.as_bytes().chunks(8)) {
                let mut padded = [0; 8];
                padded[..bytes.len()].copy_from_slice(bytes);
                word.store(u64::from_ne_bytes(padded), Relaxed);
            }
        }
        // Published with the record that follows.
        STATE.with(|state| state.at.set(state.at.get() + used));
        STATE.with(|state| state.trace_written.set(true));
        Some(())
    }

    #[inline(always)]
    fn commit(self, words: usize) {
        let at = STATE.with(|state| state.at.get()) + words;
        STATE.with(|state| state.at.set(at));
        match STATE.with(|state| state.chunk.get()) {
            Some(chunk) => chunk.publish(at),
            None => self.commit_parting(at),
        }
    }

    /// Nothing will seal the chunk of an ending thread later, so it goes after each record.
    #[cold]
    fn commit_parting(self, at: usize) {
        if let Some(chunk) = STATE.with(|state| state.parting.take()) {
            chunk.publish(at);
            chunk.seal();
        }
        self.seal();
    }

    /// Runs while a record is being written; a record begun meanwhile is refused.
    #[inline(always)]
    pub(crate) fn while_writing<R>(self, run: impl FnOnce() -> R) -> R {
        struct Done;
        impl Drop for Done {
            #[inline(always)]
            fn drop(&mut self) {
                STATE.with(|state| state.writing.set(false));
            }
        }
        STATE.with(|state| state.writing.set(true));
        let _done = Done;
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

impl Room {
    /// The words, at most as many as a record may have.
    #[inline(always)]
    pub(crate) fn words(&self) -> &'static [AtomicU64] {
        self.words.get(..MAX_RECORD_WORDS).unwrap_or(self.words)
    }

    /// Publishes a record of so many words, which has been written whole.
    #[inline(always)]
    pub(crate) fn commit(self, words: usize) {
        Local.commit(words);
    }
}

struct SealAtExit;

impl Drop for SealAtExit {
    fn drop(&mut self) {
        Local.seal();
    }
}
