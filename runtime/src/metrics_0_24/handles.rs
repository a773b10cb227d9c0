//! What libraries hold in hand.

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::{
    metrics::{BoundCounter, BoundGauge, BoundHistogram},
    sync::lock,
};

pub(super) struct Counted(pub(super) BoundCounter);

impl CounterFn for Counted {
    fn increment(&self, value: u64) {
        self.0.add(value);
    }

    fn absolute(&self, value: u64) {
        let series = self.0.0;
        // There may be several handles of one series.
        let _alone = lock(&series.absolute);
        let known = series.state.sum.total();
        self.0.add(value.saturating_sub(known));
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
