//! What we know of each place in other libraries that makes spans or events.
//!
//! `tracing` has one static for each such place. Ours is leaked when it is first heard of, and from
//! then on found by the address of the other: one hash and one comparison, no lock.

use std::{
    collections::HashMap,
    ptr,
    sync::{
        LazyLock, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tracing_core::{Metadata, field::FieldSet};

use super::sqlx;
use crate::{
    mirror::Reflection,
    site::{Field, Level, Meta, Site, SpanKind, TRACED, Traced},
    sync::lock,
};

/// A place that makes spans or events.
#[derive(Debug)]
pub(super) struct Callsite {
    metadata: &'static Metadata<'static>,
    /// Counts up from 0.
    number: u32,
    /// Registered like the site of an annotated function, so that levels apply to it too.
    site: &'static Site,
    fields: &'static [Field],
    /// The same place, for spans of another kind than `Internal`.
    kinds: [OnceLock<&'static Site>; KINDS.len()],
    /// What the fields mean, by their index; empty if each is but an attribute.
    roles: Vec<Role>,
    /// Its events are queries, which become spans.
    is_query: bool,
    /// Its spans are given their parents after they have begun.
    parents_late: AtomicBool,
}

/// What a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Attribute,
    Error,
    Kind,
    LogDetail,
    LogTarget,
    Message,
    Name,
    /// A statement with its values, or a text with one: shown by nobody.
    Statement,
    StatusCode,
    StatusDescription,
}

const KINDS: [SpanKind; 4] =
    [SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];

/// More callsites than a program has, as a rule; those beyond are found by a lock.
const SLOTS: usize = 4_096;
const PROBES: usize = 16;

static TABLE: LazyLock<Box<[OnceLock<&'static Callsite>]>> =
    LazyLock::new(|| (0..SLOTS).map(|_| OnceLock::new()).collect());
static ALL: Mutex<Vec<&'static Callsite>> = Mutex::new(Vec::new());
static BEYOND: LazyLock<Mutex<HashMap<usize, &'static Callsite>>> = LazyLock::new(Mutex::default);

/// What we know of the place; registers it if it is new.
#[inline]
pub(super) fn of(metadata: &'static Metadata<'static>) -> &'static Callsite {
    probe(metadata).unwrap_or_else(|| add(metadata))
}

/// What we know of the place, if it was heard of before.
pub(super) fn find(metadata: &Metadata<'_>) -> Option<&'static Callsite> {
    probe(metadata).or_else(|| lock(&BEYOND).get(&address(metadata)).copied())
}

/// Whether its events are records of the `log` crate, which bring their targets along.
pub(super) fn is_log(metadata: &Metadata<'_>) -> bool {
    metadata.fields().field("log.target").is_some()
}

#[inline]
fn probe(metadata: &Metadata<'_>) -> Option<&'static Callsite> {
    for slot in slots(address(metadata)) {
        let callsite = *slot.get()?;
        if address(callsite.metadata) == address(metadata) {
            return Some(callsite);
        }
    }
    None
}

#[inline]
fn slots(address: usize) -> impl Iterator<Item = &'static OnceLock<&'static Callsite>> {
    // Statics are aligned, and the ones of a crate lie side by side.
    let first = (address >> 3).wrapping_mul(0x9e37_79b9) >> 7;
    let table = &**TABLE;
    (first..first + PROBES).filter_map(move |at| table.get(at % SLOTS))
}

#[inline]
fn address(metadata: &Metadata<'_>) -> usize {
    ptr::from_ref(metadata).addr()
}

#[cold]
fn add(metadata: &'static Metadata<'static>) -> &'static Callsite {
    let mut beyond = lock(&BEYOND);
    let address = address(metadata);
    if let Some(known) = probe(metadata).or_else(|| beyond.get(&address).copied()) {
        return known;
    }
    let mut all = lock(&ALL);
    let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let callsite: &'static Callsite = Box::leak(Box::new(Callsite::new(metadata, number)));
    all.push(callsite);
    if !slots(address).any(|slot| slot.set(callsite).is_ok()) {
        beyond.insert(address, callsite);
    }
    callsite
}

/// The callsite with this number.
#[cold]
pub(super) fn numbered(number: u32) -> Option<&'static Callsite> {
    lock(&ALL).get(number as usize).copied()
}

impl Callsite {
    fn new(metadata: &'static Metadata<'static>, number: u32) -> Self {
        let fields = metadata.fields();
        let keys: Vec<_> = fields.iter().map(|field| Field::new(field.name())).collect();
        let keys: &'static [Field] = Box::leak(keys.into_boxed_slice());
        Self {
            metadata,
            number,
            site: site(metadata, keys, SpanKind::Internal),
            fields: keys,
            kinds: [const { OnceLock::new() }; KINDS.len()],
            roles: roles(metadata, fields),
            is_query: sqlx::is_query(metadata),
            parents_late: AtomicBool::new(false),
        }
    }

    /// Whether its spans and events are wanted.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.site.word() & TRACED != 0
    }

    #[inline]
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    #[inline]
    pub(super) fn site(&self) -> &'static Site {
        self.site
    }

    /// The site of spans of this kind.
    pub(super) fn site_of(&self, kind: SpanKind) -> &'static Site {
        let place = KINDS.iter().position(|other| *other == kind);
        match place.and_then(|place| self.kinds.get(place)) {
            Some(known) => known.get_or_init(|| site(self.metadata, self.fields, kind)),
            None => self.site,
        }
    }

    /// Whether its events are queries.
    #[inline]
    pub(super) fn is_query(&self) -> bool {
        self.is_query
    }

    #[inline]
    pub(super) fn metadata(&self) -> &'static Metadata<'static> {
        self.metadata
    }

    #[inline]
    pub(super) fn roles(&self) -> &[Role] {
        &self.roles
    }

    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// What `#[tracing::instrument(err)]` says of a result: an error and nothing else.
    pub(super) fn is_exception(&self) -> bool {
        self.has(Role::Error) && !self.has(Role::Message)
    }

    /// Whether a span of this place is recorded only once it is needed.
    #[inline]
    pub(super) fn defers(&self) -> bool {
        !self.roles.is_empty() || self.parents_late.load(Relaxed)
    }

    /// A span of this place was given its parent after it had begun: others will be too.
    pub(super) fn has_late_parents(&self) {
        self.parents_late.store(true, Relaxed);
    }
}

