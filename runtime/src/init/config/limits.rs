//! The limits of a span, and where each is from.

use super::{Code, Setting};
use crate::{
    init::env::{Reader, Rejected, Variable, parse, table},
    trace::Limits,
};

/// The limits, each with its source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LimitSettings {
    pub(crate) attributes: Setting<u32>,
    pub(crate) value_chars: Setting<u32>,
    pub(crate) events: Setting<u32>,
    pub(crate) links: Setting<u32>,
    pub(crate) event_attributes: Setting<u32>,
    pub(crate) link_attributes: Setting<u32>,
}

impl LimitSettings {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        // The general limits hold wherever no narrower one does; each is read, and so reported, once.
        let general_count = reader.read(table::ATTRIBUTE_COUNT_LIMIT, count);
        let general_chars = reader.read(table::ATTRIBUTE_VALUE_LENGTH_LIMIT, count);
        let default = Limits::new();
        let mut limit = |variable: &'static Variable,
                         general: Option<&Setting<u32>>,
                         of: fn(&Limits) -> u32| {
            let own = reader.read(variable, count).or_else(|| general.cloned());
            Setting::pick(code.limits.as_ref().map(of), own, of(&default))
        };
        let general_count = general_count.as_ref();
        Self {
            attributes: limit(table::SPAN_ATTRIBUTE_COUNT_LIMIT, general_count, Limits::attributes),
            value_chars: limit(
                table::SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
                general_chars.as_ref(),
                Limits::value_chars,
            ),
            events: limit(table::SPAN_EVENT_COUNT_LIMIT, None, Limits::events),
            links: limit(table::SPAN_LINK_COUNT_LIMIT, None, Limits::links),
            event_attributes: limit(
                table::EVENT_ATTRIBUTE_COUNT_LIMIT,
                general_count,
                Limits::event_attributes,
            ),
            link_attributes: limit(
                table::LINK_ATTRIBUTE_COUNT_LIMIT,
                general_count,
                Limits::link_attributes,
            ),
        }
    }

    /// What the recorder takes.
    pub(crate) fn limits(&self) -> Limits {
        Limits::new()
            .with_attributes(self.attributes.value)
            .with_value_chars(self.value_chars.value)
            .with_events(self.events.value)
            .with_links(self.links.value)
            .with_event_attributes(self.event_attributes.value)
            .with_link_attributes(self.link_attributes.value)
    }
}

fn count(text: &str) -> Result<u32, Rejected> {
    parse::count(text).ok_or_else(Rejected::not_understood)
}
