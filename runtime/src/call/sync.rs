//! A call of a synchronous function.
//!
//! What is inlined into the function is one load, one test and the closure that captures the
//! attributes; what a recorded span needs more is two calls, which cost less than the registers and
//! the code that inlining them would take from functions that are off. The context of a call that began a trace, or
//! chose its parent, is rare and large; it waits on a stack of the thread's.

use std::{cell::RefCell, mem::ManuallyDrop};

use super::{
    Begun, Ending, Fields, IntoLinks, Origin, fields,
    meter::{Found, Labels, Meter},
};
use crate::{
    cell::MyPart,
    outcome::Outcome,
    site::{self, Site},
    time,
    trace::{
        active::{Open, Verdict},
        context::Context,
        foreign, link,
        local::{EXTRA, Local, SHARED},
        mirror,
    },
};

thread_local! {
    // Without a destructor: spans begin also while the thread's other locals are being destroyed.
    static CONTEXTS: ManuallyDrop<RefCell<Vec<Context>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
    static FREE_AT_EXIT: FreeAtExit = const { FreeAtExit };
}

struct FreeAtExit;

impl Drop for FreeAtExit {
    fn drop(&mut self) {
        CONTEXTS.with(|contexts| contexts.borrow_mut().shrink_to_fit());
    }
}

/// One call of a synchronous function; dropped unfinished, it has panicked.
#[derive(Debug)]
#[must_use]
pub struct Call(Option<On>);

/// A call about which somebody wants to know.
#[derive(Debug)]
struct On {
    open: Option<Open>,
    meter: Meter,
    /// Where this thread counts.
    part: Option<MyPart>,
    parent: u64,
    parent_flags: u16,
    /// The call has a span, here or elsewhere.
    has_span: bool,
    /// How many contexts to restore are on the stack of contexts.
    contexts: u8,
    outcome: Option<Outcome>,
}

impl Call {
    /// A call about which nobody wants to know.
    #[inline(always)]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Enters the function: begins its span as a child of the current one.
    ///
    /// In the place where the call stays: moving the state would read words back that have just
    /// been written in bytes, and that stalls.
    #[inline(always)]
    pub fn begin(&mut self, site: &'static Site, capture: impl FnOnce(Fields) -> Begun) {
        let word = site.word();
        // In a trace that is not recorded only counting and showing are left to do.
        if word & site::ON != 0 && (word & site::EVEN_UNSAMPLED != 0 || !Local.is_unsampled()) {
            On::begin(&mut self.0, site, word, 0, capture);
        }
    }

    /// Enters the function under a parent of its own choosing.
    #[inline(always)]
    pub fn begin_from(
        &mut self,
        site: &'static Site,
        origin: impl FnOnce() -> Origin,
        capture: impl FnOnce(Fields) -> Begun,
    ) {
        if !site.wants_span() {
            return self.begin(site, capture);
        }
        let (context, links) = origin().into_parts();
        push(context);
        On::begin(&mut self.0, site, site.word(), 1, capture);
        self.links(|| links);
    }

    #[cfg(test)]
    pub(crate) fn enter(site: &'static Site, capture: impl FnOnce(Fields) -> Begun) -> Self {
        let mut call = Self::off();
        call.begin(site, capture);
        call
    }

    /// Links the span to others, if it is recorded.
    #[inline(always)]
    pub fn links<L: IntoLinks>(&mut self, links: impl FnOnce() -> L) {
        if let Some(On { open: Some(_), .. }) = self.0 {
            let span = Local.span();
            links().each(&mut |link| link::write(span, link, &[]));
        }
    }

    /// Where the outcome is noted, if anybody wants to know.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        let on = self.0.as_mut()?;
        let span = if on.open.is_some() { Local.span() } else { 0 };
        Some(Ending::new(span, on.parent, on.meter.cell(), &mut on.outcome))
    }

    /// Counts the call by its labels, if anybody counts.
    #[inline(always)]
    pub fn labels(&mut self, site: &'static Site, find: impl FnOnce(Labels) -> Found) {
        // Where the function's span is off, and nothing but counting is left, there may be nothing
        // yet to count in.
        if site.word() & site::METERED != 0 {
            self.0.get_or_insert(On::NONE).meter.labels(site, find, time::ticks);
        }
    }

    /// Leaves the function, which has returned.
    ///
    /// By reference, as it begins in place.
    #[inline(always)]
    pub fn finish(&mut self) {
        if let Some(on) = &mut self.0 {
            on.leave(Outcome::Ok);
            self.0 = None;
        }
    }
}

impl On {
    const NONE: Self = Self {
        open: None,
        meter: Meter::OFF,
        part: None,
        parent: 0,
        parent_flags: 0,
        has_span: false,
        contexts: 0,
        outcome: None,
    };

    /// Begins in the place where the call stays; `None` afterwards: there is nothing to know.
    ///
    /// So many contexts have been made current for it already: they are restored even if a value
    /// panics while it is captured.
    ///
    /// Not inlined: a function that is off shall not pay for the registers of one that is on.
    #[inline(never)]
    fn begin(
        place: &mut Option<Self>,
        site: &'static Site,
        word: u32,
        contexts: u8,
        capture: impl FnOnce(Fields) -> Begun,
    ) {
        let word = mirror::settle(site, site.settle(word));
        let on = place.insert(Self { contexts, ..Self::NONE });
        if word & site::METERED != 0 {
            (on.meter, on.part) = Meter::begin_here(site);
        }
        if word & site::ELSEWHERE != 0 {
            on.adopt();
        }
        let recorded = word & site::TRACED != 0
            && match Local.verdict() {
                Verdict::Child => true,
                Verdict::Off => false,
                Verdict::Root => on.begin_root(site),
            };
        if recorded {
            on.begin_span(site, word, capture);
        } else if word & site::MIRRORED != 0 {
            on.begin_span(site, word | fields::UNRECORDED, capture);
        }
        if word & site::MIRRORED != 0 {
            on.show();
        }
        on.meter.start(word, || on.open.as_ref().map_or_else(time::ticks, Open::start));
        if !on.has_span && on.contexts == 0 && on.meter.cell().is_none() {
            *place = None;
        }
    }

