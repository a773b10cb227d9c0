//! A span that has begun and whose parent may still change.
//!
//! Where a trace begins, the sampler cannot be asked before it is known whether another process
//! began it already. Until then what the span was given is kept, in the form that its record will
//! have.

use super::{
    active::Active,
    context::Context,
    foreign,
    record::{
        layout::{self, Tag},
        scratch,
        writer::Writer,
    },
};
use crate::{site::Site, time};

/// A span to be recorded once it is known where it belongs.
#[derive(Debug)]
pub(crate) struct Deferred {
    site: &'static Site,
    parent: Context,
    start: u64,
    attributes: Vec<u64>,
}

impl Deferred {
    /// Begins under what is current now.
    pub(crate) fn begin(site: &'static Site, write: &dyn Fn(&mut Writer)) -> Self {
        let parent = foreign::adopt().unwrap_or_else(Context::peek);
        let start = time::ticks();
        Self { site, parent, start, attributes: scratch::attributes(site, write) }
    }

    /// Takes a span back that has been recorded already; `None` if that is too late.
    pub(crate) fn again(site: &'static Site, active: &mut Active) -> Option<Self> {
        let (start, attributes) = active.recall()?;
        Some(Self { site, parent: Context::default(), start, attributes })
    }

    /// Under another context.
    pub(crate) fn set_parent(&mut self, parent: Context) {
        self.parent = parent;
    }

    /// At another site: the same fields, but another kind of span.
    pub(crate) fn set_site(&mut self, site: &'static Site) {
        self.site = site;
    }

    /// With further attributes, as [`scratch::attributes`] has them; of one key, the later value
    /// counts.
    pub(crate) fn set(&mut self, more: &[u64]) {
        let mut kept = Vec::with_capacity(self.attributes.len() + more.len());
        for (key, words) in entries(&self.attributes) {
            if !entries(more).any(|(later, _)| later == key) {
                kept.extend_from_slice(words);
            }
        }
        kept.extend_from_slice(more);
        self.attributes = kept;
    }

    /// Records it.
    pub(crate) fn start(&self) -> Active {
        let _attached = self.parent.clone().shown_as_current().attach();
        let active = Active::begin(self.site, self.site.word(), |fields| {
            fields.write_at(self.start, |writer| writer.copy(&self.attributes))
        });
        if active.has_context() { active } else { Active::unrecorded() }
    }
}

/// What an attribute is told apart by.
#[derive(PartialEq)]
enum Key<'a> {
    Field(u8),
    Inline(&'a [u64]),
    Name,
}

/// The attributes: each with all words that belong to it.
fn entries(mut words: &[u64]) -> impl Iterator<Item = (Key<'_>, &[u64])> {
    std::iter::from_fn(move || {
        let first = words.get(..layout::length(*words.first()?) + 1)?;
        let (key, used) = match layout::tag(first[0]) {
            Tag::NAME => (Key::Name, first.len()),
            Tag::KEY => {
                let value = words.get(first.len())?;
                (Key::Inline(first), first.len() + layout::length(*value) + 1)
            }
            _ => (Key::Field(first[0] as u8), first.len()),
        };
        let (entry, rest) = words.split_at_checked(used)?;
        words = rest;
        Some((key, entry))
    })
}
