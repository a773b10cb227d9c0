//! Begins and ends spans: the hot path.

#[cfg(feature = "tracing")]
mod parked;

use std::{
    mem,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    context::{Context, Extra, Phase},
    foreign,
    id::{TraceFlags, TraceId},
    join::End,
    local::{self, ACTIVE, EXTRA, LATE, Local, RECORDING, REMOTE, Room, SHARED, W3C_SHIFT},
    loss::LossReason,
    mirror,
    record::{
        layout::{self, FLAG_PARENT_REMOTE, Kind, SPAN_END, SPAN_WORDS},
        writer::Writer,
    },
    recorder,
    sampling::Under,
    scope,
};
use crate::{
    call::fields::{self, Begun, Fields},
    outcome::Outcome,
    site::{self, Site},
    sync::shared::AtomicU64,
    time,
};

#[cfg(feature = "tracing")]
pub(crate) use parked::Parked;

/// Flags that a child does not inherit.
const OWN_FLAGS: u16 = LATE | SHARED | REMOTE;

/// A span that has begun: where its record stands, and in which life of the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    record: &'static [AtomicU64; SPAN_WORDS],
    epoch: u64,
}

impl Open {
    /// When it began; asked before anything else is recorded.
    #[inline(always)]
    pub(crate) fn start(&self) -> u64 {
        self.record[3].load(Relaxed)
    }
}

/// What a call finds when it looks whether to record.
pub(crate) enum Verdict {
    /// Record a child of the current span.
    Child,
    /// A new local root begins here: ask the sampler.
    Root,
    /// The trace is not recorded.
    Off,
}

impl Local {
    #[inline(always)]
    pub(crate) fn verdict(self) -> Verdict {
        let flags = Local.flags();
        if flags & RECORDING != 0 {
            Verdict::Child
        } else if self.is_unsampled() {
            Verdict::Off
        } else {
            Verdict::Root
        }
    }

    /// Whether the thread is in a trace that is not recorded.
    #[inline(always)]
    pub(crate) fn is_unsampled(self) -> bool {
        Local.flags() & (RECORDING | ACTIVE | REMOTE) == ACTIVE
    }

    /// Writes the record of a child of the current span, and makes it current.
    ///
    /// `None`: there was no room, or a record is being written; the loss is counted.
    #[inline(always)]
    pub(crate) fn begin(
        &self,
        site: &'static Site,
        word: u32,
        write: impl Fn(&mut Writer),
    ) -> Option<Open> {
        self.begin_at(site, word, time::ticks, write)
    }

    /// The same for a span that began at another time.
    #[inline(always)]
    pub(crate) fn begin_at(
        &self,
        site: &'static Site,
        word: u32,
        start: impl FnOnce() -> u64,
        write: impl Fn(&mut Writer),
    ) -> Option<Open> {
        if self.is_writing() {
            Self::lose(LossReason::Reentrant);
            return None;
        }
        let Some(room) = self.room() else {
            Self::lose(LossReason::PoolEmpty);
            return None;
        };
        let mut writer = Writer::new(room.words(), SPAN_WORDS, site.field_table(), site.redacts());
        self.while_writing(|| write(&mut writer));
        if writer.is_full() {
            return self.begin_in_fresh_chunk(site, word, start, &write);
        }
        self.put_span(room, word, writer.finish(), start)
    }

    /// The same without attributes.
    #[inline(always)]
    pub(crate) fn begin_bare(self, word: u32) -> Option<Open> {
        if self.is_writing() {
            Self::lose(LossReason::Reentrant);
            return None;
        }
        let Some(room) = self.room() else {
            Self::lose(LossReason::PoolEmpty);
            return None;
        };
        self.put_span(room, word, SPAN_WORDS, time::ticks)
    }

    // Through `dyn`: a copy of this for each site would be a kilobyte of code that hardly ever runs.
    #[cold]
    #[inline(never)]
    fn begin_in_fresh_chunk(
        &self,
        site: &'static Site,
        word: u32,
        start: impl FnOnce() -> u64,
        write: &dyn Fn(&mut Writer),
    ) -> Option<Open> {
        let Some(room) = self.fresh_room() else {
            Self::lose(LossReason::PoolEmpty);
            return None;
        };
        // The last word is kept for the count of what finds no room even here.
        let words = room.words();
        let kept = words.split_last().map_or(words, |(_, kept)| kept);
        let mut writer = Writer::new(kept, SPAN_WORDS, site.field_table(), site.redacts());
        self.while_writing(|| write(&mut writer));
        let used = writer.finish_in(words);
        self.put_span(room, word, used, start)
    }

