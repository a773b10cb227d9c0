//! Series as a scraper would have stored them.

use std::borrow::Cow;

use super::super::{
    buckets::{self, Bucket},
    family::{Family, Kind, Series, Value},
    native::Native,
    number::{self, as_f64},
    target::Target,
};
use crate::metrics::data::{Exemplar, Number};

/// One series with its one sample.
pub(super) struct Sample<'a> {
    /// Sorted, the name of the series among them.
    pub(super) labels: &'a [(Cow<'a, str>, Cow<'a, str>)],
    pub(super) value: SampleValue<'a>,
    pub(super) exemplar: Option<&'a Exemplar>,
    pub(super) family: &'a Family<'a>,
}

pub(super) enum SampleValue<'a> {
    Float(f64),
    Native(&'a Native),
}

/// Calls with each sample of these families.
pub(super) fn each(
    families: &[Family<'_>],
    target: &Target,
    has_native: bool,
    see: &mut dyn FnMut(&Sample<'_>),
) {
    let mut buckets = Vec::new();
    for family in families {
        for series in &family.series {
            let source = Source { family, series, target };
            let (count, sum) = match series.value {
                Value::Number(value) => {
                    let is_counter = family.kind == Kind::Counter;
                    let exemplar = series.exemplars.last().filter(|_| is_counter);
                    let value = SampleValue::Float(as_f64(value));
                    source.tell(family.kind.suffix(), None, value, exemplar, see);
                    continue;
                }
                Value::Explicit(value) => (buckets::explicit(value, &mut buckets), value.sum),
                Value::Exponential(value) => {
                    if let Some(native) = Native::new(value).filter(|_| has_native) {
                        let exemplar = series.exemplars.last();
                        source.tell("", None, SampleValue::Native(&native), exemplar, see);
                    }
                    (family.bounds.exponential(value, &mut buckets), value.sum)
                }
            };
            let float = |count| SampleValue::Float(as_f64(Number::U64(count)));
            let last = Bucket { bound: f64::INFINITY, at_most: count };
            let mut above = f64::NEG_INFINITY;
            for Bucket { bound, at_most } in buckets.iter().copied().chain([last]) {
                let exemplar = series.exemplar_within(above, bound);
                source.tell("_bucket", Some(bound), float(at_most), exemplar, see);
                above = bound;
            }
            source.tell("_sum", None, SampleValue::Float(sum), None, see);
            source.tell("_count", None, float(count), None, see);
        }
    }
}

/// What samples come from.
#[derive(Clone, Copy)]
struct Source<'a> {
    family: &'a Family<'a>,
    series: &'a Series<'a>,
    target: &'a Target,
}

impl Source<'_> {
    fn tell(
        &self,
        suffix: &str,
        bound: Option<f64>,
        value: SampleValue<'_>,
        exemplar: Option<&Exemplar>,
        see: &mut dyn FnMut(&Sample<'_>),
    ) {
        let Self { family, series, target } = *self;
        let mut labels: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::with_capacity(8);
        labels.push(("__name__".into(), format!("{}{suffix}", family.name.base).into()));
        for (key, own) in [("job", &target.job), ("instance", &target.instance)] {
            if !own.is_empty() {
                labels.push((key.into(), own.as_str().into()));
            }
        }
        for (key, value) in &series.labels {
            // As a scraper does with labels that have the names of its own.
            let is_theirs = matches!(*key, "job" | "instance");
            let key = if is_theirs { format!("exported_{key}").into() } else { (*key).into() };
            labels.push((key, value.as_ref().into()));
        }
        labels.extend(bound.map(|bound| ("le".into(), number::bound(bound).into())));
        labels.sort();
        see(&Sample { labels: &labels, value, exemplar, family });
    }
}
