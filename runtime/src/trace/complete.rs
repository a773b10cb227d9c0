//! The records of a span that has ended: on their way to whoever keeps or exports it.

use super::{
    drain::Sites,
    limits::Limits,
    record::{
        layout::FLAG_PARENT_REMOTE,
        read::{Record, word},
        view::{SpanView, Status, TraceHead, status},
    },
};
use crate::{outcome::Outcome, time::anchor::Anchor};

/// Bytes in front of the records of a span that is kept.
const KEPT_HEAD: usize = 16;

/// The records of a span that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complete<'a> {
    pub(super) head: &'a [u8],
    pub(super) extras: &'a [u8],
    pub(crate) trace: &'a TraceHead,
    pub(super) tick: u64,
    pub(super) outcome: Outcome,
    /// Somebody said that it shall not be exported.
    pub(crate) discarded: bool,
}

impl<'a> Complete<'a> {
    /// A span that came whole in one record.
    pub(crate) fn whole(
        record: &Record<'a>,
        trace: &'a TraceHead,
        tick: u64,
        outcome: Outcome,
    ) -> Self {
        Self { head: record.bytes, extras: &[], trace, tick, outcome, discarded: false }
    }

    /// The span as exporters see it; `None` if its site is not known.
    pub(crate) fn view(
        &self,
        sites: &'a Sites,
        anchor: &'a Anchor,
        limits: &'a Limits,
    ) -> Option<SpanView<'a>> {
        let (head, _) = Record::take(self.head)?;
        Some(SpanView {
            site: sites.get(head.aux())?,
            head,
            extras: self.extras,
            trace: self.trace,
            end_tick: self.tick,
            outcome: self.outcome,
            anchor,
            limits,
        })
    }

    /// Whether it is the first span of its trace in this process.
    pub(crate) fn is_root(&self) -> bool {
        is_root(&Record { bytes: self.head })
    }

    /// Whether it failed, by its outcome or by what was said.
    pub(crate) fn failed(&self) -> bool {
        matches!(status(self.outcome, self.extras), Status::Error { .. })
    }

    /// How long it took, in ticks.
    pub(crate) fn ticks(&self) -> u64 {
        self.tick.saturating_sub(word(self.head, 3).unwrap_or(u64::MAX))
    }

    /// Bytes that it takes to keep it, its trace not counted.
    pub(crate) fn kept_bytes(&self) -> usize {
        KEPT_HEAD + self.head.len() + self.extras.len()
    }

    /// Hands out the form that [`Complete::read`] reads, piece by piece.
    pub(crate) fn write(&self, mut put: impl FnMut(&[u8])) {
        let lengths = (self.extras.len() as u64) << 32 | (self.head.len() as u64) << 8;
        put(&(lengths | self.outcome as u64).to_ne_bytes());
        put(&self.tick.to_ne_bytes());
        put(self.head);
        put(self.extras);
    }

    /// Reads a span that was kept; `None` at the end.
    pub(crate) fn read<'k: 'a>(kept: &'k [u8], trace: &'a TraceHead) -> Option<(Self, &'k [u8])> {
        let (lengths, tick) = (word(kept, 0)?, word(kept, 1)?);
        let rest = kept.get(KEPT_HEAD..)?;
        let (head, rest) = rest.split_at_checked((lengths >> 8 & 0xff_ffff) as usize)?;
        let (extras, rest) = rest.split_at_checked((lengths >> 32) as usize)?;
        let outcome = Outcome::from_byte(lengths as u8).unwrap_or(Outcome::Ok);
        Some((Self { head, extras, trace, tick, outcome, discarded: false }, rest))
    }
}

/// Whether the record is that of the first span of its trace in this process.
///
/// Its parent is in another process, or it has none.
pub(crate) fn is_root(record: &Record<'_>) -> bool {
    record.word(2) == 0 || record.flags() & FLAG_PARENT_REMOTE != 0
}
