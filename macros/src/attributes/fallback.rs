//! `#[fallback]`: something else in place of a failure.

use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Constant, Flag, Given, Lapse, List, Name, Refusal, Word},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{self, Setting, Source},
    },
};

args::options! {
    struct Fallback {
        with = "with": Assign<Expr>,
        value = "value": Assign<Expr>,
        stale = "stale": Assign<Lapse>,
        key = "key": Assign<Expr>,
        on = "on": List<Word<Refusal>>,
        when = "when": Assign<Expr>,
        on_panic = "on_panic": Flag,
        clone = "clone": List<Name>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Fallback {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(with), Some(_)) = (&self.with, &self.value) {
            errors.at(&with.key, "`with` and `value` exclude each other; keep one");
        }
        if let (Some(key), None) = (&self.key, &self.stale) {
            let message = "`key` tells stale values apart; write `stale = \"5m\"` beside it";
            errors.at(&key.key, message);
        }
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, function: &Function, draft: &mut Draft, errors: &mut Errors) {
        if self.with.is_none() && self.value.is_none() && self.stale.is_none() {
            errors.at(
                &function.sig.ident,
                "`fallback` needs something to fall back on; write `with = path`, `value = …` or \
                 `stale = \"5m\"`",
            );
        }
        if let (Some(stale), None) = (&self.stale, &self.key)
            && !function.sig.inputs.is_empty()
        {
            errors.at(
                &stale.key,
                "`stale` would answer one caller with what another one asked for; write `key = …` \
                 of all that the answer depends on",
            );
        }
        let mut settings = Vec::new();
        if let Some(Given { key, value: List(words) }) = &self.on {
            let kinds = words.iter().map(|word| {
                let variant = word.0.variant();
                Constant::Variant("FailureKind", variant)
            });
            let values = vec![Constant::List(kinds.collect())];
            settings.push(Setting { key: key.clone(), name: "on", values });
        }
        if let Some(Given { key, value: Assign(stale) }) = &self.stale {
            let values = vec![stale.clone().into()];
            settings.push(Setting { key: key.clone(), name: "stale", values });
        }
        if let Some(Given { key, .. }) = &self.on_panic {
            settings.push(Setting { key: key.clone(), name: "on_panic", values: Vec::new() });
        }
        let hands_on = self.with.as_ref().map(|with| &with.key);
        let hands_on = hands_on.or(self.key.as_ref().map(|key| &key.key)).cloned();
        let source = match (self.with, self.value) {
            (Some(Given { key, value: Assign(path) }), _) => {
                let arguments = policies::arguments(&key, function, errors);
                Some(Source::With(path, arguments))
            }
            (None, Some(value)) => Some(Source::Value(value.value.0)),
            (None, None) => None,
        };
        let policies = draft.policies();
        policies.clone_each(self.clone);
        policies.fallback = Some(policies::Fallback {
            source,
            hands_on,
            is_stale: self.stale.is_some(),
            key: self.key.map(|key| key.value.0),
            when: self.when.map(|when| when.value.0),
            settings,
            is_limited: self.on.is_some(),
            catches: self.on_panic.is_some(),
        });
    }
}