    #[inline(always)]
    fn put_span(
        self,
        room: Room,
        word: u32,
        used: usize,
        start: impl FnOnce() -> u64,
    ) -> Option<Open> {
        let record = room.words().first_chunk::<SPAN_WORDS>()?;
        let span = self.next_span_id();
        let flags = Local.flags();
        let remote = if flags & REMOTE != 0 { FLAG_PARENT_REMOTE } else { 0 };
        let parent = Local.replace_span(span);
        Local.replace_flags(flags & !OWN_FLAGS);
        let start = start();
        let values =
            [layout::head(Kind::SPAN, remote, used, site::index(word)), span, parent, start, 0];
        for (word, value) in record.iter().zip(values) {
            word.store(value, Relaxed);
        }
        room.commit(used);
        Some(Open { record, epoch: self.epoch() })
    }

    /// Ends a span: in place while its record is the thread's own, by a record of its own later.
    #[inline(always)]
    pub(crate) fn end_at(self, open: &Open, span: u64, flags: u16, outcome: Outcome, now: u64) {
        if self.epoch() == open.epoch && flags & (LATE | SHARED) == 0 {
            let start = open.record[3].load(Relaxed);
            let end = layout::end(now.saturating_sub(start), outcome as u8);
            open.record[SPAN_END].store(end, Relaxed);
        } else {
            let linger = flags & (LATE | SHARED) != 0;
            self.end_elsewhere(span, End { tick: now, outcome, linger });
        }
    }

    #[cold]
    #[inline(never)]
    fn end_elsewhere(self, span: u64, end: End) {
        if !self.is_writing()
            && let Some(room) = self.room()
            && let [head, id, tick, ..] = room.words()
        {
            let aux = end.outcome as u32;
            head.store(layout::head(Kind::END, u8::from(end.linger), 3, aux), Relaxed);
            id.store(span, Relaxed);
            tick.store(end.tick, Relaxed);
            room.commit(3);
        } else if let Some(recorder) = recorder::current() {
            recorder.end_without_room(span, end);
        }
    }

    /// Writes a further record about a span. `fixed` follows the span's id.
    ///
    /// Lost without a trace when there is no room: the span itself is what is counted.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_extra(
        &self,
        kind: u8,
        flags: u8,
        aux: u32,
        span: u64,
        fixed: &[u64],
        write: &dyn Fn(&mut Writer),
    ) {
        if self.is_writing() {
            return;
        }
        let Some(mut room) = self.room() else { return };
        for fresh in [false, true] {
            if fresh {
                match self.fresh_room() {
                    Some(other) => room = other,
                    None => return,
                }
            }
            let words = room.words();
            let kept = words.split_last().map_or(words, |(_, kept)| kept);
            let mut writer = Writer::new(kept, 2 + fixed.len(), &[], false);
            self.while_writing(|| write(&mut writer));
            if writer.is_full() && !fresh {
                continue;
            }
            let used = writer.finish_in(words);
            words[0].store(layout::head(kind, flags, used, aux), Relaxed);
            words[1].store(span, Relaxed);
            for (word, value) in words[2..].iter().zip(fixed) {
                word.store(*value, Relaxed);
            }
            return room.commit(used);
        }
    }

    /// More is recorded about a span: if it is the current one, its end needs a record.
    pub(crate) fn mark_late(self, span: u64) {
        if Local.span() == span {
            Local.replace_flags(Local.flags() | LATE);
        }
    }

    /// Makes a new trace, or the remote parent's, current, as the sampler decides.
    ///
    /// Returns the context to restore. Afterwards the thread records, or is in a trace that is not
    /// recorded; what it records tentatively is marked by its number alone, for the sampled flag
    /// tells others what the sampler decided. `None`: nothing records at all.
    #[cold]
    #[inline(never)]
    pub(crate) fn enter_root(self, site: &'static Site) -> Option<Context> {
        let recorder = recorder::current()?;
        let flags = Local.flags();
        let remote = flags & REMOTE != 0;
        let inherited = u128::from(Local.trace_high()) << 64 | u128::from(Local.trace_low());
        let inherited = TraceId::from_u128(inherited).filter(|_| remote);
        let trace = inherited.unwrap_or_else(|| recorder.new_trace_id());
        let mut extra = if flags & EXTRA != 0 { local::clone_extra() } else { None };
        let under = Under {
            parent: inherited.map(|_| TraceFlags::from_bits((flags >> W3C_SHIFT) as u8)),
            extra: extra.as_deref(),
        };
        let scope = scope::of(Local.scope());
        let root = recorder.sample(scope, site, trace, under);
        let tentative = !root.sampled && scope == 0 && recorder.records_tentatively(site);
        if let Some(trace_state) = root.trace_state {
            let others = extra.as_deref().cloned().unwrap_or_default();
            extra = Some(Arc::new(Extra { trace_state, ..others }));
        }
        let trace = trace.to_u128();
        let mut next = Context {
            trace_high: (trace >> 64) as u64,
            trace_low: trace as u64,
            span: Local.span(),
            flags: flags & !(OWN_FLAGS | 0xff << W3C_SHIFT)
                | ACTIVE
                | if extra.is_some() { EXTRA } else { 0 }
                | root.flags
                | u16::from(root.w3c.bits()) << W3C_SHIFT,
            scope: if tentative { scope::tentative(self.random()) } else { scope },
            phase: Phase::Waiting,
            extra,
        };
        let recorded = root.sampled || tentative;
        if recorded {
            // Still the remote span's child: `put_span` takes parent and mark from here.
            next.flags |= RECORDING | flags & REMOTE;
        }
        if !remote {
            // A trace that is not recorded has a span nevertheless: without one nobody could be
            // told not to record it either.
            next.span = if recorded { 0 } else { self.random().max(1) };
        }
        next.swap();
        // The sampler may have said something else about this trace than the last time.
        self.trace_changed();
        Some(next)
    }
}

