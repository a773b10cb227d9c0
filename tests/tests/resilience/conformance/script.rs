//! The lines of a script: what is done, and what that shows.
//!
//! ```text
//! S                      a call whose body succeeds at once
//! F(200ms) F!3s S        a call with three attempts: 200 ms long, asking for 3 s of patience, good
//! call                   a call whose body does not run
//! F x5                   five such calls
//! a: begin               a call that goes on
//! a: end S               its body ends like this
//! a: cancel              its future is dropped
//! a: look                how it stands
//! +30s                   time passes
//! force_open             or disable, observe, auto, reset, configure; resize 3
//! … => open, took=300ms  what is seen then
//! ```

use std::time::Duration;

use super::case::Time;

/// A line of a script.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) times: u32,
    pub(crate) expects: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Call(Vec<Outcome>),
    Begin(String),
    End(String, Outcome),
    Cancel(String),
    Look(String),
    Pass(Duration),
    Control(Control),
    Resize(u32),
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Control {
    Auto,
    Configure,
    Disable,
    ForceOpen,
    Observe,
    Reset,
}

/// How a body ends, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    pub(crate) takes: Duration,
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `S`
    Success,
    /// `B`: an `Ok` that is none.
    Bad,
    /// `F`
    Failure,
    /// `I`: an error that says nothing about the callee.
    Ignored,
    /// `P`
    Panic,
    /// `R`: what may go better next time.
    Transient,
    /// `T`
    Throttled,
    /// `X`: somebody else's timeout.
    TimedOut,
    /// `N`
    NotSent,
    /// `E`
    Permanent,
    /// `H`: never ends.
    Hangs,
}

impl Kind {
    const ALL: [(char, Self); 11] = [
        ('S', Self::Success),
        ('B', Self::Bad),
        ('F', Self::Failure),
        ('I', Self::Ignored),
        ('P', Self::Panic),
        ('R', Self::Transient),
        ('T', Self::Throttled),
        ('X', Self::TimedOut),
        ('N', Self::NotSent),
        ('E', Self::Permanent),
        ('H', Self::Hangs),
    ];

    pub(crate) fn read(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|(other, _)| *other == letter).map(|(_, kind)| kind)
    }
}

impl Outcome {
    pub(crate) fn read(word: &str) -> Option<Self> {
        let (word, retry_after) = match word.split_once('!') {
            Some((word, after)) => (word, Some(Time::read(after)?.0)),
            None => (word, None),
        };
        let mut letters = word.chars();
        let kind = Kind::read(letters.next()?)?;
        let takes = match letters.as_str() {
            "" => Duration::ZERO,
            takes => Time::read(takes.strip_prefix('(')?.strip_suffix(')')?)?.0,
        };
        Some(Self { kind, takes, retry_after })
    }
}

impl Step {
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        let (what, expects) = line.split_once("=>").unwrap_or((line, ""));
        let expects: Vec<_> = expects.split(',').map(|word| word.trim().to_owned()).collect();
        let mut words: Vec<_> = what.split_whitespace().collect();
        let times = match words.last().and_then(|word| word.strip_prefix('x')) {
            Some(times) => {
                words.pop();
                times.parse().map_err(|_| format!("how often is `x{times}`?"))?
            }
            None => 1,
        };
        let action = action(&words).ok_or_else(|| format!("`{}` is no step", what.trim()))?;
        let expects = expects.into_iter().filter(|word| !word.is_empty()).collect();
        Ok(Self { action, times, expects })
    }
}

fn action(words: &[&str]) -> Option<Action> {
    Some(match words {
        [] => Action::Nothing,
        ["call"] => Action::Call(Vec::new()),
        ["auto"] => Action::Control(Control::Auto),
        ["configure"] => Action::Control(Control::Configure),
        ["disable"] => Action::Control(Control::Disable),
        ["force_open"] => Action::Control(Control::ForceOpen),
        ["observe"] => Action::Control(Control::Observe),
        ["reset"] => Action::Control(Control::Reset),
        ["resize", places] => Action::Resize(places.parse().ok()?),
        [time] if time.starts_with('+') => Action::Pass(Time::read(&time[1..])?.0),
        [name, rest @ ..] if name.ends_with(':') => {
            let name = name.trim_end_matches(':').to_owned();
            match rest {
                ["begin"] => Action::Begin(name),
                ["cancel"] => Action::Cancel(name),
                ["look"] => Action::Look(name),
                ["end", outcome] => Action::End(name, Outcome::read(outcome)?),
                _ => return None,
            }
        }
        outcomes => {
            Action::Call(outcomes.iter().map(|word| Outcome::read(word)).collect::<Option<_>>()?)
        }
    })
}
