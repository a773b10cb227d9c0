//! Plays a case, step by step.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use spandrel::{
    resilience::{CircuitBreaker, Mode, RateLimiter},
    testing::{self, Capture, MockClock},
};

use super::{
    body::Line,
    case::{Case, Judge},
    drive::{self, Begun, Ended},
    expect::{self, Shown},
    objects::{Objects, Way},
    script::{Action, Control, Kind, Outcome, Step},
};

/// Plays a case in one way; says which step differs, and in what.
pub(crate) fn play(case: &Case, way: Way) -> Result<(), String> {
    // Budgets of one name are one, for as long as the program runs.
    static PLAYED: AtomicU32 = AtomicU32::new(0);
    let number = PLAYED.fetch_add(1, Relaxed);
    let capture = testing::capture();
    let clock = Arc::new(capture.mock_clock());
    let steps =
        case.script.iter().enumerate().map(|(at, line)| {
            Step::read(line).map_err(|error| format!("step {}: {error}", at + 1))
        });
    let steps: Vec<_> = steps.collect::<Result<_, _>>()?;
    let _chance = case.chance.map(testing::chance);
    capture.run(|| {
        let name = String::leak(format!("{} ({number})", case.name));
        let objects = Arc::new(Objects::new(case, name));
        if way == Way::Plain && objects.count() != 1 {
            return Err("a plain object stands alone; say so in the case".to_owned());
        }
        let asks = asks(case.judge, &steps);
        let begun = Vec::new();
        let mut lab = Lab { case, way, capture: &capture, clock, objects, asks, begun };
        for (at, (step, line)) in steps.iter().zip(&case.script).enumerate() {
            for time in 1..=step.times {
                lab.step(step, time == step.times)
                    .map_err(|error| format!("step {} `{}`: {error}", at + 1, line.trim()))?;
            }
        }
        Ok(())
    })
}

/// Whether something is asked of outcomes beyond whether they are errors.
fn asks(judge: Judge, steps: &[Step]) -> bool {
    let asks = |outcome: &Outcome| {
        outcome.kind == Kind::Ignored || judge == Judge::Default && outcome.retry_after.is_some()
    };
    steps.iter().any(|step| match &step.action {
        Action::Call(outcomes) => outcomes.iter().any(asks),
        Action::End(_, outcome) => asks(outcome),
        _ => false,
    })
}

struct Lab<'c> {
    case: &'c Case,
    way: Way,
    capture: &'c Capture,
    clock: Arc<MockClock>,
    objects: Arc<Objects>,
    asks: bool,
    begun: Vec<(String, Begun)>,
}

