//! The operation of a model that runs on this thread: what its body says is measured, too.

use std::{
    cell::RefCell,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    convention::{GENAI_FIRST_CHUNK, GENAI_TOOL, GENAI_USAGE},
    labels::More,
};
use crate::{
    metrics::Known,
    site::Site,
    sync::lock,
    time,
    trace::record::{scratch, value::Entries},
    value::{Attribute, Value},
};

/// What an operation of a model shares with what its body calls.
#[derive(Clone, Debug)]
pub(super) struct Exchange(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: u64,
    labels: &'static [Known],
    has_answered: AtomicBool,
    /// Tokens of input and of output by the attributes of the span so far: totals that may run.
    used: Mutex<[Option<u64>; 2]>,
    model: Mutex<Option<Arc<str>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Exchange>> = const { RefCell::new(None) };
}

/// While it is there, the thread is within the operation.
#[derive(Debug)]
pub(super) struct Entered(Option<Exchange>);

impl Exchange {
    pub(super) fn new(start: u64, labels: &'static [Known]) -> Self {
        let (has_answered, used) = (AtomicBool::new(false), Mutex::default());
        Self(Arc::new(Shared { start, labels, has_answered, used, model: Mutex::default() }))
    }

    /// Makes it the current one of the thread.
    pub(super) fn enter(&self) -> Entered {
        Entered(replace(Some(self.clone())))
    }

    /// The model that answered, if anybody said.
    pub(super) fn model(&self) -> Option<Arc<str>> {
        lock(&self.0.model).clone()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

fn replace(exchange: Option<Exchange>) -> Option<Exchange> {
    CURRENT.try_with(|current| mem::replace(&mut *current.borrow_mut(), exchange)).ok().flatten()
}

fn current() -> Option<Exchange> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The current operation has used so many tokens for one answer.
pub(crate) fn say_usage(tokens: u64, kind: &'static str) {
    if let Some(exchange) = current() {
        exchange.used(tokens, kind);
    }
}

/// The answer to the current operation has begun to come; after how long, if it is the beginning.
pub(crate) fn say_chunk() -> Option<Duration> {
    current()?.answered()
}

impl Exchange {
    fn used(&self, tokens: u64, kind: &'static str) {
        let model = self.model();
        let labels = More {
            known: self.0.labels,
            more: [("gen_ai.token.type", Some(kind)), ("gen_ai.response.model", model.as_deref())],
        };
        GENAI_USAGE.with(&labels).record(tokens);
    }

    fn sum_up(&self, kind: usize, tokens: Option<u64>) {
        if let (Some(tokens), Some(total)) = (tokens, lock(&self.0.used).get_mut(kind)) {
            *total = Some(tokens);
        }
    }

    /// The operation is over: totals do not run any more.
    pub(super) fn ended(&self) {
        let used = mem::take(&mut *lock(&self.0.used));
        for (tokens, kind) in used.into_iter().zip(["input", "output"]) {
            if let Some(tokens) = tokens {
                self.used(tokens, kind);
            }
        }
    }

    pub(super) fn answered(&self) -> Option<Duration> {
        if self.0.has_answered.swap(true, Relaxed) {
            return None;
        }
        let after = Duration::from_nanos(time::nanos_between(self.0.start, time::ticks()));
        let model = self.model();
        let labels =
            More { known: self.0.labels, more: [("gen_ai.response.model", model.as_deref())] };
        GENAI_FIRST_CHUNK.with(&labels).record(after);
        Some(after)
    }
}

/// This model answers the current operation.
pub(crate) fn say_model(model: &str) {
    if let Some(exchange) = current() {
        *lock(&exchange.0.model) = Some(model.into());
    }
}

/// A tool was executed.
pub(crate) fn tool_ended(name: &str, error_type: Option<&str>, took: Duration) {
    let labels = [
        ("gen_ai.operation.name", Some("execute_tool")),
        ("gen_ai.tool.name", Some(name)),
        ("error.type", error_type),
    ];
    GENAI_TOOL.with(&labels).record(took);
}

/// An attribute of a span that says something of the current operation of a model.
#[cold]
pub(crate) fn noticed(key: &str, value: &dyn Attribute) {
    static ANY: Site = Site::dynamic("");

    let Some(exchange) = current() else { return };
    let words = scratch::attributes(&ANY, &|writer| writer.set_keyed(key, value));
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let tokens = |value| match value {
        Value::I64(tokens) => u64::try_from(tokens).ok(),
        Value::U64(tokens) => Some(tokens),
        _ => None,
    };
    for (key, value) in Entries::new(&bytes, &[]) {
        match (key, value) {
            ("gen_ai.usage.input_tokens", value) => exchange.sum_up(0, tokens(value)),
            ("gen_ai.usage.output_tokens", value) => exchange.sum_up(1, tokens(value)),
            ("gen_ai.response.model", Value::Str(model)) => say_model(model),
            _ => {}
        }
    }
}
