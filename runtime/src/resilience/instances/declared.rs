//! What a policy was declared with, under what was said outside of the code.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::{
    resilience::{
        Mode,
        overrides::{Selection, Settable},
    },
    sync::{Mutex, lock},
};

/// Numbers among which there is a mode.
pub(crate) trait Moded: Settable + Clone + PartialEq {
    /// Whether `enabled = false` of the mechanism is meant for it.
    const IS_SWITCHED: bool = true;

    fn mode(&mut self) -> &mut Mode;
}

/// What was declared, and what became of it.
#[derive(Debug)]
pub(crate) struct Declared<T> {
    template: T,
    /// What was taken last.
    taken: Mutex<T>,
    /// The mode to which a reset leads.
    mode: AtomicU8,
}

impl<T: Moded> Declared<T> {
    pub(crate) fn new(template: &T) -> Self {
        let mut template = template.clone();
        let mode = AtomicU8::new(*template.mode() as u8);
        Self { taken: Mutex::new(template.clone()), template, mode }
    }

    /// What was declared.
    pub(crate) fn template(&self) -> &T {
        &self.template
    }

    /// The mode that it has when nobody holds it.
    pub(crate) fn mode(&self) -> Mode {
        Mode::of(self.mode.load(Relaxed))
    }

    /// The numbers that hold now, and the mode; none, where nothing else was said than before.
    ///
    /// So what the program chose at run time, or somebody holds by hand, is left alone.
    pub(crate) fn under(&self, said: &Selection<'_>) -> (Option<T>, Option<Mode>) {
        let mut numbers = self.template.clone();
        said.apply(&mut numbers);
        if T::IS_SWITCHED && !said.enables(T::PART) {
            *numbers.mode() = Mode::Disabled;
        }
        let mode = *numbers.mode();
        let before = Mode::of(self.mode.swap(mode as u8, Relaxed));
        let mut taken = lock(&self.taken);
        let is_new = *taken != numbers;
        if is_new {
            taken.clone_from(&numbers);
        }
        (is_new.then_some(numbers), (mode != before).then_some(mode))
    }
}