    /// Begins under the span of another API, if that is nearer than ours.
    #[cold]
    #[inline(never)]
    fn adopt(&mut self) {
        if let Some(context) = foreign::adopt() {
            push(context);
            self.contexts += 1;
        }
    }

    /// Makes the counterparts in other APIs current.
    #[cold]
    #[inline(never)]
    fn show(&mut self) {
        let recorded = self.open.is_some().then(|| Local.span());
        let Some(mirror) = mirror::take(recorded) else { return };
        let mut context = Context::peek().shown_by(mirror);
        if recorded.is_some() {
            // The other API hands the counterpart out, and what is recorded there is recorded here.
            context.flags |= SHARED;
        }
        context.swap();
        // What is current after the call is what was before.
        if self.open.is_some() {
            context.span = self.parent;
            context.flags = self.parent_flags;
            // Leaving sets these flags first: the exchange of what rarely exists follows.
            self.parent_flags |= EXTRA;
        }
        keep(context);
        self.contexts += 1;
        self.has_span = true;
    }

    #[inline(always)]
    fn begin_span(
        &mut self,
        site: &'static Site,
        word: u32,
        capture: impl FnOnce(Fields) -> Begun,
    ) {
        self.parent = Local.span();
        self.parent_flags = Local.flags();
        self.open = capture(Fields::new(site, word)).0;
        if self.open.is_some() {
            self.has_span = true;
        }
    }

    /// Asks for a trace; `false`: nothing is recorded.
    #[cold]
    #[inline(never)]
    fn begin_root(&mut self, site: &'static Site) -> bool {
        if let Some(previous) = Local.enter_root(site) {
            keep(previous);
            self.contexts += 1;
        }
        matches!(Local.verdict(), Verdict::Child)
    }

    /// Leaves with the outcome that was noted, else with the given one.
    #[inline(never)]
    fn leave(&mut self, otherwise: Outcome) {
        let outcome = self.outcome.unwrap_or(otherwise);
        let asks = self.open.is_some() || self.meter.is_timed();
        let now = if asks { time::ticks() } else { 0 };
        if let Some(slow) =
            self.meter.end_here(self.part, outcome, now, || Context::peek().sampled())
            && self.open.is_some()
        {
            Local.mark_late(Local.span());
            slow.tell(Local.span());
        }
        if let Some(open) = self.open {
            Local.end_at(&open, Local.span(), Local.flags(), outcome, now);
            Local.replace_span(self.parent);
            Local.replace_flags(self.parent_flags);
        }
        for _ in 0..self.contexts {
            pop();
        }
    }
}

/// Exchanges the current context for this one, until [`pop`].
#[inline(never)]
fn push(mut context: Context) {
    context.swap();
    keep(context);
}

/// Keeps a context until [`pop`].
fn keep(context: Context) {
    CONTEXTS.with(|contexts| {
        let mut contexts = contexts.borrow_mut();
        if contexts.capacity() == 0 {
            // Registers the destructor; in a thread that is ending there is none to register.
            let _ = FREE_AT_EXIT.try_with(|_| ());
        }
        contexts.push(context);
    });
}

#[inline(never)]
fn pop() {
    if let Some(mut previous) = CONTEXTS.with(|contexts| contexts.borrow_mut().pop()) {
        previous.swap();
    }
}

impl Drop for Call {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(on) = &mut self.0 {
            on.leave(Outcome::Panicked);
        }
    }
}

/// A call of a function that never returns, or whose body must not move into a closure.
///
/// It cannot see the returned value: the outcome is `ok` unless the thread unwinds.
#[derive(Debug)]
#[must_use]
pub struct Guard(Call);

impl Guard {
    /// A call about which nobody wants to know.
    #[inline(always)]
    pub const fn off() -> Self {
        Self(Call::off())
    }

    /// Enters the function; as [`Call::begin`].
    #[inline(always)]
    pub fn begin(&mut self, site: &'static Site, capture: impl FnOnce(Fields) -> Begun) {
        self.0.begin(site, capture);
    }

    /// Enters the function under a parent of its own choosing.
    #[inline(always)]
    pub fn begin_from(
        &mut self,
        site: &'static Site,
        origin: impl FnOnce() -> Origin,
        capture: impl FnOnce(Fields) -> Begun,
    ) {
        self.0.begin_from(site, origin, capture);
    }

    /// Links the span to others, if it is recorded.
    #[inline(always)]
    pub fn links<L: IntoLinks>(&mut self, links: impl FnOnce() -> L) {
        self.0.links(links);
    }

    /// Counts the call by its labels, if anybody counts.
    #[inline(always)]
    pub fn labels(&mut self, site: &'static Site, find: impl FnOnce(Labels) -> Found) {
        self.0.labels(site, find);
    }
}

impl Drop for Guard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(on) = &mut self.0.0
            && !std::thread::panicking()
        {
            on.outcome.get_or_insert(Outcome::Ok);
        }
    }
}
