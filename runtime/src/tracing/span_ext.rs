//! What programs do with a span of `tracing` that `tracing` itself has no word for.

use std::fmt;

use tracing::Span;

use super::{install, layer::Recording};
use crate::{
    trace::{Context, Status, link, record::scratch, span::say},
    tracing::tracked::Whereabouts,
    value::Attribute,
};

/// Our side of a [`tracing::Span`]: its context, its parent in another process, its links.
///
/// ```
/// use std::collections::HashMap;
///
/// use spandrel::{trace::propagation, tracing::SpanExt as _};
///
/// fn handle(headers: &HashMap<String, String>) {
///     let span = tracing::info_span!("request", otel.kind = "server");
///     // Without a layer, or with a span that is switched off, there is nothing to be done.
///     let _ = span.set_parent(propagation::extract(headers));
///     let _entered = span.entered();
/// }
/// # handle(&HashMap::new());
/// ```
pub trait SpanExt: sealed::Sealed {
    /// The context in which the span is current: to be carried on, attached or injected.
    ///
    /// Of a span that the layer does not know, the empty one.
    fn context(&self) -> Context;

    /// Begins the span under this context instead of the one that was current.
    ///
    /// # Errors
    ///
    /// When the span was entered already, is switched off, or no [`layer`](super::layer) is
    /// installed.
    fn set_parent(&self, parent: Context) -> Result<(), SetParentError>;

    /// Refers to another span.
    fn add_link(&self, to: &Context);

    /// Sets an attribute, whether or not the span declares such a field.
    fn set_attribute(&self, key: &str, value: impl Attribute);

    /// Records something that happened now.
    fn add_event(&self, name: &str, attributes: &[(&str, &dyn Attribute)]);

    /// Says whether the span failed; nothing overrides [`Status::Ok`].
    fn set_status(&self, status: Status<'_>);
}

/// Why a span could not be given a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetParentError {
    /// The span was entered, or its first record has been sent on.
    AlreadyStarted,
    /// No layer of ours knows the span: none is installed, or the span is switched off.
    NotRecorded,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for tracing::Span {}
}

/// Asks the layer about a span.
fn with<R>(span: &Span, look: impl FnOnce(&Recording, &tracing_core::span::Id) -> R) -> Option<R> {
    let layer = |(id, dispatch): (&_, &tracing::Dispatch)| {
        install::layer_of(dispatch).map(|layer| look(layer, id))
    };
    span.with_subscriber(layer).flatten()
}

impl SpanExt for Span {
    fn context(&self) -> Context {
        with(self, Recording::known_context).flatten().unwrap_or_default()
    }

    fn set_parent(&self, parent: Context) -> Result<(), SetParentError> {
        match with(self, |layer, id| layer.with(id, |span| span.set_parent(parent))).flatten() {
            Some(true) => Ok(()),
            Some(false) => Err(SetParentError::AlreadyStarted),
            None if with(self, Recording::shown).flatten().is_some() => {
                Err(SetParentError::AlreadyStarted)
            }
            None => Err(SetParentError::NotRecorded),
        }
    }

    fn add_link(&self, to: &Context) {
        with(self, |layer, id| {
            let added = layer.with(id, |span| span.add_link(to));
            if let (None, Some(span)) = (added, layer.shown(id)) {
                link::write(span, to, &[]);
            }
        });
    }

    fn set_attribute(&self, key: &str, value: impl Attribute) {
        with(self, |layer, id| {
            let found = layer.with(id, |span| (span.callsite(), span.whereabouts()));
            let Some((Some(callsite), whereabouts)) = found else {
                if let Some(span) = layer.shown(id) {
                    say::attribute(span, key, &value);
                }
                return;
            };
            match whereabouts {
                Whereabouts::Nowhere => {}
                Whereabouts::Pending => {
                    let site = callsite.site();
                    let words = scratch::attributes(site, &|writer| writer.set_keyed(key, &value));
                    layer.with(id, |span| span.keep_attributes(&words));
                }
                Whereabouts::Recorded(span) => say::attribute(span, key, &value),
            }
        });
    }

    fn add_event(&self, name: &str, attributes: &[(&str, &dyn Attribute)]) {
        with(self, |layer, id| {
            if let Some(span) = layer.recorded(id) {
                say::event(span, name, attributes);
            }
        });
    }

    fn set_status(&self, status: Status<'_>) {
        with(self, |layer, id| {
            let set = layer.with(id, |span| span.set_status(status));
            if let (None, Some(span)) = (set, layer.shown(id)) {
                say::status(span, status);
            }
        });
    }
}

impl fmt::Display for SetParentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyStarted => "the span has been entered already; set its parent before",
            Self::NotRecorded => {
                "no layer records the span; add `spandrel::tracing::layer()` to the subscriber, \
                 or look whether its level is switched off"
            }
        })
    }
}

impl std::error::Error for SetParentError {}
