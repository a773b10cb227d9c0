//! Plays a case against a library's objects, on clocks that stand still.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use spandrel::testing;
use tokio::{runtime::Builder, task};

use super::{
    clock::Clocks,
    guard::{Calling, Cannot, Fail, Guard, Number},
    recloser,
};
use crate::conformance::{
    Good, Line, Outcome,
    body::Failed,
    case::{Case, Time},
    script::{Action, Kind, Step},
};

/// Builds a library's objects for a case and the outcomes of its script.
pub(super) type Build = fn(&Case, &[Outcome]) -> Result<Box<dyn Guard>, Cannot>;

/// What came of a case.
#[derive(Debug, PartialEq)]
pub(super) enum Played {
    Passed,
    /// At which step, and in what.
    Failed(String),
    Cannot(Cannot),
}

/// How a call ended; none: by a panic.
type Ended = Option<Result<Good, Fail>>;

/// Floating-point numbers are nobody's fault.
const TOLERANCE: Duration = Duration::from_micros(1);
const STEP: Duration = Duration::from_millis(1);

/// Plays a case.
pub(super) fn play(case: &Case, build: Build) -> Played {
    let steps: Vec<_> = case.script.iter().map(|line| Step::read(line).unwrap()).collect();
    if let Some(why) = unsaid(case, &steps) {
        return Played::Cannot(why);
    }
    frozen(async |clocks| {
        let guard = match build(case, &outcomes(&steps)) {
            Ok(guard) => guard,
            Err(why) => return Played::Cannot(why),
        };
        if let Some(why) = unseen(&steps, &*guard) {
            return Played::Cannot(why);
        }
        let mut lab = Lab { clocks, guard, begun: Vec::new() };
        for (at, (step, line)) in steps.iter().zip(&case.script).enumerate() {
            for time in 1..=step.times {
                if let Err(error) = lab.step(step, time == step.times).await {
                    return Played::Failed(format!("step {} `{}`: {error}", at + 1, line.trim()));
                }
            }
        }
        Played::Passed
    })
}

/// Runs what is to see no time pass but what it passes itself.
pub(super) fn frozen<T>(run: impl AsyncFnOnce(&Clocks) -> T) -> T {
    let capture = testing::capture();
    let clocks = Clocks::freeze(Arc::new(capture.mock_clock()));
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    tracing::subscriber::with_default(recloser::Watch, || {
        runtime.block_on(task::unconstrained(run(&clocks)))
    })
}

/// Why no library can be asked this.
fn unsaid(case: &Case, steps: &[Step]) -> Option<Cannot> {
    if case.reason(crate::conformance::Way::Async).is_some() {
        return Some("no late answer of a function that is thrown away");
    }
    let changes = |step: &Step| matches!(step.action, Action::Resize(_));
    (case.reconfigured.is_some() || steps.iter().any(changes)).then_some("no change while it runs")
}

/// Why there is nothing to see, or nothing to do it with.
fn unseen(steps: &[Step], guard: &dyn Guard) -> Option<Cannot> {
    let controls = steps.iter().any(|step| match step.action {
        Action::Control(control) => !guard.controls(control),
        _ => false,
    });
    if controls {
        return Some("no such control by hand");
    }
    // What only a body could be told, where it is told nothing.
    let is_told = |word: &String| word.starts_with("time_left=") || word.starts_with("attempt=");
    let is_untold = |step: &Step| !step.expects.is_empty() && step.expects.iter().all(is_told);
    if steps.iter().any(is_untold) {
        return Some("the body is told nothing");
    }
    let mut words = steps.iter().flat_map(|step| &step.expects).peekable();
    words.peek()?;
    let is_seen = |word: &String| Word::read(word).is_some_and(|word| word.is_seen(guard));
    (!words.any(is_seen)).then_some("nothing of what is asked is published")
}

fn outcomes(steps: &[Step]) -> Vec<Outcome> {
    let each = steps.iter().map(|step| match &step.action {
        Action::Call(outcomes) => outcomes.clone(),
        Action::End(_, outcome) => vec![*outcome],
        _ => Vec::new(),
    });
    each.flatten().collect()
}

/// Something that a script expects.
enum Word<'w> {
    Result(&'w str),
    State(&'w str),
    /// A key and its value.
    Value(&'w str, &'w str),
}

impl<'w> Word<'w> {
    fn read(word: &'w str) -> Option<Self> {
        const STATES: [&str; 3] = ["closed", "open", "half_open"];
        Some(match word.split_once('=') {
            Some((key, value)) => Self::Value(key, value),
            None if STATES.contains(&word) => Self::State(word),
            // A state that a library has only if it can be put there.
            None if ["disabled", "forced_open"].contains(&word) => return None,
            None => Self::Result(word),
        })
    }

    fn is_seen(&self, guard: &dyn Guard) -> bool {
        match self {
            Self::Result(_) => true,
            Self::State(_) => guard.state().is_some(),
            Self::Value("took" | "attempts" | "live" | "code" | "polls", _) => true,
            Self::Value("retry_after", value) => guard.says_when() && *value != "none",
            Self::Value(key, value) => guard.number(key).is_some() && *value != "none",
        }
    }
}

struct Lab<'c> {
    clocks: &'c Clocks,
    guard: Box<dyn Guard>,
    begun: Vec<(String, Begun)>,
}

