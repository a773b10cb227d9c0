//! Metrics as a table for people.

use std::{fmt, time::Duration};

use crate::{
    export::paint,
    metrics::{
        self,
        data::{Data, Label, Metric, Number, Point, Snapshot},
    },
};

/// All metrics as a table, for whoever prints it.
///
/// ```
/// use spandrel::export::MetricsTable;
///
/// println!("{}", MetricsTable::now());
/// ```
///
/// ```text
/// metric                           value  count     mean      p50      p99      max
/// business.orders.created       12 order                                             region=eu
/// http.server.request.duration              310  1.25 ms  1.09 ms  8.72 ms  9.31 ms  http.route=/
/// ```
///
/// `p50` and `p99` are the upper bounds of the buckets in which values are counted.
#[derive(Clone, Debug)]
pub struct MetricsTable {
    rows: Vec<Row>,
    left_out: usize,
}

/// A series.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    /// Name, then the numbers that it has.
    cells: [String; COLUMNS],
    labels: String,
}

const COLUMNS: usize = 7;
const HEADER: [&str; COLUMNS] = ["metric", "value", "count", "mean", "p50", "p99", "max"];
/// Rows that are printed.
const MOST_ROWS: usize = 200;

impl MetricsTable {
    /// Reads all metrics.
    #[must_use]
    pub fn now() -> Self {
        Self::new(&metrics::collect())
    }

    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let mut rows: Vec<Row> = snapshot.metrics.iter().flat_map(rows).collect();
        rows.sort_by(|a, b| (&a.cells[0], &a.labels).cmp(&(&b.cells[0], &b.labels)));
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        Self { rows, left_out }
    }
}

fn rows(metric: &Metric) -> Vec<Row> {
    let unit = |value: f64| with_unit(value, &metric.unit);
    let or_nothing = |value: Option<f64>| value.map(unit).unwrap_or_default();
    match &metric.data {
        Data::Sum { points, .. } | Data::Gauge(points) => {
            let value = |number: Number| match number {
                Number::U64(number) => with_unit(number as f64, &metric.unit),
                Number::I64(number) => with_unit(number as f64, &metric.unit),
                Number::F64(number) => unit(number),
            };
            let row = |point: &Point<Number>| row(metric, point, [(1, value(point.value))]);
            points.iter().map(row).collect()
        }
        Data::Histogram(points) => {
            let row = |point: &Point<_>| {
                let metrics::data::Explicit { count, sum, min_max, .. } = &point.value;
                let [p50, p99] = [0.5, 0.99].map(|share| point.value.quantile(share));
                distribution(*count, *sum, *min_max, [p50, p99].map(or_nothing), unit)
            };
            points.iter().map(|point| self::row(metric, point, row(point))).collect()
        }
        Data::Exponential(points) => {
            let row = |point: &Point<_>| {
                let metrics::data::Exponential { count, sum, min_max, .. } = &point.value;
                let [p50, p99] = [0.5, 0.99].map(|share| point.value.quantile(share));
                distribution(*count, *sum, *min_max, [p50, p99].map(or_nothing), unit)
            };
            points.iter().map(|point| self::row(metric, point, row(point))).collect()
        }
    }
}

fn distribution(
    count: u64,
    sum: f64,
    min_max: Option<(f64, f64)>,
    [p50, p99]: [String; 2],
    unit: impl Fn(f64) -> String,
) -> [(usize, String); 5] {
    let mean = if count == 0 { String::new() } else { unit(sum / count as f64) };
    let max = min_max.map(|(_, max)| unit(max)).unwrap_or_default();
    [(2, count.to_string()), (3, mean), (4, p50), (5, p99), (6, max)]
}

fn row<T, const N: usize>(metric: &Metric, point: &Point<T>, cells: [(usize, String); N]) -> Row {
    let mut row = Row { cells: Default::default(), labels: labels(point) };
    for (column, text) in
        [(0, paint::printable(&metric.name).into_owned())].into_iter().chain(cells)
    {
        if let Some(cell) = row.cells.get_mut(column) {
            *cell = text;
        }
    }
    row
}

fn labels<T>(point: &Point<T>) -> String {
    let labels = point.labels.iter().map(|(key, label)| {
        let value = match label {
            Label::Str(text) => paint::value(text).into_owned(),
            Label::I64(number) => number.to_string(),
            Label::F64(number) => number.to_string(),
            Label::Bool(yes) => yes.to_string(),
        };
        format!("{}={value}", paint::printable(key))
    });
    labels.collect::<Vec<_>>().join(" ")
}

