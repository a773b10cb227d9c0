//! Log records as requests of OTLP, by the encoding and with the delivery that spans have.
//!
//! The scope of a record is its target. Message and level are body and severity, the span is the
//! trace context, a named event has its name, and what else is known is attributes: the record's
//! own, the request's by the names of the semantic conventions, and the place in the code.

mod json;
#[cfg(feature = "otlp")]
mod protobuf;

use std::{collections::HashSet, sync::Arc};

use super::batch::{Batch, Encoding, Resource};
#[cfg(feature = "otlp")]
use super::config::Settings;
use crate::{
    export::{
        Batching, OwnCrate,
        encoding_sink::{EncodingSink, Push, Requests, Share},
        stats::Stats,
        worker::Deliver,
    },
    logs::LogView,
    site::Level,
    value::Value,
};

/// Encodes log records into requests and hands those to the exporter's thread.
pub(crate) type LogRecordSink = EncodingSink<LogBatch>;

/// Log records of one request in the making.
#[derive(Debug)]
pub(crate) struct LogBatch {
    batch: Batch,
    targets: Targets,
}

/// Targets live as long as the program; those that it makes up at run time are not kept for ever.
#[derive(Debug, Default)]
struct Targets(HashSet<&'static str>);

/// More targets than a program has modules.
const MOST_TARGETS: usize = 4_096;

impl LogRecordSink {
    /// A sink that sends, and holds no more than `bytes` bytes.
    #[cfg(feature = "otlp")]
    pub(crate) fn sending(
        settings: &Settings,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: &Arc<Stats>,
    ) -> Self {
        let mut share = Share::new(bytes);
        if settings.has_spool() {
            share = share.with_one_more_request();
        }
        let deliver = settings.deliver(stats);
        Self::of(
            ("spandrel-otlp-logs", deliver),
            resource,
            own_crate,
            share,
            settings.batching,
            stats,
        )
    }

    pub(in crate::export) fn of(
        delivery: (&'static str, Box<dyn Deliver<Vec<u8>>>),
        resource: Resource,
        own_crate: Option<OwnCrate>,
        share: Share,
        batching: Batching,
        stats: &Arc<Stats>,
    ) -> Self {
        let batch = LogBatch {
            batch: Batch::new(resource, own_crate, share.request_bytes()),
            targets: Targets::default(),
        };
        Self::with_deliver(delivery, batch, share, batching, Arc::clone(stats))
    }
}

impl Requests for LogBatch {
    type Item<'a> = LogView<'a>;

    fn push(&mut self, record: &LogView<'_>) -> Push {
        let Self { batch, targets } = self;
        let target = targets.get(record.target());
        batch.push_encoded(target.unwrap_or_default(), None, |encoding, out| match encoding {
            Encoding::Json => json::record(out, record, target.is_none()),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => protobuf::record(out, record, target.is_none()),
        })
    }

    fn spans(&self) -> u32 {
        self.batch.spans()
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.batch.finish(out);
    }
}

impl Targets {
    fn get(&mut self, target: &str) -> Option<&'static str> {
        if let Some(known) = self.0.get(target) {
            return Some(known);
        }
        if self.0.len() >= MOST_TARGETS {
            return None;
        }
        let target: &'static str = Box::leak(target.into());
        self.0.insert(target);
        Some(target)
    }
}

/// The number of a level, as OpenTelemetry counts, and its text.
fn severity(level: Level) -> (u8, &'static str) {
    match level {
        Level::Trace => (1, "TRACE"),
        Level::Debug => (5, "DEBUG"),
        Level::Info => (9, "INFO"),
        Level::Warn => (13, "WARN"),
        Level::Error => (17, "ERROR"),
    }
}

/// What is known beside the record's own attributes.
fn each_surrounding(
    record: &LogView<'_>,
    names_target: bool,
    mut each: impl FnMut(&str, Value<'_>),
) {
    if names_target {
        each("log.target", Value::Str(record.target()));
    }
    for (name, value) in record.request() {
        let key = match name {
            "method" => "http.request.method",
            "route" => "http.route",
            other => other,
        };
        each(key, Value::Str(value));
    }
    if let Some(file) = record.file() {
        each("code.file.path", Value::Str(file));
    }
    if let Some(line) = record.line() {
        each("code.line.number", Value::I64(line));
    }
}

#[cfg(test)]
#[cfg(feature = "otlp")]
mod tests;
