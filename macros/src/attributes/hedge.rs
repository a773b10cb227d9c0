//! `#[hedge]`: a second attempt beside one that takes long.

use syn::{Ident, LitStr, Path, parse::ParseStream};

use super::retry::Budget;
use crate::{
    args::{self, Assign, Assigned, Count, Flag, Given, Lapse, List, Name, Truth},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Owner, Part},
    },
};

args::options! {
    struct Hedge {
        delay = "delay": Assign<Delay>,
        max_attempts = "max_attempts": Assign<Count<2>>,
        idempotent = "idempotent": Assign<Truth>,
        with_retry = "with_retry": Flag,
        budget = "budget": Budget,
        clone = "clone": List<Name>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

/// `"50ms"`, or `p95`: as long as 95 of 100 calls take.
#[derive(Clone)]
pub(crate) enum Delay {
    After(Lapse),
    P95,
}

impl Assigned for Delay {
    const EXAMPLE: &'static str = "\"50ms\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let is_quantile = match ahead.parse::<Ident>() {
            Ok(word) => word == "p95" && (ahead.is_empty() || ahead.peek(syn::Token![,])),
            Err(_) => ahead.parse::<LitStr>().is_ok_and(|text| text.value() == "p95"),
        };
        if is_quantile {
            input.parse::<proc_macro2::TokenTree>()?;
            return Ok(Self::P95);
        }
        <Lapse as Assigned>::parse(key, input).map(Self::After)
    }
}

impl Attribute for Hedge {
    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        match &self.idempotent {
            Some(Given { value: Assign(Truth(true)), .. }) => {}
            Some(no) => errors.at(
                &no.key,
                "`hedge` makes a call twice, and this one must not be made twice; remove `hedge`",
            ),
            None => draft.lacks(
                errors,
                "`hedge` makes a call twice; write `hedge(idempotent = true)` if that has the \
                 effect of one call",
            ),
        }
        let mut part = Part::new("hedge", "Hedge");
        match self.delay {
            Some(Given { key, value: Assign(Delay::After(delay)) }) => {
                part.push(key, "after", vec![delay.into()]);
            }
            Some(Given { key, value: Assign(Delay::P95) }) => {
                part.push(key, "after_p95", Vec::new());
            }
            None => draft.lacks(
                errors,
                "`hedge` needs to know when; write `delay = \"50ms\"` or `delay = p95`",
            ),
        }
        part.set("max_attempts", self.max_attempts);
        match self.budget {
            Some(Given { key, value: Budget::None }) => errors.at(
                &key,
                "without a budget, `hedge` doubles the load of whatever is slow; write \
                 `budget(share = 1)` for one more attempt beside each call",
            ),
            Some(Given { key, value }) => part.push(key, "budget", value.constant()),
            None => {}
        }
        let policies = draft.policies();
        policies.with_retry = self.with_retry.is_some();
        policies.clone_each(self.clone);
        policies.add(part, Owner::default(), errors);
    }
}
