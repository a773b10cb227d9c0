//! The limits of the OpenTelemetry SDK specification, and what they cut.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::record::layout::MAX_TEXT_BYTES;

/// How much one span may carry. What exceeds it is left out and counted on the span.
///
/// ```
/// use spandrel::trace::Limits;
///
/// let limits = Limits::new().with_attributes(32).with_value_chars(256);
/// assert_eq!(limits.events(), 128);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    attributes: u32,
    value_chars: u32,
    events: u32,
    links: u32,
    event_attributes: u32,
    link_attributes: u32,
}

impl Limits {
    /// The specification's defaults: 128 of everything, texts up to 8 KiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            attributes: 128,
            value_chars: u32::MAX,
            events: 128,
            links: 128,
            event_attributes: 128,
            link_attributes: 128,
        }
    }

    /// Attributes for each span.
    #[must_use]
    pub const fn with_attributes(mut self, attributes: u32) -> Self {
        self.attributes = attributes;
        self
    }

    /// Characters for each text value; no text ever exceeds 8 KiB.
    #[must_use]
    pub const fn with_value_chars(mut self, value_chars: u32) -> Self {
        self.value_chars = value_chars;
        self
    }

    /// Events for each span.
    #[must_use]
    pub const fn with_events(mut self, events: u32) -> Self {
        self.events = events;
        self
    }

    /// Links for each span.
    #[must_use]
    pub const fn with_links(mut self, links: u32) -> Self {
        self.links = links;
        self
    }

    /// Attributes for each event.
    #[must_use]
    pub const fn with_event_attributes(mut self, event_attributes: u32) -> Self {
        self.event_attributes = event_attributes;
        self
    }

    /// Attributes for each link.
    #[must_use]
    pub const fn with_link_attributes(mut self, link_attributes: u32) -> Self {
        self.link_attributes = link_attributes;
        self
    }

    /// Attributes for each span.
    #[must_use]
    pub const fn attributes(&self) -> u32 {
        self.attributes
    }

    /// Characters for each text value.
    #[must_use]
    pub const fn value_chars(&self) -> u32 {
        self.value_chars
    }

    /// Events for each span.
    #[must_use]
    pub const fn events(&self) -> u32 {
        self.events
    }

    /// Links for each span.
    #[must_use]
    pub const fn links(&self) -> u32 {
        self.links
    }

    /// Attributes for each event.
    #[must_use]
    pub const fn event_attributes(&self) -> u32 {
        self.event_attributes
    }

    /// Attributes for each link.
    #[must_use]
    pub const fn link_attributes(&self) -> u32 {
        self.link_attributes
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// Texts are cut while they are copied, so this one limit is known to the recording threads.
static VALUE_CHARS: AtomicU32 = AtomicU32::new(u32::MAX);

/// Sets the limit that [`truncate`] keeps.
pub(crate) fn set_value_chars(chars: u32) {
    VALUE_CHARS.store(chars, Relaxed);
}

pub(crate) fn value_chars() -> usize {
    VALUE_CHARS.load(Relaxed) as usize
}

/// The text up to the limit, cut between characters.
#[inline(always)]
pub(crate) fn truncate(text: &str) -> &str {
    let limit = value_chars().min(MAX_TEXT_BYTES);
    // A text has at least as many bytes as characters.
    if text.len() <= limit { text } else { cut(text) }
}

/// The text up to so many characters.
pub(crate) fn first_chars(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

#[cold]
fn cut(text: &str) -> &str {
    let by_chars = text.char_indices().nth(value_chars()).map_or(text.len(), |(at, _)| at);
    &text[..text.floor_char_boundary(by_chars.min(MAX_TEXT_BYTES))]
}
