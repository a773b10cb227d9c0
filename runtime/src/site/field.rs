//! What an attribute said about the spans of a function, as constants.

use super::Follows;
use crate::{redact, value::Value};

/// The span options of a site.
#[derive(Debug)]
pub struct Traced {
    pub(super) kind: SpanKind,
    pub(super) level: Level,
    pub(super) target: Option<&'static str>,
    pub(super) name: Option<&'static str>,
    pub(super) dynamic_name: bool,
    pub(super) follows: Option<Follows>,
    pub(super) constants: &'static [(&'static str, Value<'static>)],
    pub(super) fields: &'static [Field],
}

/// One attribute key of a site.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    key: &'static str,
    hiding: Hiding,
}

/// Whether the value of a field never enters a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hiding {
    /// The attribute says so.
    Always,
    /// Its key is on the deny-list, of which the program may take it off.
    Listed,
    Never,
}

/// What a span stands for, as OpenTelemetry numbers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SpanKind {
    /// Work inside the program.
    #[default]
    Internal = 1,
    /// The serving side of a synchronous call.
    Server = 2,
    /// The calling side of a synchronous call.
    Client = 3,
    /// Hands a message over.
    Producer = 4,
    /// Takes a message.
    Consumer = 5,
}

/// How verbose a span is, from the most to the least.
///
/// ```
/// use spandrel::Level;
///
/// assert!(Level::Debug < Level::Info);
/// assert_eq!(Level::Warn.as_str(), "warn");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every detail.
    Trace = 1,
    /// For the developer of the function.
    Debug = 2,
    /// For whoever runs the program.
    #[default]
    Info = 3,
    /// Unexpected, and survived.
    Warn = 4,
    /// Failed.
    Error = 5,
}

impl Traced {
    /// Internal, level info, no fields.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            kind: SpanKind::Internal,
            level: Level::Info,
            target: None,
            name: None,
            dynamic_name: false,
            follows: None,
            constants: &[],
            fields: &[],
        }
    }

    /// Of this kind.
    #[must_use]
    pub const fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// At this level.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// In this instrumentation scope.
    #[must_use]
    pub const fn target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }

    /// Under this name.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// With a name that single spans may override; this one is its pattern.
    #[must_use]
    pub const fn dynamic_name(mut self, pattern: &'static str) -> Self {
        self.name = Some(pattern);
        self.dynamic_name = true;
        self
    }

    /// With calls that are measured as a convention has it.
    #[must_use]
    pub const fn follows(mut self, follows: Follows) -> Self {
        self.follows = Some(follows);
        self
    }

    /// With attributes that are the same for all spans.
    #[must_use]
    pub const fn constants(mut self, constants: &'static [(&'static str, Value<'static>)]) -> Self {
        self.constants = constants;
        self
    }

    /// With these fields.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    pub(super) const fn redacts(&self) -> bool {
        let mut at = 0;
        while at < self.fields.len() {
            if self.fields[at].is_redacted() {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// An attribute that is the same for all spans: a text.
#[must_use]
pub const fn text(key: &'static str, value: &'static str) -> (&'static str, Value<'static>) {
    (key, Value::Str(value))
}

/// An integer.
#[must_use]
pub const fn integer(key: &'static str, value: i64) -> (&'static str, Value<'static>) {
    (key, Value::I64(value))
}

/// A floating-point number.
#[must_use]
pub const fn float(key: &'static str, value: f64) -> (&'static str, Value<'static>) {
    (key, Value::F64(value))
}

/// A truth value.
#[must_use]
pub const fn truth(key: &'static str, value: bool) -> (&'static str, Value<'static>) {
    (key, Value::Bool(value))
}

impl Default for Traced {
    fn default() -> Self {
        Self::new()
    }
}

impl Field {
    /// A field whose value is redacted if its key is on the deny-list.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        let hiding = if redact::is_denied(key) { Hiding::Listed } else { Hiding::Never };
        Self { key, hiding }
    }

    /// Fields whose values are redacted if their keys are on the deny-list.
    #[must_use]
    pub const fn list<const N: usize>(keys: [&'static str; N]) -> [Self; N] {
        let mut fields = [Self::clear(""); N];
        let mut at = 0;
        while at < N {
            fields[at] = Self::new(keys[at]);
            at += 1;
        }
        fields
    }

    /// A field whose value never enters a record.
    #[must_use]
    pub const fn redacted(key: &'static str) -> Self {
        Self { key, hiding: Hiding::Always }
    }

    /// A field whose value was made harmless before it is recorded.
    #[must_use]
    pub const fn clear(key: &'static str) -> Self {
        Self { key, hiding: Hiding::Never }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Whether the value never enters a record, unless the program allows its key.
    #[must_use]
    pub const fn is_redacted(&self) -> bool {
        !matches!(self.hiding, Hiding::Never)
    }

    /// Whether the value is hidden by what the program has said meanwhile.
    pub(crate) fn is_hidden(&self) -> bool {
        match self.hiding {
            Hiding::Always => true,
            Hiding::Listed => redact::hides(self.key),
            Hiding::Never => redact::is_denied_here(self.key),
        }
    }
}

impl SpanKind {
    /// The lower-case name that attributes and exporters use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

impl Level {
    /// The lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}
