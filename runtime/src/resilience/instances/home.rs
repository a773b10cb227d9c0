//! The state of one policy, made when it is first needed.

use std::sync::{Arc, OnceLock};

use super::registry::{self, Listed};

/// The state of a policy of one kind.
pub(crate) trait Instance: Listed + Sized + 'static {
    /// What the program declared.
    type Template;

    fn make(template: &Self::Template, name: &'static str, key: Option<Arc<str>>) -> Self;

    /// Whether the numbers are those that this instance was made with.
    fn agrees(&self, template: &Self::Template) -> bool;
}

/// Where a declared policy finds its state.
#[derive(Debug)]
pub(crate) struct Home<I> {
    name: &'static str,
    is_shared: bool,
    state: OnceLock<Arc<I>>,
}

impl<I> Home<I> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, is_shared: false, state: OnceLock::new() }
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
    pub(crate) fn of_key(template: &I::Template, name: &'static str, key: Arc<str>) -> Self {
        let state = Arc::new(I::make(template, name, Some(key)));
        registry::register(&state);
        Self { name, is_shared: false, state: OnceLock::from(state) }
    }

    /// The state, if there is one yet.
    pub(crate) fn peek(&self) -> Option<&I> {
        self.state.get().map(Arc::as_ref)
    }

    /// The state, made by the template if this is the first use.
    #[inline(always)]
    pub(crate) fn get(&self, template: &I::Template) -> &Arc<I> {
        match self.state.get() {
            Some(state) => state,
            None => self.make(template, self.name),
        }
    }

    /// Gives one without a name of its own the name of where it stands.
    pub(crate) fn bind(&self, template: &I::Template, name: &'static str) {
        if self.state.get().is_none() {
            self.make(template, if self.name.is_empty() { name } else { self.name });
        }
    }

    #[cold]
    fn make(&self, template: &I::Template, name: &'static str) -> &Arc<I> {
        self.state.get_or_init(|| {
            if self.is_shared {
                registry::share(template, name)
            } else {
                let state = Arc::new(I::make(template, name, None));
                registry::register(&state);
                state
            }
        })
    }
}
