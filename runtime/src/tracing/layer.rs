//! The layer: what `tracing` tells of its spans and events, told to the recorder.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use tracing_core::{
    Dispatch, Event, Subscriber,
    callsite::rebuild_interest_cache,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::layer::{Context as Registry, Layer};

use super::{
    callsite::{self, Callsite},
    entered, event, log_record,
    mirror::{self, Counterparts, callsite::is_mirrored},
    places::Spans,
    sqlx,
    tracked::{Tracked, Whereabouts},
    visit::{self, Meanings},
};
use crate::{
    logs, site,
    trace::{
        Attached, Context, Writer,
        active::{Active, Verdict},
        deferred::Deferred,
        foreign,
        local::Local,
        record::scratch,
        span::say,
    },
};

/// Some layer of ours was given to a dispatcher.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether some layer of ours was given to a dispatcher, now or before.
pub(super) fn is_installed() -> bool {
    INSTALLED.load(Relaxed)
}

/// Turns spans and events of other libraries into ours.
#[derive(Debug)]
pub(super) struct Recording {
    /// Tells ids of this layer's registry from those of other registries.
    number: u64,
    spans: Spans,
    /// Spans of ours, as they are shown to `tracing`.
    counterparts: Counterparts,
}

impl Recording {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        site::watch_switches(rebuild_interest_cache);
        let number = NEXT.fetch_add(1, Relaxed);
        Self { number, spans: Spans::new(), counterparts: Counterparts::default() }
    }

    pub(super) fn with<R>(&self, id: &Id, look: impl FnOnce(&mut Tracked) -> R) -> Option<R> {
        self.spans.with(id.into_u64(), look)
    }

    /// The context of a span; of one that is not recorded here, what is current.
    fn context(&self, id: &Id) -> Context {
        self.known_context(id).unwrap_or_else(Context::peek).shown_as_current()
    }

    /// The context of a span, or of ours that it shows.
    pub(super) fn known_context(&self, id: &Id) -> Option<Context> {
        let own = self.with(id, Tracked::context);
        own.or_else(|| Some(self.counterparts.get(id)?.context()))
    }

    /// What an event belongs to.
    fn context_of(&self, event: &Event<'_>) -> Context {
        match event.parent() {
            Some(parent) => self.context(parent),
            None if event.is_contextual() => foreign::parent(),
            None => Context::of_current_scope(),
        }
    }

    /// A span as the recorder knows it, or ours that it shows.
    pub(super) fn recorded(&self, id: &Id) -> Option<u64> {
        self.with(id, Tracked::recorded).unwrap_or_else(|| self.shown(id))
    }

    /// Our span that a span shows, if that is recorded.
    pub(super) fn shown(&self, id: &Id) -> Option<u64> {
        self.counterparts.get(id)?.span()
    }

    /// Makes the parent current that the span was given, if it was given one.
    #[cold]
    fn attach_parent(&self, attributes: &Attributes<'_>) -> Attached {
        match attributes.parent() {
            Some(parent) => self.context(parent).attach(),
            None => Context::of_current_scope().shown_as_current().attach(),
        }
    }

    /// Begins a span under what is current.
    #[inline]
    fn begin(&self, id: u64, callsite: &'static Callsite, attributes: &Attributes<'_>) {
        let write = |writer: &mut Writer| write_all(attributes, writer);
        let plain =
            if callsite.defers() { None } else { Active::begin_parked(callsite.site(), write) };
        match plain {
            Some(span) => self.spans.insert_parked(id, callsite.number(), span),
            None => self.spans.insert(id, Self::begin_elsewhere(callsite, attributes)),
        }
    }

    /// Begins a span with which there is more to do: a trace begins here, or other APIs take part.
    #[cold]
    #[inline(never)]
    fn begin_elsewhere(callsite: &'static Callsite, attributes: &Attributes<'_>) -> Tracked {
        let site = callsite.site();
        if callsite.defers() || matches!(Local.verdict(), Verdict::Root) {
            return Self::defer(callsite, attributes);
        }
        let active = Active::begin(site, site.word(), |fields| {
            fields.write(|writer| write_all(attributes, writer))
        });
        let active = if active.has_context() { active } else { Active::unrecorded() };
        Tracked::new(callsite, active)
    }

    fn defer(callsite: &'static Callsite, attributes: &Attributes<'_>) -> Tracked {
        let roles = callsite.roles();
        let mut meanings = Meanings::new(roles);
        if !roles.is_empty() {
            attributes.record(&mut meanings);
        }
        let site = meanings.kind.map_or(callsite.site(), |kind| callsite.site_of(kind));
        let deferred = Deferred::begin(site, &|writer| {
            attributes.record(&mut visit::Attributes {
                writer,
                roles,
                indexed: true,
                error_key: "",
                keeps_target: true,
            });
        });
        let mut span = Tracked::pending(callsite, deferred);
        if let Some(status) = meanings.status() {
            span.set_status(status);
        }
        span
    }

    /// What was recorded about a span after it had begun.
    fn record(&self, id: &Id, values: &Record<'_>) {
        let found = self.with(id, |span| (span.callsite(), span.whereabouts()));
        let Some((Some(callsite), whereabouts)) = found else {
            if let Some(counterpart) = self.counterparts.get(id) {
                counterpart.record(values);
            }
            return;
        };
        let roles = callsite.roles();
        let write = |writer: &mut Writer, indexed| {
            values.record(&mut visit::Attributes {
                writer,
                roles,
                indexed,
                error_key: "",
                keeps_target: true,
            });
        };
        match whereabouts {
            Whereabouts::Nowhere => return,
            Whereabouts::Pending => {
                let site = callsite.site();
                let attributes = scratch::attributes(site, &|writer| write(writer, true));
                self.with(id, |span| span.keep_attributes(&attributes));
            }
            Whereabouts::Recorded(span) => say::attributes(span, &|writer| write(writer, false)),
        }
        if roles.is_empty() {
            return;
        }
        let mut meanings = Meanings::new(roles);
        values.record(&mut meanings);
        self.with(id, |span| {
            if let Some(kind) = meanings.kind {
                span.keep_kind(kind);
            }
            if let Some(status) = meanings.status() {
                span.set_status(status);
            }
        });
    }

    /// Enters a span to which there is more than numbers.
    #[cold]
    #[inline(never)]
    fn enter_elsewhere(&self, id: &Id) {
        let shown = || Some(self.counterparts.get(id)?.context());
        if let Some(context) = self.with(id, Tracked::enter).unwrap_or_else(shown) {
            entered::enter((self.number, id.into_u64()), context);
        }
    }

    /// Ends a span to which there is more than numbers.
    #[cold]
    #[inline(never)]
    fn close_elsewhere(&self, id: &Id) {
        let Some(mut span) = self.spans.remove(id.into_u64()) else {
            return self.counterparts.remove(id);
        };
        // Whoever entered it did not leave it: another subscriber panicked in between.
        if span.is_entered()
            && let Some(left) = entered::leave((self.number, id.into_u64()))
        {
            span.leave(&left);
        }
        span.end();
    }

    /// Records the query that an event tells of, if it does.
    fn record_query(&self, event: &Event<'_>) -> bool {
        let parent = event.parent().and_then(|parent| self.known_context(parent));
        let _attached = parent.map(|parent| parent.shown_as_current().attach());
        sqlx::record(event)
    }

    #[inline(always)]
    fn leave(&self, id: &Id) {
        if let Some(left) = entered::leave((self.number, id.into_u64())) {
            self.spans.leave(id.into_u64(), &left);
        }
    }
}

