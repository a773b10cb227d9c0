//! Which of many siblings are shown one by one, and what is said of the others.

use std::{collections::HashMap, time::Duration};

use crate::trace::SpanData;

/// So many siblings of one name are shown one by one; where there are more, the rest is summed up.
pub(super) const MOST_ALIKE: usize = 6;
/// So many failures are shown besides, wherever they stand.
const MOST_FAILURES: usize = 3;
/// A sum of fewer would be no shorter.
const FEWEST_SUMMED: usize = 3;

/// What stands on a row below a span.
#[derive(Debug)]
pub(super) enum Row<'s> {
    Span(&'s SpanData),
    Sum(Sum<'s>),
}

/// Siblings of one name that are not shown.
#[derive(Debug)]
pub(super) struct Sum<'s> {
    pub(super) spans: Vec<&'s SpanData>,
}

impl<'s> Sum<'s> {
    pub(super) fn name(&self) -> &'s str {
        self.spans.first().map_or("", |span| &span.name)
    }

    pub(super) fn failed(&self) -> usize {
        self.spans.iter().filter(|span| span.outcome.is_failure()).count()
    }

    pub(super) fn shortest(&self) -> Duration {
        self.spans.iter().map(|span| span.duration()).min().unwrap_or_default()
    }

    pub(super) fn longest(&self) -> Duration {
        self.spans.iter().map(|span| span.duration()).max().unwrap_or_default()
    }
}

/// Turns siblings, in the order of their starts, into rows; a sum stands where its first span would.
pub(super) fn rows<'s>(siblings: &[&'s SpanData]) -> Vec<Row<'s>> {
    let mut names: HashMap<&str, Name> = HashMap::new();
    for span in siblings {
        names.entry(&span.name).or_default().all += 1;
    }
    let mut rows: Vec<Row<'s>> = Vec::new();
    for span in siblings {
        let Some(name) = names.get_mut(span.name.as_str()) else { continue };
        name.seen += 1;
        let shows_failure = || span.outcome.is_failure() && name.failures < MOST_FAILURES;
        if name.all < MOST_ALIKE + FEWEST_SUMMED || name.seen <= MOST_ALIKE {
            rows.push(Row::Span(span));
        } else if shows_failure() {
            name.failures += 1;
            rows.push(Row::Span(span));
        } else if let Some(Row::Sum(sum)) = name.sum.and_then(|at| rows.get_mut(at)) {
            sum.spans.push(span);
        } else {
            name.sum = Some(rows.len());
            rows.push(Row::Sum(Sum { spans: vec![span] }));
        }
    }
    rows
}

#[derive(Default)]
struct Name {
    all: usize,
    seen: usize,
    failures: usize,
    sum: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, site::Site, trace::record::fixture::SpanBuilder};

    static LOAD: Site = Site::block("load", "shop");
    static SAVE: Site = Site::block("save", "shop");

    fn span(site: &'static Site, id: u64, outcome: Outcome) -> SpanData {
        let builder = SpanBuilder::new(site, 7, id).times(0, id).outcome(outcome);
        builder.view(|view| SpanData::from(view))
    }

    /// `load`, or `load×94` for a sum.
    fn shown(spans: &[SpanData]) -> Vec<String> {
        let show = |row: &Row<'_>| match row {
            Row::Span(span) => format!("{} {}", span.name, span.outcome),
            Row::Sum(sum) => format!("{}×{}", sum.name(), sum.spans.len()),
        };
        rows(&spans.iter().collect::<Vec<_>>()).iter().map(show).collect()
    }

    #[test]
    fn eight_alike_are_shown_and_nine_are_not() {
        let spans: Vec<_> = (0..9).map(|id| span(&LOAD, id + 1, Outcome::Ok)).collect();
        assert_eq!(shown(&spans[..8]).len(), 8);
        assert_eq!(shown(&spans)[6..], ["load×3"]);
    }

    #[test]
    fn siblings_that_alternate_are_summed_up_too() {
        let sites = [&LOAD, &SAVE];
        let spans: Vec<_> =
            (0..10_000).map(|id| span(sites[id % 2], id as u64 + 1, Outcome::Ok)).collect();
        let shown = shown(&spans);
        assert_eq!(shown.len(), 2 * MOST_ALIKE + 2);
        assert_eq!(shown[12..], ["load×4994", "save×4994"]);
    }

    #[test]
    fn failures_are_shown_among_many() {
        let outcome = |id| if id >= 50 { Outcome::Error } else { Outcome::Ok };
        let spans: Vec<_> = (1..61).map(|id| span(&LOAD, id, outcome(id))).collect();
        assert_eq!(shown(&spans)[6..], ["load×51", "load error", "load error", "load error"]);
        let all: Vec<_> = spans.iter().collect();
        let Row::Sum(sum) = &rows(&all)[6] else { panic!("the seventh row is a sum") };
        assert_eq!((sum.failed(), sum.shortest().as_nanos(), sum.longest().as_nanos()), (8, 7, 60));
    }
}
