//! A subscriber of somebody else: it writes down all that it is told.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber,
};
use tracing_core::span::Current;

/// What a subscriber was told, line by line.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: Vec<String>,
    spans: Vec<Span>,
    entered: Vec<Id>,
    metadata: Vec<&'static Metadata<'static>>,
    panics: bool,
}

struct Span {
    metadata: &'static Metadata<'static>,
    handles: usize,
}

impl Collector {
    /// One that panics whenever it is told something.
    pub(crate) fn panicking() -> Self {
        let collector = Self::default();
        collector.state().panics = true;
        collector
    }

    /// Runs with this subscriber as the default of the thread.
    pub(crate) fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        subscriber::with_default(self.clone(), run)
    }

    /// What was told since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lines)
    }

    /// The metadata of the spans and events, in their order.
    pub(crate) fn metadata(&self) -> Vec<&'static Metadata<'static>> {
        self.state().metadata.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn note(&self, what: &str, id: &Id, more: &str) {
        let mut state = self.state();
        assert!(!state.panics, "{what}");
        let name = state.name(id);
        state.lines.push(format!("{what} {name}{more}"));
    }
}

impl State {
    fn span(&mut self, id: &Id) -> &mut Span {
        &mut self.spans[id.into_u64() as usize - 1]
    }

    fn name(&mut self, id: &Id) -> &'static str {
        self.span(id).metadata.name()
    }

    fn parent(&mut self, is_contextual: bool, parent: Option<&Id>) -> String {
        match (parent.cloned(), self.entered.last().cloned()) {
            (Some(parent), _) => format!(" below {}", self.name(&parent)),
            (None, Some(current)) if is_contextual => format!(" in {}", self.name(&current)),
            _ if is_contextual => String::new(),
            _ => " alone".to_owned(),
        }
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() != "disabled"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut state = self.state();
        assert!(!state.panics, "a new span");
        let metadata = attributes.metadata();
        let mut values = Values::default();
        attributes.record(&mut values);
        let parent = state.parent(attributes.is_contextual(), attributes.parent());
        state.lines.push(format!("new {}{}{parent}", metadata.name(), values.0));
        state.metadata.push(metadata);
        state.spans.push(Span { metadata, handles: 1 });
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut visitor = Values::default();
        values.record(&mut visitor);
        self.note("record", id, &visitor.0);
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        let follows = self.state().name(follows);
        self.note("cause", id, &format!(" {follows}"));
    }

    fn event(&self, event: &Event<'_>) {
        let mut values = Values::default();
        event.record(&mut values);
        let mut state = self.state();
        assert!(!state.panics, "an event");
        let parent = state.parent(event.is_contextual(), event.parent());
        let level = event.metadata().level();
        state.lines.push(format!("event {level}{}{parent}", values.0));
        state.metadata.push(event.metadata());
    }

    fn enter(&self, id: &Id) {
        self.note("enter", id, "");
        self.state().entered.push(id.clone());
    }

    fn exit(&self, id: &Id) {
        self.note("exit", id, "");
        let mut state = self.state();
        if let Some(at) = state.entered.iter().rposition(|entered| entered == id) {
            state.entered.remove(at);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.state().span(id).handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut state = self.state();
        let span = state.span(&id);
        span.handles -= 1;
        let closes = span.handles == 0;
        if closes {
            let name = span.metadata.name();
            state.lines.push(format!("close {name}"));
        }
        closes
    }

    fn current_span(&self) -> Current {
        let mut state = self.state();
        match state.entered.last().cloned() {
            Some(id) => {
                let metadata = state.span(&id).metadata;
                Current::new(id, metadata)
            }
            None => Current::none(),
        }
    }
}

/// Fields as ` name=value`, each value with its type.
#[derive(Default)]
struct Values(String);

impl Values {
    fn put(&mut self, field: &Field, kind: &str, value: impl fmt::Display) {
        let _ = write!(self.0, " {field}={kind}:{value}");
    }
}

impl Visit for Values {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, "f64", value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, "i64", value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, "u64", value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, "bool", value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, "str", value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, "debug", format_args!("{value:?}"));
    }
}
