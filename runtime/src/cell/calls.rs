//! The calls of one function: by outcome, by type of error, in flight, and how long they took.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    bounds,
    counts::Counts,
    durations::Durations,
    exemplars::{self, Exemplar, Exemplars},
    sharded::{Mine, Part, Sharded},
};
use crate::outcome::Outcome;

/// Types of errors that are told apart at most; further ones are counted together.
const ERROR_TYPES: usize = 8;
/// Durations that matter of one function.
const MOST_GOALS: usize = 4;

/// The durations in nanoseconds that calls of a function should not exceed.
pub(crate) type Goals = &'static [u64];

/// What is known about the calls of one function.
#[derive(Debug)]
pub(crate) struct Calls {
    goals: Goals,
    /// How many of the types of errors are told apart.
    most_error_types: usize,
    error_types: [OnceLock<Box<str>>; ERROR_TYPES],
    exemplars: Exemplars,
    parts: Sharded<CallsPart>,
}

/// The same for one thread, of which nothing has to be made any more.
///
/// What it does calls nobody: who has one needs no stack for it.
pub(crate) struct MyCalls<'c> {
    calls: &'c Calls,
    part: Mine<'c, CallsPart>,
}

/// The part of the thread on which a call has begun, for when it ends there.
#[derive(Clone, Copy)]
pub(crate) struct MyPart(&'static CallsPart);

impl fmt::Debug for MyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MyPart").finish_non_exhaustive()
    }
}

impl MyCalls<'_> {
    /// As [`Calls::begin`].
    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.part.add(&self.part.begun, 1);
    }

    /// As [`Calls::end`].
    #[inline(always)]
    pub(crate) fn end(&self, outcome: Outcome) {
        self.part.add(&self.part.ended[outcome as usize - 1], 1);
    }

    /// As [`Calls::end_after`], without goals unless `GOALS`; `None`: not yet, for a bucket has to be
    /// made first.
    #[inline(always)]
    pub(crate) fn end_after<const GOALS: bool>(
        &self,
        nanos: u64,
        outcome: Outcome,
        tick: u64,
    ) -> Option<bool> {
        let latest = self.part.durations.latest_at_once()?;
        let is_due = Calls::count(&self.part, nanos, outcome, tick);
        latest.replace(bounds::bucket_of_nanos(nanos));
        if GOALS {
            self.calls.count_goals(&self.part, nanos, outcome);
        }
        Some(is_due)
    }
}

/// One thread's part.
///
/// In this order: what each call writes takes two cache lines, beside the count of its bucket.
#[repr(C)]
pub(super) struct CallsPart {
    durations: Durations,
    begun: AtomicU64,
    ended: [AtomicU64; OUTCOMES],
    /// Nanoseconds.
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    exemplar_due: AtomicU64,
    /// Calls that met a goal: whatever their outcome, and without those that failed.
    within: [[AtomicU64; 2]; MOST_GOALS],
    errors: [AtomicU64; ERROR_TYPES + 1],
}

const OUTCOMES: usize = 5;

impl Part for CallsPart {
    const EMPTY: Self = Self {
        durations: Durations::new(),
        begun: AtomicU64::new(0),
        ended: [const { AtomicU64::new(0) }; OUTCOMES],
        sum: AtomicU64::new(0),
        min: AtomicU64::new(u64::MAX),
        max: AtomicU64::new(0),
        exemplar_due: AtomicU64::new(0),
        within: [const { [const { AtomicU64::new(0) }; 2] }; MOST_GOALS],
        errors: [const { AtomicU64::new(0) }; ERROR_TYPES + 1],
    };
    const BYTES: usize = size_of::<Self>() - size_of::<Durations>() + Durations::BYTES;
}

impl Calls {
    /// Of a function with these goals, of which the first four count.
    pub(crate) const fn new(goals: Goals) -> Self {
        Self {
            goals,
            most_error_types: ERROR_TYPES,
            error_types: [const { OnceLock::new() }; ERROR_TYPES],
            exemplars: Exemplars::new(),
            parts: Sharded::new(),
        }
    }

