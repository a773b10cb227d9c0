//! What is measured, and how a library under measurement presents itself.

/// Names one thing that every subject is asked to do, if it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An async function that is ready at once, with two attributes, inside a sampled root.
    Async,
    /// A sync function with an integer and a short string as attributes, inside a sampled root.
    Attributes,
    /// Reading the clock twice.
    Clock,
    /// One more in a counter of the program's own, whose labels were looked up before.
    CounterCached,
    /// The same, with two labels that are looked up each time.
    CounterLabels,
    /// A function whose instrumentation is switched off in an initialised program.
    Disabled,
    /// A sync function without attributes, inside a sampled root.
    Plain,
    /// A sync function whose calls are counted and timed, and that has no span.
    Timed,
    /// The same with a span without attributes, inside a sampled root.
    TracedTimed,
    /// One root and ten children with two attributes each.
    Tree,
    /// A function in a program that never initialised anything.
    Uninitialised,
    /// A function with two attributes inside a root that is not recorded.
    Unsampled,
}

impl Kind {
    /// Returns the name that identifies this kind in every output.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Attributes => "attributes",
            Self::Clock => "clock",
            Self::CounterCached => "counter-cached",
            Self::CounterLabels => "counter-labels",
            Self::Disabled => "disabled",
            Self::Plain => "plain",
            Self::Timed => "timed",
            Self::TracedTimed => "traced-timed",
            Self::Tree => "tree",
            Self::Uninitialised => "uninitialised",
            Self::Unsampled => "unsampled",
        }
    }

    /// Returns how many calls one batch makes; every cost is given per call.
    pub const fn calls(self) -> u64 {
        match self {
            Self::Tree => 1,
            _ => CHILDREN_PER_ROOT,
        }
    }

    /// Returns how many spans one batch of a recording subject produces, the root included.
    pub const fn spans(self) -> u64 {
        match self {
            Self::Async | Self::Attributes | Self::Plain | Self::TracedTimed => {
                CHILDREN_PER_ROOT + 1
            }
            Self::Tree => CHILDREN_PER_TREE + 1,
            Self::Clock
            | Self::CounterCached
            | Self::CounterLabels
            | Self::Disabled
            | Self::Timed
            | Self::Uninitialised
            | Self::Unsampled => 0,
        }
    }

    /// Returns how many attributes the user asked for in one batch.
    pub const fn attributes(self) -> u64 {
        match self {
            Self::Async | Self::Attributes => CHILDREN_PER_ROOT * 2,
            Self::Tree => CHILDREN_PER_TREE * 2,
            _ => 0,
        }
    }
}

/// Says what happens to finished spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// They are counted and thrown away.
    Discard,
    /// They are encoded as OTLP protobuf, and the bytes thrown away.
    Encode,
    /// The same, as OTLP JSON.
    Json,
    /// The same, as Zipkin v2 JSON.
    Zipkin,
}

impl Sink {
    /// All of them, by their names in every output.
    pub const ALL: [(&str, Self); 4] = [
        ("discard", Self::Discard),
        ("encode", Self::Encode),
        ("json", Self::Json),
        ("zipkin", Self::Zipkin),
    ];
}

/// Counts what reached the sink of a subject since the program started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Finished spans.
    pub spans: u64,
    /// Attributes on those spans, those that the library added included.
    pub attributes: u64,
    /// Bytes, where the sink encodes.
    pub bytes: u64,
}

/// One thing that a subject does, as a monomorphic loop: the harness adds no call per span.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is done.
    pub kind: Kind,
    /// Does it for so many batches.
    pub run: fn(batches: u64),
    /// Whether the sink must see [`Kind::spans`] for each batch, or nothing.
    pub records: bool,
    /// Tells how many calls the subject has counted, if it counts them and says so.
    pub counted: Option<fn() -> u64>,
}

impl Case {
    /// Describes a case whose spans must all reach the sink.
    pub const fn recorded(kind: Kind, run: fn(u64)) -> Self {
        Self { kind, run, records: true, counted: None }
    }

    /// Describes a case that must leave nothing behind.
    pub const fn silent(kind: Kind, run: fn(u64)) -> Self {
        Self { kind, run, records: false, counted: None }
    }

    /// Has each call counted, too.
    pub const fn counting(mut self, counted: fn() -> u64) -> Self {
        self.counted = Some(counted);
        self
    }

    /// Returns how many spans must reach the sink for so many batches.
    pub const fn spans(&self, batches: u64) -> u64 {
        if self.records { self.kind.spans() * batches } else { 0 }
    }
}

/// A library under measurement, in one configuration.
pub trait Subject: Sync {
    /// Returns the name that identifies this subject in every output.
    fn name(&self) -> &'static str;

    /// Lists what it can do.
    fn cases(&self) -> &'static [Case];

    /// Makes it the one that records from now on. Idempotent, except that the sink stays as it is.
    fn install(&self, sink: Sink);

    /// Lists the sinks it can be installed with.
    fn sinks(&self) -> &'static [Sink] {
        &[Sink::Discard, Sink::Encode]
    }

    /// Blocks until everything recorded so far has reached the sink.
    fn settle(&self) {}

    /// Counts what has reached the sink.
    fn seen(&self) -> Seen {
        Seen::default()
    }
}

/// How many children share a root, so that the root weighs on each of them as in a real program.
pub(crate) const CHILDREN_PER_ROOT: u64 = 100;

/// How many children a tree has.
pub(crate) const CHILDREN_PER_TREE: u64 = 10;
