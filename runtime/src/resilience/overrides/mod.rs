//! What environment and file say about policies, which beats what the attributes say.
//!
//! `init` reads both and hands them in as text; here they are understood, matched against what the
//! program has, and taken: by policies of functions, which are known from the start, and by what
//! has state, as soon as it has.

mod current;
pub(crate) mod literal;
pub(crate) mod path;
mod said;
mod settable;
mod status;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use self::status::seen_by;
pub(crate) use self::{
    current::{begin, instance_came, is_off, over, policy_came, take_what_holds},
    literal::Parsed,
    path::Scopes,
    said::{Override, PREFIX},
    settable::{Part, Settable},
    watch::{tick, watch},
};
pub use self::{
    current::{is_enabled, reload, set_enabled},
    status::{OverrideStatus, Overrides, overrides},
};
use said::ENABLED;

/// What concerns one policy, the widest first and the closest last.
#[derive(Clone, Debug)]
pub(crate) struct Selection<'a> {
    said: Vec<&'a Override>,
    /// Everything is switched off, whatever else was said.
    is_off: bool,
}

impl<'a> Selection<'a> {
    pub(crate) fn of(all: &'a [Override], scopes: &Scopes, is_off: bool) -> Self {
        let closeness = |one: &Override| one.path.closeness(scopes);
        let mut said: Vec<_> = all.iter().filter_map(|one| Some((closeness(one)?, one))).collect();
        // What is said of a mechanism is closer than what is said of all.
        said.sort_by_key(|(closeness, one)| (*closeness, one.part.is_some()));
        Self { said: said.into_iter().map(|(_, one)| one).collect(), is_off }
    }

    /// Whether a mechanism is to do anything.
    pub(crate) fn enables(&self, part: Part) -> bool {
        let mut switches = self
            .said
            .iter()
            .rev()
            .filter(|one| one.option == ENABLED && one.part.is_none_or(|of| of == part));
        !self.is_off && switches.next().is_none_or(|one| literal::truth(&one.text) != Ok(false))
    }

    /// Sets what is said of it.
    pub(crate) fn apply<T: Settable>(&self, to: &mut T) {
        let mut said: Vec<_> =
            self.said.iter().filter(|one| one.is_of::<T>()).enumerate().collect();
        // Of one level, in the order of the options: a sort that is stable keeps the levels.
        let at = |one: &Override| T::OPTIONS.iter().position(|option| *option == one.option);
        said.sort_by_key(|(order, one)| (self.level(one), at(one), *order));
        for (_, one) in said {
            // It was understood when it was read.
            let _ = to.set(one.option, &one.text);
        }
    }

    /// Where it stands among the levels: those of one path are one.
    fn level(&self, one: &Override) -> Option<usize> {
        self.said.iter().position(|other| other.path == one.path)
    }
}
