//! What another tracing API must offer to be shown our spans while they are current.
//!
//! The mirrored span travels in the context, so it follows futures, tasks and threads without the
//! code that carries them knowing of it. How it gets in there is in [`crate::trace::mirror`].

use std::{
    any::Any,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use crate::{
    diag,
    site::{self, Site},
    sync::{Mutex, lock},
    value::Value,
};

/// Another API that wants to see our spans.
pub trait Mirror: Send + Sync {
    /// Whether anybody there wants to see a span of this site now; asked before values are read.
    fn wants(&self, site: &'static Site) -> bool;

    /// Whether it looks at the values of a span's attributes, which take time to be shown.
    fn wants_values(&self) -> bool {
        true
    }

    /// Begins its counterpart of a span.
    fn begin(&self, span: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>>;
}

/// The counterpart of one of our spans; dropped, it closes.
pub trait MirrorSpan: Any + Send + Sync + fmt::Debug {
    /// Our span becomes current on this thread; what was entered before stays so, around it.
    fn enter(&self);

    /// Our span, and whatever was entered within, is no longer current on this thread.
    fn exit(&self);

    /// The id under which our span is recorded; not told of one that is not.
    fn is_recorded_as(&self, span: u64) {
        let _ = span;
    }
}

/// A span that is about to begin.
#[derive(Debug)]
pub struct Mirrored<'a> {
    /// Where it begins.
    pub site: &'static Site,
    /// What it is called.
    pub name: &'a str,
    /// Its attributes, in the order of their capture.
    pub values: &'a [(&'a str, Value<'a>, Form)],
}

/// How a value was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a value of its own type.
    Plain,
    /// As an unsigned integer, however small.
    Unsigned,
    /// Formatted, by `Debug` or `Display`.
    Formatted,
}

/// What a site is shown to.
#[derive(Clone, Copy, Default)]
pub enum Reflection {
    /// To whoever was [installed](install) for all sites.
    #[default]
    WhenAsked,
    /// To this one, always.
    To(&'static dyn Mirror),
    /// To nobody: the site itself shows spans of another API.
    Never,
}

impl fmt::Debug for Reflection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WhenAsked => "WhenAsked",
            Self::To(_) => "To(..)",
            Self::Never => "Never",
        })
    }
}

static INSTALLED: Mutex<Vec<&'static dyn Mirror>> = Mutex::new(Vec::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Shows the spans of all sites, now and later, to another API.
#[cfg_attr(
    not(any(feature = "tracing", feature = "opentelemetry-0-33")),
    expect(dead_code, reason = "the bridges call it")
)]
pub(crate) fn install(mirror: &'static dyn Mirror) {
    let mut installed = lock(&INSTALLED);
    if !installed.iter().any(|other| is_same(*other, mirror)) {
        installed.push(mirror);
        COUNT.store(installed.len(), Relaxed);
    }
    drop(installed);
    site::mirror_all();
}

/// Whether anybody wants to see spans of this site now.
#[cold]
#[inline(never)]
pub(crate) fn is_wanted(site: &'static Site) -> bool {
    let wanted = contained(|| match site.reflection() {
        Reflection::Never => false,
        Reflection::To(mirror) if mirror.wants(site) => true,
        Reflection::To(_) | Reflection::WhenAsked => {
            COUNT.load(Relaxed) != 0 && lock(&INSTALLED).iter().any(|mirror| mirror.wants(site))
        }
    });
    wanted.unwrap_or(false)
}

/// Everybody who wants to see the span of this site for which [`is_wanted`] has just said yes.
pub(crate) fn of(site: &'static Site) -> Vec<&'static dyn Mirror> {
    let own = match site.reflection() {
        Reflection::Never => return Vec::new(),
        Reflection::To(mirror) => Some(mirror),
        Reflection::WhenAsked => None,
    };
    let mut mirrors: Vec<_> = own.into_iter().collect();
    if COUNT.load(Relaxed) != 0 {
        let installed = lock(&INSTALLED);
        let others = installed.iter().filter(|other| !own.is_some_and(|own| is_same(own, **other)));
        mirrors.extend(others);
    }
    if mirrors.len() > 1 {
        mirrors.retain(|mirror| mirror.wants(site));
    }
    mirrors
}

fn is_same(one: &dyn Mirror, other: &dyn Mirror) -> bool {
    std::ptr::addr_eq(one, other)
}

/// The counterparts of one span.
#[derive(Clone, Debug)]
pub(crate) struct Reflections(Arc<Spans>);

#[derive(Debug)]
struct Spans(Vec<Box<dyn MirrorSpan>>);

impl Drop for Spans {
    fn drop(&mut self) {
        for span in self.0.drain(..).rev() {
            contained(|| drop(span));
        }
    }
}

impl Reflections {
    pub(crate) fn new(spans: Vec<Box<dyn MirrorSpan>>) -> Option<Self> {
        (!spans.is_empty()).then(|| Self(Arc::new(Spans(spans))))
    }

    /// Calls each, the last one first if what was entered is left again.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn MirrorSpan> {
        self.0.0.iter().map(|span| &**span)
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Whoever watches must not take down what is being watched.
pub(crate) fn contained<R>(run: impl FnOnce() -> R) -> Option<R> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    if result.is_err() && !SAID.swap(true, Relaxed) {
        diag::warn(format_args!(
            "a `tracing` subscriber or another watcher of spans panicked; the program goes on"
        ));
    }
    result.ok()
}
