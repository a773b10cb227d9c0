//! What `tracing` knows of a site: a callsite with its metadata for the span, and for each of its
//! events.
//!
//! The macros of `tracing` make them static. Ours are made at the first use and leaked, because the
//! core knows nothing of `tracing`, and because any site can be mirrored.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Once, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed},
    },
};

use tracing_core::{
    Interest, Kind, Level as TheirLevel, Metadata,
    callsite::{self, Callsite as _, Identifier},
    dispatcher,
    field::{Field, FieldSet},
    metadata::LevelFilter,
};

use crate::site::{self, Level, Site};

/// The callsites of one site.
pub(super) struct Callsites {
    pub(super) span: &'static Callsite,
    site: &'static Site,
    error: OnceLock<&'static Callsite>,
    returned: OnceLock<&'static Callsite>,
}

/// What an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Error,
    Returned,
}

/// One callsite, with what subscribers said about it.
pub(super) struct Callsite {
    site: &'static Site,
    interest: AtomicU8,
    registered: Once,
    metadata: OnceLock<&'static Metadata<'static>>,
    fields: OnceLock<Vec<Field>>,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

/// The field in which a span that brings its own name has it.
pub(super) const NAME: &str = "otel.name";

impl Callsites {
    /// Those of a site, made at the first use.
    pub(super) fn of(site: &'static Site) -> Option<&'static Self> {
        let made = site.reflections().get_or_init(|| {
            let made: &'static Self = Box::leak(Box::new(Self::new(site)));
            made as &'static (dyn Any + Send + Sync)
        });
        made.downcast_ref()
    }

    fn new(site: &'static Site) -> Self {
        let mut names: Vec<_> = site.fields().iter().map(site::Field::key).collect();
        let mut name = site.span_name();
        if site.has_dynamic_name() {
            names.push(NAME);
            name = if name.is_empty() { "span" } else { name };
        }
        let span = Callsite::leak(site, name, level(site.level()), names, Kind::SPAN);
        Self { span, site, error: OnceLock::new(), returned: OnceLock::new() }
    }

    /// That of an event; the level is the same each time.
    pub(super) fn event(&self, told: Told, level: TheirLevel) -> &'static Callsite {
        let (callsite, field) = match told {
            Told::Error => (&self.error, "error"),
            Told::Returned => (&self.returned, "return"),
        };
        callsite.get_or_init(|| {
            let name = format!("event {}:{}", self.site.file(), self.site.line());
            Callsite::leak(self.site, name.leak(), level, vec![field], Kind::EVENT)
        })
    }
}

impl Callsite {
    fn leak(
        site: &'static Site,
        name: &'static str,
        level: TheirLevel,
        names: Vec<&'static str>,
        kind: Kind,
    ) -> &'static Self {
        let callsite: &'static Self = Box::leak(Box::new(Self {
            site,
            interest: AtomicU8::new(SOMETIMES),
            registered: Once::new(),
            metadata: OnceLock::new(),
            fields: OnceLock::new(),
        }));
        let identity = Identifier(callsite);
        let metadata: &'static Metadata<'static> = Box::leak(Box::new(Metadata::new(
            name,
            site.target(),
            level,
            Some(site.file()),
            Some(site.line()),
            Some(site.module_path()),
            FieldSet::new(names.leak(), identity.clone()),
            kind,
        )));
        callsite.metadata.get_or_init(|| metadata);
        callsite.fields.get_or_init(|| metadata.fields().iter().collect());
        let mut ours = OURS.write().unwrap_or_else(PoisonError::into_inner);
        ours.get_or_insert_default().insert(identity, site);
        drop(ours);
        COUNT.fetch_add(1, Relaxed);
        callsite
    }

    /// Whether the default subscriber wants what happens here now; as a rule it was asked before.
    pub(super) fn is_wanted(&'static self) -> bool {
        self.registered.call_once(|| callsite::register(self));
        if *self.metadata().level() > LevelFilter::current() {
            return false;
        }
        match self.interest.load(Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|dispatch| dispatch.enabled(self.known())),
        }
    }

    pub(super) fn known(&self) -> &'static Metadata<'static> {
        self.metadata.get().copied().unwrap_or(&NOBODYS)
    }

    pub(super) fn fields(&self) -> &[Field] {
        self.fields.get().map_or(&[], Vec::as_slice)
    }
}

impl callsite::Callsite for Callsite {
    fn set_interest(&self, interest: Interest) {
        let interest = match () {
            () if interest.is_never() => NEVER,
            () if interest.is_always() => ALWAYS,
            () => SOMETIMES,
        };
        self.interest.store(interest, Relaxed);
        // While nobody is interested, the site skips us; whoever comes later has us asked again.
        if self.known().is_span() {
            self.site.set_audience(interest != NEVER);
        }
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.known()
    }
}

/// Where nothing happens: it lends its field to values that are read outside of any span.
struct Nowhere;

static NOWHERE: Nowhere = Nowhere;

static NOBODYS: Metadata<'static> = Metadata::new(
    "value",
    "spandrel",
    TheirLevel::TRACE,
    None,
    None,
    None,
    FieldSet::new(&["value"], Identifier(&NOWHERE)),
    Kind::SPAN,
);

impl callsite::Callsite for Nowhere {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &NOBODYS
    }
}

/// A field for values that belong to no callsite.
pub(super) fn any_field() -> Option<Field> {
    NOBODYS.fields().iter().next()
}

static OURS: RwLock<Option<HashMap<Identifier, &'static Site>>> = RwLock::new(None);
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Whether these metadata are of a span that shows one of ours, or of an event about it.
///
/// A `tracing` layer that also sees the spans themselves can leave these out.
///
/// ```
/// use spandrel::tracing::is_mirrored;
///
/// let span = tracing::info_span!("theirs");
/// assert!(!span.metadata().is_some_and(is_mirrored));
/// ```
#[must_use]
pub fn is_mirrored(metadata: &Metadata<'_>) -> bool {
    site_of(metadata).is_some()
}

/// Our site behind the metadata of a span that shows one of ours, or of an event about it.
pub(in crate::tracing) fn site_of(metadata: &Metadata<'_>) -> Option<&'static Site> {
    if COUNT.load(Relaxed) == 0 {
        return None;
    }
    let ours = OURS.read().unwrap_or_else(PoisonError::into_inner);
    ours.as_ref()?.get(&metadata.callsite()).copied()
}

pub(super) fn level(level: Level) -> TheirLevel {
    match level {
        Level::Trace => TheirLevel::TRACE,
        Level::Debug => TheirLevel::DEBUG,
        Level::Info => TheirLevel::INFO,
        Level::Warn => TheirLevel::WARN,
        Level::Error => TheirLevel::ERROR,
    }
}
