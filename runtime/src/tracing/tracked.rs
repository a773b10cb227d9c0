//! A span of another library, from its creation until it is closed.

use super::{
    callsite::{self, Callsite},
    entered::Left,
};
use crate::{
    outcome::Outcome,
    site::SpanKind,
    trace::{
        Context, OwnedStatus, Status,
        active::{Active, Parked},
        deferred::Deferred,
        link,
        span::say,
    },
};

/// A span of another library.
#[derive(Debug)]
pub(super) struct Tracked {
    /// Its number.
    callsite: u32,
    /// Nothing, as long as it is pending.
    active: Active,
    pending: Option<Box<Pending>>,
    outcome: Outcome,
    /// How often it is entered, on all threads together.
    entered: u32,
    was_entered: bool,
    /// When it was left last; 0 if never.
    left: u64,
}

/// What was said about a span that is not recorded yet.
#[derive(Debug)]
struct Pending {
    deferred: Deferred,
    links: Vec<Context>,
    status: OwnedStatus,
}

/// Where to say something about a span.
#[derive(Debug)]
pub(super) enum Whereabouts {
    /// It is not recorded.
    Nowhere,
    /// To the span itself.
    Pending,
    /// To the recorder.
    Recorded(u64),
}

impl Tracked {
    #[inline]
    pub(super) fn new(callsite: &'static Callsite, active: Active) -> Self {
        Self::of(callsite.number(), active)
    }

    #[inline]
    fn of(callsite: u32, active: Active) -> Self {
        Self {
            callsite,
            active,
            pending: None,
            outcome: Outcome::Ok,
            entered: 0,
            was_entered: false,
            left: 0,
        }
    }

    pub(super) fn pending(callsite: &'static Callsite, deferred: Deferred) -> Self {
        let pending = Pending { deferred, links: Vec::new(), status: OwnedStatus::Unset };
        Self { pending: Some(Box::new(pending)), ..Self::new(callsite, Active::off()) }
    }

    pub(super) fn callsite(&self) -> Option<&'static Callsite> {
        callsite::numbered(self.callsite)
    }

    /// The span, recorded now at the latest.
    #[inline]
    fn start(&mut self) -> &mut Active {
        if let Some(pending) = self.pending.take() {
            self.active = pending.start();
        }
        &mut self.active
    }

    /// The context to make current.
    #[inline]
    pub(super) fn enter(&mut self) -> Option<Context> {
        let context = self.start().context().clone();
        if !self.active.has_context() {
            return None;
        }
        self.entered += 1;
        self.was_entered = true;
        Some(context)
    }

    /// The span as plain numbers, the first one that of its callsite; `None`: there is more to it.
    #[inline]
    pub(super) fn park(&self) -> Option<(u32, Parked)> {
        if self.pending.is_some() || !self.active.has_context() {
            return None;
        }
        Some((self.callsite, self.active.park()?))
    }

    /// The span that was parked.
    #[inline]
    pub(super) fn unpark(callsite: u32, parked: Parked) -> Self {
        Self::of(callsite, Active::unpark(parked))
    }

    pub(super) fn leave(&mut self, left: &Left) {
        self.was_entered(self.entered.saturating_sub(1), left);
    }

    /// It is entered so many times now, and was left like this.
    #[inline]
    pub(super) fn was_entered(&mut self, entered: u32, left: &Left) {
        self.entered = entered;
        self.was_entered = true;
        self.left = self.left.max(left.tick);
        self.active.mark(left.flags);
        if left.panicked {
            self.outcome = Outcome::Panicked;
        } else if left.failed {
            self.fail();
        }
    }

    pub(super) fn is_entered(&self) -> bool {
        self.entered != 0
    }

    /// The context in which the span is current.
    pub(super) fn context(&mut self) -> Context {
        let active = self.start();
        active.mark_shared();
        active.context().clone()
    }

    /// Where to say something about it.
    pub(super) fn whereabouts(&mut self) -> Whereabouts {
        if self.pending.is_some() {
            Whereabouts::Pending
        } else if self.active.is_recording() {
            self.active.mark_late();
            Whereabouts::Recorded(self.active.span())
        } else {
            Whereabouts::Nowhere
        }
    }

    /// The span as the recorder knows it, recorded now at the latest.
    pub(super) fn recorded(&mut self) -> Option<u64> {
        self.start();
        match self.whereabouts() {
            Whereabouts::Recorded(span) => Some(span),
            Whereabouts::Nowhere | Whereabouts::Pending => None,
        }
    }

    /// Keeps further attributes; lost if the span was recorded meanwhile by another thread.
    pub(super) fn keep_attributes(&mut self, attributes: &[u64]) {
        if let Some(pending) = &mut self.pending {
            pending.deferred.set(attributes);
        }
    }

    pub(super) fn keep_kind(&mut self, kind: SpanKind) {
        let callsite = self.callsite();
        if let (Some(pending), Some(callsite)) = (&mut self.pending, callsite) {
            pending.deferred.set_site(callsite.site_of(kind));
        }
    }

    /// Says whether the span failed.
    pub(super) fn set_status(&mut self, status: Status<'_>) {
        if let Some(pending) = &mut self.pending {
            pending.status = status.into();
        } else if let Whereabouts::Recorded(span) = self.whereabouts() {
            say::status(span, status);
        }
        match status {
            Status::Error { .. } => self.fail(),
            Status::Ok | Status::Unset => {}
        }
    }

    pub(super) fn add_link(&mut self, to: &Context) {
        if let Some(pending) = &mut self.pending {
            pending.links.push(to.clone());
        } else if let Whereabouts::Recorded(span) = self.whereabouts() {
            link::write(span, to, &[]);
        }
    }

    /// Begins the span under another parent; `false`: it is too late.
    pub(super) fn set_parent(&mut self, parent: Context) -> bool {
        if self.was_entered {
            return false;
        }
        if self.pending.is_none() {
            let Some(callsite) = self.callsite() else { return false };
            callsite.has_late_parents();
            let Some(deferred) = Deferred::again(callsite.site(), &mut self.active) else {
                return false;
            };
            *self = Self::pending(callsite, deferred);
        }
        if let Some(pending) = &mut self.pending {
            pending.deferred.set_parent(parent);
        }
        true
    }

    pub(super) fn fail(&mut self) {
        if self.outcome == Outcome::Ok {
            self.outcome = Outcome::Error;
        }
    }

    /// Ends the span: when it was left last, or now if it was never entered.
    #[inline]
    pub(super) fn end(mut self) {
        self.start();
        if self.left == 0 {
            self.active.end(self.outcome);
        } else {
            self.active.end_at(self.outcome, self.left);
        }
    }
}

impl Pending {
    fn start(&self) -> Active {
        let mut active = self.deferred.start();
        if active.is_recording() {
            let span = active.span();
            for to in &self.links {
                active.mark_late();
                link::write(span, to, &[]);
            }
            let status = match &self.status {
                OwnedStatus::Unset => return active,
                OwnedStatus::Ok => Status::Ok,
                OwnedStatus::Error { description } => Status::Error { description },
            };
            active.mark_late();
            say::status(span, status);
        }
        active
    }
}
