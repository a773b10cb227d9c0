//! How many calls at a time, and how many may wait for their turn.
//!
//! Entering and leaving is one compare-and-swap as long as nobody waits. Whoever waits stands in a
//! queue and is handed the place of whoever leaves, first come, first served; nobody who comes later
//! can overtake. Who stops waiting leaves no hole, and a place that was just handed to them goes on.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::Ordering::{AcqRel, Acquire, Relaxed},
    },
    task::{Context, Poll, Waker},
};

use crate::sync::shared::{AtomicU64, Mutex, MutexGuard, lock};

type Line = VecDeque<Arc<Ticket>>;

/// A number of places, and a queue of those who want one.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Who is in, and above them who waits: changed together, so that nobody is overlooked.
    word: AtomicU64,
    places: AtomicU64,
    most_waiting: AtomicU64,
    line: Mutex<Line>,
}

const ONE_IN: u64 = 1;
const ONE_WAITING: u64 = 1 << 32;

const fn inside(word: u64) -> u64 {
    word & (ONE_WAITING - 1)
}

const fn waiting(word: u64) -> u64 {
    word >> 32
}

/// Who holds a queue.
pub(crate) trait Holder {
    fn queue(&self) -> &Queue;
}

impl Holder for &Queue {
    fn queue(&self) -> &Queue {
        self
    }
}

/// What came of wanting in.
#[derive(Debug)]
pub(crate) enum Entry<H: Holder> {
    /// In; [`Queue::leave`] gives the place back.
    In,
    /// In the queue.
    Queued(Waiting<H>),
    /// All places and the queue are taken.
    Full,
}

/// A place in the queue.
#[derive(Debug)]
pub(crate) struct Waiting<H: Holder> {
    holder: H,
    ticket: Option<Arc<Ticket>>,
}

/// As [`Entry`], for whoever holds it.
enum QueuedUp {
    In,
    Queued(Arc<Ticket>),
    Full,
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

impl Queue {
    pub(crate) fn new(places: u32, most_waiting: u32) -> Self {
        Self {
            word: AtomicU64::new(0),
            places: AtomicU64::new(places.into()),
            most_waiting: AtomicU64::new(most_waiting.into()),
            line: Mutex::new(VecDeque::new()),
        }
    }

    /// Goes in, if a place is free.
    #[inline(always)]
    pub(crate) fn enter_at_once(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        while self.has_place(word) {
            match self.word.compare_exchange_weak(word, word + ONE_IN, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(other) => word = other,
            }
        }
        false
    }

    /// Goes in, or queues.
    #[inline]
    pub(crate) fn enter<H: Holder>(holder: H) -> Entry<H> {
        if holder.queue().enter_at_once() {
            return Entry::In;
        }
        match holder.queue().queue_up() {
            QueuedUp::In => Entry::In,
            QueuedUp::Full => Entry::Full,
            QueuedUp::Queued(ticket) => Entry::Queued(Waiting { holder, ticket: Some(ticket) }),
        }
    }

    /// Goes in, whoever is in; whether there was a place, or room to wait for one.
    pub(crate) fn enter_anyway(&self) -> bool {
        let word = self.word.fetch_add(ONE_IN, Acquire);
        let room = self.places.load(Relaxed) + self.most_waiting.load(Relaxed);
        inside(word) < room
    }

    /// A place is free, and nobody waits for it.
    #[inline(always)]
    fn has_place(&self, word: u64) -> bool {
        waiting(word) == 0 && inside(word) < self.places.load(Relaxed)
    }

