//! Those who want something of the provider: a hundred a second, whether it answers or not.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    Mode,
    client::{PayError, Payment, Provider},
    provider::{LENGTH, Mood},
};

/// How long after the one before a customer comes.
const STEP: Duration = Duration::from_millis(10);

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// What was asked for.
    Full,
    /// Something in its place.
    Fallback,
    Failed,
}

/// What the customers saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answers: BTreeMap<Answer, u32>,
    /// How long each customer waited, the shortest time first.
    pub(crate) times: Vec<Duration>,
    /// Requests that the provider got, by its mood.
    pub(crate) calls: BTreeMap<String, u32>,
}

/// Sends customers while the script lasts, and waits for the last of them.
pub(crate) async fn come(provider: Provider, mode: Mode) -> Seen {
    let provider = Arc::new(provider);
    let mut customers = JoinSet::new();
    let began = Instant::now();
    let mut clock = tokio::time::interval(STEP);
    for number in 0.. {
        clock.tick().await;
        if began.elapsed() >= LENGTH {
            break;
        }
        let provider = provider.clone();
        customers.spawn(async move {
            let came = Instant::now();
            let answer = serve(&provider, mode, number).await.unwrap_or(Answer::Failed);
            (answer, came.elapsed())
        });
    }
    let mut seen = Seen::default();
    while let Some(served) = customers.join_next().await {
        let (answer, time) = served.unwrap_or((Answer::Failed, Duration::ZERO));
        *seen.answers.entry(answer).or_default() += 1;
        seen.times.push(time);
    }
    seen.times.sort_unstable();
    seen
}

/// Three of five pay, two ask for a rate.
async fn serve(provider: &Provider, mode: Mode, number: i64) -> Result<Answer, PayError> {
    if number % 5 < 3 {
        let payment = match mode {
            Mode::With => provider.charge(number).await?,
            Mode::Without => provider.send_charge(number).await?,
        };
        return Ok(match payment {
            Payment::Charged(_) => Answer::Full,
            Payment::Noted => Answer::Fallback,
        });
    }
    let (currency, asked) = (["EUR", "USD"][(number % 2) as usize], Instant::now());
    let rate = match mode {
        Mode::With => provider.rate(currency).await?,
        Mode::Without => provider.send_rate(currency).await?,
    };
    let is_plausible = (50..200).contains(&rate.cents);
    Ok(match rate.at < asked {
        _ if !is_plausible => Answer::Failed,
        true => Answer::Fallback,
        false => Answer::Full,
    })
}

impl Seen {
    pub(crate) fn count(&self, answer: Answer) -> u32 {
        self.answers.get(&answer).copied().unwrap_or_default()
    }

    /// The share of customers who did not leave with an error.
    pub(crate) fn success(&self) -> f64 {
        let all = self.times.len().max(1) as f64;
        1.0 - f64::from(self.count(Answer::Failed)) / all
    }

    /// The time within which so many of a hundred were served.
    pub(crate) fn percentile(&self, share: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get(last * share / 100).copied().unwrap_or_default()
    }

    /// Requests that the provider got in all.
    pub(crate) fn all_calls(&self) -> u32 {
        self.calls.values().sum()
    }

    /// Requests that it got while it hung.
    pub(crate) fn hung_calls(&self) -> u32 {
        self.calls.get(&format!("{:?}", Mood::Hanging)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (full, fallback) = (self.count(Answer::Full), self.count(Answer::Fallback));
        let failed = self.count(Answer::Failed);
        writeln!(f, "{full} answered, {fallback} by a fallback, {failed} failed")?;
        writeln!(f, "the provider was asked {} times: {:?}", self.all_calls(), self.calls)
    }
}
