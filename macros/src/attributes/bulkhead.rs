//! `#[bulkhead]`: so many calls at a time.

use syn::{Expr, Ident, Path, Token, parse::ParseStream};

use crate::{
    args::{
        self, Adaptive, Assign, Constant, Count, Flag, Given, Lapse, Options as _, Shared, Word,
    },
    engine::Attribute,
    errors::{self, Errors},
    parse::Function,
    plan::{
        Draft,
        policies::{Part, owner},
    },
};

args::options! {
    struct Bulkhead {
        max_concurrent = "max_concurrent": Assign<Count<1>>,
        queue = "queue": Assign<Count<0>>,
        wait = "wait": Assign<Lapse>,
        adaptive = "adaptive": Adapts,
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
    struct Bounds {
        min = "min": Assign<Count<1>>,
        max = "max": Assign<Count<1>>,
    }
}

/// `adaptive(aimd, min = 1, max = 100)`.
#[derive(Clone)]
pub(crate) struct Adapts {
    algorithm: Adaptive,
    min: Constant,
    max: Constant,
}

impl args::Value for Adapts {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        const FORM: &str = "write `adaptive(aimd, min = 1, max = 100)`";
        if !input.peek(syn::token::Paren) {
            return Err(errors::at(key, format!("`{key}` needs its bounds; {FORM}")));
        }
        let content;
        syn::parenthesized!(content in input);
        let algorithm = content.parse::<Word<Adaptive>>()?.0;
        content.parse::<Option<Token![,]>>()?;
        let mut errors = Errors::default();
        let bounds = Bounds::parse(content.parse()?, &mut errors);
        errors.into_result()?;
        match (bounds.min, bounds.max) {
            (Some(min), Some(max)) => {
                let (least, most): (Constant, Constant) = (min.value.0.into(), max.value.0.into());
                if let (Constant::Count(least), Constant::Count(most)) = (&least, &most)
                    && least > most
                {
                    return Err(errors::at(&max.key, "`max` is less than `min`"));
                }
                Ok(Self { algorithm, min: least, max: most })
            }
            _ => Err(errors::at(key, format!("`{key}` needs its bounds; {FORM}"))),
        }
    }
}

impl Attribute for Bulkhead {
    fn validate(&self, errors: &mut Errors) {
        owner!(self).validate(errors);
        if let (Some(wait), None) = (&self.wait, &self.queue) {
            errors.at(&wait.key, "nobody waits without a queue; write `queue = 10` beside it");
        }
        let is_empty =
            matches!(&self.queue, Some(Given { value: Assign(Count(Constant::Count(0))), .. }));
        if let (Some(wait), true) = (&self.wait, is_empty) {
            errors.at(&wait.key, "nobody waits in a queue of 0; write `queue = 10`");
        }
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        let owner = owner!(self);
        let mut part = Part::new("bulkhead", "Bulkhead");
        match (&self.max_concurrent, &self.instance) {
            (Some(most), Some(_)) => {
                errors.at(&most.key, "`instance` has its own `max_concurrent`");
            }
            (Some(most), None) => part.given = Some(most.value.0.clone().into()),
            (None, Some(_)) => {}
            (None, None) => draft.lacks(
                errors,
                "`bulkhead` needs a number of places; write `#[bulkhead(max_concurrent = 10)]`",
            ),
        }
        part.set("queue", self.queue.clone());
        part.set("wait", self.wait.clone());
        if let Some(Given { key, value }) = &self.adaptive {
            let algorithm = match value.algorithm {
                Adaptive::Aimd => "aimd",
                Adaptive::Gradient => "gradient",
            };
            let bounds = vec![value.min.clone(), value.max.clone()];
            let adaptive = Constant::Call("Adaptive", algorithm, bounds);
            part.push(key.clone(), "adaptive", vec![adaptive]);
        }
        part.flag("observe", self.observe.clone());
        let policies = draft.policies();
        policies.add(part, owner, errors);
        policies.ending(self.map_err, self.reject, errors);
    }
}
