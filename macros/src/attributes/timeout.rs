//! `#[timeout]`: an end to how long a call may take.

use proc_macro2::TokenStream;
use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Flag, Lapse, Options, Sync, Word},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Owner, Part},
    },
};

args::options! {
    struct Limits {
        attempt = "attempt": Assign<Lapse>,
        total = "total": Assign<Lapse>,
        observe = "observe": Flag,
        sync = "sync": Assign<Word<Sync>>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

/// The options, of which the total may stand alone.
pub(crate) struct Timeout(Limits);

impl Options for Timeout {
    const NAMES: &'static [&'static str] = Limits::NAMES;

    fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        Self(Limits::parse(args::positional::<Limits>("total", args), errors))
    }

    fn over(self, outer: Self) -> Self {
        Self(self.0.over(outer.0))
    }
}

impl Attribute for Timeout {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(attempt), Some(total)) = (&self.0.attempt, &self.0.total)
            && let (Lapse::Nanos(part), Lapse::Nanos(whole)) = (&attempt.value.0, &total.value.0)
            && part > whole
        {
            errors.at(&attempt.key, "an attempt is cut off with the whole call, which is shorter");
        }
        if let (Some(observe), Some(_)) = (&self.0.observe, &self.0.sync) {
            let message = "`observe` sees what takes long while it waits, and only async functions \
                           do; remove it";
            errors.at(&observe.key, message);
        }
    }

    fn is_skipped(&self) -> bool {
        self.0.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        let options = self.0;
        if options.attempt.is_none() && options.total.is_none() {
            draft.lacks(errors, "`timeout` needs a time; write `#[timeout(\"2s\")]`, or `attempt = …` and `total = …`",
            );
        }
        let mut part = Part::new("timeout", "Timeout");
        part.set("attempt", options.attempt);
        part.set("total", options.total);
        part.flag("observe", options.observe);
        let policies = draft.policies();
        policies.sync = options.sync.map(|sync| (sync.key, sync.value.0.0));
        policies.add(part, Owner::default(), errors);
        policies.ending(options.map_err, options.reject, errors);
    }
}
