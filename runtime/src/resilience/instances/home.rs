//! The state of one policy, made when it is first needed.

use std::sync::{Arc, OnceLock};

#[cfg(feature = "test-util")]
use super::isolation;
use super::registry::{self, Listed};
use crate::resilience::overrides::Scopes;

/// The state of a policy of one kind.
pub(crate) trait Instance: Listed + Sized + 'static {
    /// What the program declared.
    type Template;

    fn make(template: &Self::Template, name: &'static str, key: Option<Arc<str>>) -> Self;

    /// Whether the numbers are those that this instance was made with.
    fn agrees(&self, template: &Self::Template) -> bool;
}

/// Whom a policy belongs to that may have no name of its own.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'o> {
    pub(crate) name: &'static str,
    pub(crate) scopes: &'o Scopes,
}

/// Where a declared policy finds its state.
#[derive(Debug)]
pub(crate) struct Home<I> {
    name: &'static str,
    /// Where it stands, if it has no name: what that is called, and addressed by. The first call of
    /// all tells.
    place: OnceLock<(&'static str, Scopes)>,
    is_shared: bool,
    state: OnceLock<Arc<I>>,
    /// Those of tests; none: it is part of something that a test has for itself.
    #[cfg(feature = "test-util")]
    of_tests: Option<isolation::Chain<Arc<I>>>,
}

impl<I> Home<I> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            place: OnceLock::new(),
            is_shared: false,
            state: OnceLock::new(),
            #[cfg(feature = "test-util")]
            of_tests: Some(isolation::Chain::new()),
        }
    }

    /// The same state as all others of this name.
    pub(crate) const fn share(&mut self) {
        self.is_shared = true;
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }
}

impl<I> Home<I> {
    /// Whether somebody else holds the state, too.
    pub(crate) fn is_held(&self) -> bool {
        self.state.get().is_some_and(|state| Arc::strong_count(state) > 1)
    }
}

impl<I: Instance> Home<I> {
    /// One of several for which this is the template.
    pub(crate) fn of_key(template: &I::Template, owner: Owner<'_>, key: Arc<str>) -> Self {
        let state = Arc::new(I::make(template, owner.name, Some(key)));
        registry::register(&state, owner.scopes);
        Self {
            name: owner.name,
            place: OnceLock::new(),
            is_shared: false,
            state: OnceLock::from(state),
            #[cfg(feature = "test-util")]
            of_tests: None,
        }
    }

    /// The state, if there is one yet.
    pub(crate) fn peek(&self) -> Option<&I> {
        self.state.get().map(Arc::as_ref)
    }

    /// The state, made by the template if this is the first use.
    #[inline(always)]
    pub(crate) fn get(&self, template: &I::Template) -> &Arc<I> {
        #[cfg(feature = "test-util")]
        if isolation::is_on()
            && let Some(state) = self.of_test(template)
        {
            return state;
        }
        match self.state.get() {
            Some(state) => state,
            None => self.state.get_or_init(|| self.make(template)),
        }
    }

    /// Gives one without a name of its own the name of where it stands.
    pub(crate) fn bind(&self, template: &I::Template, owner: Owner<'_>) {
        if self.name.is_empty() {
            let _ = self.place.set((owner.name, owner.scopes.clone()));
        }
        self.get(template);
    }

    #[cold]
    fn make(&self, template: &I::Template) -> Arc<I> {
        let (name, scopes) = match self.place.get() {
            Some((name, scopes)) => (*name, scopes.clone()),
            None => (self.name, Scopes::of_name(self.name)),
        };
        if self.is_shared {
            return registry::share(template, name);
        }
        let state = Arc::new(I::make(template, name, None));
        registry::register(&state, &scopes);
        state
    }

    /// The state that the test has which runs here.
    #[cfg(feature = "test-util")]
    #[cold]
    fn of_test(&self, template: &I::Template) -> Option<&Arc<I>> {
        let states = self.of_tests.as_ref()?;
        let test = isolation::current()?;
        Some(states.get(test.id(), || self.make(template)))
    }
}
