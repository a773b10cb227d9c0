//! Calls that go on while the script does: futures polled by hand, or threads.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{Receiver, TryRecvError, channel},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use spandrel::testing::{Capture, MockClock};

use super::{
    body::{Line, Returned},
    objects::{Calling, Objects, Way},
};

/// How a call ended; none: by a panic.
pub(crate) type Ended = Option<Returned>;

const STEP: Duration = Duration::from_millis(1);
/// Nothing here takes nearly as long, unless somebody waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a future to its end; whenever it waits, time passes.
pub(crate) fn to_its_end(
    mut calling: Calling,
    line: &Line,
    clock: &MockClock,
) -> Result<Ended, String> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..2_000_000 {
        match catch_unwind(AssertUnwindSafe(|| calling.as_mut().poll(&mut context))) {
            Ok(Poll::Ready(returned)) => return Ok(Some(returned)),
            Ok(Poll::Pending) => {}
            Err(_) => return Ok(None),
        }
        let soon = line.ready_in().filter(|nanos| *nanos > 0).map(Duration::from_nanos);
        clock.advance(soon.map_or(STEP, |soon| soon.min(STEP)));
    }
    Err("it waits for ever".to_owned())
}

/// A call that goes on.
pub(crate) struct Begun {
    pub(crate) line: Arc<Line>,
    pub(crate) began: u64,
    pub(crate) ended: Option<(Ended, u64)>,
    course: Course,
}

enum Course {
    Task(Calling, Arc<Woken>),
    Thread(Receiver<Ended>),
    Over,
}

/// Only a future that was woken is polled: a waker that is forgotten shows.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl Begun {
    pub(crate) fn new(
        way: Way,
        objects: &Arc<Objects>,
        asks: bool,
        (capture, clock): (&Capture, &Arc<MockClock>),
    ) -> Result<Self, &'static str> {
        let line = Arc::new(Line::new(Arc::clone(clock), None));
        let course = if way == Way::Sync {
            let (sender, receiver) = channel();
            let (objects, line) = (Arc::clone(objects), Arc::clone(&line));
            let context = capture.context();
            thread::spawn(move || {
                let _attached = context.attach();
                let called =
                    catch_unwind(AssertUnwindSafe(|| objects.call(Way::Sync, &line, asks)));
                let ended = called.ok().map(|returned| returned.unwrap());
                // Whoever asked may have failed by now.
                let _ = sender.send(ended);
            });
            Course::Thread(receiver)
        } else {
            let calling = Arc::clone(objects).call_async(way, Arc::clone(&line), asks)?;
            Course::Task(calling, Arc::new(Woken(AtomicBool::new(true))))
        };
        Ok(Self { line, began: clock.unix_nanos(), ended: None, course })
    }

    /// Goes on as far as it can; whether that was anywhere.
    pub(crate) fn go_on(&mut self, now: u64) -> bool {
        match &mut self.course {
            Course::Task(calling, woken) => {
                if !woken.0.swap(false, SeqCst) {
                    return false;
                }
                let waker = Waker::from(Arc::clone(woken));
                let mut context = Context::from_waker(&waker);
                let polled = catch_unwind(AssertUnwindSafe(|| calling.as_mut().poll(&mut context)));
                let ended = match polled {
                    Ok(Poll::Pending) => return true,
                    Ok(Poll::Ready(returned)) => Some(returned),
                    Err(_) => None,
                };
                self.ended = Some((ended, now));
                self.course = Course::Over;
                true
            }
            Course::Thread(receiver) => match receiver.try_recv() {
                Ok(ended) => {
                    self.ended = Some((ended, now));
                    self.course = Course::Over;
                    true
                }
                Err(TryRecvError::Empty) => false,
                Err(TryRecvError::Disconnected) => panic!("a thread of a call is gone"),
            },
            Course::Over => false,
        }
    }

    /// Drops the future.
    pub(crate) fn cancel(&mut self) -> Result<(), &'static str> {
        if matches!(self.course, Course::Thread(_)) {
            return Err("a call that keeps its thread cannot be cancelled");
        }
        self.course = Course::Over;
        Ok(())
    }

    fn is_thread(&self) -> bool {
        matches!(self.course, Course::Thread(_))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.line.give_up();
    }
}

/// Lets all go on until nobody can.
pub(crate) fn settle(
    begun: &mut [&mut Begun],
    objects: &Objects,
    now: u64,
) -> Result<(), &'static str> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // All of them, in the order in which they began.
        let moved = begun.iter_mut().filter_map(|begun| begun.go_on(now).then_some(())).count();
        if moved > 0 {
            continue;
        }
        let threads = begun.iter().filter(|begun| begun.is_thread());
        let told = threads.clone().filter(|begun| begun.line.is_waited_for()).count() as u64;
        let queued = objects.bulkhead.as_ref().map_or(0, |bulkhead| bulkhead.statistics().queued());
        let threads = threads.count() as u64;
        if threads == 0 || told + queued == threads {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err("a thread is lost");
        }
        thread::yield_now();
    }
}
