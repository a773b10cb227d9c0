//! A scrape of a program with many timed functions, without the program.

use crate::{
    export::prometheus::{Exposition, Names, Target},
    metrics::data::{
        Buckets, Data, Exponential, Label, Labels, Metric, Number, Point, Scope, Snapshot,
        Threshold,
    },
    resource::Resource,
};

/// What such a program has counted.
#[derive(Debug)]
pub struct Scrape {
    snapshot: Snapshot,
    exposition: Exposition,
}

impl Scrape {
    /// Functions that have ended well and in three errors, with 160 buckets each and two objectives.
    #[must_use]
    pub fn new(functions: u64) -> Self {
        let about = |name: &'static str, unit: &'static str, data| Metric {
            name: name.into(),
            description: "Said to people".into(),
            unit: unit.into(),
            scope: Scope { name: "shop".into(), version: Some("1.2.3".into()) },
            data,
        };
        let labels = |index: u64, more: Option<(&'static str, String)>| {
            let name = format!("shop::orders::function_{index}");
            let mut labels = vec![("code.function.name".into(), Label::Str(name.into()))];
            labels.extend(more.map(|(key, text)| (key.into(), Label::Str(text.into()))));
            labels
        };
        let durations = (0..functions).map(|index| point(labels(index, None), distribution(index)));
        let calls = (0..functions).flat_map(|index| {
            let kinds = ["", "io::Error", "fmt::Error", "Declined"];
            kinds.map(|kind| {
                let kind = Some(("error.type", kind.to_owned()));
                point(labels(index, kind), Number::U64(index))
            })
        });
        let active = (0..functions).map(|index| point(labels(index, None), Number::U64(0)));
        let metrics = vec![
            about("function.duration", "s", Data::Exponential(durations.collect())),
            about(
                "function.calls",
                "{call}",
                Data::Sum { monotonic: true, points: calls.collect() },
            ),
            about(
                "function.active_calls",
                "{call}",
                Data::Sum { monotonic: false, points: active.collect() },
            ),
        ];
        let resource = Resource::new().with("service.name", "shop");
        Self {
            snapshot: Snapshot { unix_nanos: 1, metrics },
            exposition: Exposition::new(Target::new(&resource), Names::Underscores),
        }
    }

    /// Writes all of it in the format that this header asks for, and returns its bytes.
    #[must_use]
    pub fn write(&self, accept: &str) -> usize {
        self.exposition.expose(&self.snapshot, accept).body.len()
    }
}

fn point<T>(labels: Labels, value: T) -> Point<T> {
    Point { labels, start_unix_nanos: 1, value, exemplars: Vec::new() }
}

fn distribution(index: u64) -> Exponential {
    let counts: Vec<u64> = (0..160).map(|bucket| (bucket * 7 + index) % 11).collect();
    let count: u64 = counts.iter().sum();
    Exponential {
        scale: 3,
        zeros: 0,
        positive: Buckets { offset: -130, counts },
        negative: Buckets::default(),
        count,
        sum: 12.345_678,
        min_max: None,
        thresholds: vec![
            Threshold { bound: 0.1, at_most: count / 2 },
            Threshold { bound: 0.3, at_most: count },
        ],
    }
}
