//! The queue keeps its order, loses no place, and overtakes nobody.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use proptest::prelude::*;

use super::{
    queue::{Entry, Queue, Waiting},
    *,
};

fn poll(waiting: &mut Waiting<&Queue>) -> bool {
    waiting.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn enter(bulkhead: &Queue) -> Entry<&Queue> {
    Queue::enter(bulkhead)
}

fn queued(bulkhead: &Queue) -> Waiting<&Queue> {
    match enter(bulkhead) {
        Entry::Queued(waiting) => waiting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn those_who_wait_come_in_the_order_in_which_they_came() {
    let bulkhead = Queue::new(1, 2);
    assert!(matches!(enter(&bulkhead), Entry::In));
    let (mut first, mut second) = (queued(&bulkhead), queued(&bulkhead));
    assert!(matches!(enter(&bulkhead), Entry::Full));

    bulkhead.leave();
    assert_eq!([poll(&mut second), poll(&mut first)], [false, true]);
    // Nobody overtakes the second.
    drop(queued(&bulkhead));
    bulkhead.leave();

    assert!(poll(&mut second));
    assert_eq!(bulkhead.occupancy(), (1, 0));
}

#[test]
fn who_stops_waiting_leaves_no_hole() {
    let bulkhead = Queue::new(1, 3);
    assert!(matches!(enter(&bulkhead), Entry::In));
    let (first, mut second) = (queued(&bulkhead), queued(&bulkhead));

    drop(first);
    bulkhead.leave();

    assert!(poll(&mut second));
}

#[test]
fn a_place_handed_to_somebody_who_has_gone_goes_on() {
    let bulkhead = Queue::new(1, 3);
    assert!(matches!(enter(&bulkhead), Entry::In));
    let (first, mut second) = (queued(&bulkhead), queued(&bulkhead));

    bulkhead.leave();
    drop(first);
    assert!(poll(&mut second));
    bulkhead.leave();

    assert_eq!(bulkhead.occupancy(), (0, 0));
}

#[test]
fn more_places_let_in_who_waits_and_fewer_drive_nobody_out() {
    let bulkhead = Queue::new(1, 3);
    assert!(matches!(enter(&bulkhead), Entry::In));
    let mut waiting = [queued(&bulkhead), queued(&bulkhead), queued(&bulkhead)];

    bulkhead.resize(3);
    assert_eq!(waiting.each_mut().map(poll), [true, true, false]);
    bulkhead.resize(1);
    bulkhead.leave();
    bulkhead.leave();
    assert!(!poll(&mut waiting[2]));
    bulkhead.leave();

    assert!(poll(&mut waiting[2]));
    assert_eq!(bulkhead.occupancy(), (1, 0));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn threads_that_come_go_and_give_up_lose_no_place() {
    const PLACES: u32 = 3;
    let bulkhead = Queue::new(PLACES, 4);
    let (inside, turns) = (AtomicU64::new(0), AtomicUsize::new(0));

    thread::scope(|scope| {
        for seed in 0..8_usize {
            let (bulkhead, inside, turns) = (&bulkhead, &inside, &turns);
            scope.spawn(move || {
                let waker = Waker::from(Arc::new(Unpark(thread::current())));
                let mut context = Context::from_waker(&waker);
                for turn in 0..2_000 {
                    match enter(bulkhead) {
                        Entry::Full => continue,
                        Entry::In => {}
                        Entry::Queued(mut waiting) => {
                            // Some give up, before or while they are called.
                            if (turn + seed) % 3 == 0 && waiting.poll(&mut context).is_pending() {
                                continue;
                            }

                            while waiting.poll(&mut context).is_pending() {
                                thread::park();
                            }
                        }
                    }
                    assert!(inside.fetch_add(1, SeqCst) < u64::from(PLACES));
                    thread::yield_now();
                    inside.fetch_sub(1, SeqCst);
                    turns.fetch_add(1, SeqCst);
                    bulkhead.leave();
                }
            });
        }
    });

    assert_eq!(bulkhead.occupancy(), (0, 0));
    assert!(turns.into_inner() > 1_000);
}

proptest! {
    #[test]
    fn any_order_of_events_is_that_of_a_plain_queue(
        places in 0..4_u32, most in 0..4_u32, steps in prop::collection::vec((0..4_u8, 0..8_usize), 1..80),
    ) {
        let bulkhead = Queue::new(places, most);
        let (mut inside, mut limit) = (0_usize, places as usize);
        let mut line = VecDeque::new();

        for (kind, which) in steps {
            match kind {
                0 => match enter(&bulkhead) {
                    Entry::In => {
                        prop_assert!(line.is_empty() && inside < limit);
                        inside += 1;
                    }
                    Entry::Queued(waiting) => {
                        prop_assert!((inside >= limit || !line.is_empty()) && line.len() < most as usize);
                        line.push_back(waiting);
                    }
                    Entry::Full => prop_assert!(line.len() >= most as usize && (inside >= limit || !line.is_empty())),
                },
                1 if inside > 0 => {
                    bulkhead.leave();
                    inside -= 1;
                }
                2 if which < line.len() => drop(line.remove(which)),
                3 => {
                    limit = which / 2;
                    bulkhead.resize(limit as u32);
                }
                _ => {}
            }
            // Whoever is due is in, and nobody else.
            while inside < limit && !line.is_empty() {
                let mut first = line.pop_front().unwrap();
                prop_assert!(poll(&mut first));
                inside += 1;
            }
            for waiting in &mut line {
                prop_assert!(!poll(waiting));
            }
            prop_assert_eq!(bulkhead.occupancy(), (inside as u64, line.len() as u64));
        }
    }
}

/// A waker that, when it is woken or dropped, uses the bulkhead that it waits for.
struct Meddler(Arc<Queue>);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        drop(Queue::enter(&*self.0));
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.0.resize(1);
    }
}

#[test]
fn wakers_may_use_the_bulkhead_that_wakes_them() {
    let bulkhead = Arc::new(Queue::new(1, 3));
    assert!(matches!(Queue::enter(&*bulkhead), Entry::In));
    let mut waiting = queued(&bulkhead);
    for _ in 0..2 {
        let waker = Waker::from(Arc::new(Meddler(Arc::clone(&bulkhead))));
        assert!(waiting.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let impatient = queued(&bulkhead);

    bulkhead.leave();
    drop(impatient);

    assert!(poll(&mut waiting));
    assert_eq!(bulkhead.occupancy(), (1, 0));
}

#[test]
fn a_thread_waits_for_its_place_and_no_longer_than_it_may() {
    let bulkhead = Bulkhead::new("", 1).queue(1).wait(Duration::from_millis(1));
    let place = bulkhead.enter_blocking(None).unwrap();
    assert!(bulkhead.enter_blocking(None).is_err());
    bulkhead.configure(&Bulkhead::new("", 1).queue(1).wait(Duration::MAX));
    assert!(bulkhead.enter_blocking(Some(Duration::from_millis(1))).is_err());

    thread::scope(|scope| {
        let waiting = scope.spawn(|| bulkhead.call(|| Ok::<_, Rejected>(7)));
        while bulkhead.statistics().queued() == 0 {
            thread::yield_now();
        }
        drop(place);
        assert_eq!(waiting.join().unwrap(), Ok(7));
    });

    let found = bulkhead.statistics();
    assert_eq!((found.in_flight(), found.queued()), (0, 0));
    assert_eq!((found.entered(), found.waited(), found.rejected()), (2, 3, 2));
}

#[test]
fn a_future_is_dropped_at_any_time_and_nothing_is_lost() {
    let bulkhead = Bulkhead::new("", 1).queue(5).wait(Duration::MAX);
    let place = bulkhead.try_enter().unwrap();
    let mut context = Context::from_waker(Waker::noop());

    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(bulkhead.enter())).collect();
    for enter in &mut waiting {
        assert!(enter.as_mut().poll(&mut context).is_pending());
    }
    drop(waiting.remove(1));
    drop(place);
    // The first has been called and goes without having heard of it.
    drop(waiting.remove(0));
    let Poll::Ready(Ok(place)) = waiting[0].as_mut().poll(&mut context) else { panic!("it waits") };
    drop(place);

    let found = bulkhead.statistics();
    assert_eq!((found.in_flight(), found.queued()), (0, 0));
}

#[test]
fn a_wait_ends_when_its_time_is_over() {
    let bulkhead = Bulkhead::new("", 1).queue(5).wait(Duration::from_nanos(1));
    let _place = bulkhead.try_enter().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut enter = Box::pin(bulkhead.enter());

    let refused = loop {
        if let Poll::Ready(entered) = enter.as_mut().poll(&mut context) {
            break entered.map(drop).unwrap_err();
        }
    };

    assert_eq!(refused.kind(), RejectedKind::BulkheadFull);
    assert_eq!(bulkhead.statistics().queued(), 0);
}

#[test]
fn held_by_hand_it_lets_all_in_or_none() {
    let bulkhead = Bulkhead::new("", 1).observe();

    let places: Vec<_> = (0..3).map(|_| bulkhead.try_enter().unwrap()).collect();
    let found = bulkhead.statistics();
    assert_eq!((found.in_flight(), found.entered(), found.rejected()), (3, 3, 2));
    bulkhead.set_mode(Mode::Disabled);
    let uncounted = bulkhead.try_enter().unwrap();
    bulkhead.set_mode(Mode::ForcedOpen);
    assert!(bulkhead.try_enter().is_err());
    drop((places, uncounted));

    assert_eq!(bulkhead.statistics().in_flight(), 0);
}

#[test]
fn the_number_of_places_follows_the_calls() {
    let bulkhead = Bulkhead::new("", 4).adaptive(Adaptive::aimd(1, 10));
    let failure = || Err::<(), _>(Rejected::new(RejectedKind::Chaos, "inner"));

    (0..20).for_each(|_| drop(bulkhead.call(failure)));

    assert_eq!(bulkhead.statistics().max_concurrent(), 1);
    (0..20).for_each(|_| drop(bulkhead.call(|| Ok::<_, Rejected>(()))));
    assert!(bulkhead.statistics().max_concurrent() > 1);
}
