//! The metrics of annotated functions, in the form that exporters read.
//!
//! Outcomes and types of errors divide the calls, not the histogram: that is one for each set of
//! labels, so that a function costs few series. What never happened has no point.

use std::borrow::Cow;

use super::families::{About, Families, Value, seconds};
use crate::{
    cell::CallsReading,
    metrics::{
        Source,
        data::{Label, Labels, Metric, Scope},
    },
    outcome::Outcome,
    site::{self, Metered, OwnedLabel, Site},
};

/// All annotated functions of the program.
#[derive(Debug)]
pub(crate) struct FunctionMetrics;

impl Source for FunctionMetrics {
    fn collect(&self, into: &mut Vec<Metric>) {
        let mut families = Families::default();
        for site in site::all() {
            if let Some(metered) = site.metered() {
                add(&mut families, site, metered);
            }
        }
        into.extend(families.into_metrics());
    }
}

/// The names of the metrics of one function.
struct Names {
    duration: Cow<'static, str>,
    calls: Cow<'static, str>,
    active: Cow<'static, str>,
    good: Cow<'static, str>,
    target: Cow<'static, str>,
}

impl Names {
    fn of(site: &Site, metered: &Metered) -> Self {
        let Some(name) = metered.metric_name() else {
            return Self {
                duration: "function.duration".into(),
                calls: "function.calls".into(),
                active: "function.active_calls".into(),
                good: "function.slo.good".into(),
                target: "function.slo.target".into(),
            };
        };
        // The name is that of what the attribute is there for; the others share its beginning.
        let own = if site.has_clock() { ".duration" } else { ".calls" };
        let base = name.strip_suffix(own).unwrap_or(name);
        let (duration, calls) = match site.has_clock() {
            true => (name.into(), format!("{base}.calls").into()),
            false => (format!("{base}.duration").into(), name.into()),
        };
        Self {
            duration,
            calls,
            active: format!("{base}.active_calls").into(),
            good: format!("{base}.slo.good").into(),
            target: format!("{base}.slo.target").into(),
        }
    }
}

fn add(families: &mut Families, site: &'static Site, metered: &'static Metered) {
    let names = Names::of(site, metered);
    let function = format!("{}::{}", site.module_path(), site.name());
    let scope = Scope { name: site.target().into(), version: site.version().map(Into::into) };
    metered.each(|set, cell| {
        let mut labels: Labels =
            vec![("code.function.name".into(), Label::Str(function.clone().into()))];
        match set.map(|set| set.values()) {
            Some(Some(values)) => {
                labels.extend(metered.keys().iter().zip(values).filter_map(own));
            }
            Some(None) => labels.push(("otel.metric.overflow".into(), Label::Bool(true))),
            None => {}
        }
        sort(&mut labels);
        let reading = cell.calls.read();
        if reading.total() > 0 || reading.in_flight > 0 {
            let mut add = |name: &Cow<'static, str>, about: (_, _), labels, value| {
                let about = About { name: name.clone(), description: about.0, unit: about.1 };
                families.add(about, &scope, labels, value);
            };
            add_cell(&mut add, metered, &names, &labels, &reading);
            if site.has_clock() {
                let about = ("How long calls take", "s");
                add(&names.duration, about, labels, Value::Durations(Box::new(reading)));
            }
        }
    });
}

/// Adds to the metric of this name, of which this is the description and the unit.
type Add<'f> = dyn FnMut(&Cow<'static, str>, (&'static str, &'static str), Labels, Value) + 'f;

/// Adds all but the durations.
fn add_cell(
    add: &mut Add<'_>,
    metered: &'static Metered,
    names: &Names,
    labels: &Labels,
    reading: &CallsReading,
) {
    for (kind, count) in outcomes(reading) {
        let about = ("Calls that have ended", "{call}");
        add(&names.calls, about, with(labels, kind), Value::Ended(count));
    }
    let about = ("Calls that run right now", "{call}");
    add(&names.active, about, labels.clone(), Value::Running(reading.in_flight));

    for (slo, good, target) in objectives(metered, reading) {
        let labels = with(labels, slo);
        let about = ("Calls that met an objective", "{call}");
        add(&names.good, about, labels.clone(), Value::Ended(good));
        let about = ("Share of calls that shall meet an objective", "1");
        add(&names.target, about, labels, Value::Target(target));
    }
}

type Extra = Vec<(Cow<'static, str>, Label)>;

/// How calls ended, as labels, with how many did.
fn outcomes(reading: &CallsReading) -> Vec<(Extra, u64)> {
    let labels = |outcome: Outcome| vec![("outcome".into(), Label::Str(outcome.as_str().into()))];
    let plain = [Outcome::Ok, Outcome::Rejected, Outcome::Cancelled, Outcome::Panicked];
    let mut found: Vec<_> =
        plain.iter().map(|outcome| (labels(*outcome), reading.ended(*outcome))).collect();
    for (error_type, count) in &reading.errors {
        let mut labels = labels(Outcome::Error);
        labels.push(("error.type".into(), Label::Str(error_type.to_string().into())));
        found.push((labels, *count));
    }
    found.retain(|(_, count)| *count > 0);
    found
}

/// The objectives as labels, with the calls that met them and the share that should.
fn objectives(metered: &'static Metered, reading: &CallsReading) -> Vec<(Extra, u64, f64)> {
    let slo = |of: &'static str| ("slo".into(), Label::Str(of.into()));
    let mut found: Vec<(Extra, u64, f64)> = Vec::new();
    for ((nanos, target), within) in metered.latency_goals().zip(&reading.within) {
        let threshold = ("slo.threshold".into(), Label::F64(seconds(nanos)));
        let labels = vec![slo("latency"), threshold];
        // Of two for one duration there is but one series: the first.
        if found.iter().all(|(known, ..)| *known != labels) {
            found.push((labels, within.good, target));
        }
    }
    if let Some(target) = metered.error_target() {
        let failed = [Outcome::Error, Outcome::Rejected, Outcome::Panicked];
        let failed: u64 = failed.iter().map(|outcome| reading.ended(*outcome)).sum();
        found.push((vec![slo("errors")], reading.total() - failed, target));
    }
    found
}

fn with(labels: &Labels, more: Extra) -> Labels {
    let mut labels: Labels = labels.iter().cloned().chain(more).collect();
    sort(&mut labels);
    labels
}

/// A key that a function gives itself does not stand beside ours.
fn sort(labels: &mut Labels) {
    labels.sort_by(|a, b| a.0.cmp(&b.0));
    labels.dedup_by(|a, b| a.0 == b.0);
}

fn own((key, value): (&&'static str, &OwnedLabel)) -> Option<(Cow<'static, str>, Label)> {
    let value = match value {
        OwnedLabel::Absent => return None,
        OwnedLabel::Bool(value) => Label::Bool(*value),
        OwnedLabel::I64(value) => Label::I64(*value),
        OwnedLabel::Str(text) => Label::Str(text.to_string().into()),
    };
    Some(((*key).into(), value))
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
