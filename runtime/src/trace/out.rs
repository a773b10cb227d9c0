//! Where spans go that have ended: to the exporters, to a scope, or first to what holds them.

use std::{sync::Arc, time::Instant};

#[cfg(feature = "file")]
use super::flight::{Flight, Running, Snapshot};
use super::{
    complete::{self, Complete},
    drain::{Pending, Sink, Sites},
    limits::Limits,
    loss::LossReason,
    record::{read::Record, view::TraceHead},
    recorder::Recorder,
    scope,
    scrub::{self, Scrubber},
    tail::{Outlet, Tail},
};
#[cfg(feature = "file")]
use crate::time;
use crate::time::anchor::Anchor;

/// Where spans go that have ended.
pub(super) struct Out {
    exporters: Exporters,
    scrubber: Scrubber,
    /// Holds what the sampler turned down.
    tail: Option<Tail>,
    #[cfg(feature = "file")]
    flight: Option<Flight>,
}

/// The way to the exporters.
struct Exporters {
    views: Views,
    sinks: Vec<Box<dyn Sink>>,
    /// Those that want no spans.
    others: Vec<Box<dyn Sink>>,
    /// One of them watches all spans.
    is_watched: bool,
    recorder: &'static Recorder,
}

/// What turns records into views.
struct Views {
    sites: Sites,
    anchor: Anchor,
    limits: Limits,
}

impl Out {
    pub(super) fn new(recorder: &'static Recorder, sinks: Vec<Box<dyn Sink>>) -> Self {
        let settings = &recorder.settings;
        let views =
            Views { sites: Sites::default(), anchor: Anchor::IDENTITY, limits: settings.limits };
        let tail = settings.tail_bias.map(|bias| Tail::new(bias, settings.memory.tail_bytes()));
        let (sinks, others): (_, Vec<_>) = sinks.into_iter().partition(|sink| sink.wants_spans());
        Self {
            exporters: Exporters {
                views,
                sinks,
                is_watched: is_watched(&others),
                others,
                recorder,
            },
            scrubber: Scrubber::default(),
            tail,
            #[cfg(feature = "file")]
            flight: settings.flight.map(Flight::new),
        }
    }

    /// From now on ticks are converted so.
    pub(super) fn set_anchor(&mut self, anchor: Anchor) {
        self.exporters.views.anchor = anchor;
    }

    /// A span has begun and still runs.
    pub(super) fn begin(&mut self, record: &Record<'_>, trace: &TraceHead) {
        if let Some(tail) = &mut self.tail
            && trace.root != 0
            && complete::is_root(record)
        {
            tail.begin(trace, &mut self.exporters);
        }
    }

    #[inline]
    pub(super) fn deliver(&mut self, span: &Complete<'_>) {
        self.exporters.views.sites.refresh();
        if span.discarded {
            return self.discard(span);
        }
        if !scrub::is_clean(span) {
            return self.pass_on_scrubbed(span);
        }
        self.pass_on(span);
    }

    #[cold]
    #[inline(never)]
    fn pass_on_scrubbed(&mut self, span: &Complete<'_>) {
        let mut scrubber = std::mem::take(&mut self.scrubber);
        self.pass_on(&scrubber.scrub(span));
        self.scrubber = scrubber;
    }

    #[inline]
    fn pass_on(&mut self, span: &Complete<'_>) {
        if span.trace.scope != 0 {
            return self.exporters.collect(span);
        }
        if self.exporters.is_watched {
            self.exporters.show(span);
        }
        #[cfg(feature = "file")]
        if let Some(flight) = &mut self.flight {
            flight.record(span, &self.exporters.recorder.flight);
        }
        if span.trace.root != 0 {
            return self.hold(span);
        }
        self.exporters.export(span);
    }

    #[cold]
    #[inline(never)]
    fn discard(&mut self, span: &Complete<'_>) {
        self.exporters.recorder.losses.add(LossReason::Discarded, 1);
        if let Some(tail) = &mut self.tail
            && span.trace.root != 0
        {
            tail.discard(span);
        }
    }

