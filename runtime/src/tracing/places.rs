//! Where the open spans of a layer are, by the ids that its registry gave them.
//!
//! The registry has a place for what layers know of a span, but a box and a map of types for each
//! span is what makes layers slow. Ours have a table of their own: each id has one place in it, and
//! where that is taken, the span goes to a map beside. Nothing is allocated for a span, and what
//! happens most, entering and leaving, takes no lock.

use std::{
    collections::HashMap,
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use super::{entered::Left, tracked::Tracked};
use crate::{
    sync::{Mutex, lock},
    trace::Context,
};

/// More than most programs have open at once; a power of two.
const PLACES: usize = 512;
/// So many that threads rarely meet where the places do not suffice.
const SHARDS: usize = 16;

/// The open spans of a layer.
#[derive(Debug)]
pub(super) struct Spans {
    places: Box<[Place]>,
    beyond: [Mutex<HashMap<u64, Tracked>>; SHARDS],
    /// How many are there: nobody looks for nothing.
    are_beyond: AtomicUsize,
}

/// A place for one span; cache lines come in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place {
    span: Mutex<Option<(u64, Tracked)>>,
    shortcut: Shortcut,
}

/// What entering and leaving need of the span in a place.
#[derive(Debug, Default)]
struct Shortcut {
    /// Of the span whose context stands here; 0: of none.
    id: AtomicU64,
    context: [AtomicU64; 4],
    was_entered: AtomicBool,
    /// How often it is entered. Threads that meet may miscount: it is looked at to repair what a
    /// panic has left behind, and a wrong look does no harm.
    entered: AtomicU32,
    left: AtomicU64,
    /// What was noted about it meanwhile: the flags, then whether it failed and panicked.
    noted: AtomicU32,
}

const FAILED: u32 = 1 << 16;
const PANICKED: u32 = 1 << 17;

impl Spans {
    pub(super) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| Place::default()).collect(),
            beyond: Default::default(),
            are_beyond: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(super) fn insert(&self, id: u64, span: Tracked) {
        let place = self.place(id);
        let mut within = lock(&place.span);
        if within.is_none() {
            if let Some(context) = span.settled_context() {
                place.shortcut.open(id, context);
            }
            *within = Some((id, span));
        } else {
            drop(within);
            self.are_beyond.fetch_add(1, Relaxed);
            lock(self.shard(id)).insert(id, span);
        }
    }

    /// Looks at a span. Nothing that a user wrote may run meanwhile: it could come back here.
    pub(super) fn with<R>(&self, id: u64, look: impl FnOnce(&mut Tracked) -> R) -> Option<R> {
        let place = self.place(id);
        match &mut *lock(&place.span) {
            Some((found, span)) if *found == id => {
                place.shortcut.tell(id, span);
                let result = look(span);
                if span.settled_context().is_none() {
                    // Its parent may change: only the lock leads to its context.
                    place.shortcut.id.store(0, Relaxed);
                }
                return Some(result);
            }
            _ => {}
        }
        if self.are_beyond.load(Relaxed) == 0 {
            return None;
        }
        lock(self.shard(id)).get_mut(&id).map(look)
    }

    /// The context to make current; the inner `None`: there is no need to.
    #[inline]
    pub(super) fn enter(&self, id: u64) -> Option<Option<Context>> {
        match self.place(id).shortcut.enter(id) {
            Some(context) => Some(Some(context)),
            None => self.with(id, Tracked::enter),
        }
    }

    #[inline]
    pub(super) fn leave(&self, id: u64, left: &Left) {
        if !self.place(id).shortcut.leave(id, left) {
            self.with(id, |span| span.leave(left));
        }
    }

    #[inline]
    pub(super) fn remove(&self, id: u64) -> Option<Tracked> {
        let place = self.place(id);
        let mut within = lock(&place.span);
        if let Some((_, mut span)) = within.take_if(|(found, _)| *found == id) {
            place.shortcut.tell(id, &mut span);
            place.shortcut.id.store(0, Relaxed);
            return Some(span);
        }
        drop(within);
        if self.are_beyond.load(Relaxed) == 0 {
            return None;
        }
        let span = lock(self.shard(id)).remove(&id)?;
        self.are_beyond.fetch_sub(1, Relaxed);
        Some(span)
    }

    #[inline]
    fn place(&self, id: u64) -> &Place {
        &self.places[spread(id, PLACES)]
    }

    #[cold]
    fn shard(&self, id: u64) -> &Mutex<HashMap<u64, Tracked>> {
        &self.beyond[spread(id, SHARDS)]
    }
}

/// A number below `of`, which is a power of two; ids differ in few bits, low ones and high ones.
#[inline]
fn spread(id: u64, of: usize) -> usize {
    (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - of.ilog2())) as usize % of
}

impl Shortcut {
    #[inline]
    fn open(&self, id: u64, context: [u64; 4]) {
        for (word, value) in self.context.iter().zip(context) {
            word.store(value, Relaxed);
        }
        self.was_entered.store(false, Relaxed);
        self.entered.store(0, Relaxed);
        self.left.store(0, Relaxed);
        self.noted.store(0, Relaxed);
        self.id.store(id, Release);
    }

    #[inline]
    fn enter(&self, id: u64) -> Option<Context> {
        if self.id.load(Acquire) != id {
            return None;
        }
        self.was_entered.store(true, Relaxed);
        self.entered.store(self.entered.load(Relaxed).wrapping_add(1), Relaxed);
        Some(Context::from_words(self.context.each_ref().map(|word| word.load(Relaxed))))
    }

    #[inline]
    fn leave(&self, id: u64, left: &Left) -> bool {
        if self.id.load(Acquire) != id {
            return false;
        }
        self.entered.store(self.entered.load(Relaxed).wrapping_sub(1), Relaxed);
        if left.tick > self.left.load(Relaxed) {
            self.left.store(left.tick, Relaxed);
        }
        let noted = u32::from(left.flags)
            | if left.failed { FAILED } else { 0 }
            | if left.panicked { PANICKED } else { 0 };
        if noted != 0 {
            self.noted.fetch_or(noted, Relaxed);
        }
        true
    }

    /// Tells the span what was noted here.
    #[inline]
    fn tell(&self, id: u64, span: &mut Tracked) {
        if self.id.load(Relaxed) != id || !self.was_entered.load(Relaxed) {
            return;
        }
        let noted = self.noted.load(Relaxed);
        span.was_entered(
            self.entered.load(Relaxed),
            &Left {
                tick: self.left.load(Relaxed),
                flags: noted as u16,
                failed: noted & FAILED != 0,
                panicked: noted & PANICKED != 0,
            },
        );
    }
}