/// A call that goes on.
struct Begun {
    line: Arc<Line>,
    began: u64,
    ended: Option<(Ended, u64)>,
    course: Option<Calling>,
    woken: Arc<Woken>,
}

/// Only a future that was woken is polled: a waker that is forgotten shows.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl Begun {
    /// Goes on as far as it can; whether that was anywhere.
    fn go_on(&mut self, now: u64) -> bool {
        let Some(calling) = self.course.as_mut().filter(|_| self.woken.0.swap(false, SeqCst))
        else {
            return false;
        };
        if let Some(ended) = poll(calling, &Waker::from(Arc::clone(&self.woken))) {
            self.ended = Some((ended, now));
            self.course = None;
        }
        true
    }
}

fn poll(calling: &mut Calling, waker: &Waker) -> Option<Ended> {
    let mut context = Context::from_waker(waker);
    match catch_unwind(AssertUnwindSafe(|| calling.as_mut().poll(&mut context))) {
        Ok(Poll::Ready(returned)) => Some(Some(returned)),
        Ok(Poll::Pending) => None,
        Err(_) => Some(None),
    }
}

/// How a call stands after a step.
struct Shown {
    result: &'static str,
    retry_after: Option<Duration>,
    code: Option<u64>,
    took: Duration,
    line: Arc<Line>,
}

impl Shown {
    fn new(ended: Option<&Ended>, took: Duration, line: &Arc<Line>) -> Self {
        let goes_on = if line.bodies().live > 0 { "running" } else { "waiting" };
        let (result, code, retry_after) = match ended {
            None => (goes_on, None, None),
            Some(None) => ("panicked", None, None),
            Some(Some(Ok(Good::Answer(number)))) => ("ok", Some(*number), None),
            Some(Some(Ok(Good::Bad(number)))) => ("bad", Some(*number), None),
            Some(Some(Ok(Good::Fallback))) => ("fallback", None, None),
            Some(Some(Err(Fail::Refused(word, after)))) => (*word, None, *after),
            Some(Some(Err(Fail::Own(Failed::Own(_, number))))) => ("error", Some(*number), None),
            Some(Some(Err(Fail::Own(_)))) => ("more attempts than scripted", None, None),
        };
        let code = code.map(u64::from);
        Self { result, retry_after, code, took, line: Arc::clone(line) }
    }
}

