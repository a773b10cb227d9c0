//! The plan of `span!`.

use syn::{LitStr, Path};

use super::{Capture, site::TracedSite};
use crate::parse::{siblings, span::SpanInput};

/// A site of its own, and the values of one span.
pub(crate) struct SpanPlan {
    pub(crate) krate: Path,
    pub(crate) name: LitStr,
    pub(crate) site: TracedSite,
    pub(crate) captures: Vec<Capture>,
}

pub(crate) fn plan(input: SpanInput) -> SpanPlan {
    let captures: Vec<_> = input.fields.into_iter().map(Capture::new).collect();
    let fields = captures.iter().map(Capture::field).collect();
    SpanPlan {
        krate: input.krate.unwrap_or_else(siblings::default_crate),
        name: input.name,
        site: TracedSite { fields, ..TracedSite::default() },
        captures,
    }
}
