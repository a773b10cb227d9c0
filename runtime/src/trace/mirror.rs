//! Shows a span to other tracing APIs while it is current.
//!
//! All of it is off the hot path: a bit in the word of a site, which is read anyway, leads here.

use std::cell::{Cell, RefCell};

use super::record::{scratch, value::Entries, writer::Writer};
use crate::{
    mirror::{self, Form, Mirrored, Reflections, contained},
    site::{self, Site},
};

thread_local! {
    /// Made by [`begin`], and not yet in a context.
    static MADE: Cell<Option<Reflections>> = const { Cell::new(None) };
    /// What is entered on this thread, from the outside.
    static ENTERED: RefCell<Vec<Reflections>> = const { RefCell::new(Vec::new()) };
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
        let wants_values = mirrors.iter().any(|mirror| mirror.wants_values());
        let words = if wants_values { scratch::attributes(site, write) } else { Vec::new() };
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let entries = Entries::new(&bytes, site.field_table());
        let name = entries.clone().name().unwrap_or_else(|| site.span_name());
        let forms = entries.clone().forms();
        let constants = site.constants().iter().map(|(key, value)| (*key, *value, Form::Plain));
        let own = entries.zip(forms).map(|((key, value), form)| (key, value, form));
        let values: Vec<_> = constants.chain(own).collect();
        let span = Mirrored { site, name, values: &values };
        Reflections::new(mirrors.iter().filter_map(|mirror| mirror.begin(&span)).collect())
    });
    let _ = MADE.try_with(|cell| cell.set(made.flatten()));
}

/// What [`begin`] made last, for a span that is recorded under this id, or not at all.
pub(crate) fn take(span: Option<u64>) -> Option<Reflections> {
    let made = MADE.try_with(Cell::take).ok().flatten()?;
    if let Some(span) = span {
        made.iter().for_each(|counterpart| {
            contained(|| counterpart.is_recorded_as(span));
        });
    }
    Some(made)
}

/// The word of a site, without the switch if nobody is looking now.
#[inline(always)]
pub(crate) fn settle(site: &'static Site, word: u32) -> u32 {
    if word & site::MIRRORED == 0 || mirror::is_wanted(site) {
        word
    } else {
        word & !site::MIRRORED
    }
}

/// What is shown on the thread has changed: leaves one span's counterparts, or enters another's.
///
/// Spans nest, so what was entered before stays entered around what is entered now. Back at a span
/// that is entered already, what was entered within it is left.
#[cold]
pub(super) fn switch(to: Option<&Reflections>) {
    let position = |entered: &[Reflections], to: &Reflections| {
        entered.iter().rposition(|entered| entered.is_same(to))
    };
    let kept = match to {
        None => Some(0),
        Some(to) => with_entered(|entered| position(entered, to).map(|at| at + 1)).flatten(),
    };
    match (kept, to) {
        (Some(kept), _) => leave_down_to(kept),
        (None, Some(to)) => {
            with_entered(|entered| entered.push(to.clone()));
            to.iter().for_each(|span| {
                contained(|| span.enter());
            });
        }
        (None, None) => {}
    }
}

fn leave_down_to(kept: usize) {
    // Whoever is told may begin spans: nothing is borrowed meanwhile.
    let next = || with_entered(|entered| (entered.len() > kept).then(|| entered.pop()).flatten());
    while let Some(left) = next().flatten() {
        left.iter().rev().for_each(|span| {
            contained(|| span.exit());
        });
    }
}

fn with_entered<R>(run: impl FnOnce(&mut Vec<Reflections>) -> R) -> Option<R> {
    ENTERED.try_with(|entered| run(&mut entered.borrow_mut())).ok()
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
