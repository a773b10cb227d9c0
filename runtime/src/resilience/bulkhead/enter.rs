//! Getting a place: at once, by waiting in a task, by waiting in a thread.

use std::{
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use pin_project_lite::pin_project;

use super::{
    Bulkhead, Core, patience,
    queue::{Entry, Holder, Queue, Waiting},
};
use crate::{
    resilience::{
        Mode, Rejected, Verdict, instances::Listed as _, nanos, rejected::Whose, telemetry, timer,
        timer::Timer,
    },
    time,
};

/// A place of a bulkhead that outlives it.
pub(crate) type Place<'b> = Held<&'b Core>;

/// Getting a place of a bulkhead that outlives it.
pub(crate) type Enter<'b> = Entering<&'b Core>;

/// Who holds a bulkhead, for itself and for its place.
pub(crate) trait Holds: Holder + Deref<Target = Core> + Clone {}

impl<C: Holder + Deref<Target = Core> + Clone> Holds for C {}

impl Holder for &Core {
    #[inline(always)]
    fn queue(&self) -> &Queue {
        &self.queue
    }
}

impl Holder for Arc<Core> {
    fn queue(&self) -> &Queue {
        &self.queue
    }
}

/// A place; dropped, it is given back.
#[derive(Debug)]
#[must_use = "a place that is dropped is free again"]
pub(crate) struct Held<C: Holds> {
    core: C,
    /// Nobody counts, for the bulkhead is disabled.
    is_uncounted: bool,
    /// When it was taken, where that matters.
    began: u64,
}

impl<C: Holds> Held<C> {
    #[inline(always)]
    fn counted(core: C) -> Self {
        core.count(|counted| &counted.entered);
        let began = if core.tuning.is_some() { time::nanos() } else { 0 };
        Self { core, is_uncounted: false, began }
    }

    /// Gives it back after a call that went like this, which says how many the callee can take.
    ///
    /// Dropped in place of that, the call says nothing.
    #[inline(always)]
    pub(crate) fn end(self, verdict: Verdict) {
        if self.core.tuning.is_some() {
            self.tune(verdict);
        }
    }

    #[cold]
    fn tune(&self, verdict: Verdict) {
        if let Some(stay) = self.stay() {
            self.core.learn(stay, verdict);
        }
    }

    /// What the bulkhead could learn of the call; none: it learns nothing.
    fn stay(&self) -> Option<Stay> {
        let is_known = self.core.tuning.is_some() && !self.is_uncounted;
        is_known.then(|| Stay {
            nanos: time::nanos().saturating_sub(self.began),
            inside: self.core.queue.occupancy().0,
        })
    }
}

/// How long a call took in its place, and how many were in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    nanos: u64,
    inside: u64,
}

/// What a bulkhead learns of a call when that is judged, after its place was given back.
#[derive(Debug)]
pub(crate) struct Lesson<'b> {
    core: &'b Core,
    stay: Stay,
}

impl<'b> Place<'b> {
    /// What the bulkhead is to learn of the call; none: it learns nothing, as nearly all of them.
    #[inline(always)]
    pub(crate) fn lesson(&self) -> Option<Lesson<'b>> {
        self.core.tuning.as_ref()?;
        self.stay().map(|stay| Lesson { core: self.core, stay })
    }
}

impl Lesson<'_> {
    pub(crate) fn learn(self, verdict: Verdict) {
        self.core.learn(self.stay, verdict);
    }
}

impl Core {
    fn learn(&self, stay: Stay, verdict: Verdict) {
        let Some(tuning) = &self.tuning else { return };
        if let Some(places) = tuning.learn(verdict, stay.nanos, stay.inside) {
            self.queue.resize(places);
        }
    }
}

impl<C: Holds> Drop for Held<C> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_uncounted {
            self.core.queue.leave();
        }
    }
}

/// What came of asking for a place.
pub(crate) enum Asked<C: Holds> {
    In(Held<C>),
    Queued(Waiting<C>),
}

/// Takes a place, or gets in line.
#[inline(always)]
pub(crate) fn ask<C: Holds>(core: C) -> Result<Asked<C>, Rejected> {
    if core.mode.load(Relaxed) != Mode::Auto as u8 {
        return core
            .held()
            .map(|is_uncounted| Asked::In(Held { core, is_uncounted, began: u64::MAX }));
    }
    match Queue::enter(core.clone()) {
        Entry::In => Ok(Asked::In(Held::counted(core))),
        Entry::Queued(waiting) if core.patience.load(Relaxed) > 0 => {
            core.count(|counted| &counted.waited);
            Ok(Asked::Queued(waiting))
        }
        Entry::Queued(_) | Entry::Full => Err(core.rejected()),
    }
}

impl Core {
    /// Somebody has decided: leave without a place, which counts or not.
    #[cold]
    fn held(&self) -> Result<bool, Rejected> {
        match self.mode() {
            Mode::ForcedOpen => Err(self.rejected()),
            Mode::Disabled => Ok(true),
            Mode::Auto | Mode::Observe => {
                if !self.queue.enter_anyway() {
                    self.count(|counted| &counted.rejected);
                }
                self.count(|counted| &counted.entered);
                Ok(false)
            }
        }
    }
}

impl Bulkhead {
    /// The name and the key that its rejections have.
    pub(crate) fn whose(&self) -> Whose {
        let core = self.home.get(&self.template);
        (core.name, core.key.clone())
    }

