//! All policies that have state.

use std::{
    any::Any,
    collections::BTreeSet,
    sync::{Arc, Mutex, Weak},
};

#[cfg(feature = "test-util")]
use super::isolation;
use super::{
    home::Instance,
    metrics,
    status::{Policies, PolicyKind, PolicyStatus},
};
use crate::{
    diag,
    resilience::{
        Mode,
        overrides::{Scopes, Selection, instance_came},
    },
    sync::lock,
};

/// What a listing shows of a policy's numbers.
pub(crate) type Numbers = Vec<(&'static str, f64)>;

/// A policy that can be listed, and held by hand.
pub(crate) trait Listed: Any + Send + Sync {
    fn kind(&self) -> PolicyKind;
    fn name(&self) -> &'static str;
    fn key(&self) -> Option<&str>;
    fn mode(&self) -> Mode;
    fn declared_mode(&self) -> Mode;
    fn set_mode(&self, mode: Mode, now: u64);
    /// Forgets what was seen, and goes back into the mode that was declared.
    fn reset(&self, now: u64);
    /// One word for how it stands.
    fn state(&self, now: u64) -> &'static str;
    fn statistics(&self, now: u64) -> Numbers;
    /// Refuses every call as long as anybody holds it open; of circuit breakers.
    #[cfg(feature = "test-util")]
    fn hold_open(&self) {}
    /// One of those who hold it open lets go.
    #[cfg(feature = "test-util")]
    fn let_go(&self) {}
    /// Takes the numbers that were declared, but for what is said outside of the code.
    ///
    /// Of what is new nobody is told: it is being made, and whoever listens may want to use it.
    fn configure(&self, said: &Selection<'_>, is_new: bool);
}

/// A policy, and what it can be addressed by.
pub(super) type Addressed = (Arc<dyn Listed>, Scopes);

#[derive(Debug)]
struct Entry {
    /// When it came, for a stable order.
    number: u64,
    instance: Weak<dyn Listed>,
    /// By what it can be addressed.
    scopes: Scopes,
    is_shared: bool,
    /// Another one of the same name wanted other numbers.
    is_disputed: bool,
}

/// The policies of the program, or of one test.
#[derive(Debug)]
pub(super) struct Registry {
    entries: Vec<Entry>,
    last: u64,
    /// The entries are looked through for dead ones when there are so many.
    sweep_at: usize,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());

impl Registry {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), last: 0, sweep_at: 64 }
    }

    fn add(&mut self, instance: Weak<dyn Listed>, scopes: &Scopes, is_shared: bool) {
        metrics::register();
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|entry| entry.instance.strong_count() > 0);
            self.sweep_at = (self.entries.len() * 2).max(64);
        }
        self.last += 1;
        let number = self.last;
        let scopes = scopes.clone();
        self.entries.push(Entry { number, instance, scopes, is_shared, is_disputed: false });
    }
}

impl Registry {
    /// Those that somebody holds, and what they can be addressed by.
    pub(super) fn addressed(&self) -> Vec<Addressed> {
        let living = self.entries.iter();
        living.filter_map(|one| Some((one.instance.upgrade()?, one.scopes.clone()))).collect()
    }
}

/// Does something with the registry of the program, or of the test that runs here.
fn with<R>(act: impl FnOnce(&mut Registry) -> R) -> R {
    #[cfg(feature = "test-util")]
    if let Some(test) = isolation::current() {
        return act(&mut lock(&test.registry));
    }
    act(&mut lock(&REGISTRY))
}

/// The names of the policies whose metrics tell the keys apart.
static KEY_LABELS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Tells the keys of policies of this name apart in metrics, from now on.
pub(crate) fn label_key(name: &'static str) {
    lock(&KEY_LABELS).insert(name);
}

/// Whether metrics tell the keys of policies of this name apart.
pub(crate) fn labels_key(name: &str) -> bool {
    lock(&KEY_LABELS).contains(name)
}

/// Has a policy listed as long as it lives.
pub(crate) fn register<I: Listed>(instance: &Arc<I>, scopes: &Scopes) {
    let instance: Arc<dyn Listed> = Arc::clone(instance) as _;
    with(|registry| registry.add(Arc::downgrade(&instance), scopes, false));
    has_come(&instance, scopes);
}

