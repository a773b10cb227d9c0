//! What a variable can be: where its name comes from, and which values it takes.

use std::fmt;

/// Who named a variable; this decides what happens to a value that is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A name that many services use; the variable it stands for wins.
    Alias(&'static str),
    /// A name that many tools know.
    Convention,
    /// Ours: an error.
    Own,
    /// The OpenTelemetry specification: a warning, and the default.
    Specified,
}

/// Which values a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `host:port`.
    Address,
    Attributes,
    /// Only `true` is true, as the specification demands.
    Boolean,
    Choice(&'static [&'static str]),
    Choices(&'static [&'static str]),
    Count {
        least: u32,
        example: &'static str,
    },
    /// Levels of targets.
    Directives,
    /// Milliseconds.
    Duration {
        example: &'static str,
    },
    Headers,
    Levels,
    Number {
        example: &'static str,
    },
    Path,
    Patterns,
    /// Set or not set.
    Presence,
    Samplers,
    /// Text that no message repeats.
    Secret,
    Size,
    /// A boolean that the specification does not rule: also `1`, `yes`, `on` and their opposites.
    Switch,
    Text,
    /// Milliseconds, 0 for no limit.
    /// With its unit.
    Time {
        example: &'static str,
    },
    /// Several, separated by commas.
    Times {
        example: &'static str,
    },
    Timeout {
        example: &'static str,
    },
    Url,
}

impl Kind {
    /// What to write into such a variable.
    pub(crate) fn advice(self) -> String {
        match self {
            Self::Address => "a host and a port, such as `127.0.0.1:9464`".into(),
            Self::Attributes => "`key=value,key=value` with `%2C` for a comma".into(),
            Self::Boolean | Self::Switch => "`true` or `false`".into(),
            Self::Choice(words) => alternatives(words, "or"),
            Self::Choices(words) => format!("a list of {}", alternatives(words, "and")),
            Self::Count { least: 0, example } => format!("a whole number, such as `{example}`"),
            Self::Count { least, example } => {
                format!("a whole number from {least}, such as `{example}`")
            }
            Self::Directives => {
                "a level, targets with levels, or both: `info,shop::db=trace`".into()
            }
            Self::Duration { example } | Self::Timeout { example } => {
                format!("milliseconds, such as `{example}`")
            }
            Self::Headers => "`name=value,name=value`".into(),
            Self::Levels => "a level, modules with levels, or both: `info,shop::db=trace`".into(),
            Self::Number { example } => format!("a number, such as `{example}`"),
            Self::Path => "the path of a file".into(),
            Self::Patterns => {
                "names to leave out and patterns to add: `-card,cust-{digit:8}`".into()
            }
            Self::Presence => "`1`".into(),
            Self::Samplers => "functions or modules with samplers: `shop::db::*=always_off`".into(),
            Self::Secret => "letters, digits and signs, without spaces".into(),
            Self::Size => "a number of bytes, such as `16MiB`".into(),
            Self::Text => "plain text".into(),
            Self::Time { example } => format!("a time with its unit, such as `{example}`"),
            Self::Times { example } => format!("times with their units, such as `{example}`"),
            Self::Url => "a URL, such as `http://localhost:4318`".into(),
        }
    }
}

/// The type, for the documentation.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("address: `127.0.0.1:9464`"),
            Self::Attributes | Self::Headers => f.write_str("pairs"),
            Self::Boolean | Self::Switch => f.write_str("boolean"),
            Self::Choice(words) => f.write_str(&alternatives(words, "or")),
            Self::Choices(words) => write!(f, "list of {}", alternatives(words, "and")),
            Self::Count { least: 0, .. } => f.write_str("integer"),
            Self::Count { least, .. } => write!(f, "integer from {least}"),
            Self::Directives => f.write_str("levels: `info,shop::db=trace`"),
            Self::Duration { .. } => f.write_str("milliseconds"),
            Self::Levels => f.write_str("levels: `info,shop::db=trace`"),
            Self::Number { .. } => f.write_str("number"),
            Self::Path => f.write_str("path"),
            Self::Patterns => f.write_str("patterns: `-card,cust-{digit:8}`"),
            Self::Presence => f.write_str("set or not"),
            Self::Samplers => {
                f.write_str("samplers: `shop::health=always_off,shop::db::*=traceidratio(0.1)`")
            }
            Self::Secret => f.write_str("secret"),
            Self::Size => f.write_str("bytes: `16MiB`"),
            Self::Text => f.write_str("text"),
            Self::Time { example } => write!(f, "time: `{example}`"),
            Self::Times { example } => write!(f, "times: `{example}`"),
            Self::Timeout { .. } => f.write_str("milliseconds, 0 for no limit"),
            Self::Url => f.write_str("URL"),
        }
    }
}

/// `a`, `b` or `c`.
pub(crate) fn alternatives(words: &[&str], or: &str) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [some @ .., last] => format!("{} {or} {last}", some.join(", ")),
    }
}
