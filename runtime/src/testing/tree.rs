//! Spans as an indented text, to compare with what a test expects.

use std::fmt::Write as _;

use super::Capture;
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
        let is_known = |id: SpanId| spans.iter().any(|span| span.span_id == id);
        let mut text = String::new();
        for root in spans.iter().filter(|span| !span.parent_span_id.is_some_and(is_known)) {
            write_below(&mut text, root, &spans, 0);
        }
        text.truncate(text.trim_end().len());
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
    /// When they differ, with both.
    #[track_caller]
    pub fn assert_tree(&self, expected: &str) {
        let (expected, found) = (dedent(expected), self.tree());
        assert!(expected == found, "the spans differ\nexpected:\n{expected}\n\nfound:\n{found}");
    }

    /// The only span of this name.
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
}

fn write_below(text: &mut String, span: &SpanData, spans: &[SpanData], depth: usize) {
    let _ = writeln!(text, "{:indent$}{} {}", "", span.name, span.outcome, indent = depth * 2);
    for child in spans.iter().filter(|child| child.parent_span_id == Some(span.span_id)) {
        write_below(text, child, spans, depth + 1);
    }
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
        assert!(text.contains("expected:\nouter error\n\nfound:\nouter ok"), "{text}");
    }

    #[test]
    fn common_indentation_does_not_count() {
        assert_eq!(dedent("\n    a\n      b\n\n    c\n    "), "a\n  b\n\nc");
    }
}
