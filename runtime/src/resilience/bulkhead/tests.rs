//! The queue keeps its order, loses no place, and overtakes nobody.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    task::Wake,
    thread::{self, Thread},
};

use proptest::prelude::*;

use super::queue::{Entry, Queue, Waiting};

fn poll(waiting: &mut Waiting<'_>) -> bool {
    waiting.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn queued(bulkhead: &Queue) -> Waiting<'_> {
    match bulkhead.enter() {
        Entry::Queued(waiting) => waiting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn those_who_wait_come_in_the_order_in_which_they_came() {
    let bulkhead = Queue::new(1, 2);
    assert!(matches!(bulkhead.enter(), Entry::In));
    let (mut first, mut second) = (queued(&bulkhead), queued(&bulkhead));
    assert!(matches!(bulkhead.enter(), Entry::Full));

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
    assert!(matches!(bulkhead.enter(), Entry::In));
    let (first, mut second) = (queued(&bulkhead), queued(&bulkhead));

    drop(first);
    bulkhead.leave();

    assert!(poll(&mut second));
}

#[test]
fn a_place_handed_to_somebody_who_has_gone_goes_on() {
    let bulkhead = Queue::new(1, 3);
    assert!(matches!(bulkhead.enter(), Entry::In));
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
    assert!(matches!(bulkhead.enter(), Entry::In));
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
                    match bulkhead.enter() {
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
                0 => match bulkhead.enter() {
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
