//! What was found, as people read it.

use std::{collections::BTreeMap, fmt};

/// Where two ways of tracing differ.
///
/// ```
/// use spandrel::testing::compare::{Comparison, Observed};
///
/// let differences =
///     Comparison::new().compare(&[Observed::new(1, 1, None, "old", 0)], &[]);
/// assert_eq!(differences.to_string(), "1 difference\n  old: 1 span there, none here\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences {
    /// How often each was found.
    found: BTreeMap<Difference, usize>,
}

/// One way in which the spans of one path differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Difference {
    /// The names from the root to the span.
    pub path: String,
    /// What differs.
    pub what: String,
    /// As the old instrumentation has it; empty: not at all.
    pub there: String,
    /// As we have it; empty: not at all.
    pub here: String,
}

/// What [`Differences::count`] compares.
const SPANS: &str = "spans";

impl Differences {
    /// Whether both say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Each difference, and on how many spans it was found.
    pub fn iter(&self) -> impl Iterator<Item = (&Difference, usize)> {
        self.found.iter().map(|(difference, count)| (difference, *count))
    }

    pub(super) fn note(&mut self, path: &str, what: &str, there: String, here: String) {
        if there != here {
            let (path, what) = (path.to_owned(), what.to_owned());
            *self.found.entry(Difference { path, what, there, here }).or_default() += 1;
        }
    }

    pub(super) fn count(&mut self, path: &str, there: usize, here: usize) {
        self.note(path, SPANS, there.to_string(), here.to_string());
    }
}

/// One line for each difference.
impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.found.len() {
            0 => return writeln!(f, "no differences"),
            1 => writeln!(f, "1 difference")?,
            several => writeln!(f, "{several} differences")?,
        }
        for (difference, count) in self.iter() {
            write!(f, "  {difference}")?;
            if count > 1 {
                write!(f, " ({count} spans)")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what, there, here } = self;
        if what == SPANS {
            let spans = |count: &str| match count {
                "0" => "none".to_owned(),
                "1" => "1 span".to_owned(),
                several => format!("{several} spans"),
            };
            return write!(f, "{path}: {} there, {} here", spans(there), spans(here));
        }
        let shown = |value: &str| {
            if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") }
        };
        write!(f, "{path}: {what}: {} there, {} here", shown(there), shown(here))
    }
}
