//! Spans as an indented text, to compare with what a test expects.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use super::{Capture, diff};
use crate::trace::{SpanData, id::SpanId};

impl Capture {
    /// The spans as an indented text: name and outcome of each, children below their parents.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| Span::start("outer").in_scope(|| Span::start("inner").end()));
    /// assert_eq!(capture.tree(), "outer ok\n  inner ok");
    /// ```
    #[must_use]
    pub fn tree(&self) -> String {
        let spans = self.spans();
        let mut children: HashMap<SpanId, Vec<&SpanData>> = HashMap::new();
        // The last is taken first.
        for span in spans.iter().rev() {
            let parent = span.parent_span_id.into_iter();
            parent.for_each(|parent| children.entry(parent).or_default().push(span));
        }
        let mut stack: Vec<_> = roots(&spans).rev().map(|span| (0, span)).collect();
        let mut text = String::new();
        // Without recursion, which a recursive function's spans would overflow.
        while let Some((depth, span)) = stack.pop() {
            let line = if text.is_empty() { "" } else { "\n" };
            // By hand: a width of the formatter ends at 65,535.
            let indent = "  ".repeat(depth);
            let _ = write!(text, "{line}{indent}{} {}", span.name, span.outcome);
            let below = children.remove(&span.span_id).unwrap_or_default();
            stack.extend(below.into_iter().map(|child| (depth + 1, child)));
        }
        text
    }

    /// Compares [`Capture::tree`] with what is expected.
    ///
    /// Indentation common to all lines of `expected`, and empty lines around them, do not count.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| Span::start("outer").in_scope(|| Span::start("inner").end()));
    /// capture.assert_tree(
    ///     "
    ///     outer ok
    ///       inner ok
    ///     ",
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// When they differ, with the lines that are missing (`-`) and those that are too many (`+`).
    #[track_caller]
    pub fn assert_tree(&self, expected: &str) {
        let (expected, found) = (dedent(expected), self.tree());
        assert!(expected == found, "the spans differ\n{}", diff::lines(&expected, &found));
    }

    /// The only span of this name.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| Span::start("work").end());
    /// assert!(capture.span("work").attributes.is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, with the names that there are.
    #[track_caller]
    #[must_use]
    pub fn span(&self, name: &str) -> SpanData {
        let mut spans = self.spans();
        let names: Vec<String> = spans.iter().map(|span| span.name.clone()).collect();
        spans.retain(|span| span.name == name);
        assert!(spans.len() == 1, "{} spans are called `{name}`; found {names:?}", spans.len());
        spans.remove(0)
    }

    /// All spans of this name, in the order of their starts.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| (0..3).for_each(|_| Span::start("attempt").end()));
    /// assert_eq!(capture.find("attempt").len(), 3);
    /// ```
    #[must_use]
    pub fn find(&self, name: &str) -> Vec<SpanData> {
        let mut spans = self.spans();
        spans.retain(|span| span.name == name);
        spans
    }

    /// The spans that are not part of another one that was captured.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| Span::start("outer").in_scope(|| Span::start("inner").end()));
    /// let [root] = capture.roots().try_into().unwrap();
    /// assert_eq!(capture.children_of(&root)[0].name, "inner");
    /// ```
    #[must_use]
    pub fn roots(&self) -> Vec<SpanData> {
        roots(&self.spans()).cloned().collect()
    }

    /// The spans right below a span, in the order of their starts.
    ///
    /// ```
    /// use spandrel::{Span, testing};
    ///
    /// let capture = testing::capture();
    /// capture.run(|| Span::start("outer").in_scope(|| Span::start("inner").end()));
    /// assert_eq!(capture.children_of(&capture.span("outer"))[0].name, "inner");
    /// ```
    #[must_use]
    pub fn children_of(&self, span: &SpanData) -> Vec<SpanData> {
        let mut spans = self.spans();
        spans.retain(|child| child.parent_span_id == Some(span.span_id));
        spans
    }
}

fn roots(spans: &[SpanData]) -> impl DoubleEndedIterator<Item = &SpanData> {
    let known: HashSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
    spans.iter().filter(move |span| !span.parent_span_id.is_some_and(|id| known.contains(&id)))
}

fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let common = lines.iter().filter(|line| !line.is_empty());
    let common = common.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or("")).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Span, testing};

    #[test]
    fn a_tree_that_differs_is_shown_beside_the_expected_one() {
        let capture = testing::capture();
        capture.run(|| Span::start("outer").end());

        let assert = std::panic::AssertUnwindSafe(|| capture.assert_tree("outer error"));
        let panic = std::panic::catch_unwind(assert).unwrap_err();

        let text = panic.downcast_ref::<String>().unwrap();
        assert_eq!(text, "the spans differ\n- outer error\n+ outer ok\n");
    }

    #[test]
    fn spans_are_found_by_name_and_place() {
        let capture = testing::capture();
        capture.run(|| {
            Span::start("outer").in_scope(|| {
                Span::start("inner").in_scope(|| Span::start("leaf").end());
                Span::start("inner").end();
            });
            Span::start("other").end();
        });

        let names = |spans: Vec<SpanData>| spans.into_iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names(capture.roots()), ["outer", "other"]);
        assert_eq!(names(capture.children_of(&capture.span("outer"))), ["inner", "inner"]);
        assert_eq!(capture.find("inner").len(), 2);
        assert!(capture.find("none").is_empty());
        assert_eq!(capture.tree(), "outer ok\n  inner ok\n    leaf ok\n  inner ok\nother ok");
    }

    #[test]
    fn the_spans_of_a_recursion_do_not_overflow_the_stack_of_who_looks() {
        let capture = testing::capture();
        capture.run(|| {
            let mut open = Vec::new();
            for _ in 0..3_000 {
                open.push(Span::start("step").enter());
            }
            // The innermost first.
            while open.pop().is_some() {}
        });
        let tree = capture.tree();
        let expected = format!("\n{}step ok", "  ".repeat(2_999));
        assert!(tree.ends_with(&expected), "{} lines", tree.lines().count());
    }

    #[test]
    fn captures_side_by_side_do_not_mix() {
        let threads: Vec<_> = (0..32)
            .map(|id| {
                std::thread::spawn(move || {
                    let capture = testing::capture();
                    let name = format!("test {id}");
                    capture.run(|| {
                        for _ in 0..50 {
                            Span::start(&name).in_scope(|| Span::start("inner").end());
                        }
                    });
                    let expected = vec![format!("{name} ok\n  inner ok"); 50].join("\n");
                    capture.assert_tree(&expected);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    #[test]
    fn common_indentation_does_not_count() {
        assert_eq!(dedent("\n    a\n      b\n\n    c\n    "), "a\n  b\n\nc");
    }
}
