//! A metric as a constant: it becomes one of the registry's when it is first used.

use std::sync::OnceLock;

use super::{
    family::Family,
    identity::Declared,
    registry,
    series::{Series, State},
};

/// What all kinds of instruments have in common.
pub(super) struct Instrument<S: State> {
    pub(super) declared: Declared,
    pub(super) kind: S::Kind,
    family: OnceLock<&'static Family<S>>,
    /// The series without labels, which most metrics have alone.
    bare: OnceLock<&'static Series<S>>,
}

impl<S: State> Instrument<S> {
    pub(super) const fn new(declared: Declared, kind: S::Kind) -> Self {
        Self { declared, kind, family: OnceLock::new(), bare: OnceLock::new() }
    }

    #[inline(always)]
    pub(super) fn family(&self) -> &'static Family<S> {
        match self.family.get() {
            Some(family) => family,
            None => self.register(),
        }
    }

    #[cold]
    #[inline(never)]
    fn register(&self) -> &'static Family<S> {
        self.family.get_or_init(|| registry::family(self.declared.identity(), self.kind.clone()))
    }

    #[inline(always)]
    pub(super) fn bare(&self) -> &'static Series<S> {
        match self.bare.get() {
            Some(series) => series,
            None => self.bare.get_or_init(|| self.family().find(&())),
        }
    }
}

/// What every instrument can be told in a constant.
macro_rules! declared {
    () => {
        /// Says what is counted: `By`, `s`, `{order}`, as the UCUM writes it.
        ///
        /// # Panics
        ///
        /// When it is no ASCII of at most 63 characters; in a constant, the compiler says so.
        #[must_use]
        pub const fn unit(mut self, unit: &'static str) -> Self {
            self.0.declared = self.0.declared.unit(unit);
            self
        }

        /// Says who counts, in place of the module that the path of the source file tells.
        #[must_use]
        pub const fn scope(mut self, scope: &'static str) -> Self {
            self.0.declared = self.0.declared.scope(scope);
            self
        }

        /// Bounds how many series there may be; by default 2,000.
        ///
        /// One of them, with the label `otel.metric.overflow`, stands for all sets of labels for
        /// which there is no room, so that totals stay right.
        ///
        /// # Panics
        ///
        /// When it is not in 2 to 100,000; in a constant, the compiler says so.
        #[must_use]
        pub const fn limit(mut self, series: usize) -> Self {
            self.0.declared = self.0.declared.limit(series);
            self
        }

        /// Returns the name.
        #[must_use]
        pub const fn name(&self) -> &'static str {
            self.0.declared.name
        }
    };
}
pub(super) use declared;
