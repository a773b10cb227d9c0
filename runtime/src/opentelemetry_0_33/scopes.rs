//! One site for each scope and kind of span.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use ::opentelemetry::InstrumentationScope;

use crate::{
    diag,
    mirror::Reflection,
    site::{Meta, Site, SpanKind, Traced},
    sync::lock,
};

/// The sites of one scope, by the kinds of their spans.
pub(super) type Sites = &'static [Site; KINDS.len()];

const KINDS: [SpanKind; 5] = [
    SpanKind::Internal,
    SpanKind::Server,
    SpanKind::Client,
    SpanKind::Producer,
    SpanKind::Consumer,
];

/// Sites are never freed; a program that makes up names of scopes must not grow for ever.
const MOST: usize = 1_000;

static KNOWN: LazyLock<Mutex<HashMap<(String, String), Sites>>> = LazyLock::new(Mutex::default);
/// For the scopes beyond.
static BEYOND: LazyLock<Sites> = LazyLock::new(|| make("opentelemetry", None));

/// The sites of a scope.
pub(super) fn of(scope: &InstrumentationScope) -> Sites {
    let key = (scope.name().to_owned(), scope.version().unwrap_or_default().to_owned());
    let mut known = lock(&KNOWN);
    if let Some(sites) = known.get(&key) {
        return sites;
    }
    if known.len() >= MOST {
        if known.len() == MOST {
            diag::warn(format_args!(
                "more than {MOST} instrumentation scopes; further ones are called `opentelemetry`"
            ));
            // Said once: one more entry, which no scope has.
            known.insert(("\0".to_owned(), String::new()), &BEYOND);
        }
        return &BEYOND;
    }
    let sites = make(&key.0, Some(&key.1).filter(|version| !version.is_empty()));
    known.insert(key, sites);
    sites
}

fn make(name: &str, version: Option<&String>) -> Sites {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let name = if name.is_empty() { "opentelemetry" } else { leak(name) };
    let version = version.map(|version| leak(version));
    Box::leak(Box::new(KINDS.map(|kind| {
        let traced = Traced::new().kind(kind).dynamic_name("");
        let site = Site::new(Meta::block("", name, file!(), line!())).traced(traced);
        site.reflected(Reflection::Never).of_version(version)
    })))
}

/// The site for spans of this kind.
pub(super) fn site(sites: Sites, kind: SpanKind) -> &'static Site {
    let at = KINDS.iter().position(|known| *known == kind).unwrap_or_default();
    &sites[at]
}
