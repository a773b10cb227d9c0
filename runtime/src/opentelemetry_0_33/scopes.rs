//! One site for each scope and kind of span.
//!
//! Sites are never freed, so there is a bound to them. Spans of the scopes beyond it share sites,
//! and say as attributes what their scopes are.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use ::opentelemetry::InstrumentationScope;

use crate::{
    diag,
    mirror::Reflection,
    site::{Meta, Site, SpanKind, Traced},
    sync::lock,
    trace::record::writer::Writer,
};

/// The sites of one scope, by the kinds of their spans.
type Sites = &'static [Site; KINDS.len()];

/// The scope of a tracer.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    sites: Sites,
    /// The sites are not its own.
    beyond: Option<Arc<InstrumentationScope>>,
}

/// All versions of a name, and their sites.
type Versions = Vec<(Option<&'static str>, Sites)>;

#[derive(Default)]
struct Known {
    by_name: HashMap<&'static str, Versions>,
    scopes: usize,
}

const KINDS: [SpanKind; 5] = [
    SpanKind::Internal,
    SpanKind::Server,
    SpanKind::Client,
    SpanKind::Producer,
    SpanKind::Consumer,
];

/// A program that makes up names of scopes must not grow for ever.
const MOST: usize = 1_000;
/// Nor by names without an end.
const MOST_BYTES: usize = 1_024;
const UNNAMED: &str = "opentelemetry";

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
/// For the scopes beyond.
static SHARED: LazyLock<Sites> = LazyLock::new(|| make(UNNAMED, None));
static BEYOND: AtomicU64 = AtomicU64::new(0);

/// How many tracers were made for scopes that share sites.
pub(super) fn beyond() -> u64 {
    BEYOND.load(Relaxed)
}

/// What is known of a scope.
pub(super) fn of(scope: &InstrumentationScope) -> Scope {
    let name = if scope.name().is_empty() { UNNAMED } else { scope.name() };
    let version = scope.version().filter(|version| !version.is_empty());
    let mut known = lock(&KNOWN);
    let versions = known.by_name.get(name);
    let found = versions.and_then(|all| all.iter().find(|(other, _)| *other == version));
    if let Some((_, sites)) = found {
        return Scope { sites, beyond: None };
    }
    if known.scopes >= MOST || name.len() + version.map_or(0, str::len) > MOST_BYTES {
        drop(known);
        return share(scope);
    }
    let leak = |text: &str| -> &'static str { Box::leak(text.into()) };
    let (name, version) = (leak(name), version.map(leak));
    let sites = make(name, version);
    known.by_name.entry(name).or_default().push((version, sites));
    known.scopes += 1;
    Scope { sites, beyond: None }
}

#[cold]
fn share(scope: &InstrumentationScope) -> Scope {
    if BEYOND.fetch_add(1, Relaxed) == 0 {
        diag::warn(format_args!(
            "more than {MOST} instrumentation scopes, or one with an overlong name ({:.60}); spans \
             of these are in `{UNNAMED}`, and tell theirs as `otel.scope.name` (said once)",
            scope.name()
        ));
    }
    Scope { sites: *SHARED, beyond: Some(Arc::new(scope.clone())) }
}

fn make(name: &'static str, version: Option<&'static str>) -> Sites {
    Box::leak(Box::new(KINDS.map(|kind| {
        let traced = Traced::new().kind(kind).dynamic_name("");
        let site = Site::new(Meta::block("", name, file!(), line!())).traced(traced);
        site.reflected(Reflection::Never).of_version(version)
    })))
}

impl Scope {
    /// The site for spans of this kind.
    pub(super) fn site(&self, kind: SpanKind) -> &'static Site {
        let at = KINDS.iter().position(|known| *known == kind).unwrap_or_default();
        &self.sites[at]
    }

    /// Writes what the site does not tell.
    pub(super) fn write(&self, writer: &mut Writer) {
        if let Some(scope) = &self.beyond {
            writer.set_keyed("otel.scope.name", scope.name());
            writer.set_keyed("otel.scope.version", &scope.version());
        }
    }
}
