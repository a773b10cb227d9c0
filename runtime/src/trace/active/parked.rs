//! Spans that another tracing API ends: as plain numbers, taken back, or over before now.

use std::sync::atomic::Ordering::Relaxed;

use super::{Active, Open};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    sync::shared::AtomicU64,
    time,
    trace::{
        context::Context,
        local::{EXTRA, LATE, Local, RECORDING, SHARED},
        record::{
            layout::{self, SPAN_WORDS},
            writer::Writer,
        },
        span::say,
    },
};

/// A span as plain numbers: its context, and where its record stands in which life of the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parked {
    pub(crate) context: [u64; 4],
    pub(crate) record: [u64; 2],
}

/// The place of the record of a span that has none.
const NOWHERE: u64 = u64::MAX;

static OUT_OF_REACH: [AtomicU64; SPAN_WORDS] = [const { AtomicU64::new(0) }; SPAN_WORDS];

impl Active {
    /// Begins a child of the current span that is plain numbers; `None`: that takes more.
    ///
    /// Nothing of it is in memory before it is where it stays: copying what has just been written
    /// in pieces is what the processor waits for longest.
    #[inline(always)]
    pub(crate) fn begin_parked(site: &'static Site, write: impl Fn(&mut Writer)) -> Option<Parked> {
        let (word, flags) = (site.word(), Local.flags());
        let is_plain = word & (site::TRACED | site::MIRRORED | site::ELSEWHERE) == site::TRACED;
        if !is_plain || flags & (RECORDING | EXTRA) != RECORDING {
            return None;
        }
        let parent = Local.span();
        let open = Local.begin(site, word, write);
        let record = open.and_then(|open| Some([Local.place_of(open.record)?, open.epoch]));
        let record = record.unwrap_or([NOWHERE, 0]);
        let span = Local.replace_span(parent);
        let flags = Local.replace_flags(flags);
        let last = u64::from(Local.scope()) << 32 | u64::from(flags);
        Some(Parked { context: [Local.trace_high(), Local.trace_low(), span, last], record })
    }

    /// The span as plain numbers; `None`: there is more to it.
    #[inline]
    pub(crate) fn park(&self) -> Option<Parked> {
        let context = self.context.to_words()?;
        let record = match &self.open {
            Some(open) => [Local.place_of(open.record)?, open.epoch],
            None => [NOWHERE, 0],
        };
        Some(Parked { context, record })
    }

    /// The span that was parked.
    #[inline]
    pub(crate) fn unpark(Parked { context, record: [place, epoch] }: Parked) -> Self {
        let within_reach = (epoch == Local.epoch()).then(|| Local.record_at(place)).flatten();
        let open = match within_reach {
            _ if place == NOWHERE => None,
            Some(record) => Some(Open { record, epoch }),
            // No chunk has this epoch: its end is a record of its own.
            None => Some(Open { record: &OUT_OF_REACH, epoch: 0 }),
        };
        Self { context: Context::from_words(context), open }
    }

    /// Takes the span back, to begin it again elsewhere: its start and its attributes.
    ///
    /// `None`: its record is out of this thread's reach. The record itself is discarded.
    pub(crate) fn recall(&mut self) -> Option<(u64, Vec<u64>)> {
        let open = self.open.as_ref().filter(|open| open.epoch == Local.epoch())?;
        let start = open.record[3].load(Relaxed);
        let words = Local.words_from(Local.place_of(open.record)?)?;
        let used = layout::length(words.first()?.load(Relaxed));
        let tail = words.get(SPAN_WORDS..used)?;
        let attributes = tail.iter().map(|word| word.load(Relaxed)).collect();
        say::discard(self.context.span);
        self.mark_late();
        self.end(Outcome::Ok);
        Some((start, attributes))
    }

    /// What was noted about the span while a copy of its context was current somewhere.
    pub(crate) fn mark(&mut self, flags: u16) {
        self.context.flags |= flags & (LATE | SHARED);
    }

    /// Ends a span that is plain numbers; at 0, now.
    #[inline]
    pub(crate) fn end_parked(span: Parked, noted: u16, outcome: Outcome, tick: u64) {
        let active = Self::unpark(span);
        if let Some(open) = &active.open {
            let [_, _, span, last] = span.context;
            let tick = if tick == 0 { time::ticks() } else { tick };
            Local.end_at(open, span, last as u16 | noted, outcome, tick);
        }
    }
}
