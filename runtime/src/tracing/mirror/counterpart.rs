//! What a layer of ours knows of a span of `tracing` that shows one of ours.
//!
//! It is no second span. But what is recorded about it is recorded about ours, and where a program
//! enters it by itself, on another thread or around a future, ours becomes current.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tracing_core::span::{Id, Record};

use crate::{
    sync::{Mutex, lock},
    trace::{Context, span::say},
    tracing::visit,
};

/// Our span behind one of `tracing`.
#[derive(Debug, Default)]
pub(in crate::tracing) struct Counterpart {
    /// Its id; 0: it is not recorded.
    span: AtomicU64,
    /// Where it is current, without the counterpart itself.
    context: OnceLock<Context>,
}

thread_local! {
    static BEGINNING: RefCell<Option<Arc<Counterpart>>> = const { RefCell::new(None) };
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether it is we who tell a subscriber something right now, about a span of ours.
#[inline]
pub(in crate::tracing) fn is_telling() -> bool {
    TELLING.try_with(Cell::get).unwrap_or(false)
}

/// Tells a subscriber something.
pub(super) fn tell<R>(tell: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            let _ = TELLING.try_with(|telling| telling.set(self.0));
        }
    }
    let _before = Before(TELLING.try_with(|telling| telling.replace(true)).unwrap_or(false));
    tell()
}

impl Counterpart {
    /// Begins the span of `tracing`, which a layer of ours finds out by [`Counterparts::insert`].
    pub(super) fn while_beginning<R>(self: &Arc<Self>, run: impl FnOnce() -> R) -> R {
        struct Before(Option<Arc<Counterpart>>);
        impl Drop for Before {
            fn drop(&mut self) {
                let _ = BEGINNING.try_with(|beginning| beginning.replace(self.0.take()));
            }
        }
        let before = BEGINNING.try_with(|beginning| beginning.replace(Some(Arc::clone(self))));
        let _before = Before(before.ok().flatten());
        tell(run)
    }

    pub(super) fn is_recorded_as(&self, span: u64) {
        self.span.store(span, Relaxed);
    }

    /// Our span is current now.
    pub(super) fn is_current(&self) {
        self.context.get_or_init(|| Context::peek().shown_to_nobody());
    }

    /// Our span, if it is recorded.
    pub(in crate::tracing) fn span(&self) -> Option<u64> {
        Some(self.span.load(Relaxed)).filter(|span| *span != 0)
    }

    /// The context in which our span is current.
    pub(in crate::tracing) fn context(&self) -> Context {
        self.context.get().cloned().unwrap_or_default()
    }

    /// Passes on what is recorded about the span of `tracing`.
    pub(in crate::tracing) fn record(&self, values: &Record<'_>) {
        if let Some(span) = self.span() {
            say::attributes(span, &|writer| {
                values.record(&mut visit::Attributes {
                    writer,
                    roles: &[],
                    indexed: false,
                    error_key: "",
                    keeps_target: true,
                });
            });
        }
    }
}

/// The counterparts that one layer was told of, by the ids of its registry.
#[derive(Debug, Default)]
pub(in crate::tracing) struct Counterparts(Mutex<HashMap<u64, Arc<Counterpart>>>);

impl Counterparts {
    /// Keeps the counterpart of the span that begins right now, if it shows one of ours.
    pub(in crate::tracing) fn insert(&self, id: &Id) {
        let beginning = BEGINNING.try_with(|beginning| beginning.borrow().clone());
        if let Ok(Some(counterpart)) = beginning {
            lock(&self.0).insert(id.into_u64(), counterpart);
        }
    }

    pub(in crate::tracing) fn get(&self, id: &Id) -> Option<Arc<Counterpart>> {
        lock(&self.0).get(&id.into_u64()).cloned()
    }

    pub(in crate::tracing) fn remove(&self, id: &Id) {
        lock(&self.0).remove(&id.into_u64());
    }
}