/// What was current before a span looked for its parent; dropped, it is again.
struct Before(Option<Context>);

impl Before {
    /// Looks for a nearer parent in other APIs, if they are in use.
    fn begin(word: u32) -> Self {
        let mut before = Self(None);
        if word & site::ELSEWHERE != 0
            && let Some(context) = foreign::adopt()
        {
            before.change(context);
        }
        before
    }

    /// Asks for a trace; `false`: nothing is recorded.
    #[cold]
    #[inline(never)]
    fn enter_root(&mut self, site: &'static Site) -> bool {
        if let Some(previous) = Local.enter_root(site) {
            // What was current first is what is restored.
            self.0.get_or_insert(previous);
        }
        matches!(Local.verdict(), Verdict::Child)
    }

    #[cold]
    fn change(&mut self, mut context: Context) {
        context.swap();
        self.0 = Some(context);
    }

    fn has_changed(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        if let Some(context) = &mut self.0 {
            context.swap();
        }
    }
}

/// A span that is carried by a future or a handle instead of a stack frame.
///
/// While it is entered, `context` holds what was current before.
#[derive(Debug)]
pub(crate) struct Active {
    context: Context,
    open: Option<Open>,
}

impl Active {
    /// Nothing is recorded, and nothing is entered.
    #[inline(always)]
    pub(crate) fn off() -> Self {
        Self { context: Context::default(), open: None }
    }

    /// Begins a span as a child of the current one, without entering it.
    #[inline(always)]
    pub(crate) fn begin(
        site: &'static Site,
        word: u32,
        capture: impl FnOnce(Fields) -> Begun,
    ) -> Self {
        let word = site.settle(word);
        if word & (site::TRACED | site::MIRRORED | site::ELSEWHERE) == site::TRACED
            && let Verdict::Child = Local.verdict()
        {
            return Self::begin_child(site, word, capture);
        }
        Self::begin_elsewhere(site, word, capture)
    }

    /// Begins where there is more to do: a trace begins here, or other APIs take part.
    #[cold]
    #[inline(never)]
    fn begin_elsewhere(
        site: &'static Site,
        word: u32,
        capture: impl FnOnce(Fields) -> Begun,
    ) -> Self {
        let word = mirror::settle(site, word);
        let mut before = Before::begin(word);
        let recorded = word & site::TRACED != 0
            && match Local.verdict() {
                Verdict::Child => true,
                Verdict::Off => false,
                Verdict::Root => before.enter_root(site),
            };
        let mut active = if recorded {
            Self::begin_child(site, word, capture)
        } else {
            if word & site::MIRRORED != 0 {
                capture(Fields::new(site, word | fields::UNRECORDED));
            }
            // Not recorded: the future carries the decision to what it calls.
            if before.has_changed() { Self::unrecorded() } else { Self::off() }
        };
        if word & site::MIRRORED != 0 {
            active.show();
        }
        active
    }

