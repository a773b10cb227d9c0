//! Waiting for those that deliver.

use std::{
    sync::Mutex,
    thread::{self, ScopedJoinHandle},
    time::Instant,
};

use crate::sync::lock;

/// Waits until everything handed over has been delivered or dropped, or until the deadline.
///
/// `true`: done.
pub(crate) type Pending = Box<dyn FnOnce(Instant) -> bool + Send>;

/// Waits for each, one after the other; also behind one that hangs, each gets its chance.
pub(crate) fn wait_in_turn(pending: Vec<Pending>, deadline: Instant) -> bool {
    pending.into_iter().map(|wait| wait(deadline)).filter(|done| !done).count() == 0
}

/// Waits for all of them at once.
///
/// Who shuts down learns of the deadline by being waited for, and does something with the time until
/// then: behind one that hangs, there would be none.
pub(crate) fn wait_at_once(pending: Vec<Pending>, deadline: Instant) -> bool {
    let wait = |pending: &Mutex<Option<Pending>>| {
        let pending = lock(pending).take();
        pending.is_none_or(|wait| wait(deadline))
    };
    let pending: Vec<_> = pending.into_iter().map(|one| Mutex::new(Some(one))).collect();
    let Some((here, elsewhere)) = pending.split_last() else { return true };
    thread::scope(|scope| {
        let spawn = |one| {
            let thread = thread::Builder::new().name("spandrel-shutdown".into());
            thread.spawn_scoped(scope, move || wait(one)).ok()
        };
        let threads: Vec<Option<ScopedJoinHandle<'_, bool>>> =
            elsewhere.iter().map(spawn).collect();
        let mut done = wait(here);
        for (thread, one) in threads.into_iter().zip(elsewhere) {
            // Without a thread of its own it is waited for here.
            done &= thread.map_or_else(|| wait(one), |thread| thread.join().unwrap_or(false));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::time;

    #[test]
    fn who_hangs_takes_no_time_from_the_others() {
        let (said, heard) = mpsc::channel();
        // Each goes on only when the other one has begun.
        let (first, second) = (mpsc::channel(), mpsc::channel());
        let meet = |say: mpsc::Sender<()>, hear: mpsc::Receiver<()>, said: mpsc::Sender<()>| {
            Box::new(move |deadline: Instant| {
                let _ = say.send(());
                let left = deadline.saturating_duration_since(time::now());
                let met = hear.recv_timeout(left).is_ok();
                let _ = said.send(());
                met
            }) as Pending
        };
        let pending = vec![meet(first.0, second.1, said.clone()), meet(second.0, first.1, said)];

        assert!(wait_at_once(pending, time::now() + Duration::from_secs(30)));
        assert_eq!(heard.iter().count(), 2);
    }

    #[test]
    fn one_that_is_not_done_and_one_that_panics_are_not_done() {
        let now = time::now();
        let done = || Box::new(|_| true) as Pending;

        assert!(wait_at_once(vec![], now));
        assert!(wait_at_once(vec![done(), done()], now));
        assert!(!wait_at_once(vec![done(), Box::new(|_| false), done()], now));
        assert!(!wait_at_once(vec![Box::new(|_| panic!("it does")), done()], now));
        assert!(!wait_in_turn(vec![Box::new(|_| false), done()], now));
    }
}
