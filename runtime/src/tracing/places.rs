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
    outcome::Outcome,
    sync::{Mutex, lock},
    trace::active::{Active, Parked},
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
///
/// Most spans are nothing but numbers, and stand here as such. What there is more to say about a
/// span is behind the lock, once there is something.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place {
    /// Whose place it is: an id, [`FREE`] or [`CLAIMED`].
    id: AtomicU64,
    /// The context may be read here; else only the lock leads to the span.
    is_open: AtomicBool,
    /// The lock leads to the span.
    is_kept: AtomicBool,
    was_entered: AtomicBool,
    callsite: AtomicU32,
    /// How often it is entered. Threads that meet may miscount: it is looked at to repair what a
    /// panic has left behind, and a wrong look does no harm.
    entered: AtomicU32,
    /// What was noted about it: the flags, then whether it failed and panicked.
    noted: AtomicU32,
    left: AtomicU64,
    context: [AtomicU64; 4],
    record: [AtomicU64; 2],
    kept: Mutex<Option<Box<Tracked>>>,
}

/// No registry has this id.
const FREE: u64 = 0;
const CLAIMED: u64 = u64::MAX;

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

    pub(super) fn insert(&self, id: u64, span: Tracked) {
        let place = self.place(id);
        if place.id.compare_exchange(FREE, CLAIMED, Acquire, Relaxed).is_ok() {
            place.take_in(id, span);
        } else {
            self.insert_beyond(id, span);
        }
    }

    /// The same for a span that is plain numbers.
    #[inline]
    pub(super) fn insert_parked(&self, id: u64, callsite: u32, span: Parked) {
        let place = self.place(id);
        if place.id.compare_exchange(FREE, CLAIMED, Acquire, Relaxed).is_ok() {
            place.clear();
            place.take_in_parked(callsite, span);
            place.id.store(id, Release);
        } else {
            self.insert_beyond(id, Tracked::unpark(callsite, span));
        }
    }

    #[cold]
    fn insert_beyond(&self, id: u64, span: Tracked) {
        self.are_beyond.fetch_add(1, Relaxed);
        lock(self.shard(id)).insert(id, span);
    }

    /// Looks at a span. Nothing that a user wrote may run meanwhile: it could come back here.
    pub(super) fn with<R>(&self, id: u64, look: impl FnOnce(&mut Tracked) -> R) -> Option<R> {
        let place = self.place(id);
        if place.id.load(Acquire) == id {
            return place.with(look);
        }
        if self.are_beyond.load(Relaxed) == 0 {
            return None;
        }
        lock(self.shard(id)).get_mut(&id).map(look)
    }

    /// The context to make current, of a span that is plain numbers.
    #[inline]
    pub(super) fn enter(&self, id: u64) -> Option<[u64; 4]> {
        self.place(id).enter(id)
    }

    #[inline]
    pub(super) fn leave(&self, id: u64, left: &Left) {
        if !self.place(id).leave(id, left) {
            self.with(id, |span| span.leave(left));
        }
    }

    /// Ends a span that is plain numbers; `false`: there is more to it.
    #[inline]
    pub(super) fn end(&self, id: u64) -> bool {
        let place = self.place(id);
        let is_plain = place.id.load(Acquire) == id && !place.is_kept.load(Acquire);
        if !is_plain || place.entered.load(Relaxed) != 0 {
            return false;
        }
        let (span, noted, left) =
            (place.parked(), place.noted.load(Relaxed), place.left.load(Relaxed));
        place.id.store(FREE, Release);
        let outcome = match noted {
            noted if noted & PANICKED != 0 => Outcome::Panicked,
            noted if noted & FAILED != 0 => Outcome::Error,
            _ => Outcome::Ok,
        };
        Active::end_parked(span, noted as u16, outcome, left);
        true
    }

    pub(super) fn remove(&self, id: u64) -> Option<Tracked> {
        let place = self.place(id);
        if place.id.load(Acquire) == id {
            let span = place.hand_out();
            place.id.store(FREE, Release);
            return span;
        }
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

impl Place {
    #[cold]
    fn take_in(&self, id: u64, span: Tracked) {
        self.clear();
        match span.park() {
            Some((callsite, parked)) => self.take_in_parked(callsite, parked),
            None => {
                self.is_open.store(false, Relaxed);
                self.is_kept.store(true, Relaxed);
                *lock(&self.kept) = Some(Box::new(span));
            }
        }
        self.id.store(id, Release);
    }

    #[inline]
    fn clear(&self) {
        self.was_entered.store(false, Relaxed);
        self.entered.store(0, Relaxed);
        self.noted.store(0, Relaxed);
        self.left.store(0, Relaxed);
    }

    #[inline]
    fn take_in_parked(&self, callsite: u32, span: Parked) {
        self.is_open.store(true, Relaxed);
        self.is_kept.store(false, Relaxed);
        self.callsite.store(callsite, Relaxed);
        for (word, value) in self.context.iter().zip(span.context) {
            word.store(value, Relaxed);
        }
        for (word, value) in self.record.iter().zip(span.record) {
            word.store(value, Relaxed);
        }
    }

    #[cold]
    fn with<R>(&self, look: impl FnOnce(&mut Tracked) -> R) -> Option<R> {
        let mut kept = lock(&self.kept);
        if !self.is_kept.load(Relaxed) {
            *kept = Some(Box::new(self.unpark()));
            self.is_kept.store(true, Release);
        }
        let span = kept.as_mut()?;
        self.tell(span);
        let result = look(span);
        if span.park().is_none() {
            // Its parent may change, or there is more to it: only the lock leads to its context.
            self.is_open.store(false, Release);
        }
        Some(result)
    }

    /// The span, which leaves.
    fn hand_out(&self) -> Option<Tracked> {
        let mut span =
            if self.is_kept.load(Acquire) { *lock(&self.kept).take()? } else { self.unpark() };
        self.tell(&mut span);
        Some(span)
    }

    fn unpark(&self) -> Tracked {
        Tracked::unpark(self.callsite.load(Relaxed), self.parked())
    }

    #[inline]
    fn parked(&self) -> Parked {
        let context = self.context.each_ref().map(|word| word.load(Relaxed));
        let record = self.record.each_ref().map(|word| word.load(Relaxed));
        Parked { context, record }
    }

    #[inline]
    fn enter(&self, id: u64) -> Option<[u64; 4]> {
        if self.id.load(Acquire) != id || !self.is_open.load(Acquire) {
            return None;
        }
        self.was_entered.store(true, Relaxed);
        self.entered.store(self.entered.load(Relaxed).wrapping_add(1), Relaxed);
        Some(self.context.each_ref().map(|word| word.load(Relaxed)))
    }

    #[inline]
    fn leave(&self, id: u64, left: &Left) -> bool {
        if self.id.load(Acquire) != id || !self.is_open.load(Acquire) {
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
    fn tell(&self, span: &mut Tracked) {
        if self.was_entered.load(Relaxed) {
            let noted = self.noted.load(Relaxed);
            let left = Left {
                tick: self.left.load(Relaxed),
                flags: noted as u16,
                failed: noted & FAILED != 0,
                panicked: noted & PANICKED != 0,
            };
            span.was_entered(self.entered.load(Relaxed), &left);
        }
    }
}