    /// A place, if one is free and nothing else has to be asked.
    #[inline(always)]
    pub(crate) fn enter_at_once(&self) -> Option<Place<'_>> {
        let core = &**self.home.get(&self.template);
        let enters = core.mode.load(Relaxed) == Mode::Auto as u8 && core.queue.enter_at_once();
        enters.then(|| Held::counted(core))
    }

    /// A place, as soon as there is one.
    #[inline]
    pub(crate) fn enter(&self) -> Enter<'_> {
        Entering::new(&**self.home.get(&self.template))
    }

    /// A place, if there is one now.
    #[inline]
    pub(crate) fn try_enter(&self) -> Result<Place<'_>, Rejected> {
        let core = self.home.get(&self.template);
        match ask(&**core)? {
            Asked::In(place) => Ok(place),
            // Out of the line again.
            Asked::Queued(_) => Err(core.rejected()),
        }
    }

    /// A place, for which the thread waits no longer than `most` and what was declared.
    #[inline]
    pub(crate) fn enter_blocking(&self, most: Option<Duration>) -> Result<Place<'_>, Rejected> {
        match self.ask()? {
            Asked::In(place) => Ok(place),
            Asked::Queued(line) => self.stand_in_line(line, most),
        }
    }

    /// A place, if there is one now, or one in the line, in which to [wait](Self::stand_in_line).
    #[inline]
    pub(crate) fn ask(&self) -> Result<Asked<&Core>, Rejected> {
        ask(&**self.home.get(&self.template))
    }

    /// The place, for which the thread waits no longer than `most` and what was declared.
    #[cold]
    pub(crate) fn stand_in_line<'b>(
        &'b self,
        line: Waiting<&'b Core>,
        most: Option<Duration>,
    ) -> Result<Place<'b>, Rejected> {
        self.home.get(&self.template).wait(line, most)
    }
}

impl Core {
    fn wait<'b>(
        &'b self,
        mut waiting: Waiting<&'b Self>,
        most: Option<Duration>,
    ) -> Result<Place<'b>, Rejected> {
        let own = patience(self.patience.load(Relaxed));
        let patience = own.into_iter().chain(most).min();
        // Not the clock of timers: that of tokio may stand, and nobody here would move it.
        let until = patience.map(|time| time::steady_nanos().saturating_add(nanos::of(time)));
        // A clock that stands is no reason to wait for ever.
        let latest = patience.and_then(|time| time::now().checked_add(time));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        let began = time::nanos();
        loop {
            if waiting.poll(&mut context).is_ready() {
                self.tell_wait(began);
                return Ok(Place::counted(self));
            }
            let Some((until, latest)) = until.zip(latest) else {
                thread::park();
                continue;
            };
            let now = time::mocked();
            let left = latest.saturating_duration_since(time::now());
            if left.is_zero() || now.is_some_and(|now| now >= until) {
                self.tell_wait(began);
                return Err(self.rejected());
            }
            if let Some(now) = now
                && (time::skip(Duration::from_nanos(until - now))
                    || time::poll_mocked(until, &waker).is_ready())
            {
                continue;
            }
            // Somebody may wake the thread for another reason.
            thread::park_timeout(left);
        }
    }
}

impl Core {
    #[cold]
    fn tell_wait(&self, began: u64) {
        telemetry::waited_for_place(self.name, time::nanos().saturating_sub(began));
    }

    /// Ends a wait that begins now; none: there is all the time in the world.
    fn timer(&self) -> Option<Timer> {
        let patience = self.patience.load(Relaxed);
        (patience != u64::MAX).then(|| Timer::until(timer::now().saturating_add(patience)))
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
    pub(crate) struct Entering<C>
    where
        C: Holds,
    {
        core: C,
        // With when it began to wait.
        waiting: Option<(Waiting<C>, u64)>,
        #[pin]
        timer: Option<Timer>,
    }
}

impl<C: Holds> Entering<C> {
    #[inline(always)]
    fn new(core: C) -> Self {
        Self { core, waiting: None, timer: None }
    }

    /// That of one who is in the line already.
    #[cfg(feature = "tower")]
    pub(crate) fn queued(core: C, waiting: Waiting<C>) -> Self {
        let timer = core.timer();
        Self { core, waiting: Some((waiting, time::nanos())), timer }
    }
}

impl<C: Holds> Future for Entering<C> {
    type Output = Result<Held<C>, Rejected>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let core = &*this.core;
        if this.waiting.is_none() {
            match ask(core.clone()) {
                Ok(Asked::In(place)) => return Poll::Ready(Ok(place)),
                Err(rejected) => return Poll::Ready(Err(rejected)),
                Ok(Asked::Queued(waiting)) => *this.waiting = Some((waiting, time::nanos())),
            }
            this.timer.set(core.timer());
        }
        if let Some((waiting, began)) = this.waiting
            && waiting.poll(context).is_ready()
        {
            core.tell_wait(*began);
            *this.waiting = None;
            this.timer.set(None);
            return Poll::Ready(Ok(Held::counted(core.clone())));
        }
        let Some(timer) = this.timer.as_mut().as_pin_mut() else { return Poll::Pending };
        if timer.poll(context).is_pending() {
            return Poll::Pending;
        }
        // Out of the line; a place that comes just now goes on to the next.
        if let Some((_, began)) = this.waiting.take() {
            core.tell_wait(began);
        }
        this.timer.set(None);
        Poll::Ready(Err(core.rejected()))
    }
}
