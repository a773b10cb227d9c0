//! Reads any bytes as the background thread reads a chunk, for tests that bring bytes at random.

use crate::{
    export::{
        encoding_sink::{Push, Requests as _},
        otlp::batch::{Batch, Encoding, Resource},
    },
    outcome::Outcome,
    site::Site,
    time::anchor::Anchor,
    trace::{
        Limits, SpanData,
        record::{
            layout::Kind,
            read::Record,
            view::{SpanView, TraceHead},
        },
    },
};

static SITE: Site = Site::dynamic("decoded");

/// Reads whatever bytes as records; what follows a span is taken for more about it.
///
/// Each span is looked at in every way that exporters have. Returns how many there were.
pub fn decode(bytes: &[u8]) -> usize {
    let mut batch = Batch::new(Resource::new(Encoding::Protobuf, [], ""), None, 1024 * 1024);
    let (mut rest, mut trace, mut spans) = (bytes, TraceHead::default(), 0);
    while let Some((record, after)) = Record::take(rest) {
        rest = after;
        match record.kind() {
            Kind::TRACE => trace.replace(&record),
            Kind::SPAN => {
                spans += 1;
                for extras in [&[], after] {
                    look(&view(record, extras, &trace), &mut batch);
                }
            }
            _ => {}
        }
    }
    batch.finish(&mut Vec::new());
    spans
}

fn view<'a>(head: Record<'a>, extras: &'a [u8], trace: &'a TraceHead) -> SpanView<'a> {
    const LIMITS: &Limits = &Limits::new();
    let (ticks, outcome) = head.end().unwrap_or_default();
    SpanView {
        site: &SITE,
        head,
        extras,
        trace,
        end_tick: head.word(3).saturating_add(ticks),
        outcome: Outcome::from_byte(outcome).unwrap_or(Outcome::Ok),
        anchor: &Anchor::IDENTITY,
        limits: LIMITS,
    }
}

fn look(span: &SpanView<'_>, batch: &mut Batch) {
    drop(SpanData::from(span));
    if batch.push(span) == Push::Full {
        batch.finish(&mut Vec::new());
    }
}
