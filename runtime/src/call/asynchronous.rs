//! A call of an asynchronous function: the span lives in the future.
//!
//! Beginning it writes its record; each poll exchanges the thread's context with the future's and
//! back; being ready patches the end in. Nothing is allocated, and the future is `Send` if its
//! body is.

use std::{
    mem,
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Begun, Ending, Fields, IntoLinks, Origin,
    meter::{Found, Labels, Meter},
};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    time,
    trace::{
        active::Active,
        context::{Context, Phase},
        link,
        local::Local,
    },
};

/// A call of an asynchronous function that has begun and waits for its body.
#[derive(Debug)]
#[must_use]
pub struct AsyncCall<C = ()> {
    active: Active,
    tally: C,
}

/// Who counts the call; `()` for nobody, at no cost.
pub trait Tally {
    /// What the call is counted in.
    fn meter(&self) -> Meter;
    /// The same, for its end.
    fn take(&mut self) -> Meter;
}

impl Tally for () {
    #[inline(always)]
    fn meter(&self) -> Meter {
        Meter::OFF
    }

    #[inline(always)]
    fn take(&mut self) -> Meter {
        Meter::OFF
    }
}

/// Counts the call; dropped before its end, it has panicked.
#[derive(Debug)]
pub struct Counting(Meter);

impl Tally for Counting {
    #[inline(always)]
    fn meter(&self) -> Meter {
        self.0
    }

    #[inline(always)]
    fn take(&mut self) -> Meter {
        mem::replace(&mut self.0, Meter::OFF)
    }
}

impl Drop for Counting {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.cell().is_some() {
            self.take().end(Outcome::Panicked, time::ticks(), || None);
        }
    }
}

impl AsyncCall {
    /// Begins a call that carries the current context also where it is not recorded.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn start_carrying(
        site: &'static Site,
        capture: impl FnOnce(Fields) -> Begun,
    ) -> Self {
        let mut call = Self::start(site, capture);
        if !call.active.has_context() {
            call.active = Active::unrecorded();
        }
        call
    }

    /// The same; of a trace that is not recorded here, whoever is called next learns of a span of
    /// ours nevertheless, and not of the caller's.
    ///
    /// W3C Trace Context asks for that of all who take part in a trace.
    #[cfg(feature = "tower")]
    pub(crate) fn taking_part(mut self) -> Self {
        if !self.active.is_recording() {
            self.active.stand_in();
        }
        self
    }

    /// The context within the call.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn context(&self) -> &Context {
        self.active.context()
    }

    /// Begins the call: its span is a child of the current one.
    #[inline(always)]
    pub fn start(site: &'static Site, capture: impl FnOnce(Fields) -> Begun) -> Self {
        let word = site.word();
        let unsampled = word & (site::MIRRORED | site::ELSEWHERE) == 0 && Local.is_unsampled();
        if word & (site::TRACED | site::MIRRORED) == 0 || unsampled {
            return Self { active: Active::off(), tally: () };
        }
        Self { active: Active::begin(site, word, capture), tally: () }
    }

    /// Begins the call under a parent of its own choosing.
    #[inline(always)]
    pub fn start_from(
        site: &'static Site,
        origin: impl FnOnce() -> Origin,
        capture: impl FnOnce(Fields) -> Begun,
    ) -> Self {
        if !site.wants_span() {
            return Self::start(site, capture);
        }
        let (context, links) = origin().into_parts();
        let _attached = context.attach();
        Self::start(site, capture).links(|| links)
    }

    /// Counts the call too, with or without a clock.
    #[inline(always)]
    pub fn metered(self, site: &'static Site) -> AsyncCall<Counting> {
        let word = site.word();
        let mut meter = Meter::OFF;
        if word & site::METERED != 0 {
            let word = site.settle(word);
            meter = Meter::begin(site);
            meter.start(word, || self.active.start().unwrap_or_else(time::ticks));
        }
        AsyncCall { active: self.active, tally: Counting(meter) }
    }

    /// The same, by its labels.
    #[inline(always)]
    pub fn labelled(
        self,
        site: &'static Site,
        find: impl FnOnce(Labels) -> Found,
    ) -> AsyncCall<Counting> {
        let mut meter = Meter::OFF;
        meter.labels(site, find, || self.active.start().unwrap_or_else(time::ticks));
        AsyncCall { active: self.active, tally: Counting(meter) }
    }
}

