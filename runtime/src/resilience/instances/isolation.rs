//! What a test has for itself: the state of policies, and who is listed.
//!
//! A test is found by the scope in its context, so whatever carries the context belongs to it. As
//! long as no test runs, all this is a load and a branch.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use super::{
    registry::{Addressed, Listed, Registry},
    status::PolicyKind,
};
use crate::{
    sync::lock,
    trace::{local::Local, scope},
};

/// How many tests run.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// The tests by the scopes that lead to them.
static TESTS: Mutex<Option<HashMap<u32, Arc<Test>>>> = Mutex::new(None);

/// A test that runs, with what it has for itself.
#[derive(Debug)]
pub(crate) struct Test {
    id: u32,
    pub(super) registry: Mutex<Registry>,
    /// Names whose circuit breakers are to be open, those too that are yet to come.
    forced: Mutex<Vec<Arc<Forced>>>,
}

impl Test {
    /// The number of its scope.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

/// Has whatever runs in a scope be a test with state of its own, until it is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub(crate) struct Isolated {
    scope: u32,
}

/// Begins a test in this scope.
pub(crate) fn begin(scope: u32) -> Isolated {
    let (registry, forced) = (Mutex::new(Registry::new()), Mutex::default());
    insert(scope, Arc::new(Test { id: scope, registry, forced }))
}

/// Has a scope within a test belong to that.
pub(crate) fn inherit(scope: u32) -> Option<Isolated> {
    current().map(|test| insert(scope, test))
}

fn insert(scope: u32, test: Arc<Test>) -> Isolated {
    lock(&TESTS).get_or_insert_default().insert(scope, test);
    RUNNING.fetch_add(1, Relaxed);
    Isolated { scope }
}

impl Drop for Isolated {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Relaxed);
        let test = lock(&TESTS).as_mut().and_then(|tests| tests.remove(&self.scope));
        // What the program's own values do when they are dropped, they do without our lock.
        drop(test);
    }
}

/// Whether any test runs.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    RUNNING.load(Relaxed) != 0
}

/// The test that runs here, if one does.
#[cold]
#[inline(never)]
pub(crate) fn current() -> Option<Arc<Test>> {
    if !is_on() {
        return None;
    }
    of(scope::of(Local.scope()))
}

/// What all tests that run have, and what it can be addressed by.
pub(super) fn addressed() -> Vec<Addressed> {
    let tests: Vec<_> = lock(&TESTS).iter().flat_map(HashMap::values).map(Arc::clone).collect();
    tests.iter().flat_map(|test| lock(&test.registry).addressed()).collect()
}

/// The test of this scope, if it is in one.
pub(crate) fn of(scope: u32) -> Option<Arc<Test>> {
    if scope == 0 {
        return None;
    }
    lock(&TESTS).as_ref()?.get(&scope).map(Arc::clone)
}

impl Test {
    /// Holds open the circuit breakers of this name, those too that are yet to be used.
    pub(crate) fn force_open(self: &Arc<Self>, name: &str) -> Forcing {
        let forced = Arc::new(Forced { name: name.to_owned(), held: Mutex::default() });
        lock(&self.forced).push(Arc::clone(&forced));
        // Not under the lock: whoever listens may look at the policies.
        let living = lock(&self.registry).addressed();
        living.iter().for_each(|(instance, _)| forced.take(instance));
        Forcing { test: Arc::clone(self), forced }
    }
}

/// Circuit breakers of one name that are held open.
#[derive(Debug)]
pub(super) struct Forced {
    name: String,
    held: Mutex<Vec<Weak<dyn Listed>>>,
}

impl Forced {
    /// Holds this one open, too, if it is one of them.
    fn take(&self, instance: &Arc<dyn Listed>) {
        if instance.kind() != PolicyKind::CircuitBreaker || instance.name() != self.name {
            return;
        }
        let mut held = lock(&self.held);
        let weak = Arc::downgrade(instance);
        if held.iter().any(|other| other.ptr_eq(&weak)) {
            return;
        }
        held.push(weak);
        drop(held);
        instance.hold_open();
    }
}

/// A policy is used for the first time.
pub(super) fn come(instance: &Arc<dyn Listed>) {
    if let Some(test) = current() {
        let forced = lock(&test.forced).clone();
        forced.iter().for_each(|forced| forced.take(instance));
    }
}

/// Lets go of circuit breakers when it is dropped.
#[derive(Debug)]
pub(crate) struct Forcing {
    test: Arc<Test>,
    forced: Arc<Forced>,
}

impl Drop for Forcing {
    fn drop(&mut self) {
        lock(&self.test.forced).retain(|other| !Arc::ptr_eq(other, &self.forced));
        let held = std::mem::take(&mut *lock(&self.forced.held));
        held.iter().filter_map(Weak::upgrade).for_each(|held| held.let_go());
    }
}

/// One value for each test, in the order in which they came; it lives as long as the chain.
///
/// So that whoever has a value can borrow it, and what has the chain can be moved: nothing is known
/// of it but what is in it.
pub(super) struct Chain<T>(OnceLock<Box<Link<T>>>);

struct Link<T> {
    test: u32,
    value: T,
    next: OnceLock<Box<Self>>,
}

impl<T> Chain<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// That of this test, made now if there is none yet.
    pub(super) fn get(&self, test: u32, make: impl Fn() -> T) -> &T {
        let mut place = &self.0;
        loop {
            let link =
                place.get_or_init(|| Box::new(Link { test, value: make(), next: OnceLock::new() }));
            if link.test == test {
                return &link.value;
            }
            place = &link.next;
        }
    }
}

impl<T> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").finish_non_exhaustive()
    }
}
