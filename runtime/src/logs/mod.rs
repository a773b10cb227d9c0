//! Log records: from whoever says something to lines and to OTLP.
//!
//! `emit` writes a record on the caller's thread, typed, redacted and bounded, and appends it to
//! the `pipeline`'s queue; a thread of its own gives it to the sinks. So a caller formats what is
//! its own, its values, and nothing else; it never waits for an output, and lines never mix.
//!
//! A record belongs to the span that is current. Where no sink wants it, it costs what asking for
//! that costs; where memory is used up it is dropped and counted.

mod exception;
mod filter;
pub(crate) mod pipeline;
mod record;
mod scratch;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "log", feature = "tracing"))]
mod told;

pub(crate) use exception::{Exceptions, exception, exceptions, set_exceptions};
pub(crate) use filter::LogFilter;
pub use record::LogData;
pub(crate) use record::{LogLimits, LogView};
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) use told::Told;

use self::record::{FIXED_WORDS, SURROUNDINGS, Surrounding};
use crate::{
    site::Level,
    time,
    trace::{
        Context, Writer,
        local::Local,
        nearby, own_thread,
        scope::{self, Scope},
    },
};

/// What is known about a record before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'s> {
    pub(crate) level: Level,
    pub(crate) target: &'s str,
    /// What records of its kind are called; empty: nobody has named them.
    pub(crate) event: &'s str,
    pub(crate) file: Option<&'s str>,
    pub(crate) line: Option<u32>,
    pub(crate) context: &'s Context,
}

/// Whether a record would go anywhere: look before making one.
///
/// Not from a thread of ours: what a sender of records logs would be sent, and so on.
pub(crate) fn wants(target: &str, level: Level) -> bool {
    wants_of_others(target, level) && !own_thread::is_current()
}

/// Whether a record of the program's own threads would go anywhere.
pub(crate) fn wants_of_others(target: &str, level: Level) -> bool {
    scope::of(Local.scope()) != 0
        || pipeline::current().is_some_and(|pipeline| pipeline.wants(target, level))
}

/// Records what the closure writes: a message as the name, and attributes.
///
/// Whether it is wanted, by level and target, is for the caller to ask.
pub(crate) fn emit(said: &Said<'_>, write: &dyn Fn(&mut Writer)) {
    match scope::find(scope::of(said.context.scope)) {
        Some(scope) => capture(&scope, said, write),
        None => {
            if let Some(pipeline) = pipeline::current() {
                pipeline.emit(said, write);
            }
        }
    }
}

/// Keeps a record for the test whose scope it belongs to.
#[cold]
fn capture(scope: &Scope, said: &Said<'_>, write: &dyn Fn(&mut Writer)) {
    scratch::with_record(|record| {
        fill(record, said, false, write);
        let mut scrubbed = Vec::new();
        if let Some((view, _)) = LogView::take(record.bytes(), LogLimits::default()) {
            let view = if view.is_clean() { Some(view) } else { view.scrubbed(&mut scrubbed) };
            view.into_iter().for_each(|view| scope.collect_log(LogData::from(&view)));
        }
    });
}

/// Shows a record as sinks see it.
#[cfg(test)]
pub(crate) fn view(
    said: &Said<'_>,
    write: &dyn Fn(&mut Writer),
    mut look: impl FnMut(&LogView<'_>),
) {
    scratch::with_record(|record| {
        fill(record, said, false, write);
        let view = LogView::take(record.bytes(), LogLimits::default());
        view.into_iter().for_each(|(view, _)| look(&view));
    });
}

/// Writes a record.
fn fill(
    record: &mut scratch::Record,
    said: &Said<'_>,
    shows_path: bool,
    write: &dyn Fn(&mut Writer),
) {
    let Said { level, target, event, file, line, context } = *said;
    let mut writer = record.writer(FIXED_WORDS, &SURROUNDINGS);
    writer.set_whole(Surrounding::TARGET, target);
    if !event.is_empty() {
        writer.set_whole(Surrounding::EVENT, event);
    }
    if let Some(file) = file {
        writer.set_whole(Surrounding::FILE, file);
    }
    if let Some(line) = line {
        writer.set(Surrounding::LINE, &line);
    }
    if let Some(request) = context.request() {
        for (index, text) in [
            (Surrounding::CORRELATION, request.correlation_id.as_deref().unwrap_or_default()),
            (Surrounding::METHOD, request.method),
            (Surrounding::ROUTE, request.route),
        ] {
            if !text.is_empty() {
                writer.set_whole(index, text);
            }
        }
    }
    if shows_path && let Some(path) = nearby::path(context.span) {
        writer.set_whole(Surrounding::PATH, &path);
    }
    let own = writer.finish();
    let mut writer = record.writer(own, &[]).with_whole_names();
    write(&mut writer);
    let words = record.finish(writer);
    record.put(
        [
            record::head(level, words),
            record::origin(context.trace_flags(), own - FIXED_WORDS),
            time::unix_nanos(),
            context.trace_high,
            context.trace_low,
            context.span,
        ],
        words,
    );
}