impl<C: Tally> AsyncCall<C> {
    /// Links the span to others, if it is recorded.
    #[inline(always)]
    pub fn links<L: IntoLinks>(mut self, links: impl FnOnce() -> L) -> Self {
        if self.active.is_recording() {
            let span = self.active.span();
            links().each(&mut |link| link::write(span, link, &[]));
            self.active.mark_late();
        }
        self
    }

    /// Runs the body within the span; `look` notes what it returned.
    #[inline(always)]
    pub fn run<F, L>(self, body: F, look: L) -> Instrumented<F, L, C>
    where
        F: Future,
        L: Fn(&mut Returning<'_>, &F::Output),
    {
        Instrumented { body, carrier: Carrier::new(self), look }
    }
}

/// Where an asynchronous call's outcome is noted.
#[derive(Debug)]
pub struct Returning<'c> {
    span: u64,
    parent: u64,
    meter: Meter,
    outcome: &'c mut Option<Outcome>,
    /// Where the type of an error is kept, if it is not counted at once.
    #[cfg(feature = "stream")]
    error_type: Option<&'c mut Option<Box<str>>>,
}

impl<'c> Returning<'c> {
    #[inline(always)]
    pub(super) fn new(
        span: u64,
        parent: u64,
        meter: Meter,
        outcome: &'c mut Option<Outcome>,
    ) -> Self {
        Self {
            span,
            parent,
            meter,
            outcome,
            #[cfg(feature = "stream")]
            error_type: None,
        }
    }

    /// Of an item of a stream, which need not be what the call ends with: nothing is counted yet.
    #[cfg(feature = "stream")]
    #[inline(always)]
    pub(super) fn item(
        span: u64,
        parent: u64,
        outcome: &'c mut Option<Outcome>,
        error_type: &'c mut Option<Box<str>>,
    ) -> Self {
        Self { span, parent, meter: Meter::OFF, outcome, error_type: Some(error_type) }
    }

    /// Where the outcome is noted.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        let ending = Ending::new(self.span, self.parent, self.meter.cell(), self.outcome);
        #[cfg(feature = "stream")]
        if let Some(error_type) = self.error_type.as_deref_mut() {
            return Some(ending.noting(error_type));
        }
        Some(ending)
    }
}

pin_project! {
    /// A future with its span, or without one where nothing is recorded.
    ///
    /// Dropped before it is ready, its outcome is `cancelled`; what the body drops then is still
    /// within the span.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Instrumented<F, L, C: Tally = ()> {
        // Dropped before the carrier, which leaves the span and ends it.
        #[pin]
        body: F,
        carrier: Carrier<C>,
        look: L,
    }

    impl<F, L, C: Tally> PinnedDrop for Instrumented<F, L, C> {
        fn drop(this: Pin<&mut Self>) {
            this.project().carrier.begin_drop();
        }
    }
}

/// The span of a future or a stream, and how that fares.
#[derive(Debug)]
pub(crate) struct Carrier<C: Tally> {
    active: Active,
    tally: C,
}

impl<C: Tally> Carrier<C> {
    pub(crate) fn new(call: AsyncCall<C>) -> Self {
        Self { active: call.active, tally: call.tally }
    }