    /// Tells fewer types of errors apart; before the first call.
    pub(crate) const fn limit_error_types(&mut self, most: usize) {
        self.most_error_types = if most < ERROR_TYPES { most } else { ERROR_TYPES };
    }

    /// A call begins.
    #[inline]
    pub(crate) fn begin(&self) {
        let mine = self.parts.mine();
        mine.add(&mine.begun, 1);
    }

    /// The same of a call that ends on this thread, by [`Self::mine_in`]; `None`: it counts with others.
    #[inline(always)]
    pub(crate) fn begin_here(&'static self) -> Option<MyPart> {
        let mine = self.parts.mine();
        mine.add(&mine.begun, 1);
        mine.kept().map(MyPart)
    }

    /// The calling thread's part, which was found when the call began.
    ///
    /// It is still the same: a thread gives its number back when its locals are destroyed, which is
    /// before or after a whole call, and a forked child goes on with the thread's.
    #[inline(always)]
    pub(crate) fn mine_in(&self, part: MyPart) -> MyCalls<'_> {
        MyCalls { calls: self, part: Mine::sole(part.0) }
    }

    /// A call has ended, on whichever thread, without anybody having measured how long it took.
    #[inline]
    pub(crate) fn end(&self, outcome: Outcome) {
        let mine = self.parts.mine();
        mine.add(&mine.ended[outcome as usize - 1], 1);
    }

    /// A call has ended after so long; `true`: an exemplar of it would be welcome.
    #[inline(never)]
    pub(crate) fn end_after(&self, nanos: u64, outcome: Outcome, tick: u64) -> bool {
        let mine = self.parts.mine();
        let is_due = Self::count(&mine, nanos, outcome, tick);
        mine.durations.note(&mine, bounds::bucket_of_nanos(nanos));
        self.count_goals(&mine, nanos, outcome);
        is_due
    }

    /// The calling thread's part, if it has been made.
    #[inline(always)]
    pub(crate) fn mine_at_once(&self) -> Option<MyCalls<'_>> {
        self.parts.mine_at_once().map(|part| MyCalls { calls: self, part })
    }

    /// Whether there are durations that calls should not exceed.
    #[inline(always)]
    pub(crate) fn has_goals(&self) -> bool {
        !self.goals.is_empty()
    }

    /// After everything else: whoever reads sees no call within a goal that has not ended.
    #[inline(always)]
    fn count_goals(&self, mine: &Mine<'_, CallsPart>, nanos: u64, outcome: Outcome) {
        for (goal, [all, good]) in self.goals.iter().zip(&mine.within) {
            if nanos <= *goal {
                mine.add(all, 1);
                mine.add(good, u64::from(!outcome.is_failure()));
            }
        }
    }

    #[inline(always)]
    fn count(mine: &Mine<'_, CallsPart>, nanos: u64, outcome: Outcome, tick: u64) -> bool {
        mine.add(&mine.ended[outcome as usize - 1], 1);
        mine.add(&mine.sum, nanos);
        if nanos < mine.min.load(Relaxed) {
            mine.change(&mine.min, |min| min.min(nanos));
        }
        if nanos > mine.max.load(Relaxed) {
            mine.change(&mine.max, |max| max.max(nanos));
        }
        exemplars::is_due(mine, &mine.exemplar_due, tick)
    }

    /// One of its calls has ended with an error of this type.
    #[cold]
    pub(crate) fn error(&self, error_type: &str) {
        let known = self
            .error_types
            .iter()
            .take(self.most_error_types)
            .position(|known| known.get_or_init(|| error_type.into()).as_ref() == error_type);
        let mine = self.parts.mine();
        mine.add(&mine.errors[known.unwrap_or(ERROR_TYPES)], 1);
    }

    /// Keeps the span of a call that took so long.
    #[cold]
    pub(crate) fn exemplar(&self, nanos: u64, tick: u64, trace_id: u128, span_id: u64) {
        let bucket = bounds::bucket_of_nanos(nanos) as i32 + bounds::LOWEST;
        let value = nanos as f64;
        self.exemplars.offer(bucket, Exemplar { value, tick, trace_id, span_id });
    }

    /// All of it, as it is now.
    pub(crate) fn read(&self) -> CallsReading {
        let mut reading = CallsReading {
            within: self.goals.iter().take(MOST_GOALS).map(|goal| Within::new(*goal)).collect(),
            ..CallsReading::default()
        };
        let (mut begun, mut min, mut errors) = (0, u64::MAX, [0; ERROR_TYPES + 1]);
        // Ends before beginnings: no call has ended that has not begun.
        self.parts.each(|part| reading.add(part, &mut min, &mut errors));
        self.parts.each(|part| begun += part.begun.load(Relaxed));
        let ended: u64 = reading.ended.iter().sum();
        reading.in_flight = u64::saturating_sub(begun, ended);
        reading.min_max = (min <= reading.max).then_some((min, reading.max));
        let names = self.error_types.iter().map(|name| name.get().map(AsRef::as_ref));
        let names = names.chain([Some("_OTHER")]);
        for (name, count) in names.zip(errors).filter(|(_, count)| *count > 0) {
            reading.errors.push((name.unwrap_or_default().into(), count));
        }
        reading.exemplars = self.exemplars.read();
        reading
    }
}

