//! Compares what two ways of tracing say about the same program.
//!
//! For a migration: the old instrumentation stays for a while, both record, and the report says
//! where they differ. Spans are matched by the names on the way from their root, those of one path
//! in the order of their beginning; ids and times are not compared, for they always differ. What
//! differs on purpose is said to [`Comparison`].
//!
//! ```
//! use spandrel::{Span, testing::{self, compare::{Comparison, Observed}}};
//!
//! fn spans(amount: u64) -> Vec<Observed> {
//!     let capture = testing::capture();
//!     capture.run(|| {
//!         let order = Span::start("order").enter();
//!         Span::start("charge").set("amount", amount);
//!         drop(order);
//!     });
//!     capture.spans().iter().map(Observed::from).collect()
//! }
//!
//! let differences = Comparison::new().compare(&spans(1), &spans(2));
//! assert_eq!(
//!     differences.to_string(),
//!     "1 difference\n  order > charge: attribute `amount`: `1` there, `2` here\n",
//! );
//! ```

mod differences;
mod observed;
mod paths;
mod side_by_side;
#[cfg(feature = "opentelemetry-0-33")]
mod there;

use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "opentelemetry-0-33")]
pub use self::there::There;

pub use self::{
    differences::{Difference, Differences},
    observed::{Observed, ObservedEvent},
    side_by_side::SideBySide,
};

/// What to compare, and what is different on purpose.
///
/// ```
/// use spandrel::testing::compare::Comparison;
///
/// let comparison = Comparison::new().rename("customer", "customer.id").ignore("thread.id");
/// assert!(comparison.compare(&[], &[]).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    renamed: BTreeMap<String, String>,
    renamed_spans: BTreeMap<String, String>,
    ignored: BTreeSet<String>,
    ignores_kinds: bool,
    ignores_events: bool,
}

/// What `tracing-opentelemetry` adds to each span and we do not.
const OF_TRACING_OPENTELEMETRY: [&str; 12] = [
    "busy_ns",
    "code.file.path",
    "code.filepath",
    "code.line.number",
    "code.lineno",
    "code.module.name",
    "code.namespace",
    "idle_ns",
    "level",
    "target",
    "thread.id",
    "thread.name",
];

impl Comparison {
    /// Everything counts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `tracing-opentelemetry` adds to each span by itself does not count.
    ///
    /// ```
    /// use spandrel::testing::compare::Comparison;
    ///
    /// let comparison = Comparison::with_tracing_opentelemetry();
    /// # let _ = comparison;
    /// ```
    #[must_use]
    pub fn with_tracing_opentelemetry() -> Self {
        OF_TRACING_OPENTELEMETRY.iter().fold(Self::new(), |comparison, key| comparison.ignore(key))
    }

    /// An attribute does not count, on spans and events.
    #[must_use]
    pub fn ignore(mut self, key: &str) -> Self {
        self.ignored.insert(key.to_owned());
        self
    }

    /// An attribute has one key there and another one here.
    #[must_use]
    pub fn rename(mut self, there: &str, here: &str) -> Self {
        self.renamed.insert(there.to_owned(), here.to_owned());
        self
    }

    /// A span has one name there and another one here.
    #[must_use]
    pub fn rename_span(mut self, there: &str, here: &str) -> Self {
        self.renamed_spans.insert(there.to_owned(), here.to_owned());
        self
    }

    /// What spans stand for does not count: not every library says it.
    #[must_use]
    pub fn ignore_kinds(mut self) -> Self {
        self.ignores_kinds = true;
        self
    }

    /// Events do not count.
    #[must_use]
    pub fn ignore_events(mut self) -> Self {
        self.ignores_events = true;
        self
    }

    /// Compares the spans of the old instrumentation with ours.
    #[must_use]
    pub fn compare(&self, there: &[Observed], here: &[Observed]) -> Differences {
        let there: Vec<_> = there.iter().map(|span| self.renamed(span)).collect();
        let (there, here) = (paths::by_path(&there), paths::by_path(here));
        let mut differences = Differences::default();
        let paths: BTreeSet<_> = there.keys().chain(here.keys()).collect();
        for path in paths {
            let spans =
                |side: &BTreeMap<String, Vec<_>>| side.get(path).cloned().unwrap_or_default();
            let (there, here): (Vec<&Observed>, Vec<&Observed>) = (spans(&there), spans(&here));
            for (there, here) in there.iter().zip(&here) {
                self.compare_spans(path, there, here, &mut differences);
            }
            differences.count(path, there.len(), here.len());
        }
        differences
    }

    fn renamed(&self, span: &Observed) -> Observed {
        let name = |name: &String| self.renamed_spans.get(name).unwrap_or(name).clone();
        let key = |key: &String| self.renamed.get(key).unwrap_or(key).clone();
        let rename = |attributes: &BTreeMap<String, String>| {
            attributes.iter().map(|(known, value)| (key(known), value.clone())).collect()
        };
        let event = |event: &ObservedEvent| ObservedEvent {
            name: event.name.clone(),
            attributes: rename(&event.attributes),
        };
        Observed {
            name: name(&span.name),
            attributes: rename(&span.attributes),
            events: span.events.iter().map(event).collect(),
            ..span.clone()
        }
    }

    fn compare_spans(&self, path: &str, there: &Observed, here: &Observed, into: &mut Differences) {
        if !self.ignores_kinds {
            into.note(path, "kind", format!("{:?}", there.kind), format!("{:?}", here.kind));
        }
        into.note(path, "status", there.status.clone(), here.status.clone());
        into.note(path, "links", there.links.to_string(), here.links.to_string());
        self.compare_attributes(path, "attribute", &there.attributes, &here.attributes, into);
        if self.ignores_events {
            return;
        }
        let names = |span: &Observed| {
            let names: Vec<_> = span.events.iter().map(|event| event.name.as_str()).collect();
            names.join(", ")
        };
        into.note(path, "events", names(there), names(here));
        for (there, here) in there.events.iter().zip(&here.events) {
            if there.name == here.name {
                let what = format!("event `{}`, attribute", here.name);
                self.compare_attributes(path, &what, &there.attributes, &here.attributes, into);
            }
        }
    }

    fn compare_attributes(
        &self,
        path: &str,
        what: &str,
        there: &BTreeMap<String, String>,
        here: &BTreeMap<String, String>,
        into: &mut Differences,
    ) {
        let keys: BTreeSet<_> = there.keys().chain(here.keys()).collect();
        for key in keys.into_iter().filter(|key| !self.ignored.contains(*key)) {
            let shown =
                |side: &BTreeMap<String, String>| side.get(key).cloned().unwrap_or_default();
            into.note(path, &format!("{what} `{key}`"), shown(there), shown(here));
        }
    }
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;