    #[cold]
    fn queue_up(&self) -> QueuedUp {
        // Whoever leaves and sees somebody waiting needs this lock, and so finds the ticket.
        let mut line = lock(&self.line);
        let mut word = self.word.load(Relaxed);
        loop {
            let enters = self.has_place(word);
            if !enters && waiting(word) >= self.most_waiting.load(Relaxed) {
                return QueuedUp::Full;
            }
            let next = word + if enters { ONE_IN } else { ONE_WAITING };
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) if enters => return QueuedUp::In,
                Ok(_) => break,
                Err(other) => word = other,
            }
        }
        let ticket = Arc::new(Ticket::default());
        line.push_back(Arc::clone(&ticket));
        QueuedUp::Queued(ticket)
    }

    /// Gives a place back: to the first who waits, if anybody does.
    #[inline]
    pub(crate) fn leave(&self) {
        let mut word = self.word.load(Relaxed);
        while waiting(word) == 0 {
            match self.word.compare_exchange_weak(word, word - ONE_IN, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(other) => word = other,
            }
        }
        self.hand_over();
    }

    #[cold]
    fn hand_over(&self) {
        let line = lock(&self.line);
        self.word.fetch_sub(ONE_IN, AcqRel);
        self.let_in(line);
    }

    /// Lets in who waits, as far as there are places.
    ///
    /// Nobody is woken under the lock: a waker is somebody else's code, and may come back here.
    fn let_in<'q>(&'q self, mut line: MutexGuard<'q, Line>) {
        while let Some(ticket) = self.next_in(&mut line) {
            let turn = std::mem::replace(&mut *lock(&ticket.0), Turn::Come);
            drop(line);
            if let Turn::Asleep(waker) = turn {
                waker.wake();
            }
            line = lock(&self.line);
        }
    }

    /// Moves the first who waits to a place, if there are both.
    fn next_in(&self, line: &mut Line) -> Option<Arc<Ticket>> {
        let mut word = self.word.load(Relaxed);
        loop {
            if waiting(word) == 0 || inside(word) >= self.places.load(Relaxed) {
                return None;
            }
            let next = word - ONE_WAITING + ONE_IN;
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return line.pop_front(),
                Err(other) => word = other,
            }
        }
    }

    /// Changes the number of places; who is in stays in.
    pub(crate) fn resize(&self, places: u32) {
        let line = lock(&self.line);
        self.places.store(places.into(), Relaxed);
        self.let_in(line);
    }

    /// Changes how many may wait; who waits goes on waiting.
    pub(crate) fn resize_line(&self, most_waiting: u32) {
        self.most_waiting.store(most_waiting.into(), Relaxed);
    }

    /// How many places there are, and how many may wait.
    pub(crate) fn limits(&self) -> (u64, u64) {
        (self.places.load(Relaxed), self.most_waiting.load(Relaxed))
    }

    /// How many are in, and how many wait.
    pub(crate) fn occupancy(&self) -> (u64, u64) {
        let word = self.word.load(Relaxed);
        (inside(word), waiting(word))
    }
}

impl<H: Holder> Waiting<H> {
    /// Whether it is our turn; once it is, we are in.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(ticket) = &self.ticket else { return Poll::Ready(()) };
        // Cloned and dropped outside of the lock: a waker is somebody else's code.
        let mut waker = Some(context.waker().clone());
        let mut turn = lock(&ticket.0);
        match &mut *turn {
            Turn::Come => {}
            Turn::Asleep(old) => {
                if let Some(waker) = &mut waker {
                    std::mem::swap(old, waker);
                }
                drop(turn);
                drop(waker);
                return Poll::Pending;
            }
            Turn::Unasked => {
                if let Some(waker) = waker.take() {
                    *turn = Turn::Asleep(waker);
                }
                return Poll::Pending;
            }
        }
        drop(turn);
        self.ticket = None;
        Poll::Ready(())
    }
}

impl<H: Holder> Drop for Waiting<H> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let queue = self.holder.queue();
        let mut line = lock(&queue.line);
        // Under the lock nobody is let in.
        let place = line.iter().position(|queued| Arc::ptr_eq(queued, &ticket));
        match place {
            Some(place) => {
                let queued = line.remove(place);
                queue.word.fetch_sub(ONE_WAITING, AcqRel);
                drop(line);
                // With the waker in it.
                drop((queued, ticket));
            }
            None => {
                drop(line);
                queue.leave();
            }
        }
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::task::Wake;

    use loom::thread::{self, Thread};

    use super::*;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Goes in, as soon as that is possible, and out again.
    fn visit(queue: &Queue, inside: &AtomicU64) {
        if let Entry::Queued(mut waiting) = Queue::enter(queue) {
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            while waiting.poll(&mut Context::from_waker(&waker)).is_pending() {
                thread::park();
            }
        }
        assert_eq!(inside.fetch_add(1, AcqRel), 0, "two in one place");
        inside.fetch_sub(1, AcqRel);
        queue.leave();
    }

    #[test]
    fn whoever_waits_for_the_one_place_is_let_in_and_alone() {
        loom::model(|| {
            let shared = Arc::new((Queue::new(1, 2), AtomicU64::new(0)));
            let other = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || visit(&shared.0, &shared.1))
            };
            visit(&shared.0, &shared.1);
            other.join().unwrap();

            assert_eq!(shared.0.occupancy(), (0, 0));
        });
    }

    #[test]
    fn a_place_that_is_handed_to_somebody_who_goes_is_not_lost() {
        loom::model(|| {
            let queue = Arc::new(Queue::new(1, 2));
            assert!(matches!(Queue::enter(&*queue), Entry::In));
            let impatient = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || match Queue::enter(&*queue) {
                    Entry::In => queue.leave(),
                    Entry::Queued(waiting) => drop(waiting),
                    Entry::Full => unreachable!("there is room for two"),
                })
            };
            queue.leave();
            impatient.join().unwrap();

            assert_eq!(queue.occupancy(), (0, 0));
            assert!(matches!(Queue::enter(&*queue), Entry::In));
        });
    }
}
