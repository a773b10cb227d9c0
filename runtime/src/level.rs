//! Which spans are wanted, by their level and their module.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use crate::{paths::Paths, site::Level};

/// A level for all modules and for some: `info,shop::db=trace`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LevelFilter {
    default: Threshold,
    paths: Paths<Threshold>,
}

/// The least level that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    Off,
    From(Level),
}

/// The most verbose level that anybody wants; 0: none.
static MOST_VERBOSE: AtomicU8 = AtomicU8::new(0);

/// Nothing more verbose than this is recorded anywhere; `None`: nothing is recorded.
pub(crate) fn set_most_verbose(level: Option<Level>) {
    MOST_VERBOSE.store(level.map_or(0, |level| level as u8), Relaxed);
}

/// The most verbose level that is recorded somewhere.
#[cfg(feature = "tracing")]
pub(crate) fn most_verbose() -> Option<Level> {
    let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
    levels.into_iter().find(|level| *level as u8 == MOST_VERBOSE.load(Relaxed))
}

/// Why a filter was not understood: a predicate of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidFilter(String);

/// What each word of a filter stands for.
pub(crate) const THRESHOLDS: [(&str, Threshold); 6] = [
    ("trace", Threshold::From(Level::Trace)),
    ("debug", Threshold::From(Level::Debug)),
    ("info", Threshold::From(Level::Info)),
    ("warn", Threshold::From(Level::Warn)),
    ("error", Threshold::From(Level::Error)),
    ("off", Threshold::Off),
];

impl Threshold {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let mut known = THRESHOLDS.iter();
        known.find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, threshold)| *threshold)
    }

    pub(crate) fn passes(self, level: Level) -> bool {
        matches!(self, Self::From(least) if level >= least)
    }
}

impl LevelFilter {
    /// Reads a comma-separated list of levels and of `path=level`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidFilter> {
        let mut filter = Self::default();
        let mut has_default = false;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (path, level) = match part.split_once('=') {
                Some((path, level)) => (Some(path.trim()), level.trim()),
                None => (None, part),
            };
            let threshold = Threshold::parse(level).ok_or_else(|| match path {
                // A word that is no level is a module whose level was forgotten, or a slip.
                None => InvalidFilter(format!("has `{level}`, which is no level")),
                Some(path) => {
                    InvalidFilter(format!("has `{level}` for `{path}`, which is no level"))
                }
            })?;
            match path {
                None if has_default => {
                    return Err(InvalidFilter("has more than one level for all modules".into()));
                }
                None => (filter.default, has_default) = (threshold, true),
                Some(path) if !filter.paths.insert(path, threshold) => {
                    return Err(InvalidFilter(format!("has `{path}`, which is no module path")));
                }
                Some(_) => {}
            }
        }
        Ok(filter)
    }

    /// The most verbose level that is wanted from some target.
    pub(crate) fn most_verbose(&self) -> Option<Level> {
        let thresholds = self.paths.iter().map(|(_, threshold)| threshold);
        thresholds
            .chain([&self.default])
            .filter_map(|threshold| match threshold {
                Threshold::From(level) => Some(*level),
                Threshold::Off => None,
            })
            .min()
    }

    /// Whether spans of this level are wanted from this target.
    pub(crate) fn is_enabled(&self, target: &str, level: Level) -> bool {
        self.paths.get(target).unwrap_or(&self.default).passes(level)
    }
}

impl Default for Threshold {
    fn default() -> Self {
        Self::From(Level::default())
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = THRESHOLDS.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// In the form that [`LevelFilter::parse`] reads.
impl fmt::Display for LevelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.default.fmt(f)?;
        if self.paths.is_empty() { Ok(()) } else { write!(f, ",{}", self.paths) }
    }
}

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> LevelFilter {
        LevelFilter::parse(text).unwrap()
    }

    #[test]
    fn the_level_of_a_module_beats_that_of_all() {
        let filter = filter("warn, shop::db=TRACE ,shop::db::pool=off");

        assert!(filter.is_enabled("shop::web", Level::Warn));
        assert!(!filter.is_enabled("shop::web", Level::Info));
        assert!(filter.is_enabled("shop::db::query", Level::Trace));
        assert!(!filter.is_enabled("shop::db::pool", Level::Error));
    }

    #[test]
    fn modules_alone_leave_the_rest_at_info() {
        let filter = filter("shop=debug");

        assert!(filter.is_enabled("other", Level::Info));
        assert!(!filter.is_enabled("other", Level::Debug));
        assert!(filter.is_enabled("shop", Level::Debug));
    }

    #[test]
    fn what_is_displayed_reads_as_the_same_filter() {
        for text in ["info", "off,a=trace", "warn,a::b=error,c=debug"] {
            assert_eq!(LevelFilter::parse(&filter(text).to_string()), Ok(filter(text)), "{text}");
        }
    }

    #[test]
    fn a_filter_that_is_wrong_says_where() {
        for (text, why) in [
            ("loud", "has `loud`, which is no level"),
            ("shop=loud", "has `loud` for `shop`, which is no level"),
            ("shop:db=info", "has `shop:db`, which is no module path"),
            ("info,debug", "has more than one level for all modules"),
        ] {
            assert_eq!(LevelFilter::parse(text).unwrap_err().to_string(), why);
        }
    }
}
