//! Which callsites the layer wants to hear of: those whose sites are on.

use tracing_core::{Metadata, subscriber::Interest};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Filter},
};

use super::{
    callsite::{self, Callsite},
    mirror,
};
use crate::{
    level,
    logs::{self, pipeline},
    site::{Level, Site, TRACED},
};

/// The filter of the layer, by the switches of the sites and by what becomes log records.
///
/// A callsite that nobody wants costs a program one load, so `tracing` is told which ones those
/// are, and to ask again whenever that changes.
#[derive(Debug)]
pub(super) struct Wanted;

/// Of a span of ours, so that programs can name it; its events only tell what it says itself.
fn wants_mirrored(site: &Site, metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() { site.word() & TRACED != 0 } else { as_log_record(metadata) }
}

fn as_log_record(metadata: &Metadata<'_>) -> bool {
    // The answer is kept for all threads, whichever asks first.
    let level = callsite::level(*metadata.level());
    !metadata.is_span() && logs::wants_of_others(metadata.target(), level)
}

impl<S> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        if let Some(site) = mirror::callsite::site_of(metadata) {
            return wants_mirrored(site, metadata);
        }
        // Metadata that was made for one event, as those of the `log` crate are, is not known.
        let is_on = callsite::find(metadata).is_none_or(Callsite::is_on);
        is_on || as_log_record(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if let Some(site) = mirror::callsite::site_of(metadata) {
            let wants = wants_mirrored(site, metadata);
            return if wants { Interest::always() } else { Interest::never() };
        }
        let is_on = callsite::of(metadata).is_on();
        // A record of the `log` crate is told apart when it comes, by the target it brings.
        if is_on || as_log_record(metadata) || callsite::is_log(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let spans = match level::most_verbose() {
            // Queries come as events of this level, and are wanted as spans of the usual one.
            Some(Level::Info) => LevelFilter::DEBUG,
            other => filter_of(other),
        };
        Some(spans.max(filter_of(pipeline::most_verbose())))
    }
}

fn filter_of(most_verbose: Option<Level>) -> LevelFilter {
    most_verbose.map_or(LevelFilter::OFF, |level| match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    })
}
