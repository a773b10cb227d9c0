//! How the shop asks the provider: two functions with attributes, and what they are without.

use std::{
    fmt,
    time::{Duration, Instant},
};

use reqwest::{RequestBuilder, StatusCode, header::RETRY_AFTER};
use serde::de::DeserializeOwned;
use spandrel::{
    Rejected, bulkhead, circuit_breaker, fallback, hedge,
    resilience::{CircuitBreaker, CircuitTransition, Classify, Failure},
    retry, timeout, traced,
};

use super::super::Result;

/// One for both functions: there is one provider, and either finds out that it is away.
///
/// Numbers are for a bad day of six seconds; `open_for` is rather half a minute otherwise.
static BREAKER: CircuitBreaker = CircuitBreaker::new("provider")
    .consecutive(8)
    .open_for(Duration::from_millis(400))
    .on_transition(announce);

fn announce(change: &CircuitTransition) {
    let (name, why) = (change.name(), change.reason().as_str());
    let (from, to) = (change.from().as_str(), change.to().as_str());
    println!("the circuit breaker {name} was {from} and is {to} ({why})");
}

/// Why the provider gave no answer that is worth anything.
#[derive(Debug, Classify)]
pub(crate) enum PayError {
    #[classify(source)]
    Answered(StatusCode),
    #[classify(throttled(retry_after = after))]
    Busy { after: Option<Duration> },
    #[classify(source)]
    NotReached(reqwest::Error),
    #[classify(source)]
    Refused(Rejected),
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    Charged(i64),
    /// The order stands, and is charged when the provider is back.
    Noted,
}

/// A rate of exchange, and since when it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) cents: i64,
    pub(crate) at: Instant,
}

pub(crate) struct Provider {
    client: reqwest::Client,
    url: String,
}

#[traced]
impl Provider {
    #[traced(skip)]
    pub(crate) fn new(url: &str) -> Result<Self> {
        let client = reqwest::Client::builder().build()?;
        Ok(Self { client, url: url.to_owned() })
    }

    /// Charges an order. The provider knows it by its number, so asking twice charges once.
    #[traced(fields(order.id = order))]
    #[retry(max_attempts = 4, backoff = "25ms..400ms", classify)]
    #[circuit_breaker(instance = BREAKER, classify)]
    #[timeout(attempt = "250ms", total = "2s")]
    #[bulkhead(max_concurrent = 32)]
    #[fallback(with = Self::note)]
    pub(crate) async fn charge(&self, order: i64) -> Result<Payment, PayError> {
        self.send_charge(order).await
    }

    /// What to pay in another currency. To ask changes nothing, and an older answer is better than none.
    #[hedge(delay = "60ms", idempotent = true)]
    #[circuit_breaker(instance = BREAKER, classify)]
    #[timeout("500ms")]
    #[fallback(stale = "5m", key = currency)]
    pub(crate) async fn rate(&self, currency: &str) -> Result<Rate, PayError> {
        self.send_rate(currency).await
    }

    /// Stands in for `charge`: nobody is sent away because the provider is.
    #[traced(skip)]
    async fn note(&self, _order: &i64, why: Failure<PayError>) -> Result<Payment, PayError> {
        match why {
            // A refused card stays refused.
            Failure::Error(PayError::Answered(status)) if status.is_client_error() => {
                Err(PayError::Answered(status))
            }
            _ => Ok(Payment::Noted),
        }
    }

    #[traced(name = "POST /charges", kind = client)]
    pub(crate) async fn send_charge(&self, order: i64) -> Result<Payment, PayError> {
        let request = self.client.post(format!("{}/charges/{order}", self.url));
        answer(request).await.map(Payment::Charged)
    }

    #[traced(name = "GET /rates", kind = client)]
    pub(crate) async fn send_rate(&self, currency: &str) -> Result<Rate, PayError> {
        let request = self.client.get(format!("{}/rates/{currency}", self.url));
        answer(request).await.map(|cents| Rate { cents, at: Instant::now() })
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, PayError> {
    let answer = request.send().await?;
    match answer.status() {
        StatusCode::OK => Ok(answer.json().await?),
        StatusCode::TOO_MANY_REQUESTS => {
            let after = answer.headers().get(RETRY_AFTER);
            let seconds = after.and_then(|text| text.to_str().ok()?.parse().ok());
            Err(PayError::Busy { after: seconds.map(Duration::from_secs) })
        }
        status => Err(PayError::Answered(status)),
    }
}

impl From<reqwest::Error> for PayError {
    fn from(error: reqwest::Error) -> Self {
        Self::NotReached(error)
    }
}

impl From<Rejected> for PayError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl fmt::Display for PayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "the provider answered {status}"),
            Self::Busy { .. } => f.write_str("the provider asks for patience"),
            Self::NotReached(error) => write!(f, "the provider cannot be reached: {error}"),
            Self::Refused(rejected) => rejected.fmt(f),
        }
    }
}
