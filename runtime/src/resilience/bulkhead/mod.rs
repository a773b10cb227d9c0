//! How many calls at a time, and how many may wait for their turn.
//!
//! Entering and leaving is one compare-and-swap as long as nobody waits. Whoever waits stands in a
//! queue and is handed the place of whoever leaves, first come, first served; nobody who comes later
//! can overtake. Who stops waiting leaves no hole, and a place that was just handed to them goes on.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    task::{Context, Poll, Waker},
};

use crate::sync::{Mutex, lock};

/// A number of places, and a queue of those who want one.
#[derive(Debug)]
pub(crate) struct Bulkhead {
    /// Who is in, and above them who waits: changed together, so that nobody is overlooked.
    word: AtomicU64,
    places: AtomicU32,
    most_waiting: u32,
    queue: Mutex<VecDeque<Arc<Ticket>>>,
}

const ONE_IN: u64 = 1;
const ONE_WAITING: u64 = 1 << 32;

const fn inside(word: u64) -> u64 {
    word & (ONE_WAITING - 1)
}

const fn waiting(word: u64) -> u64 {
    word >> 32
}

/// What came of wanting in.
#[derive(Debug)]
pub(crate) enum Entry<'b> {
    /// In; [`Bulkhead::leave`] gives the place back.
    In,
    /// In the queue.
    Queued(Waiting<'b>),
    /// All places and the queue are taken.
    Full,
}

/// A place in the queue.
#[derive(Debug)]
pub(crate) struct Waiting<'b> {
    bulkhead: &'b Bulkhead,
    ticket: Option<Arc<Ticket>>,
}

#[derive(Debug, Default)]
struct Ticket(Mutex<Turn>);

#[derive(Debug, Default)]
enum Turn {
    #[default]
    Unasked,
    Asleep(Waker),
    Come,
}

impl Bulkhead {
    pub(crate) const fn new(places: u32, most_waiting: u32) -> Self {
        Self {
            word: AtomicU64::new(0),
            places: AtomicU32::new(places),
            most_waiting,
            queue: Mutex::new(VecDeque::new()),
        }
    }

    /// Goes in, or queues.
    #[inline]
    pub(crate) fn enter(&self) -> Entry<'_> {
        let word = self.word.load(Relaxed);
        if self.has_place(word)
            && self.word.compare_exchange(word, word + ONE_IN, Acquire, Relaxed).is_ok()
        {
            return Entry::In;
        }
        self.queue_up()
    }

    /// A place is free, and nobody waits for it.
    fn has_place(&self, word: u64) -> bool {
        waiting(word) == 0 && inside(word) < u64::from(self.places.load(Relaxed))
    }

    #[cold]
    fn queue_up(&self) -> Entry<'_> {
        // Whoever leaves and sees somebody waiting needs this lock, and so finds the ticket.
        let mut queue = lock(&self.queue);
        let mut word = self.word.load(Relaxed);
        loop {
            let enters = self.has_place(word);
            if !enters && waiting(word) >= u64::from(self.most_waiting) {
                return Entry::Full;
            }
            let next = word + if enters { ONE_IN } else { ONE_WAITING };
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) if enters => return Entry::In,
                Ok(_) => break,
                Err(other) => word = other,
            }
        }
        let ticket = Arc::new(Ticket::default());
        queue.push_back(Arc::clone(&ticket));
        Entry::Queued(Waiting { bulkhead: self, ticket: Some(ticket) })
    }

    /// Gives a place back: to the first who waits, if anybody does.
    #[inline]
    pub(crate) fn leave(&self) {
        let word = self.word.load(Relaxed);
        if waiting(word) == 0
            && self.word.compare_exchange(word, word - ONE_IN, AcqRel, Relaxed).is_ok()
        {
            return;
        }
        self.hand_over();
    }

    #[cold]
    fn hand_over(&self) {
        let mut queue = lock(&self.queue);
        self.word.fetch_sub(ONE_IN, AcqRel);
        self.let_in(&mut queue);
    }

    /// Lets in who waits, as far as there are places.
    fn let_in(&self, queue: &mut VecDeque<Arc<Ticket>>) {
        let mut word = self.word.load(Relaxed);
        while waiting(word) > 0 && inside(word) < u64::from(self.places.load(Relaxed)) {
            let next = word - ONE_WAITING + ONE_IN;
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => {
                    if let Some(ticket) = queue.pop_front() {
                        ticket.call();
                    }
                    word = next;
                }
                Err(other) => word = other,
            }
        }
    }

    /// Changes the number of places; who is in stays in.
    pub(crate) fn resize(&self, places: u32) {
        let mut queue = lock(&self.queue);
        self.places.store(places, Relaxed);
        self.let_in(&mut queue);
    }

    /// How many are in, and how many wait.
    pub(crate) fn occupancy(&self) -> (u64, u64) {
        let word = self.word.load(Relaxed);
        (inside(word), waiting(word))
    }
}

impl Ticket {
    fn call(&self) {
        if let Turn::Asleep(waker) = std::mem::replace(&mut *lock(&self.0), Turn::Come) {
            waker.wake();
        }
    }
}

impl Waiting<'_> {
    /// Whether it is our turn; once it is, we are in.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(ticket) = &self.ticket else { return Poll::Ready(()) };
        let mut turn = lock(&ticket.0);
        match &mut *turn {
            Turn::Come => {}
            Turn::Asleep(waker) => {
                waker.clone_from(context.waker());
                return Poll::Pending;
            }
            Turn::Unasked => {
                *turn = Turn::Asleep(context.waker().clone());
                return Poll::Pending;
            }
        }
        drop(turn);
        self.ticket = None;
        Poll::Ready(())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut queue = lock(&self.bulkhead.queue);
        // Under the lock nobody is called.
        let place = queue.iter().position(|queued| Arc::ptr_eq(queued, &ticket));
        match place {
            Some(place) => {
                queue.remove(place);
                self.bulkhead.word.fetch_sub(ONE_WAITING, AcqRel);
            }
            None => {
                drop(queue);
                self.bulkhead.leave();
            }
        }
    }
}
