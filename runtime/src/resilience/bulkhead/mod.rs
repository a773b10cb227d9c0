//! How many calls at a time.

mod adaptive;
mod call;
mod enter;
mod overrides;
mod queue;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

pub(crate) use self::enter::{Asked, Enter, Place};
#[cfg(feature = "tower")]
pub(crate) use self::enter::{Entering, Held, ask};
pub use self::settings::Adaptive;
use self::{adaptive::Tuning, queue::Queue};
use super::{
    Mode, PolicyKind, Rejected, RejectedKind,
    instances::{Declared, Home, Instance, Listed, Numbers, Owner, Sealed, retire},
    overrides::Selection,
    telemetry,
};
use crate::cell::{Part, Sharded};

/// Lets only so many calls run at a time, and a few more wait for their turn.
///
/// So a callee that becomes slow holds up no more than its share of the program. Entering and leaving
/// is one compare-and-swap each as long as nobody waits. Whoever waits is let in first come, first
/// served; who stops waiting leaves no hole, and a place that was just handed to them goes on.
///
/// It can stand in a `static`.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Bulkhead, Rejected};
///
/// static STORE: Bulkhead =
///     Bulkhead::new("store", 10).queue(100).wait(Duration::from_millis(50));
///
/// assert_eq!(STORE.call(|| Ok::<_, Rejected>("found")), Ok("found"));
/// ```
#[derive(Debug)]
pub struct Bulkhead {
    home: Home<Core>,
    template: Template,
}

/// What was declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Template {
    places: u32,
    queue: u32,
    /// Nanoseconds; `u64::MAX`: as long as it takes.
    wait: u64,
    mode: Mode,
    adaptive: Option<Adaptive>,
}

/// The state of a bulkhead.
#[derive(Debug)]
pub(crate) struct Core {
    queue: Queue,
    patience: AtomicU64,
    mode: AtomicU8,
    declared: Declared<Template>,
    tuning: Option<Tuning>,
    name: &'static str,
    key: Option<Arc<str>>,
    counts: Sharded<Counted>,
}

/// What one thread counted.
struct Counted {
    entered: AtomicU64,
    waited: AtomicU64,
    rejected: AtomicU64,
}

impl Part for Counted {
    const EMPTY: Self =
        Self { entered: AtomicU64::new(0), waited: AtomicU64::new(0), rejected: AtomicU64::new(0) };
    const BYTES: usize = 128;
}

/// How full a bulkhead is, and what it counted since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkheadStatistics {
    in_flight: u64,
    queued: u64,
    max_concurrent: u32,
    entered: u64,
    waited: u64,
    rejected: u64,
}

impl BulkheadStatistics {
    /// How many calls run now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// How many calls wait now.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.queued
    }

    /// How many calls may run at a time now.
    #[must_use]
    pub fn max_concurrent(&self) -> u32 {
        self.max_concurrent
    }

    /// How many calls were let in.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.entered
    }

    /// How many calls had to wait, those among them that gave up.
    #[must_use]
    pub fn waited(&self) -> u64 {
        self.waited
    }

    /// How many calls were refused, or would have been by one that only observes.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }
}

impl Core {
    #[inline(always)]
    fn count(&self, word: impl Fn(&Counted) -> &AtomicU64) {
        let mine = self.counts.mine();
        mine.add(word(&mine), 1);
    }

    #[cold]
    pub(crate) fn rejected(&self) -> Rejected {
        self.count(|counted| &counted.rejected);
        let rejected = Rejected::new(RejectedKind::BulkheadFull, self.name);
        let rejected = rejected.with_key(self.key.clone());
        telemetry::refused(&rejected);
        rejected
    }

    fn take(&self, template: &Template) {
        self.patience.store(template.wait, Relaxed);
        self.queue.resize_line(template.queue);
        self.queue.resize(template.places);
    }

    fn statistics(&self) -> BulkheadStatistics {
        let (in_flight, queued) = self.queue.occupancy();
        BulkheadStatistics {
            in_flight,
            queued,
            max_concurrent: self.queue.limits().0 as u32,
            entered: self.counts.sum(|counted| &counted.entered),
            waited: self.counts.sum(|counted| &counted.waited),
            rejected: self.counts.sum(|counted| &counted.rejected),
        }
    }
}

impl Instance for Core {
    type Template = Template;

    fn make(template: &Template, name: &'static str, key: Option<Arc<str>>) -> Self {
        Self {
            queue: Queue::new(template.places, template.queue),
            patience: AtomicU64::new(template.wait),
            mode: AtomicU8::new(template.mode as u8),
            declared: Declared::new(template),
            tuning: template.adaptive.map(|adaptive| Tuning::new(adaptive, template.places)),
            name,
            key,
            counts: Sharded::new(),
        }
    }

    fn agrees(&self, template: &Template) -> bool {
        self.declared.template() == template
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        retire(self);
    }
}

impl Listed for Core {
    fn kind(&self) -> PolicyKind {
        PolicyKind::Bulkhead
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn mode(&self) -> Mode {
        Mode::of(self.mode.load(Relaxed))
    }

    fn declared_mode(&self) -> Mode {
        self.declared.mode()
    }

    fn set_mode(&self, mode: Mode, _now: u64) {
        self.mode.store(mode as u8, Relaxed);
    }

    fn reset(&self, _now: u64) {
        // Who is in stays in, and who waits goes on waiting: their places are no memory.
        self.mode.store(self.declared.mode() as u8, Relaxed);
    }

    fn state(&self, _now: u64) -> &'static str {
        let found = self.statistics();
        match self.mode() {
            Mode::Disabled => "disabled",
            Mode::ForcedOpen => "forced_open",
            _ if found.in_flight >= u64::from(found.max_concurrent) => "full",
            _ => "available",
        }
    }

    fn statistics(&self, _now: u64) -> Numbers {
        let found = self.statistics();
        vec![
            ("in_flight", found.in_flight as f64),
            ("queued", found.queued as f64),
            ("max_concurrent", f64::from(found.max_concurrent)),
            ("entered", found.entered as f64),
            ("waited", found.waited as f64),
            ("rejected", found.rejected as f64),
        ]
    }

    fn configure(&self, said: &Selection<'_>, _is_new: bool) {
        let (numbers, mode) = self.declared.under(said);
        if let Some(mut numbers) = numbers {
            if self.tuning.is_some() && numbers.places == self.declared.template().places {
                // It knows better by now how many there should be.
                numbers.places = self.queue.limits().0 as u32;
            }
            self.take(&numbers);
        }
        if let Some(mode) = mode {
            self.mode.store(mode as u8, Relaxed);
        }
    }
}

/// What a rejection and a wait know of how long it may take.
fn patience(nanos: u64) -> Option<Duration> {
    (nanos != u64::MAX).then(|| Duration::from_nanos(nanos))
}

impl Sealed for Bulkhead {
    fn own_name(&self) -> &'static str {
        self.home.name()
    }

    fn for_key(&self, owner: Owner<'_>, key: Arc<str>) -> Self {
        Self { home: Home::of_key(&self.template, owner, key), template: self.template }
    }

    fn is_at_rest(&self, _now: u64) -> bool {
        !self.home.is_held() && self.home.get(&self.template).queue.occupancy() == (0, 0)
    }
}
