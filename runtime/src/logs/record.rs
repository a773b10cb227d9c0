//! One log record, as it stands in the queue and as sinks read it.
//!
//! It is written on the caller's thread in the form that the attributes of spans have, typed and
//! bounded, redacted by key; everything else about it, texts for people and encodings, is made of
//! that by the background thread.
//!
//! ```text
//! head     63…40 0 | 39…32 level | 31…0 words
//! origin   63…32 W3C trace flags | 31…0 words of the surroundings
//! nanoseconds since the Unix epoch
//! trace id high | low | span id, or 0
//! surroundings: attributes whose keys are indices of SURROUNDINGS
//! attributes of the record itself, and its message as the name
//! ```

use crate::{
    site::{Field, Level},
    trace::{
        OwnedValue,
        id::{SpanId, TraceFlags, TraceId},
        limits,
        record::{read, value::Entries},
        scrub,
    },
    value::Value,
};

/// Words before the surroundings.
pub(super) const FIXED_WORDS: usize = 6;

/// What is known about a record beside what it says itself.
pub(super) struct Surrounding;

impl Surrounding {
    pub(super) const TARGET: u8 = 0;
    pub(super) const EVENT: u8 = 1;
    pub(super) const FILE: u8 = 2;
    pub(super) const LINE: u8 = 3;
    pub(super) const CORRELATION: u8 = 4;
    pub(super) const METHOD: u8 = 5;
    pub(super) const ROUTE: u8 = 6;
    pub(super) const PATH: u8 = 7;
}

/// By the indices above.
pub(super) static SURROUNDINGS: [Field; 8] = [
    Field::new("target"),
    Field::new("event"),
    Field::new("file"),
    Field::new("line"),
    Field::new("correlation_id"),
    Field::new("method"),
    Field::new("route"),
    Field::new("span_path"),
];

pub(super) fn head(level: Level, words: usize) -> u64 {
    (level as u64) << 32 | words as u64
}

pub(super) fn origin(flags: TraceFlags, surroundings: usize) -> u64 {
    u64::from(flags.bits()) << 32 | surroundings as u64
}

/// A log record, borrowed from where it waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogView<'a> {
    bytes: &'a [u8],
    limits: LogLimits,
}

/// How much one record may carry, beside the bounds that always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogLimits {
    pub(crate) attributes: u32,
    pub(crate) value_chars: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { attributes: 128, value_chars: u32::MAX }
    }
}

impl<'a> LogView<'a> {
    /// The record at the front, and what follows it; `None` at the end.
    pub(crate) fn take(bytes: &'a [u8], limits: LogLimits) -> Option<(Self, &'a [u8])> {
        let words = (read::word(bytes, 0)? & 0xffff_ffff) as usize;
        let (bytes, rest) = bytes.split_at_checked(words * 8)?;
        (words >= FIXED_WORDS).then_some((Self { bytes, limits }, rest))
    }

    /// Whether there is nothing to hide in it.
    pub(super) fn is_clean(&self) -> bool {
        let (around, own) = self.split();
        scrub::is_clean_tail(own) && scrub::is_clean_tail(around)
    }

