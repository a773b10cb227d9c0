//! Which callsites the layer wants to hear of: those whose sites are on.

use tracing_core::{Metadata, subscriber::Interest};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Filter},
};

use super::{
    callsite::{self, Callsite},
    lines::Lines,
    mirror,
};
use crate::{
    level,
    site::{Level, Site, TRACED},
};

/// The filter of the layer, by the switches of the sites and by what becomes lines.
///
/// A callsite that nobody wants costs a program one load, so `tracing` is told which ones those
/// are, and to ask again whenever that changes.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) lines: Option<Lines>,
}

impl Wanted {
    /// Of a span of ours, so that programs can name it; its events only tell what it says itself.
    fn wants_mirrored(&self, site: &Site, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() { site.word() & TRACED != 0 } else { self.as_line(metadata) }
    }

    fn as_line(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_span() && self.lines.as_ref().is_some_and(|lines| lines.wants(metadata))
    }
}

impl<S> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        if let Some(site) = mirror::callsite::site_of(metadata) {
            return self.wants_mirrored(site, metadata);
        }
        // Metadata that was made for one event, as those of the `log` crate are, is not known.
        let is_on = callsite::find(metadata).is_none_or(Callsite::is_on);
        is_on || self.as_line(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if let Some(site) = mirror::callsite::site_of(metadata) {
            let wants = self.wants_mirrored(site, metadata);
            return if wants { Interest::always() } else { Interest::never() };
        }
        let is_on = callsite::of(metadata).is_on();
        // A record of the `log` crate is told apart when it comes, by the target it brings.
        if is_on || self.as_line(metadata) || self.lines.is_some() && callsite::is_log(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let lines = self.lines.as_ref().map_or(LevelFilter::OFF, Lines::max_level);
        Some(lines.max(match level::most_verbose() {
            None => LevelFilter::OFF,
            Some(Level::Trace) => LevelFilter::TRACE,
            // Queries come as events of this level, and are wanted as spans of the usual one.
            Some(Level::Info | Level::Debug) => LevelFilter::DEBUG,
            Some(Level::Warn) => LevelFilter::WARN,
            Some(Level::Error) => LevelFilter::ERROR,
        }))
    }
}
