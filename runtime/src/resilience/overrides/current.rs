//! What holds now, and who takes it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{
    Override, Scopes, Selection, Settable,
    path::{Path, fold},
};
use crate::{
    diag,
    error::Error,
    resilience::{
        Policy,
        instances::{Listed, each_instance, every_instance},
    },
    site::{self, Site},
    sync::lock,
};

/// Reads everything that was said; an error is all that is wrong with it.
type Source = fn() -> Result<Vec<Override>, String>;

/// What holds.
pub(super) struct State {
    pub(super) said: Arc<[Override]>,
    /// Why it was not replaced when it was read last.
    pub(super) refused: Option<String>,
    policies: Vec<Known>,
}

/// A policy of a function.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) policy: &'static Policy,
    pub(super) site: &'static Site,
    /// The function's.
    pub(super) scopes: Scopes,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);
static SOURCE: OnceLock<Source> = OnceLock::new();
static IS_OFF: AtomicBool = AtomicBool::new(false);
/// Something was said, or switched off, at some time: who comes has to look.
static IS_TOUCHED: AtomicBool = AtomicBool::new(false);
/// One change at a time; taken before all other locks, and not while anybody takes what holds.
static CHANGING: Mutex<()> = Mutex::new(());

impl State {
    fn empty() -> Self {
        Self { said: Arc::new([]), refused: None, policies: Vec::new() }
    }
}

pub(super) fn with_state<R>(act: impl FnOnce(&mut State) -> R) -> R {
    act(lock(&STATE).get_or_insert_with(State::empty))
}

impl Known {
    /// What the policy can be addressed by: a bundle belongs to more than this function.
    pub(super) fn address(&self) -> Scopes {
        match self.policy.name() {
            "" => self.scopes.clone(),
            name => Scopes::of_name(name),
        }
    }

    fn take_what_holds(&self) {
        take_what_holds(&self.address(), |said| self.policy.configure(said));
    }
}

/// Whether everything but fallbacks is switched off.
pub(crate) fn is_off() -> bool {
    IS_OFF.load(Relaxed)
}

/// A policy has learnt whose it is.
pub(crate) fn policy_came(policy: &'static Policy, site: &'static Site) {
    let known = Known { policy, site, scopes: Scopes::of_site(site) };
    with_state(|state| state.policies.push(known.clone()));
    known.take_what_holds();
}

/// Something that has state was made, and is listed by now; nobody uses it yet.
pub(crate) fn instance_came(instance: &dyn Listed, scopes: &Scopes) {
    take_what_holds(scopes, |said| instance.configure(said, true));
}

