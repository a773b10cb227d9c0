//! The plan of `policy!`.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Path};

use super::{Draft, policies::Policies};
use crate::{
    engine,
    errors::Errors,
    parse::{
        self, Function, Item,
        policy::PolicyInput,
        siblings::{self, Nested},
    },
};

/// A policy that belongs to no function.
pub(crate) struct PolicyPlan {
    pub(crate) krate: Path,
    pub(crate) name: Option<Expr>,
    pub(crate) policies: Policies,
}

pub(crate) fn plan(input: PolicyInput, errors: &mut Errors) -> Option<PolicyPlan> {
    let krate = input.krate.unwrap_or_else(siblings::default_crate);
    let mut policies = Policies::default();
    let mut parts = input.parts;
    parts.sort_by_key(|part| part.entry.rank);
    for pair in parts.windows(2) {
        if let [first, second] = pair
            && first.entry.name == second.entry.name
        {
            let name = second.entry.name;
            let message = format!("`{name}` is given twice; put all options into one");
            errors.push(syn::Error::new(second.span, message));
        }
    }
    for Nested { entry, args, span } in parts {
        if !MECHANISMS.contains(&entry.name) {
            let name = entry.name;
            let message = format!("`{name}` concerns one function; write `#[{name}]` on it");
            errors.push(syn::Error::new(span, message));
            continue;
        }
        engine::validate(entry, args.clone(), errors);
        let function = stand_in(span)?;
        let mut draft = Draft::new(krate.clone(), &function, &[]);
        engine::plan_one(entry, args, span, &function, &mut draft, errors);
        let planned = draft.policies.unwrap_or_default();
        check(&planned, span, errors);
        policies.parts.extend(planned.parts);
    }
    Some(PolicyPlan { krate, name: input.name, policies })
}

/// What can stand in a policy.
const MECHANISMS: [&str; 7] =
    ["timeout", "retry", "hedge", "circuit_breaker", "rate_limit", "bulkhead", "chaos"];

/// Reports options that need a function.
fn check(planned: &Policies, span: Span, errors: &mut Errors) {
    let judge = &planned.judge;
    let asked = [
        ("retry_if", judge.retry_if.is_some()),
        ("retry_after", judge.retry_after.is_some()),
        ("failure_if", judge.failure_if.is_some()),
        ("ignore_if", judge.ignore_if.is_some()),
        ("classify", judge.classify != (false, false)),
        ("clone", !planned.clones.is_empty()),
        ("map_err", matches!(planned.ending, super::policies::Ending::MapErr(_))),
        ("reject", matches!(planned.ending, super::policies::Ending::Reject(_))),
        ("sync", planned.sync.is_some()),
        ("when", planned.faults.when.is_some()),
        ("outcome", planned.faults.outcome.is_some()),
    ];
    for (name, _) in asked.into_iter().filter(|(_, is_given)| *is_given) {
        let instead = match name {
            "when" | "outcome" => "`#[chaos(…)]`".to_owned(),
            "sync" => "`#[timeout(…)]`".to_owned(),
            name => format!("`#[resilient(POLICY, {name} …)]`"),
        };
        let message = format!(
            "`{name}` concerns a function, and a policy belongs to none; write {instead} there"
        );
        errors.push(syn::Error::new(span, message));
    }
    let is_elsewhere = |name: &str, is_given: bool, errors: &mut Errors| {
        if is_given {
            let message = format!(
                "`{name}` concerns each call, and a policy stands for all; write \
                 `#[resilient(POLICY, key = …)]` at the function, or the attribute itself"
            );
            errors.push(syn::Error::new(span, message));
        }
    };
    for part in &planned.parts {
        is_elsewhere("key", part.keyed.is_some(), errors);
        is_elsewhere("instance", part.instance.is_some(), errors);
        if let Some(redis) = &part.redis {
            let message = "`redis` is asked at each call, and a policy is a constant; write \
                           `#[rate_limit(…)]` at the function";
            errors.at(&redis.key, message);
        }
    }
}

/// A function for attributes to stand on: one on which nothing is wrong with any of them.
fn stand_in(span: Span) -> Option<Function> {
    let tokens = "async fn policy() -> Result<(), ()> {}".parse::<TokenStream>().ok()?;
    match parse::item("policy", tokens) {
        Ok(Item::Function(mut function)) => {
            function.sig.ident = Ident::new("policy", span);
            Some(*function)
        }
        _ => None,
    }
}
