//! All sites of the program.
//!
//! `register!` puts a pointer to each site into a linker section of its own, so that functions that
//! were never called are listed too. Where there is no such section (or another dynamic library
//! brought its own), a site registers at its first call through the state word; both ways lead
//! through [`register`], which is idempotent.

use std::{
    cell::RefCell,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use super::{ELSEWHERE, MEASURED, METERED, MIRRORED, Site, TRACED, UNKNOWN};
use crate::{mirror::Reflection, sync::lock, time};

type Switches = dyn Fn(&Site) -> u32 + Send + Sync;

struct Registry {
    sites: Vec<&'static Site>,
    /// Decides what is on; a program that never initialises has no spans, but exact counts.
    switches: Option<Box<Switches>>,
    /// Everything is shown to other APIs.
    mirrors_all: bool,
    /// Other APIs may have nearer spans.
    looks_elsewhere: bool,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    sites: Vec::new(),
    switches: None,
    mirrors_all: false,
    looks_elsewhere: false,
});
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Registers the site, once, and switches on what is wanted.
pub(super) fn register(site: &'static Site) {
    time::started_unix_nanos();
    lock(&REGISTRY).add(site);
}

/// Sets what is on, for all sites there are and for those that appear later.
pub(crate) fn set_switches(switches: impl Fn(&Site) -> u32 + Send + Sync + 'static) {
    let mut registry = lock(&REGISTRY);
    registry.switches = Some(Box::new(switches));
    section::sites().iter().copied().for_each(|site| registry.add(site));
    registry.switch_all();
    drop(registry);
    #[cfg(feature = "tracing")]
    if let Some(told) = WATCHER.get() {
        told();
    }
}

/// Who is told, once, whenever what is on has changed.
#[cfg(feature = "tracing")]
static WATCHER: std::sync::OnceLock<fn()> = std::sync::OnceLock::new();

/// Has a bridge told whenever what is on has changed.
#[cfg(feature = "tracing")]
pub(crate) fn watch_switches(told: fn()) {
    let _ = WATCHER.set(told);
}

/// Shows the spans of all sites to other APIs.
pub(crate) fn mirror_all() {
    let mut registry = lock(&REGISTRY);
    registry.mirrors_all = true;
    registry.switch_all();
}

/// Switches a site anew, of which something has changed.
#[cfg(feature = "tracing")]
pub(super) fn refresh(site: &'static Site) {
    let registry = lock(&REGISTRY);
    let word = site.word();
    if word & UNKNOWN == 0 {
        site.set_word(super::index(word), registry.switches(site));
    }
}

/// Has the spans of all sites look for a nearer parent in other APIs.
pub(crate) fn look_elsewhere() {
    let mut registry = lock(&REGISTRY);
    registry.looks_elsewhere = true;
    registry.switch_all();
}

/// Every site of the program, in the order of registration.
pub(crate) fn all() -> Vec<&'static Site> {
    let mut registry = lock(&REGISTRY);
    section::sites().iter().copied().for_each(|site| registry.add(site));
    registry.sites.clone()
}

/// How many sites have an index.
pub(crate) fn registered() -> usize {
    COUNT.load(Relaxed)
}

/// Lists the sites that have an index, in its order.
pub(crate) fn list(into: &mut Vec<&'static Site>) {
    into.clear();
    into.extend_from_slice(&lock(&REGISTRY).sites);
}

thread_local! {
    /// The registry's lock, while this thread forks.
    static HELD: RefCell<Option<MutexGuard<'static, Registry>>> = const { RefCell::new(None) };
}

/// Before `fork`: takes the lock, so that in the child no other thread holds it for ever.
pub(crate) fn hold_for_fork() {
    let _ = HELD.try_with(|held| *held.borrow_mut() = Some(lock(&REGISTRY)));
}

/// After `fork`, in the parent and in the child.
pub(crate) fn release_after_fork() {
    let _ = HELD.try_with(|held| drop(held.borrow_mut().take()));
}

impl Registry {
    fn add(&mut self, site: &'static Site) {
        if site.word() & UNKNOWN == 0 {
            return;
        }
        let index = u32::try_from(self.sites.len()).unwrap_or(u32::MAX);
        self.sites.push(site);
        COUNT.store(self.sites.len(), Relaxed);
        // First: whoever finds the site known takes its policies for told.
        site.tell_protection();
        site.set_word(index, self.switches(site));
    }

    fn switch_all(&self) {
        for (index, site) in (0..).zip(&self.sites) {
            site.set_word(index, self.switches(site));
        }
    }

    fn switches(&self, site: &Site) -> u32 {
        let wanted = self.switches.as_ref().map_or(METERED, |switches| switches(site));
        let available = site.available();
        let mirrored = match site.reflection() {
            Reflection::Never => false,
            Reflection::To(_) => self.mirrors_all || site.has_audience(),
            Reflection::WhenAsked => self.mirrors_all && wanted & available & TRACED != 0,
        };
        let measured = wanted & METERED != 0 && site.follows().is_some();
        wanted & available & (TRACED | METERED)
            | if measured { MEASURED } else { 0 }
            | if mirrored { MIRRORED } else { 0 }
            | if self.looks_elsewhere { ELSEWHERE } else { 0 }
    }
}

/// The linker section, on targets whose linker names its borders.
#[cfg(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    not(any(miri, loom, spandrel_registration = "first_call"))
))]
mod section {
    #![expect(unsafe_code, reason = "a linker section has no safe interface")]

    use super::Site;

    /// Makes the section exist in a program without any site.
    #[used]
    // SAFETY: the section holds nothing but `&'static Site`, here and in `register!`; this array
    // of length zero adds no bytes.
    #[unsafe(link_section = "spandrel_sites")]
    static NONE: [&Site; 0] = [];

    unsafe extern "Rust" {
        // Defined by the linker because the section's name is an identifier.
        #[link_name = "__start_spandrel_sites"]
        static START: [&'static Site; 0];
        #[link_name = "__stop_spandrel_sites"]
        static STOP: [&'static Site; 0];
    }

    pub(super) fn sites() -> &'static [&'static Site] {
        // Borders of one section of this very linked object; nothing is read through them.
        let (start, stop) = ((&raw const START).cast::<&Site>(), &raw const STOP);
        let bytes = stop.addr().saturating_sub(start.addr());
        // SAFETY: between the borders lie only the `&'static Site` that `register!` put there, each
        // of pointer size and alignment, initialised at link time and never written.
        unsafe { std::slice::from_raw_parts(start, bytes / size_of::<&Site>()) }
    }
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    not(any(miri, loom, spandrel_registration = "first_call"))
)))]
mod section {
    use super::Site;

    pub(super) fn sites() -> &'static [&'static Site] {
        &[]
    }
}
