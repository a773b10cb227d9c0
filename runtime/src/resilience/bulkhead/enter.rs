//! Getting a place: at once, by waiting in a task, by waiting in a thread.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use pin_project_lite::pin_project;

use super::{
    Bulkhead, Core, patience,
    queue::{Entry, Waiting},
};
use crate::{
    resilience::{Mode, Rejected, timer, timer::Timer},
    time,
};

/// A place; dropped, it is given back.
#[derive(Debug)]
#[must_use = "a place that is dropped is free again"]
pub(crate) struct Place<'b> {
    /// None: nobody counts, for the bulkhead is disabled.
    core: Option<&'b Core>,
}

impl<'b> Place<'b> {
    #[inline(always)]
    fn in_(core: &'b Core) -> Self {
        core.count(|counted| &counted.entered);
        Self { core: Some(core) }
    }
}

impl Drop for Place<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(core) = self.core {
            core.queue.leave();
        }
    }
}

/// What came of asking for a place.
enum Asked<'b> {
    In(Place<'b>),
    Queued(Waiting<'b>),
}

impl Core {
    /// Takes a place, or gets in line.
    #[inline(always)]
    fn ask(&self) -> Result<Asked<'_>, Rejected> {
        if self.mode.load(Relaxed) != Mode::Auto as u8 {
            return self.held();
        }
        match self.queue.enter() {
            Entry::In => Ok(Asked::In(Place::in_(self))),
            Entry::Queued(waiting) if self.patience.load(Relaxed) > 0 => {
                self.count(|counted| &counted.waited);
                Ok(Asked::Queued(waiting))
            }
            Entry::Queued(_) | Entry::Full => Err(self.rejected()),
        }
    }

    /// Somebody has decided.
    #[cold]
    fn held(&self) -> Result<Asked<'_>, Rejected> {
        match Mode::of(self.mode.load(Relaxed)) {
            Mode::ForcedOpen => Err(self.rejected()),
            Mode::Disabled => Ok(Asked::In(Place { core: None })),
            Mode::Auto | Mode::Observe => {
                if !self.queue.enter_anyway() {
                    self.count(|counted| &counted.rejected);
                }
                Ok(Asked::In(Place::in_(self)))
            }
        }
    }
}

impl Bulkhead {
    /// A place, as soon as there is one.
    #[inline]
    pub(crate) fn enter(&self) -> Enter<'_> {
        Enter { core: self.home.get(&self.template), waiting: None, timer: None }
    }

    /// A place, if there is one now.
    #[inline]
    pub(crate) fn try_enter(&self) -> Result<Place<'_>, Rejected> {
        let core = self.home.get(&self.template);
        match core.ask()? {
            Asked::In(place) => Ok(place),
            // Out of the line again.
            Asked::Queued(_) => Err(core.rejected()),
        }
    }

    /// A place, for which the thread waits no longer than `most` and what was declared.
    #[inline]
    pub(crate) fn enter_blocking(&self, most: Option<Duration>) -> Result<Place<'_>, Rejected> {
        let core = self.home.get(&self.template);
        match core.ask()? {
            Asked::In(place) => Ok(place),
            Asked::Queued(waiting) => core.wait(waiting, most),
        }
    }
}

impl Core {
    #[cold]
    fn wait<'b>(
        &'b self,
        mut waiting: Waiting<'b>,
        most: Option<Duration>,
    ) -> Result<Place<'b>, Rejected> {
        let own = patience(self.patience.load(Relaxed));
        let patience = own.into_iter().chain(most).min();
        let until = patience.and_then(|patience| time::now().checked_add(patience));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            if waiting.poll(&mut context).is_ready() {
                return Ok(Place::in_(self));
            }
            let Some(until) = until else {
                thread::park();
                continue;
            };
            let left = until.saturating_duration_since(time::now());
            if left.is_zero() {
                return Err(self.rejected());
            }
            // Somebody may wake the thread for another reason.
            thread::park_timeout(left);
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pin_project! {
    /// Getting a place; dropped while it waits, it is out of the line.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Enter<'b> {
        core: &'b Core,
        waiting: Option<Waiting<'b>>,
        #[pin]
        timer: Option<Timer>,
    }
}

impl<'b> Future for Enter<'b> {
    type Output = Result<Place<'b>, Rejected>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let core = *this.core;
        if this.waiting.is_none() {
            match core.ask() {
                Ok(Asked::In(place)) => return Poll::Ready(Ok(place)),
                Err(rejected) => return Poll::Ready(Err(rejected)),
                Ok(Asked::Queued(waiting)) => *this.waiting = Some(waiting),
            }
            let patience = core.patience.load(Relaxed);
            if patience != u64::MAX {
                let until = timer::now().saturating_add(patience);
                this.timer.set(Some(Timer::until(until)));
            }
        }
        if let Some(waiting) = this.waiting
            && waiting.poll(context).is_ready()
        {
            *this.waiting = None;
            this.timer.set(None);
            return Poll::Ready(Ok(Place::in_(core)));
        }
        let Some(timer) = this.timer.as_mut().as_pin_mut() else { return Poll::Pending };
        if timer.poll(context).is_pending() {
            return Poll::Pending;
        }
        // Out of the line; a place that comes just now goes on to the next.
        *this.waiting = None;
        this.timer.set(None);
        Poll::Ready(Err(core.rejected()))
    }
}
