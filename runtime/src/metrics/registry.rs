//! All metrics of the program, each once.
//!
//! Whoever names a metric of a scope gets the same one: two constants, a constant and a macro, or a
//! library that asks by name whenever it counts.

use std::{
    any::Any,
    borrow::Cow,
    collections::HashMap,
    sync::{
        LazyLock, Mutex, Once,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    data::{Data, Label, Metric, Number, Point, Scope},
    family::Family,
    identity::Identity,
    lately,
    series::State,
    source::{self, Source},
    windows,
};
use crate::{diag, sync::lock, time};

/// A metric, whatever it counts.
pub(super) trait Collect: Any + Send + Sync {
    fn identity(&self) -> &Identity;

    /// Adds the metric as it is now, if there is anything to tell.
    fn collect(&self, into: &mut Vec<Metric>);

    /// Reads the series for their windows.
    fn watch(&self, now: u64);

    /// Says what it is, if that was not known when it was made; once.
    #[cfg(feature = "metrics-0-24")]
    fn describe(&self, description: Cow<'static, str>, unit: Cow<'static, str>);

    /// How often there was no room for a set of labels.
    fn overflowed(&self) -> u64;

    /// What was ignored, by reason.
    fn ignored(&self) -> [(&'static str, u64); 3];
}

/// Metrics live for ever, so names that are made up at run time must not go on for ever.
const MOST: usize = 10_000;

#[derive(Default)]
struct Registry {
    by_name: HashMap<(Scope, Cow<'static, str>), &'static dyn Collect>,
    in_order: Vec<&'static dyn Collect>,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// The metric of this name, made if it is new.
///
/// If it is there as something else, what comes back is one that nobody reads, and that is said.
pub(crate) fn family<S: State>(identity: Identity, kind: S::Kind) -> &'static Family<S> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        source::register(&Instruments);
        windows::register(&lately::Watch);
    });
    let mut registry = lock(&REGISTRY);
    let key = (identity.scope.clone(), identity.name.clone());
    let Some(known) = registry.by_name.get(&key).copied() else {
        if registry.in_order.len() >= MOST {
            drop(registry);
            return refuse(identity, kind);
        }
        let family: &'static _ = Box::leak(Box::new(Family::new(identity, kind)));
        registry.by_name.insert(key, family);
        registry.in_order.push(family);
        return family;
    };
    drop(registry);
    let any: &'static dyn Any = known;
    match any.downcast_ref::<Family<S>>() {
        Some(family) if family.kind == kind && family.identity.unit == identity.unit => family,
        _ => {
            diag::warn(format_args!(
                "`{}` of `{}` is declared twice, with different kinds, numbers, units or buckets; \
                 only what came first is exported",
                identity.name, identity.scope.name
            ));
            unread(identity, kind)
        }
    }
}

/// Shows all metrics, unless somebody adds one right now.
pub(super) fn each(look: impl FnMut(&'static dyn Collect)) {
    let Ok(registry) = REGISTRY.try_lock() else { return };
    let families = registry.in_order.clone();
    drop(registry);
    families.into_iter().for_each(look);
}

/// Says what a metric is that is there already.
#[cfg(feature = "metrics-0-24")]
#[expect(clippy::ptr_arg, reason = "what is static stays so when it is cloned")]
pub(crate) fn describe(
    scope: &Scope,
    name: &str,
    description: &Cow<'static, str>,
    unit: &Cow<'static, str>,
) {
    let key = (scope.clone(), Cow::Owned(name.to_owned()));
    if let Some(known) = lock(&REGISTRY).by_name.get(&key) {
        known.describe(description.clone(), unit.clone());
    }
}

#[cold]
fn refuse<S: State>(identity: Identity, kind: S::Kind) -> &'static Family<S> {
    if REFUSED.fetch_add(1, Relaxed) == 0 {
        diag::warn(format_args!(
            "there are {MOST} metrics, which is the limit; `{}` and all further ones are not \
             exported (said once)",
            identity.name
        ));
    }
    unread(identity, kind)
}

/// Where what nobody reads is counted: one for each kind of metric, however many there are.
fn unread<S: State>(identity: Identity, kind: S::Kind) -> &'static Family<S> {
    static UNREAD: Mutex<Vec<&'static (dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let mut unread = lock(&UNREAD);
    let known = unread.iter().find_map(|family| family.downcast_ref());
    known.unwrap_or_else(|| {
        let family: &'static Family<S> = Box::leak(Box::new(Family::new(identity, kind)));
        unread.push(family);
        family
    })
}

/// The metrics of all instruments, and what was lost of them.
struct Instruments;

impl Source for Instruments {
    fn collect(&self, into: &mut Vec<Metric>) {
        let families = lock(&REGISTRY).in_order.clone();
        let (mut overflowed, mut ignored) = (Vec::new(), Vec::new());
        for family in families {
            family.collect(into);
            let name = || ("metric".into(), Label::Str(family.identity().name.clone()));
            if family.overflowed() > 0 {
                overflowed.push((vec![name()], family.overflowed()));
            }
            for (reason, count) in family.ignored().into_iter().filter(|(_, count)| *count > 0) {
                let reason = ("reason".into(), Label::Str(reason.into()));
                ignored.push((vec![name(), reason], count));
            }
        }
        let refused = REFUSED.load(Relaxed);
        if refused > 0 {
            let reason = ("reason".into(), Label::Str("too_many_metrics".into()));
            ignored.push((vec![reason], refused));
        }
        let overflowed_by = "Times that a metric had no room for a set of labels";
        into.extend(of_ours("spandrel.metrics.overflowed", overflowed_by, overflowed));
        let ignored_by = "Values that were no part of the metric that they were given to";
        into.extend(of_ours("spandrel.metrics.ignored", ignored_by, ignored));
    }
}

type Counted = Vec<(super::data::Labels, u64)>;

fn of_ours(name: &'static str, description: &'static str, counted: Counted) -> Option<Metric> {
    static START: LazyLock<u64> = LazyLock::new(time::unix_nanos);
    let point = |(labels, count)| Point {
        labels,
        start_unix_nanos: *START,
        value: Number::U64(count),
        exemplars: Vec::new(),
    };
    let points: Vec<_> = counted.into_iter().map(point).collect();
    (!points.is_empty()).then(|| Metric {
        name: name.into(),
        description: description.into(),
        unit: "1".into(),
        scope: Scope { name: "spandrel".into(), version: Some(env!("CARGO_PKG_VERSION").into()) },
        data: Data::Sum { monotonic: true, points },
    })
}
