//! `#[fallback]`: something else in place of a failure.

use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Constant, Flag, Given, Lapse, List, Name, Refusal, Word},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{self, Source},
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
        if let (Some(on_panic), None, None) = (&self.on_panic, &self.with, &self.value) {
            errors
                .at(&on_panic.key, "`on_panic` needs a value; write `value = …` or `with = path`");
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
            draft.lacks(
                errors,
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
        let on = self.on.as_ref().map(|Given { key, value: List(words) }| {
            let kinds = words.iter().map(|word| word.0.constant());
            Constant::any_of(key, kinds)
        });
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
            stale: self.stale.map(|stale| stale.value.0),
            key: self.key.map(|key| key.value.0),
            when: self.when.map(|when| when.value.0),
            on,
            catches: self.on_panic.is_some(),
        });
    }
}
