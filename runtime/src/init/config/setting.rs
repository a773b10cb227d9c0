//! A value together with who chose it.

use std::fmt;

/// A resolved value and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

/// Who chose a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The program's manifest.
    Cargo,
    /// The program, in code.
    Code,
    /// Nobody.
    Default,
    /// The machine that the program runs on.
    Detected,
    /// An environment variable.
    Variable(&'static str),
}

impl<T> Setting<T> {
    pub(crate) fn by_default(value: T) -> Self {
        Self { value, source: Source::Default }
    }

    pub(crate) fn by_code(value: T) -> Self {
        Self { value, source: Source::Code }
    }

    /// The order that holds everywhere: code, environment, default.
    pub(crate) fn pick(code: Option<T>, variable: Option<Self>, default: T) -> Self {
        code.map(Self::by_code).or(variable).unwrap_or_else(|| Self::by_default(default))
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), source: self.source }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cargo => f.write_str("from Cargo.toml"),
            Self::Code => f.write_str("from code"),
            Self::Default => f.write_str("default"),
            Self::Detected => f.write_str("detected"),
            Self::Variable(name) => write!(f, "from {name}"),
        }
    }
}