    /// The record without what there is to hide, in the memory given.
    #[cold]
    pub(super) fn scrubbed<'s>(&self, memory: &'s mut Vec<u8>) -> Option<LogView<'s>> {
        memory.clear();
        memory.extend_from_slice(self.bytes.get(..FIXED_WORDS * 8)?);
        let (around, own) = self.split();
        scrub::scrub_tail(around, memory);
        let surroundings = memory.len() / 8 - FIXED_WORDS;
        scrub::scrub_tail(own, memory);
        let words = memory.len() / 8;
        let first = [head(self.level(), words), origin(self.trace_flags(), surroundings)];
        for (bytes, word) in memory.chunks_exact_mut(8).zip(first) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
        Some(LogView { bytes: memory, limits: self.limits })
    }

    fn word(&self, at: usize) -> u64 {
        read::word(self.bytes, at).unwrap_or_default()
    }

    pub(crate) fn unix_nanos(&self) -> u64 {
        self.word(2)
    }

    pub(crate) fn level(&self) -> Level {
        match self.word(0) >> 32 & 0xff {
            1 => Level::Trace,
            2 => Level::Debug,
            4 => Level::Warn,
            5 => Level::Error,
            _ => Level::Info,
        }
    }

    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_u128(u128::from(self.word(3)) << 64 | u128::from(self.word(4)))
    }

    pub(crate) fn span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.word(5))
    }

    pub(crate) fn trace_flags(&self) -> TraceFlags {
        TraceFlags::from_bits((self.word(1) >> 32) as u8)
    }

    fn split(&self) -> (&'a [u8], &'a [u8]) {
        let words = (self.word(1) & 0xffff_ffff) as usize;
        let tail = self.bytes.get(FIXED_WORDS * 8..).unwrap_or_default();
        tail.split_at_checked(words * 8).unwrap_or_default()
    }

    fn own(&self) -> Entries<'a> {
        Entries::new(self.split().1, &[])
    }

    /// What a surrounding says, if it is a text.
    fn surrounding(&self, index: u8) -> Option<&'a str> {
        match self.around().of_field(index)? {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    fn around(&self) -> Entries<'a> {
        Entries::new(self.split().0, &SURROUNDINGS)
    }

    /// Where the record comes from: a module, as a rule.
    pub(crate) fn target(&self) -> &'a str {
        self.surrounding(Surrounding::TARGET).unwrap_or_default()
    }

    /// What the kind of the record is called, where somebody has named it.
    pub(crate) fn event_name(&self) -> Option<&'a str> {
        self.surrounding(Surrounding::EVENT)
    }

    #[cfg(any(feature = "file", feature = "otlp"))]
    pub(crate) fn file(&self) -> Option<&'a str> {
        self.surrounding(Surrounding::FILE)
    }

    #[cfg(any(feature = "file", feature = "otlp"))]
    pub(crate) fn line(&self) -> Option<i64> {
        match self.around().of_field(Surrounding::LINE)? {
            Value::I64(line) => Some(line),
            _ => None,
        }
    }

    /// What is known of the request: a name each, as it stands in a line, and its value.
    pub(crate) fn request(&self) -> impl Iterator<Item = (&'static str, &'a str)> + use<'a> {
        let view = *self;
        [Surrounding::CORRELATION, Surrounding::METHOD, Surrounding::ROUTE].into_iter().filter_map(
            move |index| {
                Some((SURROUNDINGS.get(usize::from(index))?.key(), view.surrounding(index)?))
            },
        )
    }

    /// The names of the spans around it, the outermost first, where somebody wanted them.
    pub(crate) fn span_path(&self) -> Option<&'a str> {
        self.surrounding(Surrounding::PATH)
    }

    /// What the record says; of one that is nothing but an error, the error.
    pub(crate) fn message(&self) -> &'a str {
        self.own().name().unwrap_or_else(|| {
            let mut attributes = self.own();
            let error = attributes.find_map(|(key, value)| match value {
                Value::Str(text) if key == "exception.message" => Some(text),
                _ => None,
            });
            error.unwrap_or_default()
        })
    }

    /// The attributes, each key once: of several values the last counts.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let all = self.own();
        let limits = self.limits;
        let mut later = all.clone();
        all.filter(move |(key, _)| {
            later.next();
            !later.clone().any(|(other, _)| other == *key)
        })
        .take(limits.attributes as usize)
        .map(move |(key, value)| (key, limits.cut(value)))
    }

    /// How many attributes were left out.
    pub(crate) fn dropped_attributes(&self) -> u32 {
        let all = u32::try_from(self.own().count()).unwrap_or(u32::MAX);
        self.own().dropped().saturating_add(all.saturating_sub(self.limits.attributes))
    }
}

impl LogLimits {
    fn cut(self, value: Value<'_>) -> Value<'_> {
        match value {
            Value::Str(text) => Value::Str(limits::first_chars(text, self.value_chars as usize)),
            other => other,
        }
    }
}

/// A log record that owns its data: what a test looks at.
///
/// ```
/// # #[cfg(feature = "tracing")] {
/// use spandrel::{Level, testing};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry().with(spandrel::tracing::layer());
/// let capture = testing::capture();
/// tracing::subscriber::with_default(subscriber, || {
///     capture.run(|| tracing::warn!(disk = "sda", "slow"));
/// });
///
/// let logs = capture.logs();
/// assert_eq!((logs[0].level, &*logs[0].message), (Level::Warn, "slow"));
/// assert_eq!(logs[0].attribute("disk").unwrap().to_string(), "sda");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogData {
    /// When, in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// How grave it is.
    pub level: Level,
    /// Where it comes from: a module, as a rule.
    pub target: String,
    /// What it says.
    pub message: String,
    /// What records of its kind are called, where somebody has named them.
    pub event_name: Option<String>,
    /// The trace that it belongs to.
    pub trace_id: Option<TraceId>,
    /// The span that it belongs to.
    pub span_id: Option<SpanId>,
    /// The correlation id of the request that it belongs to.
    pub correlation_id: Option<String>,
    /// The method of that request.
    pub method: Option<String>,
    /// The route of that request.
    pub route: Option<String>,
    /// The attributes, each key once.
    pub attributes: Vec<(String, OwnedValue)>,
    /// How many attributes were left out.
    pub dropped_attributes: u32,
}

impl LogData {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&OwnedValue> {
        self.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }
}

impl From<&LogView<'_>> for LogData {
    fn from(view: &LogView<'_>) -> Self {
        let text = |index| view.surrounding(index).map(str::to_owned);
        Self {
            unix_nanos: view.unix_nanos(),
            level: view.level(),
            target: view.target().to_owned(),
            message: view.message().to_owned(),
            event_name: text(Surrounding::EVENT),
            trace_id: view.trace_id(),
            span_id: view.span_id(),
            correlation_id: text(Surrounding::CORRELATION),
            method: text(Surrounding::METHOD),
            route: text(Surrounding::ROUTE),
            attributes: view
                .attributes()
                .map(|(key, value)| (key.to_owned(), OwnedValue::from(value)))
                .collect(),
            dropped_attributes: view.dropped_attributes(),
        }
    }
}
