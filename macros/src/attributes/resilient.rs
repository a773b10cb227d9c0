//! `#[resilient]`: a bundle of policies, or several attributes in one.

use proc_macro2::TokenStream;
use syn::{Expr, Ident, Path, parse::ParseStream};

use crate::{
    args::{self, Assign, Flag, Given, List, Name, Options, Truth},
    engine::{self, Attribute},
    errors::{self, Errors},
    parse::{Function, siblings},
    plan::Draft,
};

args::options! {
    struct Declared {
        bundle = "bundle": Assign<Expr>,
        fallback = "fallback": Nested,
        timeout = "timeout": Nested,
        retry = "retry": Nested,
        hedge = "hedge": Nested,
        circuit_breaker = "circuit_breaker": Nested,
        rate_limit = "rate_limit": Nested,
        bulkhead = "bulkhead": Nested,
        chaos = "chaos": Nested,
        key = "key": Assign<Expr>,
        retry_if = "retry_if": Assign<Expr>,
        retry_after = "retry_after": Assign<Expr>,
        failure_if = "failure_if": Assign<Expr>,
        ignore_if = "ignore_if": Assign<Expr>,
        classify = "classify": Flag,
        idempotent = "idempotent": Assign<Truth>,
        clone = "clone": List<Name>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

/// An attribute in this one; it was taken out and stands beside it.
#[derive(Clone)]
pub(crate) struct Nested;

impl args::Value for Nested {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() || input.peek(syn::Token![,]) {
            return Ok(Self);
        }
        if !input.peek(syn::token::Paren) {
            return Err(errors::at(key, format!("`{key}` is an attribute; write `{key}(…)`")));
        }
        input.parse::<proc_macro2::TokenTree>()?;
        Ok(Self)
    }
}

/// The options, of which the bundle may stand alone.
pub(crate) struct Resilient {
    options: Declared,
    nested: Vec<siblings::Nested>,
}

impl Options for Resilient {
    const NAMES: &'static [&'static str] = Declared::NAMES;

    fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let nested = siblings::nested(&args);
        let args = args::positional::<Declared>("bundle", args);
        Self { options: Declared::parse(args, errors), nested }
    }

    fn over(self, outer: Self) -> Self {
        Self { options: self.options.over(outer.options), nested: self.nested }
    }
}

impl Attribute for Resilient {
    fn validate(&self, errors: &mut Errors) {
        let Some(bundle) = &self.options.bundle else {
            if let Some(key) = &self.options.key {
                let message =
                    "`key` is of a bundle here; write it in the attribute that it concerns";
                errors.at(&key.key, message);
            }
            if self.nested.is_empty() {
                let given = [
                    self.options.retry_if.as_ref().map(|given| &given.key),
                    self.options.failure_if.as_ref().map(|given| &given.key),
                    self.options.ignore_if.as_ref().map(|given| &given.key),
                ];
                for key in given.into_iter().flatten() {
                    errors
                        .at(key, "there is no policy here that asks; write `resilient(BUNDLE, …)`");
                }
            }
            return;
        };
        if let Expr::Lit(literal) = &bundle.value.0 {
            errors.at(literal, "a bundle is a `Policy`; write the path of its `static`");
        }
    }

    fn check_block(&self, errors: &mut Errors) {
        for nested in &self.nested {
            engine::validate(nested.entry, nested.args.clone(), errors);
        }
    }

    fn is_skipped(&self) -> bool {
        self.options.skip.is_some()
    }

    fn is_stage(&self) -> bool {
        self.options.bundle.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        if self.options.bundle.is_none() && self.nested.is_empty() {
            draft.lacks(
                errors,
                "`resilient` needs policies; write `resilient(BUNDLE)` or `resilient(retry(…), …)`",
            );
        }
        let options = self.options;
        let policies = draft.policies();
        policies.key = options.key;
        policies.bundle = options.bundle;
        let judge = &mut policies.judge;
        judge.retry_if = options.retry_if.map(|judge| judge.value.0);
        judge.retry_after = options.retry_after.map(|ask| ask.value.0);
        judge.failure_if = options.failure_if.map(|judge| judge.value.0);
        judge.ignore_if = options.ignore_if.map(|judge| judge.value.0);
        judge.classify = (options.classify.is_some(), options.classify.is_some());
        policies.is_hedged = match options.idempotent {
            Some(Given { key, value: Assign(Truth(true)) }) => Some(key),
            _ => None,
        };
        policies.clone_each(options.clone);
        policies.ending(options.map_err, options.reject, errors);
    }
}