/// What is known about a function's calls, at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallsReading {
    ended: [u64; OUTCOMES],
    pub in_flight: u64,
    /// By type, in the order in which the types appeared; the last may stand for further ones.
    pub errors: Vec<(Box<str>, u64)>,
    /// By duration in seconds.
    pub durations: Counts,
    pub sum_nanos: u64,
    max: u64,
    /// Nanoseconds.
    pub min_max: Option<(u64, u64)>,
    pub within: Vec<Within>,
    pub exemplars: Vec<Exemplar>,
}

/// How many calls met a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    pub goal_nanos: u64,
    /// Whatever their outcome.
    pub all: u64,
    /// That did not fail.
    pub good: u64,
}

impl Within {
    fn new(goal_nanos: u64) -> Self {
        Self { goal_nanos, all: 0, good: 0 }
    }
}

impl CallsReading {
    /// Calls that ended so.
    pub(crate) fn ended(&self, outcome: Outcome) -> u64 {
        self.ended[outcome as usize - 1]
    }

    /// Calls that ended, whatever their outcome.
    pub(crate) fn total(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Adds the calls of another cell, of the same function or of one with the same name.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.within.is_empty() && self.total() == 0 {
            self.within.clone_from(&other.within);
        } else {
            // How many calls of both met a goal is known only of goals that both have.
            self.within.retain_mut(|within| {
                let more = other.within.iter().find(|more| more.goal_nanos == within.goal_nanos);
                within.all += more.map_or(0, |more| more.all);
                within.good += more.map_or(0, |more| more.good);
                more.is_some()
            });
        }
        self.ended.iter_mut().zip(other.ended).for_each(|(sum, more)| *sum += more);
        self.in_flight += other.in_flight;
        for (name, count) in &other.errors {
            match self.errors.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += count,
                None => self.errors.push((name.clone(), *count)),
            }
        }
        self.durations.merge(&other.durations);
        self.sum_nanos = self.sum_nanos.wrapping_add(other.sum_nanos);
        self.max = self.max.max(other.max);
        self.min_max = match (self.min_max, other.min_max) {
            (Some((min, max)), Some(more)) => Some((min.min(more.0), max.max(more.1))),
            (one, other) => one.or(other),
        };
        self.exemplars.extend_from_slice(&other.exemplars);
    }

    /// What happened since an earlier reading; of what runs, and of extremes, it knows nothing.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut ended = self.ended;
        ended.iter_mut().zip(earlier.ended).for_each(|(now, then)| *now -= then.min(*now));
        let known = |name: &str| {
            let found = earlier.errors.iter().find(|(known, _)| known.as_ref() == name);
            found.map_or(0, |(_, count)| *count)
        };
        let errors =
            self.errors.iter().map(|(name, count)| (name, count.saturating_sub(known(name))));
        let errors = errors.filter(|(_, count)| *count > 0);
        let mut within = self.within.clone();
        for (now, then) in within.iter_mut().zip(&earlier.within) {
            now.all = now.all.saturating_sub(then.all);
            now.good = now.good.saturating_sub(then.good);
        }
        Self {
            ended,
            in_flight: self.in_flight,
            errors: errors.map(|(name, count)| (name.clone(), count)).collect(),
            durations: self.durations.since(&earlier.durations),
            sum_nanos: self.sum_nanos.wrapping_sub(earlier.sum_nanos),
            max: 0,
            min_max: None,
            within,
            exemplars: Vec::new(),
        }
    }

    fn add(&mut self, part: &CallsPart, min: &mut u64, errors: &mut [u64; ERROR_TYPES + 1]) {
        let add = |sum: &mut u64, word: &AtomicU64| *sum = sum.wrapping_add(word.load(Relaxed));
        // In the opposite order of their writing.
        for (within, [all, good]) in self.within.iter_mut().zip(&part.within) {
            add(&mut within.good, good);
            add(&mut within.all, all);
        }
        errors.iter_mut().zip(&part.errors).for_each(|(sum, word)| add(sum, word));
        self.ended.iter_mut().zip(&part.ended).for_each(|(sum, word)| add(sum, word));
        add(&mut self.sum_nanos, &part.sum);
        *min = part.min.load(Relaxed).min(*min);
        self.max = part.max.load(Relaxed).max(self.max);
        part.durations.add_to(&mut self.durations);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn calls_are_counted_by_outcome_and_duration() {
        let calls = Calls::new(&[250]);

        for (nanos, outcome) in
            [(250, Outcome::Ok), (251, Outcome::Ok), (100, Outcome::Error), (7, Outcome::Panicked)]
        {
            calls.begin();
            calls.end_after(nanos, outcome, 0);
        }
        calls.begin();

        let reading = calls.read();
        let ended = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled]
            .map(|outcome| reading.ended(outcome));
        assert_eq!(ended, [2, 1, 1, 0]);
        assert_eq!((reading.in_flight, reading.sum_nanos), (1, 608));
        assert_eq!(reading.min_max, Some((7, 251)));
        assert_eq!(reading.within, [Within { goal_nanos: 250, all: 3, good: 1 }]);
        assert_eq!(reading.durations.total(), 4);
    }

    #[test]
    fn nothing_was_shortest_before_the_first_call() {
        assert_eq!(Calls::new(&[]).read().min_max, None);
    }

    #[test]
    fn eight_types_of_errors_are_told_apart_and_the_rest_is_counted() {
        let calls = Calls::new(&[]);

        for _ in 0..2 {
            (0..10).for_each(|at| calls.error(&format!("e{at}")));
        }

        let errors = calls.read().errors;
        let names: Vec<_> = errors.iter().map(|(name, count)| (name.as_ref(), *count)).collect();
        assert_eq!(names.len(), 9);
        assert_eq!((names[0], names[7], names[8]), (("e0", 2), ("e7", 2), ("_OTHER", 4)));
    }

    #[test]
    fn calls_of_many_threads_are_counted_exactly() {
        let calls = Calls::new(&[500]);

        thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    for nanos in 1..=1_000 {
                        calls.begin();
                        calls.end_after(nanos, Outcome::Ok, 0);
                    }
                });
            }
        });

        let reading = calls.read();
        assert_eq!((reading.durations.total(), reading.in_flight), (32_000, 0));
        assert_eq!(reading.sum_nanos, 32 * 500_500);
        assert_eq!((reading.within[0].all, reading.min_max), (16_000, Some((1, 1_000))));
    }

    #[test]
    fn a_thread_offers_an_exemplar_now_and_then() {
        let calls = Calls::new(&[]);

        let due: Vec<_> = [1, 2, 1 << 40, (1 << 40) + 1]
            .map(|tick| calls.end_after(1_000, Outcome::Ok, tick))
            .into();
        calls.exemplar(1_000, 1, 7, 8);
        calls.exemplar(9_000, 2, 9, 10);
        calls.exemplar(1_001, 3, 11, 12);

        assert_eq!(due, [true, false, true, false]);
        let spans: Vec<_> = calls.read().exemplars.iter().map(|kept| kept.span_id).collect();
        assert_eq!(spans, [10, 12]);
    }
}
