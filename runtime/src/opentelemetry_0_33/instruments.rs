//! Instruments of one scope, each a metric of ours.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use ::opentelemetry::{
    InstrumentationScope,
    metrics::{
        AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder,
        InstrumentBuilder, InstrumentProvider, ObservableCounter, ObservableGauge,
        ObservableUpDownCounter, SyncInstrument, UpDownCounter,
    },
};

use super::{
    measures::{Measure, Observing},
    meters::Limit,
};
use crate::{
    diag,
    metrics::{
        self, BucketsOf, Distribution, Family, Identity, LIMIT, Latest, Number, Scope, State, Total,
    },
};

/// Makes the instruments of one scope.
pub(super) struct Instruments {
    scope: Scope,
    limits: Arc<Vec<Limit>>,
}

type Text = Cow<'static, str>;

impl Instruments {
    pub(super) fn new(scope: &InstrumentationScope, limits: Arc<Vec<Limit>>) -> Self {
        let name = scope.name().to_owned().into();
        let version = scope.version().map(|version| version.to_owned().into());
        Self { scope: Scope { name, version }, limits }
    }

    /// The metric, unless something about it cannot be.
    fn family<S: State>(
        &self,
        name: Text,
        description: Option<Text>,
        unit: Option<Text>,
        kind: S::Kind,
    ) -> Option<&'static Family<S>> {
        let unit = unit.unwrap_or_default();
        let problem = metrics::problem_of(&name).or(metrics::problem_of_unit(&unit));
        if let Some(problem) = problem {
            refuse(&name, problem);
            return None;
        }
        let fits = |limit: &&Limit| match limit.pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == limit.pattern,
        };
        let limit = self.limits.iter().find(fits).map_or(LIMIT, |limit| limit.series);
        let description = description.unwrap_or_default();
        let scope = self.scope.clone();
        Some(metrics::family(Identity { name, description, unit, scope, limit }, kind))
    }

    fn sync<I, S: State<Kind = ()>, T>(
        &self,
        builder: InstrumentBuilder<'_, I>,
    ) -> Arc<dyn SyncInstrument<T> + Send + Sync>
    where
        Measure<S>: SyncInstrument<T>,
    {
        let InstrumentBuilder { name, description, unit, .. } = builder;
        match self.family::<S>(name, description, unit, ()) {
            Some(family) => Arc::new(Measure(family)),
            None => Arc::new(Nothing),
        }
    }

    fn observable<I, S: State<Kind = ()>, T: Number>(
        &self,
        builder: AsyncInstrumentBuilder<'_, I, T>,
    ) {
        let AsyncInstrumentBuilder { name, description, unit, callbacks, .. } = builder;
        if let Some(family) = self.family::<S>(name, description, unit, ()) {
            for callback in callbacks {
                observe(family, callback);
            }
        }
    }

    fn histogram<I, T>(
        &self,
        builder: HistogramBuilder<'_, I>,
    ) -> Arc<dyn SyncInstrument<T> + Send + Sync>
    where
        Measure<Distribution>: SyncInstrument<T>,
    {
        let HistogramBuilder { name, description, unit, boundaries, .. } = builder;
        if let Some(problem) = boundaries.as_deref().and_then(metrics::problem_of_bounds) {
            refuse(&name, problem);
            return Arc::new(Nothing);
        }
        let kind = boundaries
            .map_or(BucketsOf::Exponential, |bounds| BucketsOf::Chosen(Cow::Owned(bounds)));
        match self.family::<Distribution>(name, description, unit, kind) {
            Some(family) => Arc::new(Measure(family)),
            None => Arc::new(Nothing),
        }
    }
}

fn observe<S: State, T: Number>(family: &'static Family<S>, callback: Callback<T>) {
    // The API has no way to take a callback back.
    let _ = family.callbacks.add::<T>(move |observer| callback(&Observing(Mutex::new(observer))));
}

fn refuse(name: &str, problem: &str) {
    diag::warn(format_args!("`{name}` is not exported: {problem}"));
}

/// Measures nothing, as the API wants it of instruments that cannot be.
struct Nothing;

impl<T> SyncInstrument<T> for Nothing {
    fn measure(&self, _measurement: T, _attributes: &[::opentelemetry::KeyValue]) {}
}

/// The methods of the API: a name, what it returns, what is kept for it.
macro_rules! sync {
    ($($method:ident: $instrument:ident<$number:ty>, $state:ty;)*) => {$(
        fn $method(
            &self,
            builder: InstrumentBuilder<'_, $instrument<$number>>,
        ) -> $instrument<$number> {
            $instrument::new(self.sync::<_, $state, $number>(builder))
        }
    )*};
}

macro_rules! observable {
    ($($method:ident: $instrument:ident<$number:ty>, $state:ty;)*) => {$(
        fn $method(
            &self,
            builder: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>,
        ) -> $instrument<$number> {
            self.observable::<_, $state, $number>(builder);
            $instrument::new()
        }
    )*};
}

impl InstrumentProvider for Instruments {
    sync! {
        u64_counter: Counter<u64>, Total<u64, true>;
        f64_counter: Counter<f64>, Total<f64, true>;
        i64_up_down_counter: UpDownCounter<i64>, Total<i64, false>;
        f64_up_down_counter: UpDownCounter<f64>, Total<f64, false>;
        u64_gauge: Gauge<u64>, Latest<u64>;
        i64_gauge: Gauge<i64>, Latest<i64>;
        f64_gauge: Gauge<f64>, Latest<f64>;
    }

    observable! {
        u64_observable_counter: ObservableCounter<u64>, Total<u64, true>;
        f64_observable_counter: ObservableCounter<f64>, Total<f64, true>;
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>, Total<i64, false>;
        f64_observable_up_down_counter: ObservableUpDownCounter<f64>, Total<f64, false>;
        u64_observable_gauge: ObservableGauge<u64>, Latest<u64>;
        i64_observable_gauge: ObservableGauge<i64>, Latest<i64>;
        f64_observable_gauge: ObservableGauge<f64>, Latest<f64>;
    }

    fn f64_histogram(&self, builder: HistogramBuilder<'_, Histogram<f64>>) -> Histogram<f64> {
        Histogram::new(self.histogram(builder))
    }

    fn u64_histogram(&self, builder: HistogramBuilder<'_, Histogram<u64>>) -> Histogram<u64> {
        Histogram::new(self.histogram(builder))
    }
}
