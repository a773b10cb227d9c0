//! Draws the spans of a trace as a tree.
//!
//! ```text
//!  12.4 ms  checkout  trace 4bf92f3577b34da6a3ce929d0e0e4736
//!  1.20 ms  ├─ load_cart  user.id=7
//!  9.80 ms  └─ charge [client]  ✗ card declined  order.id=12
//!           │    exception  exception.type=PaymentError
//! ```

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use super::{
    json,
    paint::{self, Paint},
};
use crate::{
    outcome::Outcome,
    site::SpanKind,
    trace::{OwnedStatus, OwnedValue, SpanData, id::SpanId},
};

/// As wide as `12.4 ms` and a little more.
const DURATION_WIDTH: usize = 8;
/// So many like siblings are shown; of more, the rest is summed up.
const MOST_ALIKE: usize = 6;

/// Appends the tree of a trace; of a trace that is not complete, the trees that there are.
pub(super) fn draw(text: &mut String, spans: &[SpanData], paint: Paint) {
    let known: HashSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
    let mut tree = Tree { children: HashMap::new(), paint, text };
    let (mut roots, mut orphans) = (Vec::new(), Vec::new());
    for span in spans {
        match span.parent_span_id {
            Some(parent) if known.contains(&parent) => {
                tree.children.entry(parent).or_default().push(span);
            }
            Some(_) if !span.parent_is_remote => orphans.push(span),
            _ => roots.push(span),
        }
    }
    for siblings in tree.children.values_mut() {
        siblings.sort_by_key(|span| span.start_unix_nanos);
    }
    roots.sort_by_key(|span| span.start_unix_nanos);
    orphans.sort_by_key(|span| span.start_unix_nanos);
    for root in roots {
        tree.root(root);
    }
    if let Some(first) = orphans.first() {
        tree.orphans(&first.trace_id.to_string(), &orphans);
    }
}

struct Tree<'t, 's> {
    children: HashMap<SpanId, Vec<&'s SpanData>>,
    paint: Paint,
    text: &'t mut String,
}