/// Leaks the site of a place.
fn site(
    metadata: &'static Metadata<'static>,
    fields: &'static [Field],
    kind: SpanKind,
) -> &'static Site {
    let module = metadata.module_path().unwrap_or(metadata.target());
    let (file, line) = (metadata.file().unwrap_or_default(), metadata.line().unwrap_or_default());
    let level = match sqlx::is_query(metadata) {
        true => Level::default(),
        false => level(*metadata.level()),
    };
    let mut traced = Traced::new()
        .kind(kind)
        .level(level)
        .target(metadata.target())
        .name(metadata.name())
        .fields(fields);
    if fields.iter().any(|field| field.key() == "otel.name") {
        traced = traced.dynamic_name(metadata.name());
    }
    let meta = Meta::block(metadata.name(), module, file, line);
    let site = Site::new(meta).traced(traced).reflected(Reflection::Never);
    let site: &'static Site = Box::leak(Box::new(site));
    site.settle(site.word());
    site
}

/// A level of `tracing`, as ours.
pub(super) fn level(level: tracing_core::Level) -> Level {
    match level {
        tracing_core::Level::TRACE => Level::Trace,
        tracing_core::Level::DEBUG => Level::Debug,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::ERROR => Level::Error,
    }
}

fn roles(metadata: &Metadata<'_>, fields: &FieldSet) -> Vec<Role> {
    let role = if sqlx::is_query(metadata) {
        sqlx::role
    } else if metadata.is_span() {
        role_in_span
    } else {
        role_in_event
    };
    let roles: Vec<_> = fields.iter().map(|field| role(field.name())).collect();
    if roles.iter().all(|role| *role == Role::Attribute) { Vec::new() } else { roles }
}

fn role_in_span(field: &str) -> Role {
    match field {
        "otel.name" => Role::Name,
        "otel.kind" => Role::Kind,
        "otel.status_code" => Role::StatusCode,
        "otel.status_message" | "otel.status_description" => Role::StatusDescription,
        _ => Role::Attribute,
    }
}

pub(super) fn role_in_event(field: &str) -> Role {
    match field {
        "message" => Role::Message,
        "error" => Role::Error,
        "log.target" => Role::LogTarget,
        "log.module_path" | "log.file" | "log.line" => Role::LogDetail,
        _ => Role::Attribute,
    }
}
