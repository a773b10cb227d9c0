//! What produces the telemetry: the service, and where it runs.

use std::{borrow::Cow, fmt};

use crate::{
    redact::{self, Patterns, REDACTED},
    value::{Array, Value},
};

/// The attributes that hold for everything a program sends.
///
/// A key is there once; the order is that of first insertion.
///
/// ```
/// use spandrel::{Resource, Value};
///
/// let resource = Resource::new()
///     .with("service.namespace", "shop")
///     .with("shop.shard", 3);
/// assert_eq!(resource.get("shop.shard"), Some(Value::I64(3)));
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Resource {
    attributes: Vec<(Cow<'static, str>, Stored)>,
    schema_url: Cow<'static, str>,
}

/// A value that outlives the record or the text it came from.
#[derive(Clone, Debug, PartialEq)]
enum Stored {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Str(Box<str>),
    Array { bytes: Box<[u8]>, element: u8, len: u32 },
}

impl Resource {
    /// A resource that says nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { attributes: Vec::new(), schema_url: Cow::Borrowed("") }
    }

    /// With this attribute; an earlier value of the key is replaced.
    #[must_use]
    pub fn with<'v>(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value<'v>>,
    ) -> Self {
        self.set(key.into(), value.into());
        self
    }

    /// With this URL of the semantic conventions that the keys follow.
    #[must_use]
    pub fn with_schema_url(mut self, schema_url: impl Into<Cow<'static, str>>) -> Self {
        self.schema_url = schema_url.into();
        self
    }

    /// Takes everything from `winner`, whose values replace those of the same keys.
    ///
    /// As the OpenTelemetry specification has it, a schema URL stays unless both name one and
    /// they differ: then none is true for all attributes.
    ///
    /// ```
    /// use spandrel::{Resource, Value};
    ///
    /// let detected = Resource::new().with("host.name", "a").with("process.pid", 7);
    /// let merged = detected.merge(Resource::new().with("host.name", "b"));
    /// assert_eq!(merged.get("host.name"), Some(Value::Str("b")));
    /// assert_eq!(merged.len(), 2);
    /// ```
    #[must_use]
    pub fn merge(mut self, winner: Self) -> Self {
        if self.schema_url.is_empty() {
            self.schema_url = winner.schema_url;
        } else if !winner.schema_url.is_empty() && winner.schema_url != self.schema_url {
            self.schema_url = Cow::Borrowed("");
        }
        for (key, value) in winner.attributes {
            self.store(key, value);
        }
        self
    }

    /// Without what is not to be shown.
    pub(crate) fn redacted(mut self, patterns: &Patterns) -> Self {
        for (key, value) in &mut self.attributes {
            if redact::hides(key) {
                *value = Stored::Str(REDACTED.into());
            } else {
                value.redact(patterns);
            }
        }
        self
    }

    pub(crate) fn set(&mut self, key: Cow<'static, str>, value: Value<'_>) {
        self.store(key, Stored::from(value));
    }

    fn store(&mut self, key: Cow<'static, str>, value: Stored) {
        match self.attributes.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((key, value)),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        self.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_value())
    }

    /// The attributes, each key once.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Value<'_>)> {
        self.attributes.iter().map(|(key, value)| (key.as_ref(), value.as_value()))
    }

    /// How many attributes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Whether there is no attribute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The semantic conventions that the keys follow; empty if not known.
    #[must_use]
    pub fn schema_url(&self) -> &str {
        &self.schema_url
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl From<Value<'_>> for Stored {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::I64(value) => Self::I64(value),
            Value::U64(value) => Self::U64(value),
            Value::F64(value) => Self::F64(value),
            Value::Str(value) => Self::Str(value.into()),
            Value::Array(array) => {
                let (bytes, element, len) = array.parts();
                Self::Array { bytes: bytes.into(), element, len }
            }
        }
    }
}

impl Stored {
    fn redact(&mut self, patterns: &Patterns) {
        match self {
            Self::Str(text) => *text = patterns.redact(text).into(),
            Self::Array { bytes, element, len } if *element == Array::STR => {
                let mut redacted = Vec::new();
                for text in Array::new(bytes, *element, *len).iter() {
                    let Value::Str(text) = text else { continue };
                    let text = patterns.redact(text);
                    redacted.extend_from_slice(&(text.len() as u64).to_ne_bytes());
                    redacted.extend_from_slice(text.as_bytes());
                    redacted.resize(redacted.len().next_multiple_of(8), 0);
                }
                *bytes = redacted.into();
            }
            _ => {}
        }
    }

    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::I64(value) => Value::I64(*value),
            Self::U64(value) => Value::U64(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Str(value) => Value::Str(value),
            Self::Array { bytes, element, len } => Value::Array(Array::new(bytes, *element, *len)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_twice_keeps_its_place_and_the_last_value() {
        let resource = Resource::new().with("a", 1).with("b", 2).with("a", "three");

        let attributes: Vec<_> = resource.iter().collect();

        assert_eq!(attributes, [("a", Value::Str("three")), ("b", Value::I64(2))]);
    }

    #[test]
    fn schema_urls_that_differ_cancel_out() {
        let old = || Resource::new().with_schema_url("https://schemas/1");
        let new = || Resource::new().with_schema_url("https://schemas/2");

        assert_eq!(old().merge(new()).schema_url(), "");
        assert_eq!(old().merge(old()).schema_url(), "https://schemas/1");
        assert_eq!(old().merge(Resource::new()).schema_url(), "https://schemas/1");
        assert_eq!(Resource::new().merge(new()).schema_url(), "https://schemas/2");
    }

    #[test]
    fn secrets_are_in_no_value() {
        let mut words = Vec::new();
        for text in ["--port", "http://a:hunter2@db", "x"] {
            words.extend_from_slice(&(text.len() as u64).to_ne_bytes());
            words.extend_from_slice(text.as_bytes());
            words.resize(words.len().next_multiple_of(8), 0);
        }
        let resource = Resource::new()
            .with("db.password", 5)
            .with("team", "of password=hunter2")
            .with("arguments", Value::Array(Array::new(&words, Array::STR, 3)))
            .redacted(&Patterns::new());

        let shown: Vec<_> = resource.iter().map(|(_, value)| value.to_string()).collect();
        let arguments = "[--port, http://[REDACTED]@db, x]";
        assert_eq!(shown, ["[REDACTED]", "of password=[REDACTED]", arguments]);
    }

    #[test]
    fn an_array_outlives_what_it_was_read_from() {
        let words = [1_i64, -2];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();

        let resource =
            Resource::new().with("shards", Value::Array(Array::new(&bytes, Array::I64, 2)));
        drop(bytes);

        assert_eq!(resource.get("shards").unwrap().to_string(), "[1, -2]");
    }
}
