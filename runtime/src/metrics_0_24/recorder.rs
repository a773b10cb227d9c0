//! The recorder that libraries find.

use ::metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use super::{
    describe,
    handles::{Counted, Measured, Shown},
    keys::{Given, Keys},
};
use crate::{
    diag,
    metrics::{
        self, BoundCounter, BoundGauge, BoundHistogram, BucketsOf, Distribution, Family, Latest,
        State, Total,
    },
};

/// A recorder of the facade whose metrics are exported with ours.
///
/// [`install`] makes one the global recorder. A program that has another one hands each event to
/// both.
///
/// ```
/// use spandrel::{metrics_0_24::Recorder, testing};
///
/// metrics::with_local_recorder(&Recorder::new(), || metrics::gauge!("depth").set(3));
/// assert_eq!(testing::metrics().value("depth", &()), Some(3.0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Recorder {}

impl Recorder {
    /// There is nothing to configure.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

/// Makes Spandrel the global recorder of the facade; `false`: the program has another one.
///
/// [`init!`](crate::init) does so, unless
/// [`Builder::metrics_0_24`](crate::Builder::metrics_0_24) says no.
///
/// ```
/// assert!(spandrel::metrics_0_24::install());
/// assert!(spandrel::metrics_0_24::install(), "once is as good as twice");
/// ```
pub fn install() -> bool {
    static INSTALLED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let is_ours = ::metrics::set_global_recorder(Recorder::new()).is_ok();
        if !is_ours {
            diag::warn(format_args!(
                "the program has a global recorder of the `metrics` facade; what libraries count \
                 through it is not exported with ours. Install no other one, or hand on to a \
                 `spandrel::metrics_0_24::Recorder`"
            ));
        }
        is_ours
    })
}

static COUNTERS: Keys<Counter> = Keys::new();
static GAUGES: Keys<Gauge> = Keys::new();
static HISTOGRAMS: Keys<Histogram> = Keys::new();

impl ::metrics::Recorder for Recorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        describe::note(key.as_str(), unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        describe::note(key.as_str(), unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        describe::note(key.as_str(), unit, &description);
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        COUNTERS.find(key, || {
            let family = family::<Total<u64, true>>(key, ());
            Counter::from_arc(Counted(BoundCounter(family.find(&Given(key)))).into())
        })
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        GAUGES.find(key, || {
            let family = family::<Latest<f64>>(key, ());
            Gauge::from_arc(Shown(BoundGauge(family.find(&Given(key)))).into())
        })
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        HISTOGRAMS.find(key, || {
            let family = family::<Distribution>(key, BucketsOf::Exponential);
            Histogram::from_arc(Measured(BoundHistogram(family.find(&Given(key)))).into())
        })
    }
}

fn family<S: State>(key: &Key, kind: S::Kind) -> &'static Family<S> {
    let identity = describe::identity(key.name());
    let family = metrics::family(identity.clone(), kind);
    describe::tell(&identity);
    family
}
