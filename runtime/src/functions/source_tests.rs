use std::sync::Arc;

use super::*;
use crate::{
    call::{
        Call, Measured,
        look::{self, ByErrorInfo as _},
    },
    metrics::data::{Data, Exponential, Number, Point},
    site::Meta,
    testing, time,
};

/// A site with cells of its own.
macro_rules! site {
    ($name:literal, $attribute:ident, $metered:expr) => {{
        static METERED: Metered = $metered;
        static SITE: Site =
            Site::new(Meta::block($name, "shop::orders", file!(), line!())).$attribute(&METERED);
        &SITE
    }};
}

fn collected(function: &str) -> Vec<(String, Data)> {
    let mut metrics = Vec::new();
    FunctionMetrics.collect(&mut metrics);
    let name = Label::Str(format!("shop::orders::{function}").into());
    let is_of = |labels: &Labels| labels.contains(&("code.function.name".into(), name.clone()));
    for metric in &mut metrics {
        match &mut metric.data {
            Data::Sum { points, .. } | Data::Gauge(points) => {
                points.retain(|point| is_of(&point.labels));
            }
            Data::Exponential(points) => points.retain(|point| is_of(&point.labels)),
            Data::Histogram(_) => unreachable!("functions have none"),
        }
    }
    let some = metrics.into_iter().filter(|metric| match &metric.data {
        Data::Sum { points, .. } | Data::Gauge(points) => !points.is_empty(),
        Data::Exponential(points) => !points.is_empty(),
        Data::Histogram(_) => false,
    });
    some.map(|metric| (metric.name.into_owned(), metric.data)).collect()
}

/// Each number with its labels, those of the function aside: `function.calls{outcome=ok} 3`.
fn numbers(function: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, data) in collected(function) {
        let (Data::Sum { points, .. } | Data::Gauge(points)) = data else { continue };
        for point in points {
            let labels = point.labels.iter().filter(|(key, _)| key != "code.function.name");
            let labels: Vec<_> =
                labels.map(|(key, value)| format!("{key}={}", text(value))).collect();
            let value = match point.value {
                Number::U64(value) => value.to_string(),
                Number::I64(value) => value.to_string(),
                Number::F64(value) => value.to_string(),
            };
            lines.push(format!("{name}{{{}}} {value}", labels.join(",")));
        }
    }
    lines
}

fn text(label: &Label) -> String {
    match label {
        Label::Str(text) => text.to_string(),
        Label::I64(value) => value.to_string(),
        Label::F64(value) => value.to_string(),
        Label::Bool(value) => value.to_string(),
    }
}

fn durations(function: &str) -> Vec<Point<Exponential>> {
    let found = collected(function).into_iter().find_map(|(_, data)| match data {
        Data::Exponential(points) => Some(points),
        _ => None,
    });
    found.unwrap_or_default()
}

struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl crate::call::ErrorInfo for Failure {
    fn error_type(&self) -> Cow<'static, str> {
        self.0.clone().into()
    }
}

fn end(mut call: Measured, error_type: &str) {
    if !error_type.is_empty()
        && let Some(ending) = call.ending()
    {
        let result: Result<(), _> = Err(Failure(error_type.into()));
        (&&&&&&look::Look(&result)).look(ending);
    }
    call.finish();
}

#[test]
fn calls_are_divided_by_outcome_and_the_histogram_is_not() {
    let site = site!("divided", timed, Metered::new(&[]));

    end(Measured::enter(site), "");
    end(Measured::enter(site), "timeout");
    end(Measured::enter(site), "timeout");
    drop(Measured::enter(site));
    let running = Measured::enter(site);

    assert_eq!(
        numbers("divided"),
        [
            "function.active_calls{} 1",
            "function.calls{outcome=ok} 1",
            "function.calls{outcome=panicked} 1",
            "function.calls{error.type=timeout,outcome=error} 2",
        ]
    );
    let durations = durations("divided");
    assert_eq!((durations.len(), durations[0].value.count), (1, 4));
    drop(running);
}

#[test]
fn a_function_costs_thirty_series_at_most() {
    let site = site!("costly", timed, Metered::new(&[]));
    for error in 0..100 {
        end(Measured::enter(site), &format!("e{error}"));
    }
    end(Measured::enter(site), "");
    drop(Measured::enter(site));
    for outcome in [Outcome::Cancelled, Outcome::Rejected] {
        if let Some(metered) = site.metered() {
            metered.each(|_, cell| cell.calls.end(outcome));
        }
    }

    // Twelve buckets and the one that has no bound, sum and count.
    let histogram = 12 + 1 + 2;
    assert_eq!(numbers("costly").len() + histogram, 29);
}

#[test]
fn labels_are_those_of_each_set_and_the_rest_is_together() {
    let site =
        site!("labelled", counted, Metered::new(&[]).labels(&["shop", "retry"]).most_sets(2));

    for (shop, retry) in
        [("b", Some(true)), ("a", None), ("b", Some(true)), ("c", None), ("d", Some(true))]
    {
        let mut call = Measured::enter(site);
        call.labels(site, |labels| labels.find([&shop, &retry]));
        end(call, "");
    }

    let mut calls = numbers("labelled");
    calls.retain(|line| line.starts_with("function.calls"));
    calls.sort();
    assert_eq!(
        calls,
        [
            "function.calls{otel.metric.overflow=true,outcome=ok} 2",
            "function.calls{outcome=ok,retry=true,shop=b} 2",
            "function.calls{outcome=ok,shop=a} 1",
        ]
    );
    assert!(durations("labelled").is_empty());
}

