//! `#[chaos]`: faults on purpose.

use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Backoff, Constant, Count, Flag, Given, Portion},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Faults, Owner, Part},
    },
};

args::options! {
    struct Chaos {
        fault = "fault": Assign<Portion>,
        latency = "latency": Assign<Backoff>,
        latency_rate = "latency_rate": Assign<Portion>,
        outcome = "outcome": Assign<Expr>,
        outcome_rate = "outcome_rate": Assign<Portion>,
        when = "when": Assign<Expr>,
        scoped = "scoped": Flag,
        seed = "seed": Assign<Count<0>>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Chaos {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(rate), None) = (&self.latency_rate, &self.latency) {
            errors
                .at(&rate.key, "`latency_rate` of what? Write `latency = \"50ms..2s\"` beside it");
        }
        if let (Some(rate), None) = (&self.outcome_rate, &self.outcome) {
            errors.at(&rate.key, "`outcome_rate` of what? Write `outcome = Err(…)` beside it");
        }
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        if self.fault.is_none() && self.latency.is_none() && self.outcome.is_none() {
            draft.lacks(
                errors,
                "`chaos` needs something that goes wrong; write `fault = 0.1`, `latency = \
                 \"50ms..2s\"` or `outcome = Err(…)`",
            );
        }
        let mut part = Part::new("chaos", "Chaos");
        part.set("fault", self.fault);
        if let Some(Given { key, value: Assign(latency) }) = self.latency {
            let values = match latency.into() {
                Constant::Call(_, _, values) => {
                    values.iter().chain(&values).take(2).cloned().collect()
                }
                other => vec![other.clone(), other],
            };
            part.push(key, "latency", values);
        }
        part.set("latency_rate", self.latency_rate);
        if let Some(Given { key, .. }) = &self.outcome {
            let rate = self.outcome_rate.map(|rate| rate.value.0.into());
            part.push(key.clone(), "outcome_rate", vec![rate.unwrap_or(Constant::Float(1.0))]);
        }
        part.set("seed", self.seed);
        part.flag("scoped", self.scoped);
        let policies = draft.policies();
        policies.faults = Faults { when: self.when, outcome: self.outcome };
        policies.add(part, Owner::default(), errors);
        policies.ending(self.map_err, self.reject, errors);
    }
}
