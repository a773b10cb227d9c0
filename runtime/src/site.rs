//! One static for each instrumented function: everything about it that never changes.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed},
};

use crate::sync::lock;

/// The site's spans are on.
pub(crate) const TRACED: u32 = 1;
/// The site's calls are counted.
pub(crate) const COUNTED: u32 = 2;
/// Something about the site is on.
pub(crate) const ON: u32 = TRACED | COUNTED;
/// A sampler of its own decides about roots of this site.
pub(crate) const SAMPLER_OVERRIDE: u32 = 4;
/// The site has its index.
const REGISTERED: u32 = 128;
const INDEX_SHIFT: u32 = 8;

static TRACING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static SITES: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

/// The index in a site's word.
#[inline(always)]
pub(crate) const fn index(word: u32) -> u32 {
    word >> INDEX_SHIFT
}

/// One instrumented function.
#[derive(Debug)]
pub struct Site {
    word: AtomicU32,
    name: &'static str,
    target: &'static str,
    kind: SpanKind,
    fields: &'static [Field],
    redacts: bool,
}

/// One attribute key of a site.
#[derive(Debug)]
pub struct Field {
    key: &'static str,
    redacted: bool,
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

impl Field {
    /// A field whose value is redacted if its key is on the deny-list.
    pub const fn new(key: &'static str) -> Self {
        Self { key, redacted: crate::redact::is_denied(key) }
    }

    /// The key.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Whether the value never enters a record.
    pub const fn is_redacted(&self) -> bool {
        self.redacted
    }
}

impl Site {
    /// Begins a site.
    pub const fn new(name: &'static str, target: &'static str) -> Self {
        Self {
            word: AtomicU32::new(0),
            name,
            target,
            kind: SpanKind::Internal,
            fields: &[],
            redacts: false,
        }
    }

    /// A site whose spans bring their names along.
    pub(crate) const fn dynamic(target: &'static str) -> Self {
        Self::new("", target)
    }

    /// The site, registered.
    pub(crate) fn ready(&'static self) -> &'static Self {
        if self.word() & REGISTERED == 0 {
            self.register(if Self::is_tracing() { TRACED } else { 0 });
        }
        self
    }

    /// Whether spans are on.
    pub(crate) fn is_tracing() -> bool {
        TRACING.load(Relaxed)
    }

    /// Switches the spans of all sites.
    pub(crate) fn set_tracing(on: bool) {
        TRACING.store(on, Relaxed);
        for site in lock(&SITES).iter() {
            if on {
                site.word.fetch_or(TRACED, Relaxed);
            } else {
                site.word.fetch_and(!TRACED, Relaxed);
            }
        }
    }

    /// Counts a call.
    pub(crate) fn count(&self, _outcome: crate::Outcome) {}

    /// With these fields.
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        let mut at = 0;
        while at < fields.len() {
            self.redacts |= fields[at].redacted;
            at += 1;
        }
        self
    }

    /// What its spans are called, unless one has a name of its own.
    pub fn span_name(&self) -> &'static str {
        self.name
    }

    /// The instrumentation scope.
    pub fn target(&self) -> &'static str {
        self.target
    }

    /// What its spans stand for.
    pub fn kind(&self) -> SpanKind {
        self.kind
    }

    /// Whether single spans may have names of their own.
    pub(crate) fn has_dynamic_name(&self) -> bool {
        self.name.is_empty()
    }

    pub(crate) fn field_table(&self) -> &'static [Field] {
        self.fields
    }

    pub(crate) fn redacts(&self) -> bool {
        self.redacts
    }

    /// How many sites have an index.
    pub(crate) fn registered() -> usize {
        COUNT.load(Relaxed)
    }

    /// Lists the sites that have an index, in its order.
    pub(crate) fn list(into: &mut Vec<&'static Self>) {
        into.clear();
        into.extend_from_slice(&lock(&SITES));
    }

    /// Gives the site its index, once.
    pub(crate) fn register(&'static self, switches: u32) {
        let mut sites = lock(&SITES);
        if self.word() & REGISTERED == 0 {
            let index = u32::try_from(sites.len()).unwrap_or(u32::MAX);
            sites.push(self);
            COUNT.store(sites.len(), Relaxed);
            self.word.store(index << INDEX_SHIFT | REGISTERED | switches, Relaxed);
        }
    }

    /// Index and switches: the one load of a call that is switched off.
    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Relaxed)
    }
}
