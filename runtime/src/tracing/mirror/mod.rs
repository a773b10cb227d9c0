//! Our spans, shown to `tracing`: its subscribers and `tracing::Span::current()` know of them.

pub(super) mod asked;
pub(crate) mod callsite;
pub(crate) mod chosen;
mod counterpart;
pub(crate) mod told;
pub(crate) mod values;

use std::sync::Arc;

use tracing_core::{
    Dispatch, dispatcher,
    span::{Attributes, Id},
};

use self::{callsite::Callsites, values::Shown};
use crate::{
    mirror::{Mirror, MirrorSpan, Mirrored},
    site::Site,
};

pub(super) use counterpart::{Counterpart, Counterparts, is_telling};

/// Shows spans to whatever subscriber is the default where they begin.
#[derive(Debug)]
pub(crate) struct Tracing {
    /// Mirrors are told apart by their addresses, which nothing of no size has for itself.
    _address: u8,
}

/// The one mirror, for sites that have it always and for those that are asked to.
pub(crate) static TRACING: Tracing = Tracing { _address: 0 };

impl Mirror for Tracing {
    fn wants(&self, site: &'static Site) -> bool {
        Callsites::of(site).is_some_and(|callsites| callsites.span.is_wanted())
    }

    fn begin(&self, span: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>> {
        let callsite = Callsites::of(span.site)?.span;
        let chosen = chosen::take(span.site);
        dispatcher::get_default(|dispatch| {
            let values = span.values.iter();
            let mut values: Vec<_> =
                values.map(|(key, value, form)| (*key, Shown::new(*value, *form))).collect();
            if span.site.has_dynamic_name() {
                values.push((callsite::NAME, Shown::Str(span.name)));
            }
            let counterpart = Arc::new(Counterpart::default());
            let id = values::show(callsite, &values, |values| {
                let metadata = callsite.known();
                let attributes = match &chosen.parent {
                    None => Attributes::new(metadata, values),
                    Some(None) => Attributes::new_root(metadata, values),
                    Some(Some(parent)) => Attributes::child_of(parent.clone(), metadata, values),
                };
                counterpart.while_beginning(|| dispatch.new_span(&attributes))
            });
            for cause in &chosen.causes {
                dispatch.record_follows_from(&id, cause);
            }
            Some(Box::new(TheirSpan { dispatch: dispatch.clone(), id, counterpart })
                as Box<dyn MirrorSpan>)
        })
    }
}

/// A span of `tracing` that shows one of ours.
#[derive(Debug)]
struct TheirSpan {
    dispatch: Dispatch,
    id: Id,
    counterpart: Arc<Counterpart>,
}

impl MirrorSpan for TheirSpan {
    fn enter(&self) {
        // Of interest if a layer of ours keeps it.
        if Arc::strong_count(&self.counterpart) > 1 {
            self.counterpart.is_current();
        }
        counterpart::tell(|| self.dispatch.enter(&self.id));
    }

    fn exit(&self) {
        counterpart::tell(|| self.dispatch.exit(&self.id));
    }

    fn is_recorded_as(&self, span: u64) {
        self.counterpart.is_recorded_as(span);
    }
}

impl Drop for TheirSpan {
    fn drop(&mut self) {
        self.dispatch.try_close(self.id.clone());
    }
}
