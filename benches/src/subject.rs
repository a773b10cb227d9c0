//! What is measured, and how a library under measurement presents itself.

/// Names one thing that every subject is asked to do, if it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An async function that is ready at once, with two attributes, inside a sampled root.
    Async,
    /// A sync function with an integer and a short string as attributes, inside a sampled root.
    Attributes,
    /// A sync function behind a breaker that is closed.
    Breaker,
    /// The same by the breaker itself, without an attribute.
    BreakerObject,
    /// A call that a breaker rejects because it is open.
    BreakerOpen,
    /// A sync function behind a bulkhead that has room.
    Bulkhead,
    /// An async one.
    BulkheadAsync,
    /// Reading the clock twice.
    Clock,
    /// One more in a counter of the program's own, whose labels were looked up before.
    CounterCached,
    /// The same, with two labels that are looked up each time.
    CounterLabels,
    /// A function whose instrumentation is switched off in an initialised program.
    Disabled,
    /// A sync function that may fail, and does not.
    Fallible,
    /// An async one that is ready at once.
    FallibleAsync,
    /// A sync function with a fallback that is not needed.
    Fallback,
    /// An async function with a hedge that is not needed.
    Hedge,
    /// A sync function behind a rate limit that has room.
    Limit,
    /// The same with a limit for each of 64 keys.
    LimitKeyed,
    /// A sync function without attributes, inside a sampled root.
    Plain,
    /// A sync function that would be tried again, and need not be.
    Retry,
    /// An async one.
    RetryAsync,
    /// A sync one that may be tried again any number of times: without a budget.
    RetryUnbudgeted,
    /// An async function that is traced and timed and has a retry and a breaker, inside a sampled root.
    Stack,
    /// A sync function whose calls are counted and timed, and that has no span.
    Timed,
    /// An async function that is ready at once, and would be cut off if it were not.
    Timeout,
    /// A sync function that is counted and timed and has a span without attributes, in a sampled root.
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
            Self::Breaker => "breaker",
            Self::BreakerObject => "breaker-object",
            Self::BreakerOpen => "breaker-open",
            Self::Bulkhead => "bulkhead",
            Self::BulkheadAsync => "bulkhead-async",
            Self::Clock => "clock",
            Self::CounterCached => "counter-cached",
            Self::CounterLabels => "counter-labels",
            Self::Disabled => "disabled",
            Self::Fallback => "fallback",
            Self::Fallible => "fallible",
            Self::FallibleAsync => "fallible-async",
            Self::Hedge => "hedge",
            Self::Limit => "limit",
            Self::LimitKeyed => "limit-keyed",
            Self::Plain => "plain",
            Self::Retry => "retry",
            Self::RetryAsync => "retry-async",
            Self::RetryUnbudgeted => "retry-unbudgeted",
            Self::Stack => "stack",
            Self::Timed => "timed",
            Self::Timeout => "timeout",
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
            Self::Async | Self::Attributes | Self::Plain | Self::Stack | Self::TracedTimed => {
                CHILDREN_PER_ROOT + 1
            }
            Self::Tree => CHILDREN_PER_TREE + 1,
            _ => 0,
        }
    }

    /// Returns the name under which it is timed on two threads at once, where it is.
    pub const fn on_two_threads(self) -> Option<&'static str> {
        Some(match self {
            Self::Attributes => "two-threads",
            Self::Breaker => "breaker-two-threads",
            Self::BreakerObject => "breaker-object-two-threads",
            Self::BulkheadAsync => "bulkhead-async-two-threads",
            Self::CounterCached => "counter-two-threads",
            Self::Limit => "limit-two-threads",
            Self::LimitKeyed => "limit-keyed-two-threads",
            Self::Timed => "timed-two-threads",
            _ => return None,
        })
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
