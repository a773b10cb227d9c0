//! The numbers that policies keep, as metrics: read when somebody reads metrics, and never before.
//!
//! All instances of one name are one series, so that keys and objects cost none; only where a
//! program asks for it are the keys told apart. Instances that are gone stay in the counts: what
//! only grows never shrinks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, Once},
};

use super::{
    PolicyKind, policies,
    registry::{Listed, labels_key},
};
use crate::{
    metrics::{
        self, Source,
        build::{Named, Value},
        data::{Label, Labels, Metric, Number},
    },
    sync::lock,
    time,
};

const SCOPE: &str = "spandrel::resilience";

/// One number of a kind of policies, and the series that shows it.
struct Row {
    kind: PolicyKind,
    /// What a listing calls it.
    number: &'static str,
    metric: &'static Family,
    /// What tells it from the other numbers of the metric.
    label: Option<(&'static str, &'static str)>,
}

/// A metric, which some numbers are series of.
struct Family {
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    grows: Grows,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grows {
    Only,
    OnlyInParts,
    AndShrinks,
}

macro_rules! families {
    ($($name:ident: $metric:literal, $unit:literal, $grows:ident, $description:literal;)*) => {$(
        static $name: Family = Family {
            name: concat!("resilience.", $metric),
            unit: $unit,
            description: $description,
            grows: Grows::$grows,
        };
    )*};
}

families! {
    BULKHEAD_CALLS: "bulkhead.calls", "{call}", Only, "Calls that wanted into a bulkhead";
    IN_FLIGHT: "bulkhead.in_flight", "{call}", AndShrinks, "Calls in a bulkhead";
    QUEUED: "bulkhead.queued", "{call}", AndShrinks, "Calls that wait for their place in a bulkhead";
    PLACES: "bulkhead.max_concurrent", "{call}", AndShrinks, "Calls for which a bulkhead has places";
    BREAKER_CALLS: "circuit_breaker.calls", "{call}", Only,
        "Calls behind a circuit breaker, by what they meant to it";
    SLOW: "circuit_breaker.slow_calls", "{call}", Only, "Calls that were slow to a circuit breaker";
    STATE: "circuit_breaker.state", "{circuit_breaker}", AndShrinks,
        "Circuit breakers in this state: 1 or 0, unless there are several of one name";
    TIME: "circuit_breaker.time_in_state", "s", OnlyInParts,
        "How long circuit breakers were in this state";
    RATE_CALLS: "rate_limiter.calls", "{call}", Only, "Calls that wanted past a rate limit";
    BUDGET_LEFT: "retry.budget.available", "{retry}", AndShrinks, "Retries that a budget affords now";
    BUDGET_RETRIES: "retry.budget.retries", "{retry}", Only,
        "Retries that were asked of a budget, by whether it could afford them";
}

/// Rows of numbers that are told apart by one label.
macro_rules! rows {
    ($($kind:ident $metric:ident { $($number:literal $(= $label:literal $value:literal)?),* })*) => {
        &[$($(Row {
            kind: PolicyKind::$kind,
            number: $number,
            metric: &$metric,
            label: rows!(@ $($label $value)?),
        },)*)*]
    };
    (@ $label:literal $value:literal) => { Some(($label, $value)) };
    (@) => { None };
}

/// In the order of the metrics.
static ROWS: &[Row] = rows! {
    Bulkhead BULKHEAD_CALLS { "entered" = "kind" "entered", "rejected" = "kind" "rejected" }
    Bulkhead IN_FLIGHT { "in_flight" }
    Bulkhead PLACES { "max_concurrent" }
    Bulkhead QUEUED { "queued" }
    CircuitBreaker BREAKER_CALLS {
        "successes" = "kind" "success", "failures" = "kind" "failure", "ignored" = "kind" "ignored",
        "stale" = "kind" "stale", "rejected" = "kind" "rejected"
    }
    CircuitBreaker SLOW { "slow" }
    CircuitBreaker STATE {
        "closed" = "state" "closed", "half_open" = "state" "half_open", "open" = "state" "open",
        "disabled" = "state" "disabled", "forced_open" = "state" "forced_open"
    }
    CircuitBreaker TIME {
        "time_closed" = "state" "closed", "time_half_open" = "state" "half_open",
        "time_open" = "state" "open", "time_disabled" = "state" "disabled",
        "time_forced_open" = "state" "forced_open"
    }
    RateLimiter RATE_CALLS { "admitted" = "kind" "admitted", "rejected" = "kind" "rejected" }
    RetryBudget BUDGET_LEFT { "available" }
    RetryBudget BUDGET_RETRIES { "afforded" = "kind" "afforded", "refused" = "kind" "refused" }
};

/// All instances whose numbers are one set of series.
type Whose = (PolicyKind, &'static str, Option<Arc<str>>);
/// In the order of the rows of their kind.
type Sums = BTreeMap<Whose, Vec<f64>>;

/// What those counted that are gone.
static GONE: Mutex<Sums> = Mutex::new(BTreeMap::new());

/// An instance is about to go.
#[cold]
pub(crate) fn retire(instance: &dyn Listed) {
    let mut gone = lock(&GONE);
    // Of a key that is gone only the count is kept: keys may be without end.
    let key = of(instance).2.map(|_| Arc::from("…"));
    add(&mut gone, (instance.kind(), instance.name(), key), instance, |row| {
        row.metric.grows != Grows::AndShrinks
    });
}

fn of(instance: &dyn Listed) -> Whose {
    let name = instance.name();
    let key = instance.key().filter(|_| labels_key(name));
    (instance.kind(), name, key.map(Arc::from))
}

/// Adds the numbers of an instance.
fn add(sums: &mut Sums, whose: Whose, instance: &dyn Listed, counts: impl Fn(&Row) -> bool) {
    let now = time::nanos();
    let (kind, state) = (instance.kind(), instance.state(now));
    let numbers = instance.statistics(now);
    let rows = || ROWS.iter().filter(|row| row.kind == kind);
    let sums = sums.entry(whose).or_insert_with(|| vec![0.0; rows().count()]);
    for (sum, row) in sums.iter_mut().zip(rows()).filter(|(_, row)| counts(row)) {
        let found = numbers.iter().find(|(name, _)| *name == row.number);
        let is_state = std::ptr::eq(row.metric, &STATE) && row.number == state;
        *sum += found.map_or(f64::from(u8::from(is_state)), |(_, number)| *number);
    }
}

struct PolicyMetrics;

/// Has the policies' numbers exported with all other metrics, from now on.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| metrics::register(&PolicyMetrics));
}

impl Source for PolicyMetrics {
    fn collect(&self, into: &mut Vec<Metric>) {
        // First those who live: while they are held here, they cannot go.
        let living = policies();
        let mut sums = lock(&GONE).clone();
        for policy in living.iter() {
            let instance = &*policy.instance;
            add(&mut sums, of(instance), instance, |_| true);
        }
        into.extend(metrics_of(&sums));
    }
}

fn metrics_of(sums: &Sums) -> Vec<Metric> {
    let start = time::started_unix_nanos();
    let families = ROWS.chunk_by(|one, next| std::ptr::eq(one.metric, next.metric));
    let metric = |rows: &[Row]| {
        let [Row { kind, metric, .. }, ..] = rows else { return None };
        let first = ROWS.iter().filter(|row| row.kind == *kind);
        let at = first.take_while(|row| !std::ptr::eq(row.metric, *metric)).count();
        let mut values: Vec<Value> = Vec::new();
        for (whose, numbers) in sums.iter().filter(|((of, ..), _)| of == kind) {
            for (row, number) in rows.iter().zip(&numbers[at..]) {
                values.push((labels(whose, row), metric.number(*number)));
            }
        }
        (!values.is_empty()).then(|| metric.of(start, values))
    };
    families.filter_map(metric).collect()
}

impl Family {
    fn number(&self, number: f64) -> Number {
        match self.grows {
            Grows::OnlyInParts => Number::F64(number),
            Grows::Only | Grows::AndShrinks => Number::U64(number.max(0.0) as u64),
        }
    }

    fn of(&self, start: u64, values: Vec<Value>) -> Metric {
        let Self { name, unit, description, grows } = *self;
        let named = Named { name, unit, description, scope: SCOPE };
        match grows {
            Grows::Only | Grows::OnlyInParts => named.counter(start, values),
            Grows::AndShrinks => named.up_down(start, values),
        }
    }
}

fn labels((_, policy, key): &Whose, row: &Row) -> Labels {
    let text = |key: &'static str, value: &str| (key.into(), Label::Str(value.to_owned().into()));
    let mut labels: Labels = vec![text("policy", policy)];
    labels.extend(key.as_deref().map(|value| text("key", value)));
    labels.extend(row.label.map(|(key, value)| text(key, value)));
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    labels
}
