//! Shows a span to other tracing APIs while it is current.
//!
//! All of it is off the hot path: a bit in the word of a site, which is read anyway, leads here.

use std::cell::Cell;

use super::{
    context::Extra,
    record::{scratch, value::Entries, writer::Writer},
};
use crate::{
    mirror::{self, Mirrored, Reflections, contained},
    site::Site,
};

thread_local! {
    /// Made by [`begin`], and not yet in a context.
    static MADE: Cell<Option<Reflections>> = const { Cell::new(None) };
}

/// Begins the counterparts of a span; they wait for [`take`].
#[cold]
#[inline(never)]
pub(crate) fn begin(site: &'static Site, write: &dyn Fn(&mut Writer)) {
    let made = contained(|| {
        let mirrors = mirror::of(site);
        if mirrors.is_empty() {
            return None;
        }
        let words = scratch::attributes(site, write);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let entries = Entries::new(&bytes, site.field_table());
        let name = entries.clone().name().unwrap_or_else(|| site.span_name());
        let forms = entries.clone().forms();
        let values: Vec<_> = entries
            .attributes()
            .zip(forms)
            .map(|((key, value), form)| (key, value, form))
            .collect();
        let span = Mirrored { site, name, values: &values };
        Reflections::new(mirrors.iter().filter_map(|mirror| mirror.begin(&span)).collect())
    });
    let _ = MADE.try_with(|cell| cell.set(made.flatten()));
}

/// What [`begin`] made last.
pub(crate) fn take() -> Option<Reflections> {
    MADE.try_with(Cell::take).ok().flatten()
}

/// The context of the thread has changed: leaves one span's counterparts and enters another's.
#[cold]
pub(super) fn switch(from: Option<&Extra>, to: Option<&Extra>) {
    let (from, to) =
        (from.and_then(|extra| extra.mirror.as_ref()), to.and_then(|extra| extra.mirror.as_ref()));
    match (from, to) {
        (None, None) => {}
        (Some(from), Some(to)) if from.is_same(to) => {}
        _ => {
            from.iter().flat_map(|from| from.iter().rev()).for_each(|span| {
                contained(|| span.exit());
            });
            to.iter().flat_map(|to| to.iter()).for_each(|span| {
                contained(|| span.enter());
            });
        }
    }
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