#[inline]
fn write_all(attributes: &Attributes<'_>, writer: &mut Writer) {
    attributes.record(&mut visit::Attributes {
        writer,
        roles: &[],
        indexed: true,
        error_key: "",
        keeps_target: true,
    });
}

impl<S: Subscriber> Layer<S> for Recording {
    fn on_register_dispatch(&self, _dispatch: &Dispatch) {
        INSTALLED.store(true, Relaxed);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _registry: Registry<'_, S>) {
        if mirror::is_telling() && is_mirrored(attributes.metadata()) {
            return self.counterparts.insert(id);
        }
        let callsite = callsite::of(attributes.metadata());
        if !callsite.is_on() {
            return;
        }
        let _attached = (!attributes.is_contextual()).then(|| self.attach_parent(attributes));
        self.begin(id.into_u64(), callsite, attributes);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _registry: Registry<'_, S>) {
        if !values.is_empty() {
            self.record(id, values);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _registry: Registry<'_, S>) {
        let Some(follows) = self.known_context(follows) else { return };
        self.with(id, |span| span.add_link(&follows));
    }

    fn on_event(&self, event: &Event<'_>, _registry: Registry<'_, S>) {
        let is_mirrored = mirror::is_telling() && is_mirrored(event.metadata());
        let callsite = callsite::of(event.metadata());
        // Our span says itself how it ended, wherever exceptions are recorded.
        if !is_mirrored || !logs::exceptions().as_logs() {
            log_record::record(callsite, event, || self.context_of(event));
        }
        if is_mirrored || !callsite.is_on() {
            return;
        }
        if callsite.is_query() && self.record_query(event) {
            return;
        }
        if event.is_contextual() {
            if let Some(span) = event::current() {
                event::record(span, callsite, event, || entered::fail(span));
            }
        } else if let Some(parent) = event.parent()
            && let Some(span) = self.recorded(parent)
        {
            event::record(span, callsite, event, || {
                self.with(parent, Tracked::fail);
            });
        }
    }

    fn on_enter(&self, id: &Id, _registry: Registry<'_, S>) {
        if mirror::is_telling() {
            return;
        }
        let key = (self.number, id.into_u64());
        if let Some(words) = self.spans.enter(id.into_u64()) {
            return entered::enter(key, Context::from_words(words));
        }
        self.enter_elsewhere(id);
    }

    fn on_exit(&self, id: &Id, _registry: Registry<'_, S>) {
        if !mirror::is_telling() {
            self.leave(id);
        }
    }

    fn on_close(&self, id: Id, _registry: Registry<'_, S>) {
        if !self.spans.end(id.into_u64()) {
            self.close_elsewhere(&id);
        }
    }
}
