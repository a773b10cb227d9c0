//! What libraries hold in hand.

use std::sync::Mutex;

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::{
    metrics::{BoundCounter, BoundGauge, BoundHistogram},
    sync::lock,
};

pub(super) struct Counted {
    series: BoundCounter,
    /// Of those who say how much there is in all, one at a time finds out what to add.
    absolute: Mutex<()>,
}

impl Counted {
    pub(super) const fn new(series: BoundCounter) -> Self {
        Self { series, absolute: Mutex::new(()) }
    }
}

impl CounterFn for Counted {
    fn increment(&self, value: u64) {
        self.series.add(value);
    }

    fn absolute(&self, value: u64) {
        let _alone = lock(&self.absolute);
        let known = self.series.0.state.sum.total();
        self.series.add(value.saturating_sub(known));
    }
}

pub(super) struct Shown(pub(super) BoundGauge);

impl GaugeFn for Shown {
    fn increment(&self, value: f64) {
        self.0.add(value);
    }

    fn decrement(&self, value: f64) {
        self.0.add(-value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
    }
}

pub(super) struct Measured(pub(super) BoundHistogram);

impl HistogramFn for Measured {
    fn record(&self, value: f64) {
        self.0.record(value);
    }
}