#[test]
fn functions_of_one_name_are_one_series() {
    let long = u64::MAX - 1;
    let one = site!("twin", timed, Metered::new(&[u64::MAX - 1, 1]).latency(&[0.9]));
    let other = site!("twin", timed, Metered::new(&[u64::MAX - 2, u64::MAX - 1]).slow());
    let counted = site!("twin", counted, Metered::new(&[]));

    end(Measured::enter(one), "broken");
    end(Measured::enter(other), "");
    end(Measured::enter(other), "broken");
    end(Measured::enter(counted), "");

    assert_eq!(
        numbers("twin"),
        [
            "function.active_calls{} 0",
            "function.calls{error.type=broken,outcome=error} 2",
            "function.calls{outcome=ok} 2",
            "function.slo.good{slo=latency,slo.threshold=18446744073.709553} 0",
            "function.slo.target{slo=latency,slo.threshold=18446744073.709553} 0.9",
        ]
    );
    let durations = durations("twin");
    assert_eq!((durations.len(), durations[0].value.count), (1, 3));
    assert_eq!(durations[0].value.positive.counts.iter().sum::<u64>(), 3);
    // Known of both is only the goal that both have.
    let thresholds: Vec<_> = durations[0].value.thresholds.iter().collect();
    assert_eq!((thresholds.len(), thresholds[0].bound), (1, seconds(long)));
    assert_eq!(thresholds[0].at_most, 3);
}

#[test]
fn objectives_are_counted_with_their_targets() {
    let site = site!("aims", timed, Metered::new(&[u64::MAX - 1]).latency(&[0.99]).errors(0.999));

    end(Measured::enter(site), "");
    end(Measured::enter(site), "broken");

    let mut lines = numbers("aims");
    lines.retain(|line| line.contains(".slo."));
    assert_eq!(
        lines,
        [
            "function.slo.good{slo=latency,slo.threshold=18446744073.709553} 1",
            "function.slo.good{slo=errors} 1",
            "function.slo.target{slo=latency,slo.threshold=18446744073.709553} 0.99",
            "function.slo.target{slo=errors} 0.999",
        ]
    );
    let thresholds = &durations("aims")[0].value.thresholds;
    assert_eq!((thresholds.len(), thresholds[0].at_most), (1, 2));
}

#[test]
fn a_name_is_that_of_the_durations_and_the_others_share_its_beginning() {
    let timed = site!("named", timed, Metered::new(&[]).name("charge.duration").errors(0.5));
    let counted = site!("placed", counted, Metered::new(&[]).name("orders.placed"));

    end(Measured::enter(timed), "");
    end(Measured::enter(counted), "");

    let names = |function| collected(function).into_iter().map(|(name, _)| name);
    assert_eq!(
        names("named").collect::<Vec<_>>(),
        [
            "charge.active_calls",
            "charge.calls",
            "charge.duration",
            "charge.slo.good",
            "charge.slo.target"
        ]
    );
    let placed: Vec<_> = names("placed").collect();
    assert_eq!(placed, ["orders.placed", "orders.placed.active_calls"]);
}

#[test]
fn an_exemplar_is_the_span_of_the_call_and_only_a_sampled_one() {
    static METERED: Metered = Metered::new(&[]);
    static SITE: Site = Site::new(Meta::block("example", "shop::orders", file!(), 1))
        .traced(site::Traced::new())
        .timed(&METERED);
    let unsampled =
        testing::builder().sampler(crate::trace::sampler::Sampler::always_off()).capture();
    unsampled.run(|| Call::enter(&SITE, crate::call::fields::Fields::none).finish());
    assert!(durations("example")[0].exemplars.is_empty());
    // A thread offers one now and then; another thread has not offered any.
    let capture = Arc::new(testing::capture());
    let captured = Arc::clone(&capture);
    std::thread::spawn(move || {
        captured.run(|| Call::enter(&SITE, crate::call::fields::Fields::none).finish());
    })
    .join()
    .unwrap();

    let exemplars = &durations("example")[0].exemplars;
    let span = &capture.spans()[0];
    assert_eq!(exemplars.len(), 1);
    assert_eq!(exemplars[0].trace_id, span.trace_id.to_u128());
    assert_eq!(exemplars[0].span_id, span.span_id.to_u64());
    let age = time::unix_nanos().abs_diff(exemplars[0].unix_nanos);
    assert!(age < 60_000_000_000, "{age}");
}

#[test]
fn points_say_since_when_they_count() {
    let site = site!("dated", timed, Metered::new(&[]));
    end(Measured::enter(site), "");

    let start = durations("dated")[0].start_unix_nanos;

    assert!(start > 0 && start <= time::unix_nanos());
}