/// A policy is used for the first time, and listed by now.
fn has_come(instance: &Arc<dyn Listed>, scopes: &Scopes) {
    instance_came(&**instance, scopes);
    #[cfg(feature = "test-util")]
    isolation::come(instance);
}

/// Calls this with everything that lives, and with what it can be addressed by.
pub(crate) fn each_instance(act: impl FnMut(&dyn Listed, &Scopes)) {
    each_of(&with(|registry| registry.addressed()), act);
}

/// The same, with what belongs to tests: what is said to the program is said to them, too.
pub(crate) fn every_instance(act: impl FnMut(&dyn Listed, &Scopes)) {
    let living = lock(&REGISTRY).addressed();
    #[cfg(feature = "test-util")]
    let living = [living, isolation::addressed()].concat();
    each_of(&living, act);
}

/// No lock is held: who listens may do anything.
fn each_of(living: &[Addressed], mut act: impl FnMut(&dyn Listed, &Scopes)) {
    living.iter().for_each(|(instance, scopes)| act(&**instance, scopes));
}

/// The state that all of this name share; the numbers of whoever came first hold.
pub(super) fn share<I: Instance>(template: &I::Template, name: &'static str) -> Arc<I> {
    let scopes = Scopes::of_name(name);
    let (instance, is_disputed) = with(|registry| {
        let shared = registry.entries.iter_mut().filter(|entry| entry.is_shared);
        let found = shared.filter_map(|entry| {
            let instance: Arc<dyn Any + Send + Sync> = entry.instance.upgrade()?;
            let instance = instance.downcast::<I>().ok()?;
            (instance.name() == name).then_some((entry, instance))
        });
        let Some((entry, instance)) = { found }.next() else {
            let instance = Arc::new(I::make(template, name, None));
            let listed: Arc<dyn Listed> = Arc::clone(&instance) as _;
            registry.add(Arc::downgrade(&listed), &scopes, true);
            return (instance, None);
        };
        let is_disputed = !instance.agrees(template);
        entry.is_disputed |= is_disputed;
        (instance, Some(is_disputed))
    });
    if is_disputed.is_none() {
        let listed: Arc<dyn Listed> = Arc::clone(&instance) as _;
        has_come(&listed, &scopes);
    }
    if is_disputed == Some(true) {
        let kind = instance.kind().as_str();
        diag::warn(format_args!(
            "error: two places share the {kind} `{name}` and give it different numbers; those of the \
             first to be used hold. Give them the same numbers, or different names"
        ));
    }
    instance
}

/// Lists every policy that has been used, with its state, numbers and controls.
///
/// Sorted by name, kind and key. Policies that were declared and never used have no state and are
/// not listed; those that nobody holds any more are not listed either. A test whose policies are its
/// own ([`testing`](crate::testing)) sees those alone.
///
/// ```
/// use spandrel::resilience::{CircuitBreaker, Mode};
///
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
/// PAYMENTS.call(|| Ok::<_, spandrel::Rejected>(()))?;
///
/// let policies = spandrel::policies();
/// let payments = policies.iter().find(|policy| policy.name() == "payments").unwrap();
/// assert_eq!(payments.state(), "closed");
/// payments.set_mode(Mode::ForcedOpen);
/// assert!(PAYMENTS.call(|| Ok::<_, spandrel::Rejected>(())).is_err());
/// # Ok::<_, spandrel::Rejected>(())
/// ```
#[must_use]
pub fn policies() -> Policies {
    let mut living: Vec<_> = with(|registry| {
        let living = registry.entries.iter().filter_map(|entry| {
            let instance = entry.instance.upgrade()?;
            Some((entry.number, PolicyStatus { instance, is_disputed: entry.is_disputed }))
        });
        living.collect()
    });
    living.sort_by(|(first, one), (second, other)| {
        let place = |status: &PolicyStatus| (status.name(), status.kind());
        place(one)
            .cmp(&place(other))
            .then_with(|| one.key().cmp(&other.key()))
            .then(first.cmp(second))
    });
    Policies(living.into_iter().map(|(_, status)| status).collect())
}
