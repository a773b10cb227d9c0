//! The metrics of annotated functions, in the form that exporters read.
//!
//! Outcomes and types of errors divide the calls, not the histogram: that is one for each set of
//! labels, so that a function costs few series. What never happened has no point.

use std::borrow::Cow;

use crate::{
    cell::{CallsReading, Exemplar},
    metrics::{
        Source,
        data::{
            self, Buckets, Data, Exponential, Label, Labels, Metric, Number, Point, Scope,
            Threshold,
        },
    },
    outcome::Outcome,
    site::{self, Metered, OwnedLabel, Site},
    time,
};

/// As many as the OpenTelemetry SDKs have.
const MOST_BUCKETS: usize = 160;

/// All annotated functions of the program.
#[derive(Debug)]
pub(crate) struct FunctionMetrics;

impl Source for FunctionMetrics {
    fn collect(&self, into: &mut Vec<Metric>) {
        let mut families = Families::default();
        for site in site::all() {
            if let Some(metered) = site.metered() {
                families.add(site, metered);
            }
        }
        families.0.sort_by(|a, b| (&a.scope.name, &a.name).cmp(&(&b.scope.name, &b.name)));
        into.append(&mut families.0);
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

/// One metric of each name and scope, with the points of all functions.
#[derive(Default)]
struct Families(Vec<Metric>);

impl Families {
    fn add(&mut self, site: &'static Site, metered: &'static Metered) {
        let names = Names::of(site, metered);
        let function = format!("{}::{}", site.module_path(), site.name());
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
                self.add_cell(site, metered, &names, &labels, reading);
            }
        });
    }

    fn add_cell(
        &mut self,
        site: &'static Site,
        metered: &'static Metered,
        names: &Names,
        labels: &Labels,
        reading: CallsReading,
    ) {
        let scope =
            || Scope { name: site.target().into(), version: site.version().map(Into::into) };
        for (kind, count) in outcomes(&reading) {
            let labels = with(labels, kind);
            let about = ("Calls that have ended", "{call}");
            self.sum(&names.calls, about, scope(), true, point(labels, Number::U64(count)));
        }
        let active = point(labels.clone(), Number::U64(reading.in_flight));
        let about = ("Calls that run right now", "{call}");
        self.sum(&names.active, about, scope(), false, active);

        for (slo, good, target) in objectives(metered, &reading) {
            let labels = with(labels, slo);
            let about = ("Calls that met an objective", "{call}");
            let good = point(labels.clone(), Number::U64(good));
            self.sum(&names.good, about, scope(), true, good);
            let about = ("Share of calls that shall meet an objective", "1");
            let points = self.family(&names.target, about, scope(), || Data::Gauge(Vec::new()));
            if let Data::Gauge(points) = points {
                points.push(point(labels, Number::F64(target)));
            }
        }

        if site.has_clock() {
            let about = ("How long calls take", "s");
            let family = || Data::Exponential(Vec::new());
            if let Data::Exponential(points) = self.family(&names.duration, about, scope(), family)
            {
                points.push(duration(labels.clone(), reading));
            }
        }
    }

    #[expect(clippy::ptr_arg, reason = "what is static stays so when it is cloned")]
    fn sum(
        &mut self,
        name: &Cow<'static, str>,
        about: (&'static str, &'static str),
        scope: Scope,
        monotonic: bool,
        point: Point<Number>,
    ) {
        let make = || Data::Sum { monotonic, points: Vec::new() };
        if let Data::Sum { points, .. } = self.family(name, about, scope, make) {
            points.push(point);
        }
    }

    #[expect(clippy::ptr_arg, reason = "what is static stays so when it is cloned")]
    fn family(
        &mut self,
        name: &Cow<'static, str>,
        (description, unit): (&'static str, &'static str),
        scope: Scope,
        make: impl FnOnce() -> Data,
    ) -> &mut Data {
        // Functions of one scope stand together, so the last ones are looked at first.
        let known = self.0.iter().rposition(|known| known.name == *name && known.scope == scope);
        let at = known.unwrap_or_else(|| {
            let (description, unit) = (description.into(), unit.into());
            self.0.push(Metric { name: name.clone(), description, unit, scope, data: make() });
            self.0.len() - 1
        });
        &mut self.0[at].data
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
    let mut found = Vec::new();
    for ((nanos, target), within) in metered.latency_goals().zip(&reading.within) {
        let threshold = ("slo.threshold".into(), Label::F64(seconds(nanos)));
        found.push((vec![slo("latency"), threshold], within.good, target));
    }
    if let Some(target) = metered.error_target() {
        let failed = [Outcome::Error, Outcome::Rejected, Outcome::Panicked];
        let failed: u64 = failed.iter().map(|outcome| reading.ended(*outcome)).sum();
        found.push((vec![slo("errors")], reading.total() - failed, target));
    }
    found
}

fn duration(labels: Labels, mut reading: CallsReading) -> Point<Exponential> {
    reading.durations.limit(MOST_BUCKETS);
    let exemplars = reading.exemplars.iter().map(exemplar).collect();
    let mut thresholds: Vec<_> = reading.within.iter().collect();
    thresholds.sort_unstable_by_key(|within| within.goal_nanos);
    thresholds.dedup_by_key(|within| within.goal_nanos);
    let value = Exponential {
        scale: reading.durations.scale(),
        zeros: 0,
        count: reading.durations.total(),
        sum: seconds(reading.sum_nanos),
        min_max: reading.min_max.map(|(min, max)| (seconds(min), seconds(max))),
        thresholds: thresholds
            .into_iter()
            .map(|within| Threshold { bound: seconds(within.goal_nanos), at_most: within.all })
            .collect(),
        positive: Buckets {
            offset: reading.durations.offset(),
            counts: reading.durations.into_counts(),
        },
        negative: Buckets::default(),
    };
    Point { exemplars, ..point(labels, value) }
}

fn exemplar(kept: &Exemplar) -> data::Exemplar {
    data::Exemplar {
        value: kept.value / 1e9,
        unix_nanos: time::unix_nanos_of(kept.tick),
        trace_id: kept.trace_id,
        span_id: kept.span_id,
    }
}

fn point<T>(labels: Labels, value: T) -> Point<T> {
    let start_unix_nanos = time::started_unix_nanos();
    Point { labels, start_unix_nanos, value, exemplars: Vec::new() }
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

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
