//! `#[counted]`: calls by outcome, without a clock.

use quote::quote;
use syn::Path;

use crate::{
    args::{self, Assign, Flag},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::Draft,
};

args::options! {
    struct Counted {
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Counted {
    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, _errors: &mut Errors) {
        draft.site.push(quote!(.counted()));
        draft.call.async_parts.push("counted");
    }
}
