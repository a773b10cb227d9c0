//! `#[scripted]`: tests may say what the body returns.

use syn::Path;

use crate::{
    args::{self, Assign, Flag},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::Draft,
};

args::options! {
    struct Scripted {
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Scripted {
    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn is_stage(&self) -> bool {
        // It is part of the body.
        false
    }

    fn plan(self, _function: &Function, draft: &mut Draft, _errors: &mut Errors) {
        draft.is_scripted = true;
    }
}
