//! Which records are wanted, by their level and their target: `info,shop::db=debug`.
//!
//! The words of `RUST_LOG` that need no span: a level for all targets, `target=level`, and a target
//! alone, which means everything from it. The longest target that a record's begins with decides.

use std::fmt;

use crate::{
    level::{LevelFilter, Threshold},
    site::Level,
};

/// A level for all targets, and for some.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogFilter {
    default: Threshold,
    /// The longest target first.
    targets: Vec<(String, Threshold)>,
}

impl LogFilter {
    /// Nothing passes.
    pub(crate) const fn off() -> Self {
        Self { default: Threshold::Off, targets: Vec::new() }
    }

    /// Reads what it understands, and returns the rest.
    pub(crate) fn parse(text: &str) -> (Self, Vec<&str>) {
        let mut filter = Self::off();
        let mut wrong = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match directive(part) {
                Some((None, threshold)) => filter.default = threshold,
                Some((Some(target), threshold)) => filter.set(target, threshold),
                None => wrong.push(part),
            }
        }
        (filter, wrong)
    }

    fn set(&mut self, target: &str, threshold: Threshold) {
        self.targets.retain(|(known, _)| known != target);
        let at = self.targets.partition_point(|(known, _)| known.len() >= target.len());
        self.targets.insert(at, (target.to_owned(), threshold));
    }

    /// Whether records of this level are wanted from this target.
    pub(crate) fn passes(&self, target: &str, level: Level) -> bool {
        let own = self.targets.iter().find(|(prefix, _)| covers(prefix, target));
        own.map_or(self.default, |(_, threshold)| *threshold).passes(level)
    }

    /// The most verbose level that is wanted from some target.
    pub(crate) fn most_verbose(&self) -> Option<Level> {
        let thresholds = self.targets.iter().map(|(_, threshold)| *threshold);
        let levels = thresholds.chain([self.default]).filter_map(|threshold| match threshold {
            Threshold::From(level) => Some(level),
            Threshold::Off => None,
        });
        levels.min()
    }
}

/// As spans are filtered, so are lines: whoever wants more detail of a module wants it in both.
impl From<&LevelFilter> for LogFilter {
    fn from(filter: &LevelFilter) -> Self {
        Self::parse(&filter.to_string()).0
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.default.fmt(f)?;
        self.targets.iter().try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

/// A target, or none for all, and its level.
fn directive(part: &str) -> Option<(Option<&str>, Threshold)> {
    // Taken for part of a target's name, a filter by span would let nothing pass in silence.
    if part.contains(['[', ']', '{', '}', '/']) {
        return None;
    }
    match part.split_once('=') {
        Some((target, level)) if !target.trim().is_empty() => {
            Some((Some(target.trim()), Threshold::parse(level.trim())?))
        }
        Some(_) => None,
        None => match Threshold::parse(part) {
            Some(threshold) => Some((None, threshold)),
            None => Some((Some(part), Threshold::From(Level::Trace))),
        },
    }
}

/// Whether the target is the one that is named, or below it.
fn covers(prefix: &str, target: &str) -> bool {
    let rest = target.strip_prefix(prefix);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> LogFilter {
        let (filter, wrong) = LogFilter::parse(text);
        assert!(wrong.is_empty(), "{wrong:?}");
        filter
    }

    #[test]
    fn the_longest_target_decides_and_the_rest_has_the_level_of_all() {
        let filter = filter("warn, shop=off ,shop::db=TRACE,sqlx");

        assert!(filter.passes("other", Level::Warn) && !filter.passes("other", Level::Info));
        assert!(!filter.passes("shop::web", Level::Error));
        assert!(filter.passes("shop::db::pool", Level::Trace));
        assert!(filter.passes("sqlx::query", Level::Trace));
    }

    #[test]
    fn a_target_covers_no_name_that_merely_begins_like_it() {
        let filter = filter("shop=info");

        assert!(filter.passes("shop", Level::Info) && filter.passes("shop.audit", Level::Info));
        assert!(!filter.passes("shopping", Level::Error));
    }

    #[test]
    fn what_is_no_directive_comes_back_and_the_rest_holds() {
        let (filter, wrong) = LogFilter::parse("probe[span]=debug,shop=loud,=info,warn");

        assert_eq!(wrong, ["probe[span]=debug", "shop=loud", "=info"]);
        assert_eq!(filter.to_string(), "warn");
    }

    #[test]
    fn what_is_displayed_reads_as_the_same_filter() {
        for text in ["off", "info,a=trace", "warn,a::b=error,c=debug"] {
            assert_eq!(filter(&filter(text).to_string()), filter(text));
        }
    }

    #[test]
    fn the_most_verbose_level_is_that_of_any_target() {
        assert_eq!(filter("warn,a=debug").most_verbose(), Some(Level::Debug));
        assert_eq!(filter("off,a=off").most_verbose(), None);
    }
}
