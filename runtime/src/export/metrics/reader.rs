//! Reads all metrics from time to time, and delivers them: what runs on a reader's own thread.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{HistogramBuckets, Plan, Temporality, difference::Differences, explicit, form::Form};
use crate::{
    export::{
        stats::Stats,
        worker::{Deliver, Delivery, Pace, Payload},
    },
    metrics::data::Snapshot,
    time,
    trace::loss::LossReason,
};

/// With less, a program would do nothing else.
const LEAST_INTERVAL: Duration = Duration::from_millis(10);
/// An interval that nobody lives to see, and that the clock can count.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads, writes and delivers.
pub(super) struct Reader {
    collect: Box<dyn Fn() -> Snapshot + Send>,
    buckets: HistogramBuckets,
    differences: Option<Differences>,
    form: Form,
    deliver: Box<dyn Deliver<Vec<u8>>>,
    interval: Duration,
    timeout: Duration,
    /// When to read.
    next: Instant,
    stats: Arc<Stats>,
}

/// How much of a snapshot arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrived {
    All,
    Some,
    Nothing,
}

impl Reader {
    pub(super) fn new(
        plan: Plan,
        collect: Box<dyn Fn() -> Snapshot + Send>,
        form: Form,
        deliver: Box<dyn Deliver<Vec<u8>>>,
        stats: Arc<Stats>,
    ) -> Self {
        let interval = plan.interval.clamp(LEAST_INTERVAL, FOREVER);
        let delta = plan.temporality == Temporality::Delta;
        Self {
            collect,
            buckets: plan.buckets,
            differences: delta.then(Differences::default),
            form,
            deliver,
            interval,
            timeout: plan.timeout,
            next: time::now() + interval,
            stats,
        }
    }

    fn export(&mut self, pace: &dyn Pace) -> Delivery {
        self.next = pace.now() + self.interval;
        let mut snapshot = (self.collect)();
        if self.buckets == HistogramBuckets::Explicit {
            snapshot = explicit::of(snapshot);
        }
        let since = self.differences.as_ref().map(|last| last.since_last(&snapshot));
        let arrived = self.send(since.as_ref().unwrap_or(&snapshot), pace);
        // What did not arrive, as far as anybody knows, is part of the next difference. Of what
        // arrived in part that cannot be said: the rest is lost, and counted as such.
        if let Some(differences) = self.differences.as_mut().filter(|_| arrived != Arrived::Nothing)
        {
            differences.commit(&snapshot);
        }
        match arrived {
            Arrived::All => Delivery::Accepted { rejected: 0 },
            Arrived::Some | Arrived::Nothing => Delivery::Failed,
        }
    }

    fn send(&mut self, snapshot: &Snapshot, pace: &dyn Pace) -> Arrived {
        let written = self.form.write(snapshot);
        self.stats.add_lost(LossReason::TooLarge, written.too_large.into());
        let began = pace.now();
        let mut waiting: u64 = written.payloads.iter().map(|one| u64::from(one.spans)).sum();
        let (mut any, mut all) = (false, true);
        for mut payload in written.payloads {
            self.stats.set_queued(waiting, payload.bytes as u64);
            // One that was refused says nothing about the next; one that took long does.
            let is_late = !all && pace.now().saturating_duration_since(began) >= self.timeout;
            let arrived = !is_late && self.deliver_one(&mut payload, pace);
            if !arrived {
                let is_over = pace.deadline().is_some_and(|deadline| deadline <= pace.now());
                let reason = if is_over { LossReason::Shutdown } else { LossReason::ExportFailed };
                self.stats.add_lost(reason, payload.spans.into());
            }
            waiting -= u64::from(payload.spans);
            any |= arrived;
            all &= arrived;
        }
        self.stats.set_queued(0, 0);
        match (any, all) {
            (_, true) => Arrived::All,
            (true, false) => Arrived::Some,
            (false, false) => Arrived::Nothing,
        }
    }

    /// Delivers a payload and counts it, unless it is lost.
    fn deliver_one(&mut self, payload: &mut Payload<Vec<u8>>, pace: &dyn Pace) -> bool {
        let began = pace.now();
        let delivery = self.deliver.deliver(payload, pace);
        self.stats.add_export(pace.now().saturating_duration_since(began));
        let points = u64::from(payload.spans);
        match delivery {
            Delivery::Accepted { rejected } => {
                let rejected = u64::from(rejected).min(points);
                self.stats.add_exported(points - rejected);
                self.stats.add_lost(LossReason::Rejected, rejected);
                true
            }
            #[cfg(feature = "otlp")]
            Delivery::Spooled => {
                self.stats.add_spooled(points);
                true
            }
            Delivery::Failed => false,
        }
    }
}

/// Whoever flushes offers nothing but the occasion to read.
impl Deliver<()> for Reader {
    fn deliver(&mut self, _payload: &mut Payload<()>, pace: &dyn Pace) -> Delivery {
        self.export(pace)
    }

    fn wakes_at(&self) -> Option<Instant> {
        Some(self.deliver.wakes_at().map_or(self.next, |other| other.min(self.next)))
    }

    fn idle(&mut self, pace: &dyn Pace) {
        let now = pace.now();
        if now >= self.next {
            self.export(pace);
        }
        if self.deliver.wakes_at().is_some_and(|at| at <= now) {
            self.deliver.idle(pace);
        }
    }

    fn keeps_what_it_cannot_deliver(&self) -> bool {
        self.deliver.keeps_what_it_cannot_deliver()
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        self.deliver.interrupter()
    }
}