    /// Shows the span to other APIs whenever it is entered.
    #[cold]
    #[inline(never)]
    fn show(&mut self) {
        let recorded = self.is_recording().then_some(self.context.span);
        let Some(mirror) = mirror::take(recorded) else { return };
        if !self.has_context() {
            *self = Self::unrecorded();
        }
        if recorded.is_some() {
            // The other API hands the counterpart out, and what is recorded there is recorded here.
            self.mark_shared();
        }
        self.context = mem::take(&mut self.context).shown_by(mirror);
    }

    #[inline(always)]
    fn begin_child(site: &'static Site, word: u32, capture: impl FnOnce(Fields) -> Begun) -> Self {
        let (parent, flags) = (Local.span(), Local.flags());
        let open = capture(Fields::new(site, word)).0;
        let context = Context {
            trace_high: Local.trace_high(),
            trace_low: Local.trace_low(),
            span: Local.replace_span(parent),
            flags: Local.replace_flags(flags),
            scope: Local.scope(),
            phase: Phase::Waiting,
            extra: if flags & EXTRA != 0 { local::clone_extra() } else { None },
        };
        Self { context, open }
    }

    /// The context of now, without a span of its own.
    pub(crate) fn unrecorded() -> Self {
        Self { context: Context::peek(), open: None }
    }

    /// Puts a span that nobody records in the place of a caller's, in a trace that was turned down.
    #[cfg(feature = "tower")]
    pub(crate) fn stand_in(&mut self) {
        // Where nothing records at all, a trace goes on as it came.
        if self.context.flags & (ACTIVE | REMOTE) == ACTIVE && self.context.span != 0 {
            self.context.span = Local.random().max(1);
        }
    }

    /// This context, without a span of its own.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn carrying(context: Context) -> Self {
        Self { context, open: None }
    }

    /// Whether the span is recorded.
    #[inline(always)]
    pub(crate) fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there is a context to enter.
    #[inline(always)]
    pub(crate) fn has_context(&self) -> bool {
        self.context.flags & (ACTIVE | EXTRA) != 0
    }

    /// Whether other APIs are shown the span; asked while it is not entered.
    #[inline(always)]
    pub(crate) fn is_shown(&self) -> bool {
        self.context.flags & EXTRA != 0 && self.context.is_shown()
    }

    /// The span while it is not entered; while it is, the one that was current before.
    #[inline(always)]
    pub(crate) fn span(&self) -> u64 {
        self.context.span
    }

    /// The context while the span is not entered.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Enters: whatever is current elsewhere now was so before, and is not nearer.
    #[inline(always)]
    pub(crate) fn enter(&mut self) {
        if foreign::is_in_use() {
            self.note();
        }
        self.swap();
    }

    #[cold]
    #[inline(never)]
    fn note(&mut self) {
        self.context = foreign::note(mem::take(&mut self.context));
    }

    /// Enters what was noted before, or leaves.
    #[inline(always)]
    pub(crate) fn swap(&mut self) {
        self.context.swap();
    }

    /// More is recorded about the span; called while it is not entered.
    pub(crate) fn mark_late(&mut self) {
        self.context.flags |= LATE;
    }

    /// How far the carrier is.
    #[inline(always)]
    pub(crate) fn phase(&self) -> Phase {
        self.context.phase
    }

    #[inline(always)]
    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.context.phase = phase;
    }

    /// The span may be recorded about from several threads; called while it is not entered.
    pub(crate) fn mark_shared(&mut self) {
        self.context.flags |= SHARED;
    }

    /// Ends the span; called while it is not entered.
    #[inline(always)]
    pub(crate) fn end(&mut self, outcome: Outcome) {
        if self.open.is_some() {
            self.end_at(outcome, time::ticks());
        }
    }

    /// The same at this tick.
    #[inline(always)]
    pub(crate) fn end_at(&mut self, outcome: Outcome, now: u64) {
        if let Some(open) = self.open.take() {
            Local.end_at(&open, self.context.span, self.context.flags, outcome, now);
        }
    }

    /// When the span began; asked before anything else is recorded.
    #[inline(always)]
    pub(crate) fn start(&self) -> Option<u64> {
        self.open.as_ref().map(Open::start)
    }
}