/// Takes what holds, if anything was ever said, and what replaced it meanwhile.
///
/// No lock is held: who listens to a breaker may do anything.
pub(crate) fn take_what_holds(scopes: &Scopes, take: impl Fn(&Selection<'_>)) {
    while IS_TOUCHED.load(Relaxed) {
        let (said, was_off) = (with_state(|state| Arc::clone(&state.said)), is_off());
        take(&Selection::of(&said, scopes, was_off));
        if was_off == is_off() && with_state(|state| Arc::ptr_eq(&state.said, &said)) {
            return;
        }
    }
}

/// Numbers as something new has them.
pub(crate) fn over<T: Settable + Clone>(declared: &T, scopes: &Scopes) -> T {
    let said = with_state(|state| Arc::clone(&state.said));
    let mut numbers = declared.clone();
    Selection::of(&said, scopes, is_off()).apply(&mut numbers);
    numbers
}

/// Begins with what was read; its source is asked again whenever that may have changed.
///
/// # Errors
///
/// All that is wrong with it; then nothing holds.
pub(crate) fn begin(said: Vec<Override>, is_off: bool, source: Source) -> Result<(), String> {
    // Makes the policies of all functions known.
    site::all();
    {
        let _changing = lock(&CHANGING);
        check(&said)?;
        let _ = SOURCE.set(source);
        IS_OFF.fetch_or(is_off, Relaxed);
        put(said);
    }
    take_anew();
    super::status::warn_of_unmatched();
    Ok(())
}

/// Reads environment and file of the configuration again, and takes what they say now.
///
/// State is kept: a breaker whose threshold has changed keeps its window, and one whose window has
/// another shape begins a new one in the phase that it is in. The file is read again by itself, a
/// few seconds after it changed.
///
/// # Errors
///
/// When something that they say is wrong; all that held holds on. Before [`init!`](crate::init)
/// nothing was read that could be read again.
///
/// ```no_run
/// # fn example() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::init!()?;
/// // A signal, a request, a change of the file.
/// spandrel::resilience::reload()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
pub fn reload() -> Result<(), Error> {
    let Some(source) = SOURCE.get() else {
        return Err(Error::configuration("nothing to read again; call `spandrel::init!` first"));
    };
    site::all();
    let changed = {
        let _changing = lock(&CHANGING);
        source().and_then(|said| check(&said).map(|()| put(said)))
    };
    if let Err(problems) = changed {
        diag::warn(format_args!("the configuration of policies stays as it was: {problems}"));
        with_state(|state| state.refused = Some(problems.clone()));
        return Err(Error::configuration(problems));
    }
    take_anew();
    super::status::warn_of_unmatched();
    Ok(())
}

/// Switches all policies off but fallbacks, or on again.
///
/// As `SPANDREL_RESILIENCE=off` does from the start: calls are made as if the attributes were not
/// there. What was held by hand decides by itself afterwards.
///
/// ```
/// use spandrel::resilience::{CircuitBreaker, Rejected, is_enabled, set_enabled};
///
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments");
/// PAYMENTS.force_open();
///
/// set_enabled(false);
/// assert!(!is_enabled() && PAYMENTS.call(|| Ok::<_, Rejected>(42)).is_ok());
/// set_enabled(true);
/// ```
pub fn set_enabled(enabled: bool) {
    IS_OFF.store(!enabled, Relaxed);
    IS_TOUCHED.store(true, Relaxed);
    take_anew();
}

/// Whether policies do anything; see [`set_enabled`].
///
/// ```
/// assert!(spandrel::resilience::is_enabled());
/// ```
#[must_use]
pub fn is_enabled() -> bool {
    !is_off()
}

/// Puts something else in place of what held.
fn put(said: Vec<Override>) {
    if !said.is_empty() || is_off() {
        IS_TOUCHED.store(true, Relaxed);
    }
    with_state(|state| {
        state.said = said.into();
        state.refused = None;
    });
}

/// Has everybody take what holds.
fn take_anew() {
    policies().iter().for_each(Known::take_what_holds);
    every_instance(|instance, scopes| {
        take_what_holds(scopes, |said| instance.configure(said, false));
    });
}

/// All policies of functions, once each.
pub(super) fn policies() -> Vec<Known> {
    with_state(|state| state.policies.clone())
}

/// Looks for variables that mean several things.
fn check(said: &[Override]) -> Result<(), String> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |scopes: &Scopes| {
        for name in scopes.iter() {
            let same = names.entry(fold(name)).or_default();
            if !same.iter().any(|other| other == name) {
                same.push(name.to_owned());
            }
        }
    };
    for known in policies() {
        add(&known.scopes);
        add(&known.address());
    }
    each_instance(|_, scopes| add(scopes));
    let problems = said.iter().filter_map(|one| {
        let Path::Folded(folded) = &one.path else { return None };
        let same = names.get(folded).filter(|same| same.len() > 1)?;
        let same: Vec<_> = same.iter().map(|name| format!("`{name}`")).collect();
        Some(format!(
            "{} means {}; write the exact name into the file of `SPANDREL_CONFIG`",
            one.origin,
            same.join(" and ")
        ))
    });
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}
