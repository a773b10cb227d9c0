//! What the API's instruments do when they are used.

use std::sync::Mutex;

use ::opentelemetry::{
    KeyValue, Value,
    metrics::{AsyncInstrument, SyncInstrument},
};

use crate::{
    metrics::{
        Amount, BoundCounter, BoundGauge, BoundHistogram, BoundUpDownCounter, Distribution, Family,
        LabelRef, LabelVisitor, Labels, Latest, Number, Observer, Ref, State, Total,
    },
    sync::lock,
};

/// One metric, as the API's instruments hold it.
pub(super) struct Measure<S: State>(pub(super) &'static Family<S>);

impl<T: Number> SyncInstrument<T> for Measure<Total<T, true>> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        BoundCounter(self.0.find(&Given(attributes))).add(measurement);
    }
}

impl<T: Number> SyncInstrument<T> for Measure<Total<T, false>> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        BoundUpDownCounter(self.0.find(&Given(attributes))).add(measurement);
    }
}

impl<T: Number + Amount<T>> SyncInstrument<T> for Measure<Latest<T>> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        BoundGauge(self.0.find(&Given(attributes))).set(measurement);
    }
}

impl<T: Amount> SyncInstrument<T> for Measure<Distribution> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        BoundHistogram(self.0.find(&Given(attributes))).record(measurement);
    }
}

/// What a callback of the API observes with.
///
/// The API shares it between threads, and may: what it observes is rare.
pub(super) struct Observing<'o, 's, T>(pub(super) Mutex<&'o mut Observer<'s, T>>);

impl<T: Number> AsyncInstrument<T> for Observing<'_, '_, T> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        lock(&self.0).observe(measurement, &Given(attributes));
    }
}

/// The API's attributes.
struct Given<'a>(&'a [KeyValue]);

impl Labels for Given<'_> {
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        for attribute in self.0 {
            let key = attribute.key.as_str();
            match &attribute.value {
                Value::Bool(value) => visitor.label(key, value),
                Value::I64(value) => visitor.label(key, value),
                Value::F64(value) => visitor.label(key, &LabelRef(Ref::F64(*value))),
                Value::String(value) => visitor.label(key, &value.as_str()),
                // A label is one value, so of several there is a text.
                other => visitor.label(key, &other.as_str()),
            }
        }
    }
}
