//! A call of an asynchronous function: the span lives in the future.
//!
//! Beginning it writes its record; each poll exchanges the thread's context with the future's and
//! back; being ready patches the end in. Nothing is allocated, and the future is `Send` if its
//! body is.

use std::{
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::{Begun, Ending, Fields, IntoLinks, Origin};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    trace::{active::Active, local::Local},
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
    /// Counts a call that ended so.
    fn tally(&self, outcome: Outcome);
}

impl Tally for () {
    fn tally(&self, _outcome: Outcome) {}
}

impl Tally for &'static Site {
    fn tally(&self, outcome: Outcome) {
        if self.word() & site::COUNTED != 0 {
            self.count(outcome);
        }
    }
}

impl AsyncCall {
    /// Begins the call: its span is a child of the current one.
    #[inline(always)]
    pub fn start(site: &'static Site, capture: impl FnOnce(Fields) -> Begun) -> Self {
        let word = site.word();
        if word & site::TRACED == 0 {
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
        if site.word() & site::TRACED == 0 {
            return Self::start(site, capture);
        }
        let _attached = origin().into_context().attach();
        Self::start(site, capture)
    }

    /// Counts the call too.
    #[inline(always)]
    pub fn counted(self, site: &'static Site) -> AsyncCall<&'static Site> {
        AsyncCall { active: self.active, tally: site }
    }
}

impl<C: Tally> AsyncCall<C> {
    /// Links the span to others, if it is recorded.
    #[inline(always)]
    pub fn links<L: IntoLinks>(mut self, links: impl FnOnce() -> L) -> Self {
        if self.active.is_recording() {
            let span = self.active.span();
            links().add_to(span);
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
        Instrumented { body: Some(body), active: self.active, tally: self.tally, look }
    }
}

/// Where an asynchronous call's outcome is noted.
#[derive(Debug)]
pub struct Returning<'c> {
    span: u64,
    parent: u64,
    outcome: &'c mut Option<Outcome>,
}

impl Returning<'_> {
    /// Where the outcome is noted.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        Some(Ending::new(self.span, self.parent, self.outcome))
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
        // `None`: the call has ended.
        #[pin]
        body: Option<F>,
        active: Active,
        tally: C,
        look: L,
    }

    impl<F, L, C: Tally> PinnedDrop for Instrumented<F, L, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.body.is_some() {
                let panicked = this.active.was_left_by_panic();
                within(this.active, |_| this.body.set(None));
                let outcome = if panicked { Outcome::Panicked } else { Outcome::Cancelled };
                this.active.end(outcome);
                this.tally.tally(outcome);
            }
        }
    }
}

/// Runs with the span current, and restores what was current before, also after a panic.
#[inline(always)]
fn within<R>(active: &mut Active, run: impl FnOnce(&Active) -> R) -> R {
    struct Leave<'a>(&'a mut Active);
    impl Drop for Leave<'_> {
        #[inline(always)]
        fn drop(&mut self) {
            self.0.swap();
        }
    }
    if !active.has_context() {
        return run(active);
    }
    active.swap();
    let leave = Leave(active);
    run(leave.0)
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
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            // Polled after it was ready: pending harms nobody.
            return Poll::Pending;
        };
        let mut outcome = None;
        this.active.set_polling(true);
        let polled = within(this.active, |active| {
            let polled = body.poll(context);
            if let Poll::Ready(value) = &polled {
                let span = if active.is_recording() { Local.span() } else { 0 };
                let parent = active.span();
                (this.look)(&mut Returning { span, parent, outcome: &mut outcome }, value);
            }
            polled
        });
        this.active.set_polling(false);
        if polled.is_ready() {
            this.body.set(None);
            let outcome = outcome.unwrap_or(Outcome::Ok);
            this.active.end(outcome);
            this.tally.tally(outcome);
        }
        polled
    }
}