    /// A span of a trace that the sampler turned down.
    #[inline(never)]
    fn hold(&mut self, span: &Complete<'_>) {
        let Self { exporters, tail, .. } = self;
        exporters.recorder.tentative.count_ended();
        match tail {
            Some(tail) => {
                let anchor = exporters.views.anchor;
                tail.accept(span, |ticks| anchor.nanos(ticks), exporters);
            }
            None => exporters.drop_unwanted(1),
        }
    }

    pub(super) fn end_pass(&mut self, now: Instant) {
        let Self { exporters, tail, .. } = self;
        if let Some(tail) = tail {
            tail.end_pass(exporters);
        }
        exporters.sinks.iter_mut().for_each(|sink| sink.end_pass(now));
    }

    pub(super) fn flush(&mut self) -> Vec<Pending> {
        self.exporters.all().map(|sink| sink.flush()).collect()
    }

    /// Whether something waits for passes to come.
    pub(super) fn is_waiting(&self) -> bool {
        self.tail.as_ref().is_some_and(Tail::is_waiting)
    }

    /// What the flight recorder holds, beside what still runs.
    #[cfg(feature = "file")]
    pub(super) fn snapshot(&mut self, mut running: Vec<Running>) -> Snapshot {
        for span in &mut running {
            scrub::scrub_in_place(&mut span.head);
            scrub::scrub_in_place(&mut span.extras);
        }
        let Views { sites, anchor, limits } = &mut self.exporters.views;
        // Of a running span nothing has been handed out yet.
        sites.refresh();
        Snapshot {
            segments: self.flight.as_ref().map(Flight::segments).unwrap_or_default(),
            running,
            sites: sites.clone(),
            anchor: *anchor,
            limits: *limits,
            now: time::ticks(),
        }
    }

    pub(super) fn shut_down(&mut self) -> Vec<Pending> {
        let Self { exporters, tail, .. } = self;
        if let Some(tail) = tail {
            tail.shut_down(exporters);
        }
        exporters.all().map(|sink| sink.shutdown()).collect()
    }
}

fn is_watched(sinks: &[Box<dyn Sink>]) -> bool {
    sinks.iter().any(|sink| sink.watches())
}

impl Exporters {
    fn all(&mut self) -> impl Iterator<Item = &mut Box<dyn Sink>> {
        self.sinks.iter_mut().chain(&mut self.others)
    }

    #[inline]
    fn export(&mut self, span: &Complete<'_>) {
        let Self { views, sinks, recorder, .. } = self;
        if sinks.is_empty() {
            recorder.count_unexported();
            return;
        }
        if let Some(view) = span.view(&views.sites, &views.anchor, &views.limits) {
            recorder.count_handed_over();
            sinks.iter_mut().for_each(|sink| sink.accept(&view));
        }
    }

    #[inline(never)]
    fn show(&mut self, span: &Complete<'_>) {
        let Self { views, others, .. } = self;
        if let Some(view) = span.view(&views.sites, &views.anchor, &views.limits) {
            others.iter_mut().for_each(|sink| sink.watch(&view));
        }
    }

    /// Gives a span to its scope instead.
    fn collect(&self, span: &Complete<'_>) {
        self.recorder.count_unexported();
        let Some(scope) = scope::find(span.trace.scope) else { return };
        let anchor = if scope.has_mock_clock() { Anchor::IDENTITY } else { self.views.anchor };
        let limits = scope.limits();
        if let Some(view) = span.view(&self.views.sites, &anchor, &limits) {
            Arc::as_ref(&scope).collect(&view);
        }
    }
}

impl Outlet for Exporters {
    fn keep(&mut self, span: &Complete<'_>) {
        self.recorder.tentative.count_kept();
        self.export(span);
    }

    fn drop_unwanted(&mut self, spans: u64) {
        self.recorder.tentative.count_not_kept(spans);
    }

    fn lose(&mut self, spans: u64) {
        self.recorder.losses.add(LossReason::TailMemoryFull, spans);
    }
}