impl Lab<'_> {
    /// Plays a step; of one that is repeated, only how each call ended shows before the last time.
    fn step(&mut self, step: &Step, is_last: bool) -> Result<(), String> {
        let shown = self.act(&step.action)?;
        if let (Action::Call(outcomes), Some(shown)) = (&step.action, &shown) {
            check_call(outcomes, shown, step)?;
        }
        let words = step.expects.iter().filter(|word| is_last || expect::is_result(word));
        expect::check(words, shown.as_ref(), &self.objects)
    }

    fn act(&mut self, action: &Action) -> Result<Option<Shown>, String> {
        match action {
            Action::Call(outcomes) => return self.call(outcomes).map(Some),
            Action::Begin(name) => {
                if self.begun.iter().any(|(other, _)| other == name) {
                    return Err("there is one of this name".to_owned());
                }
                let (objects, place) = (&self.objects, (self.capture, &self.clock));
                let begun = Begun::new(self.way, objects, self.asks, place)?;
                self.begun.push((name.clone(), begun));
            }
            Action::End(name, outcome) => self.find(name)?.line.tell(*outcome),
            Action::Cancel(name) => {
                self.find(name)?.cancel()?;
                self.settle()?;
                return Ok(Some(Shown::cancelled(self.find(name)?.line.bodies())));
            }
            Action::Look(_) | Action::Nothing => {}
            Action::Pass(time) => {
                self.clock.advance(*time);
                self.begun.iter().for_each(|(_, begun)| begun.line.wake());
            }
            Action::Control(control) => self.control(*control)?,
            Action::Resize(places) => {
                let bulkhead = self.objects.bulkhead.as_ref().ok_or("there is no bulkhead")?;
                bulkhead.resize(*places);
            }
        }
        self.settle()?;
        match action {
            Action::Begin(name) | Action::End(name, _) | Action::Look(name) => {
                Ok(Some(self.look(name)?))
            }
            _ => Ok(None),
        }
    }

    /// A call from its beginning to its end.
    fn call(&mut self, outcomes: &[Outcome]) -> Result<Shown, String> {
        let line = Arc::new(Line::new(Arc::clone(&self.clock), Some(outcomes)));
        let began = self.clock.unix_nanos();
        let blocks = self.way == Way::Sync || self.way == Way::Plain && self.objects.blocks();
        let ended = if blocks {
            let called = || self.objects.call(self.way, &line, self.asks);
            match catch_unwind(AssertUnwindSafe(called)) {
                Ok(returned) => Some(returned?),
                Err(_) => None,
            }
        } else {
            let calling =
                Arc::clone(&self.objects).call_async(self.way, Arc::clone(&line), self.asks)?;
            drive::to_its_end(calling, &line, &self.clock)?
        };
        let took = Duration::from_nanos(self.clock.unix_nanos() - began);
        let shown = Shown::new(Some(&ended), took, line.bodies());
        self.settle()?;
        Ok(shown)
    }

    fn control(&self, control: Control) -> Result<(), String> {
        let mode = match control {
            Control::Auto => Mode::Auto,
            Control::Disable => Mode::Disabled,
            Control::ForceOpen => Mode::ForcedOpen,
            Control::Observe => Mode::Observe,
            Control::Configure => {
                let numbers = self.case.reconfigured.as_ref().ok_or("with what?")?;
                self.objects.configure(numbers);
                return Ok(());
            }
            Control::Reset => {
                let Objects { breaker, limiter, .. } = &*self.objects;
                breaker.iter().for_each(CircuitBreaker::reset);
                limiter.iter().for_each(RateLimiter::reset);
                return Ok(());
            }
        };
        let Objects { breaker, limiter, bulkhead, budget, .. } = &*self.objects;
        match (breaker, limiter, bulkhead, budget) {
            (Some(breaker), ..) => breaker.set_mode(mode),
            (_, Some(limiter), ..) => limiter.set_mode(mode),
            (_, _, Some(bulkhead), _) => bulkhead.set_mode(mode),
            (.., Some(budget)) => budget.set_mode(mode),
            _ => return Err("there is nothing to hold by hand".to_owned()),
        }
        Ok(())
    }

    fn find(&mut self, name: &str) -> Result<&mut Begun, String> {
        let found = self.begun.iter_mut().find(|(other, _)| other == name);
        found.map(|(_, begun)| begun).ok_or_else(|| format!("who is `{name}`?"))
    }

    fn look(&mut self, name: &str) -> Result<Shown, String> {
        let now = self.clock.unix_nanos();
        let begun = self.find(name)?;
        let (ended, at): (Option<&Ended>, u64) = match &begun.ended {
            Some((ended, at)) => (Some(ended), *at),
            None => (None, now),
        };
        Ok(Shown::new(ended, Duration::from_nanos(at - begun.began), begun.line.bodies()))
    }

    fn settle(&mut self) -> Result<(), String> {
        let now = self.clock.unix_nanos();
        let mut begun: Vec<_> = self.begun.iter_mut().map(|(_, begun)| begun).collect();
        Ok(drive::settle(&mut begun, &self.objects, now)?)
    }
}

/// Each attempt of the script was made, and what came out is what a step without words means.
fn check_call(outcomes: &[Outcome], shown: &Shown, step: &Step) -> Result<(), String> {
    if shown.bodies.left > 0 {
        let left = shown.bodies.left;
        return Err(format!("{left} attempts of the script were not made ({})", shown.result));
    }
    if shown.bodies.live > 0 {
        return Err(format!("{} bodies live on", shown.bodies.live));
    }
    let named = step.expects.iter().any(|word| word == shown.result);
    let expected = match outcomes {
        [only] => match only.kind {
            Kind::Success => "ok",
            Kind::Bad => "bad",
            Kind::Panic => "panicked",
            _ => "error",
        },
        _ => "",
    };
    if named || expected == shown.result || step.expects.iter().any(|word| expect::is_result(word))
    {
        return Ok(());
    }
    Err(format!("expected {expected}, found {}", shown.result))
}
