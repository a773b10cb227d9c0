//! `#[chaos]`: faults on purpose.

use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Backoff, Constant, Count, Flag, Given, Portion},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Owner, Part},
    },
};

args::options! {
    struct Chaos {
        fault = "fault": Assign<Portion>,
        latency = "latency": Assign<Backoff>,
        latency_rate = "latency_rate": Assign<Portion>,
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
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        if self.fault.is_none() && self.latency.is_none() {
            draft.lacks(
                errors,
                "`chaos` needs something that goes wrong; write `fault = 0.1` or `latency = \
                 \"50ms..2s\"`",
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
        part.set("seed", self.seed);
        let policies = draft.policies();
        policies.add(part, Owner::default(), errors);
        policies.ending(self.map_err, self.reject, errors);
    }
}
