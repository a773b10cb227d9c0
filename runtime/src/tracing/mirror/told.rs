//! The events that `err` and `ret` of `#[instrument]` ask for.

use std::fmt;

use tracing_core::{Event, dispatcher, field};

pub(crate) use super::callsite::Told;
use super::{
    callsite::{self, Callsites},
    counterpart,
};
use crate::{
    mirror::contained,
    site::{Level, Site},
};

/// Tells `tracing` how a call ended, if anybody there wants to know.
pub(crate) fn tell(site: &'static Site, told: Told, level: Level, text: fmt::Arguments<'_>) {
    if dispatcher::has_been_set() {
        contained(|| tell_somebody(site, told, level, text));
    }
}

#[cold]
fn tell_somebody(
    site: &'static Site,
    told: Told,
    level: Level,
    text: fmt::Arguments<'_>,
) -> Option<()> {
    let callsite = Callsites::of(site)?.event(told, callsite::level(level));
    let [field] = callsite.fields() else { return None };
    if callsite.is_wanted() {
        let text = field::debug(text);
        let values = [(field, Some(&text as &dyn field::Value))];
        let values = callsite.known().fields().value_set(&values);
        let event = Event::new(callsite.known(), &values);
        dispatcher::get_default(|dispatch| counterpart::tell(|| dispatch.event(&event)));
    }
    Some(())
}
