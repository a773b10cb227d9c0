//! Draws the spans of a trace as a tree.
//!
//! ```text
//!  12.4 ms  checkout  trace 4bf92f3577b34da6a3ce929d0e0e4736
//!  1.20 ms  ├─ load_cart  user.id=7
//!  9.80 ms  └─ charge [client]  ✗ card declined  order.id=12
//!              · retry  attempt=2
//! ```
//!
//! A trace can be wider and deeper than a person, or this thread's stack, can take: siblings of one
//! name are summed up, and beyond a depth and a number of rows spans are only counted.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use super::{
    assemble::Trace,
    row,
    siblings::{self, Row, Sum},
};
use crate::{
    export::paint::{self, Paint},
    trace::{SpanData, id::SpanId},
};

/// Levels that are shown.
const MOST_DEEP: usize = 30;
/// Rows of one trace.
const MOST_ROWS: usize = 400;

/// Appends the tree of a trace; of a trace that is not complete, the trees that there are.
pub(super) fn draw(text: &mut String, trace: &Trace, paint: Paint) {
    let spans = &trace.spans;
    let known: HashSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
    let mut children: HashMap<SpanId, Vec<&SpanData>> = HashMap::new();
    let (mut roots, mut orphans) = (Vec::new(), Vec::new());
    for span in spans {
        match span.parent_span_id {
            Some(parent) if known.contains(&parent) => {
                children.entry(parent).or_default().push(span);
            }
            Some(parent) if !span.parent_is_remote => orphans.push((parent, span)),
            _ => roots.push(span),
        }
    }
    children.values_mut().for_each(|siblings| siblings.sort_by_key(|span| span.start_unix_nanos));
    roots.sort_by_key(|span| span.start_unix_nanos);
    orphans.sort_by_key(|(_, span)| span.start_unix_nanos);

    let mut tree = Tree { children, paint, text, rows: MOST_ROWS, unseen: Count::default() };
    roots.into_iter().for_each(|root| tree.root(root));
    let mut parents: Vec<(SpanId, Vec<&SpanData>)> = Vec::new();
    let mut places = HashMap::new();
    for (parent, span) in orphans {
        let at = *places.entry(parent).or_insert(parents.len());
        match parents.get_mut(at) {
            Some((_, siblings)) => siblings.push(span),
            None => parents.push((parent, vec![span])),
        }
    }
    for (_, siblings) in parents {
        tree.orphans(&siblings, trace.is_continued);
    }
    tree.finish();
}

struct Tree<'t, 's> {
    children: HashMap<SpanId, Vec<&'s SpanData>>,
    paint: Paint,
    text: &'t mut String,
    /// Rows that may still come.
    rows: usize,
    /// Spans for which there was no row.
    unseen: Count,
}

/// Spans that are not shown.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    spans: usize,
    failed: usize,
}

impl<'s> Tree<'_, 's> {
    fn root(&mut self, span: &'s SpanData) {
        if self.take_row() {
            let end = format!("  trace {}", span.trace_id);
            row::span(self.text, span, "", &end, self.paint);
            self.inside(span, "", 0);
        } else {
            self.unseen = self.unseen.and(self.count([span]));
        }
    }

    /// Spans whose parent has not ended, or was shown before.
    fn orphans(&mut self, spans: &[&'s SpanData], is_continued: bool) {
        let Some(first) = spans.first() else { return };
        if self.take_row() {
            let what = if is_continued { "more of" } else { "parent still running," };
            let note = format!("… {what} trace {}", first.trace_id);
            row::note(self.text, "", &note, self.paint);
        }
        self.siblings(spans, "", 0);
    }

    /// What stands below the row of a span: its events and its children.
    fn inside(&mut self, span: &'s SpanData, guides: &str, depth: usize) {
        for event in row::events(span) {
            if self.take_row() {
                row::event(self.text, event, guides, self.paint);
            }
        }
        let Some(children) = self.children.remove(&span.span_id) else { return };
        if depth < MOST_DEEP {
            self.siblings(&children, guides, depth + 1);
            return;
        }
        let count = self.count(children);
        if self.take_row() {
            let note = format!("└─ … {} deeper{}", count.spans(), count.failures());
            row::note(self.text, guides, &note, self.paint);
        } else {
            self.unseen = self.unseen.and(count);
        }
    }

    fn siblings(&mut self, spans: &[&'s SpanData], guides: &str, depth: usize) {
        let rows = siblings::rows(spans);
        let last = rows.len().saturating_sub(1);
        for (index, row) in rows.into_iter().enumerate() {
            let (own, inner) =
                if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let (own, inner) = (format!("{guides}{own}"), format!("{guides}{inner}"));
            match row {
                Row::Span(span) if self.take_row() => {
                    row::span(self.text, span, &own, "", self.paint);
                    self.inside(span, &inner, depth);
                }
                Row::Sum(sum) if self.take_row() => self.sum(&sum, &own),
                Row::Span(span) => self.unseen = self.unseen.and(self.count([span])),
                Row::Sum(sum) => self.unseen = self.unseen.and(self.count(sum.spans)),
            }
        }
    }

    fn sum(&mut self, sum: &Sum<'s>, guides: &str) {
        let (shortest, longest) = (paint::duration(sum.shortest()), paint::duration(sum.longest()));
        let name = paint::printable(sum.name());
        let line = format!("… {} more {name}, {shortest} to {longest}", sum.spans.len());
        let line = format!("{:>width$}  {guides}{line}", "", width = row::DURATION_WIDTH);
        self.text.push_str(&self.paint.dim(&line));
        if sum.failed() != 0 {
            let failed = format!(", {} failed", sum.failed());
            self.text.push_str(&self.paint.red(&failed));
        }
        let below = self.count(sum.spans.iter().copied()).without(sum.spans.len(), sum.failed());
        if below.spans != 0 {
            let below = format!(", {} below{}", below.spans(), below.failures());
            self.text.push_str(&self.paint.dim(&below));
        }
        self.text.push('\n');
    }

    /// Says what there was no row for.
    fn finish(self) {
        if self.unseen.spans != 0 {
            let note = format!("… {} more{}", self.unseen.spans(), self.unseen.failures());
            row::note(self.text, "", &note, self.paint);
        }
    }

    fn take_row(&mut self) -> bool {
        let left = self.rows.checked_sub(1);
        self.rows = left.unwrap_or(0);
        left.is_some()
    }

    /// Counts spans and all that is below them. Without recursion: nobody knows how deep it is.
    fn count(&self, spans: impl IntoIterator<Item = &'s SpanData>) -> Count {
        let mut stack: Vec<&SpanData> = spans.into_iter().collect();
        let mut count = Count::default();
        while let Some(span) = stack.pop() {
            count.spans += 1;
            count.failed += usize::from(span.outcome.is_failure());
            stack.extend(self.children.get(&span.span_id).into_iter().flatten());
        }
        count
    }
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self { spans: self.spans + other.spans, failed: self.failed + other.failed }
    }

    fn without(self, spans: usize, failed: usize) -> Self {
        Self { spans: self.spans.saturating_sub(spans), failed: self.failed.saturating_sub(failed) }
    }

    fn spans(self) -> String {
        if self.spans == 1 { "1 span".to_owned() } else { format!("{} spans", self.spans) }
    }

    fn failures(self) -> String {
        let mut text = String::new();
        if self.failed != 0 {
            let _ = write!(text, " ({} failed)", self.failed);
        }
        text
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
