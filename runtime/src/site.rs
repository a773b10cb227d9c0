//! One static for each instrumented function: everything about it that never changes.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use crate::sync::lock;

/// The site's spans are on.
pub(crate) const TRACED: u32 = 1;
/// The site's calls are counted.
pub(crate) const COUNTED: u32 = 2;
/// A sampler of its own decides about roots of this site.
pub(crate) const SAMPLER_OVERRIDE: u32 = 4;
/// The site has its index.
const REGISTERED: u32 = 128;
const INDEX_SHIFT: u32 = 8;

static SITES: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

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

    /// The site with this index.
    pub(crate) fn by_index(index: u32) -> Option<&'static Self> {
        lock(&SITES).get(index as usize).copied()
    }

    /// Gives the site its index, once.
    pub(crate) fn register(&'static self, switches: u32) {
        let mut sites = lock(&SITES);
        if self.word() & REGISTERED == 0 {
            let index = u32::try_from(sites.len()).unwrap_or(u32::MAX);
            sites.push(self);
            self.word.store(index << INDEX_SHIFT | REGISTERED | switches, Relaxed);
        }
    }

    /// Index and switches: the one load of a call that is switched off.
    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Relaxed)
    }
}
