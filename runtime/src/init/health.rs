//! What telemetry knows of itself, as metrics: the numbers of the report, by the semantic
//! conventions for SDKs (`otel.sdk.*`).

use std::sync::Once;

use super::{
    exit,
    report::{ExporterReport, Report},
};
use crate::{
    cell,
    metrics::{
        self, Source,
        build::{Named, Value, labels},
        data::{Data, Explicit, Labels, Metric, Number, Point},
    },
    time,
    trace::LossReason,
};

const SCOPE: &str = "spandrel";
const TYPE: &str = "otel.component.type";
const NAME: &str = "otel.component.name";

struct Health;

/// Tells of this process' telemetry from now on, wherever metrics are read.
pub(super) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| metrics::register(&Health));
}

impl Source for Health {
    fn collect(&self, into: &mut Vec<Metric>) {
        if let Some(running) = exit::running() {
            of_report(&running.report(), time::started_unix_nanos(), into);
        }
        into.extend(cramped(cell::cramped_places()));
    }
}

/// That there is too little memory to count in, if so.
fn cramped(places: u64) -> Option<Metric> {
    let metric = Named {
        name: "spandrel.metrics.cramped",
        unit: "{place}",
        description: "Places in which threads count together, for want of memory",
        scope: SCOPE,
    };
    let number = [(Labels::new(), Number::U64(places))];
    (places > 0).then(|| metric.counter(time::started_unix_nanos(), number))
}

/// What an exporter exports.
struct Items {
    exported: Named,
    in_flight: Named,
}

const SPANS: Items = Items {
    exported: Named {
        name: "otel.sdk.exporter.span.exported",
        unit: "{span}",
        description: "Spans whose export has ended, well or not",
        scope: SCOPE,
    },
    in_flight: Named {
        name: "otel.sdk.exporter.span.inflight",
        unit: "{span}",
        description: "Spans that wait for the end of their export",
        scope: SCOPE,
    },
};
const POINTS: Items = Items {
    exported: Named {
        name: "otel.sdk.exporter.metric_data_point.exported",
        unit: "{data_point}",
        description: "Data points whose export has ended, well or not",
        scope: SCOPE,
    },
    in_flight: Named {
        name: "otel.sdk.exporter.metric_data_point.inflight",
        unit: "{data_point}",
        description: "Data points that wait for the end of their export",
        scope: SCOPE,
    },
};
const LOGS: Items = Items {
    exported: Named {
        name: "otel.sdk.exporter.log.exported",
        unit: "{log_record}",
        description: "Log records whose export has ended, well or not",
        scope: SCOPE,
    },
    in_flight: Named {
        name: "otel.sdk.exporter.log.inflight",
        unit: "{log_record}",
        description: "Log records that wait for the end of their export",
        scope: SCOPE,
    },
};

fn of_report(report: &Report, start: u64, into: &mut Vec<Metric>) {
    let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
    let number = |number: u64| [(Labels::new(), Number::U64(number))];
    into.push(
        named("otel.sdk.span.started", "{span}", "Spans that began and were to be recorded")
            .counter(start, number(report.produced)),
    );
    into.push(
        named("otel.sdk.span.live", "{span}", "Spans that have not ended")
            .up_down(start, number(report.unfinished)),
    );
    let recorder = [(TYPE, "spandrel_recorder"), (NAME, "spandrel_recorder/0")];
    let lost: u64 = report.dropped.iter().map(|(_, spans)| spans).sum();
    let done = report.produced.saturating_sub(report.unfinished + report.undecided + lost);
    let processed = ended(recorder, done, &report.dropped);
    into.push(
        named("otel.sdk.processor.span.processed", "{span}", "Spans that left the recorder")
            .counter(start, processed),
    );
    let logs = report.logs.as_ref();
    if let Some(logs) = logs {
        into.push(
            named("otel.sdk.log.created", "{log_record}", "Log records that were to be written")
                .counter(start, number(logs.produced)),
        );
    }
    let logs = logs.map_or(&[][..], |logs| &logs.exporters);
    let of_signals = [(SPANS, &report.exporters[..]), (POINTS, &report.metrics), (LOGS, logs)];
    let mut all = Vec::new();
    for (items, exporters) in of_signals {
        if exporters.is_empty() {
            continue;
        }
        let exporters: Vec<_> = exporters.iter().zip(names(exporters)).collect();
        let exported = exporters.iter().flat_map(|(exporter, name)| {
            ended(component(exporter, name), exporter.delivered, &exporter.dropped)
        });
        into.push(items.exported.counter(start, exported));
        let waiting = exporters.iter().map(|(exporter, name)| {
            (labels(component(exporter, name)), Number::U64(exporter.queued))
        });
        into.push(items.in_flight.up_down(start, waiting));
        all.extend(exporters);
    }
    of_exporters(&all, start, into);
}

