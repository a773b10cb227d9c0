//! `#[circuit_breaker]`: no calls to what keeps failing.

use syn::{Expr, Path};

use crate::{
    args::{
        self, Assign, Constant, Count, Factor, Flag, Given, Group, Lapse, OnCancel, Portion,
        Shared, Window, Word,
    },
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Part, owner},
    },
};

args::options! {
    struct CircuitBreaker {
        failure_rate = "failure_rate": Assign<Portion>,
        window = "window": Assign<Window>,
        min_calls = "min_calls": Assign<Count<1>>,
        slow_call = "slow_call": Assign<Lapse>,
        slow_rate = "slow_rate": Assign<Portion>,
        consecutive = "consecutive": Assign<Count<1>>,
        open_for = "open_for": Assign<Lapse>,
        open_backoff = "open_backoff": Assign<Factor>,
        open_max = "open_max": Assign<Lapse>,
        probes = "probes": Assign<Count<1>>,
        half_open = "half_open": Group<HalfOpen>,
        max_failures = "max_failures": Assign<Count<1>>,
        on_cancel = "on_cancel": Assign<Word<OnCancel>>,
        failure_if = "failure_if": Assign<Expr>,
        ignore_if = "ignore_if": Assign<Expr>,
        classify = "classify": Flag,
        observe = "observe": Flag,
        shared = "shared": Assign<Shared>,
        key = "key": Assign<Expr>,
        max_keys = "max_keys": Assign<Count<1>>,
        label_key = "label_key": Flag,
        instance = "instance": Assign<Expr>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

args::options! {
    /// `half_open(rate = 0.5)`.
    struct HalfOpen {
        rate = "rate": Assign<Portion>,
    }
}

impl Attribute for CircuitBreaker {
    fn validate(&self, errors: &mut Errors) {
        owner!(self).validate(errors);
        if let (Some(half_open), Some(_)) = (&self.half_open, &self.max_failures) {
            let message =
                "`half_open(rate = …)` and `max_failures` both judge the probes; keep one";
            errors.at(&half_open.key, message);
        }
        let if_slow = self.on_cancel.as_ref().filter(|on| on.value.0.0 == OnCancel::FailureIfSlow);
        let about_slow = [self.slow_rate.as_ref().map(|rate| &rate.key), if_slow.map(|on| &on.key)];
        if self.slow_call.is_none() {
            for key in about_slow.into_iter().flatten() {
                let message = format!(
                    "`{key}` needs to know what is slow; write `slow_call = \"2s\"` beside it"
                );
                errors.at(key, message);
            }
        }
        if let (Some(open_for), Some(open_max)) = (&self.open_for, &self.open_max)
            && let (Lapse::Nanos(least), Lapse::Nanos(most)) =
                (&open_for.value.0, &open_max.value.0)
            && most < least
        {
            errors.at(&open_max.key, "`open_max` is shorter than `open_for`");
        }
        if let (Some(probes), Some(failures)) = (&self.probes, &self.max_failures)
            && let (Constant::Count(probes), Constant::Count(most)) =
                (&probes.value.0.0, &failures.value.0.0)
            && most > probes
        {
            let message = format!(
                "`max_failures = {most}` is never reached with `probes = {probes}`; write more probes"
            );
            errors.at(&failures.key, message);
        }
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        let owner = owner!(self);
        let mut part = Part::new("circuit_breaker", "CircuitBreaker");
        part.set("failure_rate", self.failure_rate.clone());
        part.set("window", self.window.clone());
        part.set("min_calls", self.min_calls.clone());
        part.set("slow_call", self.slow_call.clone());
        part.set("slow_rate", self.slow_rate.clone());
        part.set("consecutive", self.consecutive.clone());
        part.set("open_for", self.open_for.clone());
        part.set("open_backoff", self.open_backoff.clone());
        part.set("open_max", self.open_max.clone());
        part.set("probes", self.probes.clone());
        if let Some(Given { key, value: Group(HalfOpen { rate: Some(rate) }) }) = &self.half_open {
            part.push(key.clone(), "half_open_rate", vec![rate.value.0.clone().into()]);
        }
        part.set("max_failures", self.max_failures.clone());
        if let Some(Given { key, value: Assign(Word(word)) }) = &self.on_cancel {
            let variant = word.variant();
            part.push(key.clone(), "on_cancel", vec![Constant::Variant("OnCancel", variant)]);
        }
        part.flag("observe", self.observe.clone());
        let policies = draft.policies();
        policies.add(part, owner, errors);
        policies.judge.failure_if = self.failure_if.map(|judge| judge.value.0);
        policies.judge.ignore_if = self.ignore_if.map(|judge| judge.value.0);
        policies.judge.classify.1 |= self.classify.is_some();
        policies.ending(self.map_err, self.reject, errors);
    }
}