/// A value as people write it: seconds and bytes in what suits them, and without more digits than
/// are read.
fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "s" if (0.0..1e4).contains(&value) => {
            paint::duration(Duration::try_from_secs_f64(value).unwrap_or_default())
        }
        "By" => bytes(value),
        "1" | "" => number(value),
        // `{call}` is what is counted, and a note to `call`.
        unit => {
            let unit = unit.trim_start_matches('{').trim_end_matches('}');
            format!("{} {}", number(value), paint::printable(unit))
        }
    }
}

fn bytes(value: f64) -> String {
    let mut left = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if left.abs() < 1_024.0 {
            return format!("{} {unit}", number(left));
        }
        left /= 1_024.0;
    }
    format!("{} TiB", number(left))
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1e6 {
        format!("{value:.0}")
    } else if value.abs() < 1e-3 {
        format!("{value:.2e}")
    } else {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for MetricsTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = HEADER.map(str::to_owned);
        // A column in which nobody has anything is left out.
        let has = |column: usize| self.rows.iter().any(|row| !row.cells[column].is_empty());
        let columns: Vec<usize> =
            (0..COLUMNS).filter(|column| *column == 0 || has(*column)).collect();
        let lines = || std::iter::once(&header).chain(self.rows.iter().map(|row| &row.cells));
        let width =
            |column: &usize| lines().map(|row| row[*column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let labels = std::iter::once("").chain(self.rows.iter().map(|row| row.labels.as_str()));
        for (cells, labels) in lines().zip(labels) {
            let mut line = String::new();
            for (column, width) in columns.iter().zip(&widths) {
                let cell = &cells[*column];
                if *column == 0 {
                    line.push_str(&format!("{cell:<width$}"));
                } else {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            if !labels.is_empty() {
                line.push_str("  ");
                line.push_str(labels);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        match self.left_out {
            0 => Ok(()),
            more => writeln!(f, "… {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::data::{Buckets, Exponential, Scope};

    fn metric(name: &'static str, unit: &'static str, data: Data) -> Metric {
        Metric {
            name: name.into(),
            description: "".into(),
            unit: unit.into(),
            scope: Scope::default(),
            data,
        }
    }

    fn point<T>(labels: &[(&'static str, &'static str)], value: T) -> Point<T> {
        let labels = labels.iter().map(|(key, text)| ((*key).into(), Label::Str((*text).into())));
        Point { labels: labels.collect(), start_unix_nanos: 0, value, exemplars: vec![] }
    }

    fn table(metrics: Vec<Metric>) -> String {
        MetricsTable::new(&Snapshot { unix_nanos: 0, metrics }).to_string()
    }

    #[test]
    fn series_stand_by_name_with_units_and_labels() {
        let exponential = Exponential {
            scale: 0,
            zeros: 0,
            positive: Buckets { offset: -10, counts: vec![9, 1] },
            negative: Buckets::default(),
            count: 10,
            sum: 0.015,
            min_max: Some((0.001, 0.003)),
            thresholds: vec![],
        };
        let orders = vec![
            point(&[("region", "us")], Number::U64(3)),
            point(&[("region", "eu"), ("note", "two words")], Number::U64(12)),
        ];
        let shown = table(vec![
            metric("orders", "{order}", Data::Sum { monotonic: true, points: orders }),
            metric("load", "1", Data::Gauge(vec![point(&[], Number::F64(0.75))])),
            metric("memory", "By", Data::Gauge(vec![point(&[], Number::U64(3 << 19))])),
            metric("duration", "s", Data::Exponential(vec![point(&[], exponential)])),
        ]);

        let expected = "\
            metric       value  count     mean      p50      p99      max\n\
            duration               10  1.50 ms  1.95 ms  3.00 ms  3.00 ms\n\
            load          0.75\n\
            memory     1.5 MiB\n\
            orders    12 order                                             region=eu note=\"two words\"\n\
            orders     3 order                                             region=us\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn columns_that_nobody_needs_are_left_out() {
        let shown =
            table(vec![metric("load", "1", Data::Gauge(vec![point(&[], Number::I64(-2))]))]);

        assert_eq!(shown, "metric  value\nload       -2\n");
    }

    #[test]
    fn a_thousand_series_do_not_fill_the_screen_and_no_text_moves_the_cursor() {
        let points = (0..1_000).map(|_| point(&[("k", "\x1b[2J")], Number::U64(1))).collect();

        let shown = table(vec![metric("a\n", "", Data::Gauge(points))]);

        assert_eq!(shown.lines().count(), 202);
        assert!(shown.ends_with("… 800 more\n") && !shown.contains('\x1b'), "{shown}");
    }
}