/// What is told of exporters whatever they export.
fn of_exporters(all: &[(&ExporterReport, String)], start: u64, into: &mut Vec<Metric>) {
    let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
    let durations = all.iter().map(|(exporter, name)| Point {
        labels: labels(component(exporter, name)),
        start_unix_nanos: start,
        value: Explicit {
            bounds: (&[]).into(),
            counts: vec![exporter.exports],
            count: exporter.exports,
            sum: exporter.export_time.as_secs_f64(),
            min_max: None,
        },
        exemplars: Vec::new(),
    });
    let durations = Data::Histogram(durations.collect());
    into.push(
        named(
            "otel.sdk.exporter.operation.duration",
            "s",
            "How long exports took, retries included",
        )
        .of(durations),
    );
    let bytes = all.iter().map(|(exporter, name)| {
        (labels(component(exporter, name)), Number::U64(exporter.queued_bytes))
    });
    into.push(
        named("spandrel.exporter.queue.memory", "By", "Memory of what waits to be exported")
            .up_down(start, bytes),
    );
    let spooled = all
        .iter()
        .filter(|(exporter, _)| exporter.spooled + exporter.replayed + exporter.spool_lost > 0);
    let spooled = spooled.flat_map(|(exporter, name)| {
        let counts = [
            ("written", exporter.spooled),
            ("delivered", exporter.replayed),
            ("lost", exporter.spool_lost),
        ];
        counts.map(|(state, count)| {
            let [kind, name] = component(exporter, name);
            (labels([kind, name, ("spandrel.spool.state", state)]), Number::U64(count))
        })
    });
    let spooled: Vec<_> = spooled.collect();
    if !spooled.is_empty() {
        into.push(
            named("spandrel.exporter.spooled", "{item}", "Items that were kept on disk")
                .counter(start, spooled),
        );
    }
}

/// What ended well, and what did not, by reason.
fn ended(
    [kind, name]: [(&'static str, &str); 2],
    well: u64,
    dropped: &[(LossReason, u64)],
) -> Vec<Value> {
    let lost = dropped.iter().map(|(reason, count)| {
        (labels([kind, name, ("error.type", reason.as_str())]), Number::U64(*count))
    });
    [(labels([kind, name]), Number::U64(well))].into_iter().chain(lost).collect()
}

fn component<'a>(exporter: &'a ExporterReport, name: &'a str) -> [(&'static str, &'a str); 2] {
    [(TYPE, exporter.name), (NAME, name)]
}

/// Names that tell two exporters of a kind apart.
fn names(exporters: &[ExporterReport]) -> Vec<String> {
    let name = |(at, exporter): (usize, &ExporterReport)| {
        let before = exporters.iter().take(at).filter(|other| other.name == exporter.name).count();
        format!("{}/{before}", exporter.name)
    };
    exporters.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::data::Label;

    fn exporter(name: &'static str) -> ExporterReport {
        ExporterReport {
            name,
            delivered: 7,
            queued: 2,
            queued_bytes: 300,
            exports: 3,
            export_time: Duration::from_millis(1_500),
            dropped: vec![(LossReason::ExportFailed, 1)],
            spooled: 0,
            replayed: 0,
            spool_lost: 0,
        }
    }

    fn metrics() -> Vec<Metric> {
        let report = Report {
            produced: 20,
            unfinished: 4,
            dropped: vec![(LossReason::PoolEmpty, 6)],
            exporters: vec![exporter("otlp"), exporter("otlp")],
            metrics: vec![exporter("metrics_otlp")],
            ..Report::empty()
        };
        let mut metrics = Vec::new();
        of_report(&report, 1, &mut metrics);
        metrics
    }

    /// The numbers of a metric with the values of their labels.
    fn numbers(name: &str) -> Vec<(String, u64)> {
        let metrics = metrics();
        let metric = metrics.iter().find(|metric| metric.name == name).expect("is told");
        let Data::Sum { points, .. } = &metric.data else { panic!("no sum") };
        let shown = points.iter().map(|point| {
            let labels = point.labels.iter().map(|(_, label)| match label {
                Label::Str(text) => text.to_string(),
                other => panic!("{other:?}"),
            });
            let Number::U64(number) = point.value else { panic!("no count") };
            (labels.collect::<Vec<_>>().join(" "), number)
        });
        shown.collect()
    }

    fn expected(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
        rows.iter().map(|(labels, number)| ((*labels).to_owned(), *number)).collect()
    }

    #[test]
    fn produced_is_processed_lost_or_alive() {
        assert_eq!(numbers("otel.sdk.span.started"), expected(&[("", 20)]));
        assert_eq!(numbers("otel.sdk.span.live"), expected(&[("", 4)]));
        assert_eq!(
            numbers("otel.sdk.processor.span.processed"),
            expected(&[
                ("spandrel_recorder/0 spandrel_recorder", 10),
                ("pool_empty spandrel_recorder/0 spandrel_recorder", 6),
            ])
        );
    }

    #[test]
    fn exporters_of_a_kind_are_told_apart() {
        assert_eq!(
            numbers("otel.sdk.exporter.span.exported"),
            expected(&[
                ("otlp/0 otlp", 7),
                ("export_failed otlp/0 otlp", 1),
                ("otlp/1 otlp", 7),
                ("export_failed otlp/1 otlp", 1),
            ])
        );
        assert_eq!(
            numbers("otel.sdk.exporter.metric_data_point.inflight"),
            expected(&[("metrics_otlp/0 metrics_otlp", 2)])
        );
    }

    #[test]
    fn exports_are_counted_with_the_time_that_they_took() {
        let metrics = metrics();
        let metric = metrics.iter().find(|m| m.name == "otel.sdk.exporter.operation.duration");
        let Some(Data::Histogram(points)) = metric.map(|metric| &metric.data) else {
            panic!("no distribution")
        };

        assert_eq!(points.len(), 3);
        assert_eq!((points[0].value.count, points[0].value.sum), (3, 1.5));
        assert_eq!(points[0].value.counts, [3]);
    }
}
