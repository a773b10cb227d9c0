//! The policies as text, for people.

use std::fmt;

use super::status::{Policies, PolicyStatus};

/// A line for each policy, what it is in columns and its numbers behind.
pub(super) fn write(policies: &Policies, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let rows: Vec<_> = policies.iter().map(cells).collect();
    let head = ["KIND", "POLICY", "KEY", "MODE", "STATE"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().map(|(cells, _)| &cells[column]).chain([&head[column]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    let line = |f: &mut fmt::Formatter<'_>, cells: &[String; 5], numbers: &str| {
        for (cell, width) in cells.iter().zip(widths) {
            write!(f, "{cell:width$}  ")?;
        }
        writeln!(f, "{numbers}")
    };
    line(f, &head, "NUMBERS")?;
    rows.iter().try_for_each(|(cells, numbers)| line(f, cells, numbers))
}

fn cells(policy: &PolicyStatus) -> ([String; 5], String) {
    // Names and keys are whatever somebody says; a line is a line nevertheless.
    let shown = |text: &str| text.escape_debug().to_string();
    let mut state = policy.state().to_owned();
    if policy.is_disputed() {
        state.push_str(" (disputed)");
    }
    let cells = [
        policy.kind().as_str().to_owned(),
        shown(policy.name()),
        policy.key().map_or_else(|| "-".to_owned(), shown),
        policy.mode().as_str().to_owned(),
        state,
    ];
    let numbers = policy.statistics().into_iter().filter(|(_, number)| number.is_finite());
    let numbers: Vec<_> =
        numbers.map(|(name, number)| format!("{name}={}", short(number))).collect();
    (cells, numbers.join(" "))
}

/// To three places behind the point.
fn short(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
