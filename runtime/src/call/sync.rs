//! A call of a synchronous function.

use super::{Begun, Ending, Fields, IntoLinks, Origin, fields::LocalRef};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    trace::{
        active::{Open, Verdict},
        context::Context,
        local::{self, Local},
    },
};

/// One call of a synchronous function; dropped unfinished, it has panicked.
#[derive(Debug)]
#[must_use]
pub struct Call {
    open: Option<Open>,
    span: u64,
    /// What was current before, where the call stays in its caller's trace.
    parent: u64,
    parent_flags: u32,
    /// What was current before, where the call changed the trace.
    previous: Option<Context>,
    counted: Option<&'static Site>,
    outcome: Option<Outcome>,
}

impl Call {
    /// Enters the function: begins its span as a child of the current one.
    #[inline(always)]
    pub fn enter(site: &'static Site, capture: impl FnOnce(Fields<'_>) -> Begun) -> Self {
        let word = site.word();
        if word & site::ON == 0 {
            return Self::off();
        }
        let mut call = Self::off();
        if word & site::COUNTED != 0 {
            call.counted = Some(site);
        }
        if word & site::TRACED != 0 {
            local::with(|local| call.begin(local, site, word, capture));
        }
        call
    }

    /// Enters the function under a parent of its own choosing.
    #[inline(always)]
    pub fn enter_from(
        site: &'static Site,
        origin: impl FnOnce() -> Origin,
        capture: impl FnOnce(Fields<'_>) -> Begun,
    ) -> Self {
        let word = site.word();
        if word & site::TRACED == 0 {
            return Self::enter(site, capture);
        }
        let mut context = origin().into_context();
        local::with(|local| context.swap(local));
        let mut call = Self::enter(site, capture);
        // Whatever the call itself replaced is the origin; the caller's context is what to restore.
        call.previous = Some(context);
        call
    }

    /// Enters a function whose end no code can follow; see [`Guard`].
    #[inline(always)]
    pub fn guard(site: &'static Site, capture: impl FnOnce(Fields<'_>) -> Begun) -> Guard {
        Guard(Self::enter(site, capture))
    }

    #[inline(always)]
    fn off() -> Self {
        Self {
            open: None,
            span: 0,
            parent: 0,
            parent_flags: 0,
            previous: None,
            counted: None,
            outcome: None,
        }
    }

    #[inline(always)]
    fn begin(
        &mut self,
        local: &Local,
        site: &'static Site,
        word: u32,
        capture: impl FnOnce(Fields<'_>) -> Begun,
    ) {
        match local.verdict() {
            Verdict::Child => {}
            Verdict::Off => return,
            Verdict::Root => {
                self.previous = local.enter_root(site);
                if !matches!(local.verdict(), Verdict::Child) {
                    return;
                }
            }
        }
        self.parent = local.span.get();
        self.parent_flags = local.flags.get();
        self.open = capture(Fields::new(&LocalRef(local), site, word)).0;
        self.span = local.span.get();
    }

    /// Links the span to others, if it is recorded.
    #[inline(always)]
    pub fn links<L: IntoLinks>(&mut self, links: impl FnOnce() -> L) {
        if self.open.is_some() {
            links().add_to(self.span);
        }
    }

    /// Where the outcome is noted, if anybody wants to know.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        if self.open.is_none() && self.counted.is_none() {
            return None;
        }
        let span = if self.open.is_some() { self.span } else { 0 };
        Some(Ending::new(span, self.parent, &mut self.outcome))
    }

    /// Leaves the function, which has returned.
    #[inline(always)]
    pub fn finish(mut self) {
        self.outcome.get_or_insert(Outcome::Ok);
        // Dropping does the rest.
    }

    #[inline(always)]
    fn leave(&mut self, outcome: Outcome) {
        local::with(|local| {
            if let Some(open) = self.open.take() {
                local.end(&open, self.span, local.flags.get(), outcome);
                local.span.set(self.parent);
                local.flags.set(self.parent_flags);
            }
            if let Some(mut previous) = self.previous.take() {
                previous.swap(local);
            }
        });
        if let Some(site) = self.counted.take() {
            site.count(outcome);
        }
    }
}

impl Drop for Call {
    #[inline(always)]
    fn drop(&mut self) {
        if self.open.is_some() || self.previous.is_some() || self.counted.is_some() {
            self.leave(self.outcome.unwrap_or(Outcome::Panicked));
        }
    }
}

/// A call of a function that never returns, or whose body must not move into a closure.
///
/// It cannot see the returned value: the outcome is `ok` unless the thread unwinds.
#[derive(Debug)]
#[must_use]
pub struct Guard(Call);

impl Drop for Guard {
    #[inline(always)]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.outcome.get_or_insert(Outcome::Ok);
        }
    }
}