impl<'s> Tree<'_, 's> {
    fn root(&mut self, span: &'s SpanData) {
        let trace = format!("  trace {}", span.trace_id);
        self.line(span, "", &trace);
        self.events(span, "");
        self.below(span, "");
    }

    /// Spans whose parent has not ended, or was shown before.
    fn orphans(&mut self, trace: &str, spans: &[&'s SpanData]) {
        let line = format!("{:>DURATION_WIDTH$}  … parent still runs  trace {trace}", "");
        let _ = writeln!(self.text, "{}", self.paint.dim(&line));
        self.siblings(spans, "");
    }

    fn below(&mut self, span: &'s SpanData, guides: &str) {
        if let Some(children) = self.children.remove(&span.span_id) {
            self.siblings(&children, guides);
        }
    }

    fn siblings(&mut self, spans: &[&'s SpanData], guides: &str) {
        let mut rest = spans;
        while let Some(first) = rest.first() {
            let alike = |span: &&&SpanData| {
                span.name == first.name && !self.children.contains_key(&span.span_id)
            };
            let run = rest.iter().take_while(alike).count();
            let (shown, summed) =
                if run > MOST_ALIKE + 2 { (MOST_ALIKE, run) } else { (run.max(1), 0) };
            for (index, span) in rest[..shown].iter().enumerate() {
                let last = summed == 0 && index + 1 == rest.len();
                let (own, inner) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                self.line(span, &format!("{guides}{own}"), "");
                let guides = format!("{guides}{inner}");
                self.events(span, &guides);
                self.below(span, &guides);
            }
            if summed != 0 {
                self.sum(&rest[shown..summed], guides, summed == rest.len());
            }
            rest = &rest[shown.max(summed)..];
        }
    }

    fn sum(&mut self, spans: &[&SpanData], guides: &str, last: bool) {
        let failed = spans.iter().filter(|span| span.outcome.is_failure()).count();
        let durations = || spans.iter().map(|span| span.duration());
        let shortest = paint::duration(durations().min().unwrap_or_default());
        let longest = paint::duration(durations().max().unwrap_or_default());
        let guide = if last { "└─" } else { "├─" };
        let mut line = format!("… {} more {}, {shortest} to {longest}", spans.len(), spans[0].name);
        if failed != 0 {
            let _ = write!(line, ", {failed} failed");
        }
        let (guide, line) = (format!("{guides}{guide} "), line);
        let _ = writeln!(
            self.text,
            "{:>DURATION_WIDTH$}  {}{}",
            "",
            self.paint.dim(&guide),
            self.paint.dim(&line)
        );
    }

    fn line(&mut self, span: &SpanData, guides: &str, end: &str) {
        let duration = paint::duration(span.duration());
        let padding = " ".repeat(DURATION_WIDTH.saturating_sub(duration.chars().count()));
        let _ = write!(
            self.text,
            "{padding}{duration}  {}{}",
            self.paint.dim(guides),
            self.paint.bold(&paint::printable(&span.name))
        );
        if span.kind != SpanKind::Internal {
            let kind = format!(" [{}]", json::kind(span.kind));
            self.text.push_str(&self.paint.dim(&kind));
        }
        self.outcome(span);
        self.attributes(&span.attributes);
        let _ = writeln!(self.text, "{}", self.paint.dim(end));
    }

    fn outcome(&mut self, span: &SpanData) {
        let description = match &span.status {
            OwnedStatus::Error { description } => paint::printable(description),
            _ => "".into(),
        };
        match span.outcome {
            Outcome::Ok if matches!(span.status, OwnedStatus::Error { .. }) => {
                let line = format!("  ✗ {description}");
                self.text.push_str(&self.paint.red(&line));
            }
            Outcome::Ok => {}
            Outcome::Cancelled => self.text.push_str(&self.paint.yellow("  ⊘ cancelled")),
            outcome => {
                let what =
                    if description.is_empty() { outcome.as_str().into() } else { description };
                let line = format!("  ✗ {what}");
                self.text.push_str(&self.paint.red(&line));
            }
        }
    }

    fn attributes(&mut self, attributes: &[(String, OwnedValue)]) {
        for (key, value) in attributes {
            // Said by the mark already.
            if key == "spandrel.outcome" || key == "error.type" {
                continue;
            }
            let value = value.to_string();
            let quoted = value.is_empty() || value.contains([' ', '"', '=']);
            let value = paint::printable(&value);
            let pair =
                if quoted { format!("  {key}={value:?}") } else { format!("  {key}={value}") };
            self.text.push_str(&self.paint.dim(&pair));
        }
    }

    fn events(&mut self, span: &SpanData, guides: &str) {
        for event in &span.events {
            // Its text stands behind the span's name already.
            if event.name == "exception" {
                continue;
            }
            let guide = format!("{guides}· ");
            let name = paint::printable(&event.name);
            let _ = write!(self.text, "{:>DURATION_WIDTH$}  {}{name}", "", self.paint.dim(&guide));
            self.attributes(&event.attributes);
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{site::Site, trace::record::fixture::SpanBuilder};

    static CHECKOUT: Site = Site::block("checkout", "shop");
    static LOAD: Site = Site::block("load_cart", "shop");
    static CHARGE: Site = Site::block("charge", "shop");

    fn span(site: &'static Site, id: u64, parent: Option<u64>, nanos: u64) -> SpanBuilder {
        let builder = SpanBuilder::new(site, 0xabc, id).times(id * 10, id * 10 + nanos);
        match parent {
            Some(parent) => builder.parent(parent, false),
            None => builder,
        }
    }

    fn data(builder: SpanBuilder) -> SpanData {
        builder.view(|view| SpanData::from(view))
    }

    fn drawn(spans: &[SpanData], colors: bool) -> String {
        let mut text = String::new();
        draw(&mut text, spans, Paint { colors });
        text
    }

    #[test]
    fn a_trace_is_a_tree_in_the_order_of_its_starts() {
        let spans = [
            data(
                span(&LOAD, 2, Some(1), 1_200_000)
                    .attribute("user.id", &7)
                    .attribute("name", &"A B"),
            ),
            data(
                span(&CHARGE, 3, Some(1), 9_800_000)
                    .outcome(Outcome::Error)
                    .status_error("card declined")
                    .event("retry", 5, &[("attempt", &2)]),
            ),
            data(span(&LOAD, 4, Some(3), 340).outcome(Outcome::Cancelled)),
            data(span(&CHECKOUT, 1, None, 12_400_000)),
        ];
        let expected = [
            " 12.4 ms  checkout  trace 00000000000000000000000000000abc",
            " 1.20 ms  ├─ load_cart  user.id=7  name=\"A B\"",
            " 9.80 ms  └─ charge  ✗ card declined",
            "             · retry  attempt=2",
            "  340 ns     └─ load_cart  ⊘ cancelled",
        ];
        assert_eq!(drawn(&spans, false).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn many_like_siblings_are_summed_up() {
        let mut spans = vec![data(span(&CHECKOUT, 1, None, 5_000))];
        spans.extend((2..102).map(|id| data(span(&LOAD, id, Some(1), id * 1_000))));
        let text = drawn(&spans, false);
        assert_eq!(text.lines().count(), 1 + MOST_ALIKE + 1, "{text}");
        assert!(text.contains("└─ … 94 more load_cart, 8.00 µs to 101 µs"), "{text}");
    }

    #[test]
    fn children_of_a_parent_that_still_runs_say_so() {
        let text = drawn(&[data(span(&LOAD, 3, Some(2), 40))], false);
        assert!(text.starts_with("          … parent still runs  trace 0000"), "{text}");
        assert!(text.contains("  40 ns  └─ load_cart"), "{text}");
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let spans = [data(span(&CHECKOUT, 1, None, 5).outcome(Outcome::Panicked))];
        let (plain, colored) = (drawn(&spans, false), drawn(&spans, true));
        let mut stripped = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            stripped.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        assert_ne!(plain, colored);
        assert_eq!(plain, stripped + rest);
    }
}