    /// Whether the last poll was left by a panic, or is still under way.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn is_polling(&self) -> bool {
        self.active.phase() == Phase::Polling
    }

    #[cfg(any(feature = "stream", feature = "tower", feature = "reqwest"))]
    pub(crate) fn is_recording(&self) -> bool {
        self.active.is_recording()
    }

    #[cfg(feature = "stream")]
    pub(crate) fn is_done(&self) -> bool {
        self.active.phase() == Phase::Done
    }

    /// Says more about the span before it ends, if it is recorded; called between two polls.
    #[cfg(any(feature = "stream", feature = "tower", feature = "reqwest"))]
    pub(crate) fn late(&mut self, say: impl FnOnce(u64)) {
        if self.active.is_recording() {
            self.active.mark_late();
            say(self.active.span());
        }
    }

    /// Runs a poll with the span current, and restores what was current before, also after a panic.
    #[inline(always)]
    pub(crate) fn poll<R>(&mut self, run: impl FnOnce(&Active) -> R) -> R {
        struct Leave<'a>(&'a mut Active);
        impl Drop for Leave<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.swap();
            }
        }
        self.active.set_phase(Phase::Polling);
        let polled = if self.active.has_context() {
            self.active.enter();
            let leave = Leave(&mut self.active);
            run(leave.0)
        } else {
            run(&self.active)
        };
        self.active.set_phase(Phase::Waiting);
        polled
    }

    #[inline(always)]
    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.active.set_phase(Phase::Done);
        let meter = self.tally.take();
        let asks = self.active.is_recording() || meter.is_timed();
        let now = if asks { time::ticks() } else { 0 };
        let sampled = || match self.active.has_context() {
            true => self.active.context().sampled(),
            false => Context::peek().sampled(),
        };
        if let Some(slow) = meter.end(outcome, now, sampled)
            && self.active.is_recording()
        {
            self.active.mark_late();
            slow.tell(self.active.span());
        }
        self.active.end_at(outcome, now);
    }

    /// The span, if it is recorded; asked between two polls.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn span(&self) -> u64 {
        self.active.span()
    }

    /// The context within the span; asked between two polls.
    #[cfg(feature = "tower")]
    pub(crate) fn context(&self) -> &Context {
        self.active.context()
    }

    /// Does something within the span that is no poll.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        let _attached = self.active.context().attach();
        run()
    }

    /// What the call is counted in.
    #[inline(always)]
    pub(crate) fn meter(&self) -> Meter {
        self.tally.meter()
    }

    /// The future is being dropped: until the carrier is, what it drops is within the span.
    #[inline(always)]
    pub(crate) fn begin_drop(&mut self) {
        if self.active.phase() == Phase::Done {
            // Who is shown the span expects what is left of the body to be dropped within.
            if self.active.is_shown() {
                self.active.set_phase(Phase::DoneWithin);
                self.active.enter();
            }
            return;
        }
        // A panic has ended the span's time already; nothing more belongs to it.
        if self.active.phase() == Phase::Polling {
            self.end(Outcome::Panicked);
        } else {
            let within = self.active.has_context();
            self.active.set_phase(if within { Phase::DroppingWithin } else { Phase::Dropping });
            if within {
                self.active.enter();
            }
        }
    }

    /// What was to be dropped is; a call that was under way ends so.
    #[inline(always)]
    fn end_drop(&mut self, outcome: Outcome) {
        let phase = self.active.phase();
        if matches!(phase, Phase::DroppingWithin | Phase::DoneWithin) {
            self.active.swap();
        }
        if matches!(phase, Phase::Dropping | Phase::DroppingWithin) {
            self.end(outcome);
        }
    }

    /// The same, for who drops the carrier next.
    #[cfg(feature = "stream")]
    pub(super) fn end_drop_as(&mut self, outcome: Outcome) {
        self.end_drop(outcome);
        self.active.set_phase(Phase::Done);
    }

    /// Whether a call that was under way is being dropped.
    #[cfg(feature = "stream")]
    pub(super) fn is_dropping(&self) -> bool {
        matches!(self.active.phase(), Phase::Dropping | Phase::DroppingWithin)
    }
}

impl<C: Tally> Drop for Carrier<C> {
    #[inline(always)]
    fn drop(&mut self) {
        self.end_drop(Outcome::Cancelled);
    }
}

impl<F, L, C> Future for Instrumented<F, L, C>
where
    F: Future,
    L: Fn(&mut Returning<'_>, &F::Output),
    C: Tally,
{
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut outcome = None;
        let meter = this.carrier.meter();
        let polled = this.carrier.poll(|active| {
            let polled = this.body.poll(context);
            if let Poll::Ready(value) = &polled {
                let span = if active.is_recording() { Local.span() } else { 0 };
                let parent = active.span();
                (this.look)(&mut Returning::new(span, parent, meter, &mut outcome), value);
            }
            polled
        });
        if polled.is_ready() {
            this.carrier.end(outcome.unwrap_or(Outcome::Ok));
        }
        polled
    }
}