impl Lab<'_> {
    /// Plays a step; of one that is repeated, only how each call ended shows before the last time.
    async fn step(&mut self, step: &Step, is_last: bool) -> Result<(), String> {
        let shown = self.act(&step.action).await?;
        let words: Vec<_> = step.expects.iter().filter_map(|word| Word::read(word)).collect();
        if let (Action::Call(outcomes), Some(shown)) = (&step.action, &shown) {
            check_call(outcomes, shown, &words)?;
        }
        for word in words {
            if word.is_seen(&*self.guard) && (is_last || matches!(word, Word::Result(_))) {
                self.check(&word, shown.as_ref())?;
            }
        }
        Ok(())
    }

    async fn act(&mut self, action: &Action) -> Result<Option<Shown>, String> {
        match action {
            Action::Call(outcomes) => return self.call(outcomes).await.map(Some),
            Action::Begin(name) => {
                let line = Arc::new(Line::new(Arc::clone(&self.clocks.bodies), None));
                let begun = Begun {
                    began: self.clocks.now(),
                    ended: None,
                    course: Some(self.guard.call(Arc::clone(&line))),
                    woken: Arc::new(Woken(AtomicBool::new(true))),
                    line,
                };
                self.begun.push((name.clone(), begun));
            }
            Action::End(name, outcome) => self.find(name).line.tell(*outcome),
            Action::Cancel(name) => {
                self.find(name).course = None;
                self.settle();
                let line = &self.find(name).line;
                let shown = Shown::new(None, Duration::ZERO, line);
                return Ok(Some(Shown { result: "cancelled", ..shown }));
            }
            Action::Look(_) | Action::Nothing => {}
            Action::Pass(time) => self.pass(*time).await,
            Action::Control(control) => self.guard.control(*control)?,
            Action::Resize(_) => return Err("it cannot".to_owned()),
        }
        self.settle();
        Ok(match action {
            Action::Begin(name) | Action::End(name, _) | Action::Look(name) => {
                let now = self.clocks.now();
                let begun = self.find(name);
                let (ended, at) = match &begun.ended {
                    Some((ended, at)) => (Some(ended), *at),
                    None => (None, now),
                };
                let took = Duration::from_nanos(at - begun.began);
                Some(Shown::new(ended, took, &begun.line))
            }
            _ => None,
        })
    }

    async fn pass(&mut self, time: Duration) {
        self.clocks.advance(time).await;
        self.begun.iter().for_each(|(_, begun)| begun.line.wake());
    }

    /// A call from its beginning to its end.
    async fn call(&mut self, outcomes: &[Outcome]) -> Result<Shown, String> {
        let line = Arc::new(Line::new(Arc::clone(&self.clocks.bodies), Some(outcomes)));
        let began = self.clocks.now();
        let mut calling = self.guard.call(Arc::clone(&line));
        let mut steps = 0;
        let ended = loop {
            if let Some(ended) = poll(&mut calling, Waker::noop()) {
                break ended;
            }
            steps += 1;
            let step = if steps < 20_000 { STEP } else { Duration::from_secs(1) };
            if steps > 40_000 {
                return Err("it waits for ever".to_owned());
            }
            let soon = line.ready_in().filter(|nanos| *nanos > 0).map(Duration::from_nanos);
            self.clocks.advance(soon.map_or(step, |soon| soon.min(step))).await;
            line.wake();
        };
        drop(calling);
        let took = Duration::from_nanos(self.clocks.now() - began);
        let shown = Shown::new(Some(&ended), took, &line);
        self.settle();
        Ok(shown)
    }

    fn find(&mut self, name: &str) -> &mut Begun {
        let found = self.begun.iter_mut().find(|(other, _)| other == name);
        found.map(|(_, begun)| begun).expect("somebody who began")
    }

    /// Lets all go on until nobody can, in the order in which they began.
    fn settle(&mut self) {
        let now = self.clocks.now();
        let mut go_on = || {
            let moved =
                self.begun.iter_mut().filter_map(|(_, begun)| begun.go_on(now).then_some(()));
            moved.count()
        };
        while go_on() > 0 {}
    }

    fn check(&self, word: &Word<'_>, shown: Option<&Shown>) -> Result<(), String> {
        let found = match word {
            Word::Result(_) => shown.map_or("no call", |shown| shown.result).to_owned(),
            Word::State(_) => self.guard.state().unwrap_or("none").to_owned(),
            Word::Value(key, value) => return self.check_value(key, value, shown),
        };
        let (Word::Result(expected) | Word::State(expected)) = word else { return Ok(()) };
        if *expected == found { Ok(()) } else { Err(format!("expected {expected}, found {found}")) }
    }

    fn check_value(&self, key: &str, value: &str, shown: Option<&Shown>) -> Result<(), String> {
        let bodies = shown.map(|shown| shown.line.bodies());
        let time = match key {
            "took" => shown.map(|shown| shown.took),
            "retry_after" => shown.and_then(|shown| shown.retry_after),
            _ => None,
        };
        if let (Some(found), Some(expected)) = (time, Time::read(value)) {
            if found.abs_diff(expected.0) <= TOLERANCE {
                return Ok(());
            }
            return Err(format!("expected {key}={value}, found {found:?}"));
        }
        let count = match key {
            "attempts" => bodies.map(|bodies| bodies.ran.into()),
            "live" => bodies.map(|bodies| bodies.live.into()),
            "polls" => bodies.map(|bodies| bodies.polls.into()),
            "code" => shown.and_then(|shown| shown.code),
            _ => match self.guard.number(key) {
                Some(Number::Count(count)) => Some(count),
                Some(Number::Share(share)) => {
                    let expected: f64 = value.parse().map_err(|_| "no share".to_owned())?;
                    if (share - expected).abs() < 1e-6 {
                        return Ok(());
                    }
                    return Err(format!("expected {key}={value}, found {share}"));
                }
                None => None,
            },
        };
        if count.map(|count| count.to_string()).as_deref() == Some(value) {
            return Ok(());
        }
        Err(format!("expected {key}={value}, found {count:?}"))
    }
}

/// Each attempt of the script was made, and what came out is what a step without words means.
fn check_call(outcomes: &[Outcome], shown: &Shown, words: &[Word<'_>]) -> Result<(), String> {
    let bodies = shown.line.bodies();
    if bodies.left > 0 {
        let result = shown.result;
        return Err(format!("{} attempts of the script were not made ({result})", bodies.left));
    }
    if bodies.live > 0 {
        return Err(format!("{} bodies live on", bodies.live));
    }
    if words.iter().any(|word| matches!(word, Word::Result(_))) {
        return Ok(());
    }
    let expected = match outcomes {
        [only] => match only.kind {
            Kind::Success => "ok",
            Kind::Bad => "bad",
            Kind::Panic => "panicked",
            _ => "error",
        },
        _ => return Err("a script that expects nothing".to_owned()),
    };
    if expected == shown.result {
        return Ok(());
    }
    Err(format!("expected {expected}, found {}", shown.result))
}
