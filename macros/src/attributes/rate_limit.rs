//! `#[rate_limit]`: so many calls within a time.

use proc_macro2::TokenStream;
use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Count, Flag, Lapse, Options, Rate, Shared, WhileAway, Word},
    engine::Attribute,
    errors::Errors,
    parse::Function,
    plan::{
        Draft,
        policies::{Part, Redis, owner},
    },
};

args::options! {
    struct Limit {
        rate = "rate": Assign<Rate>,
        burst = "burst": Assign<Count<1>>,
        wait = "wait": Assign<Lapse>,
        observe = "observe": Flag,
        shared = "shared": Assign<Shared>,
        key = "key": Assign<Expr>,
        max_keys = "max_keys": Assign<Count<1>>,
        label_key = "label_key": Flag,
        instance = "instance": Assign<Expr>,
        redis = "redis": Assign<Expr>,
        away = "away": Assign<Word<WhileAway>>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

/// The options, of which the rate may stand alone.
pub(crate) struct RateLimit(Limit);

impl Options for RateLimit {
    const NAMES: &'static [&'static str] = Limit::NAMES;

    fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        Self(Limit::parse(args::positional::<Limit>("rate", args), errors))
    }

    fn over(self, outer: Self) -> Self {
        Self(self.0.over(outer.0))
    }
}

impl Attribute for RateLimit {
    fn validate(&self, errors: &mut Errors) {
        owner!(self.0).validate(errors);
        let Limit { redis, away, instance, max_keys, .. } = &self.0;
        if let (None, Some(away)) = (redis, away) {
            errors.at(&away.key, "`away` from where? Write `redis = LINK` beside it");
        }
        if let (Some(redis), Some(_)) = (redis, instance) {
            errors.at(&redis.key, "`instance` is of this process alone; keep one of the two");
        }
        if let (Some(_), Some(most)) = (redis, max_keys) {
            errors.at(&most.key, "Redis keeps the keys, and forgets those that are full again");
        }
    }

    fn is_skipped(&self) -> bool {
        self.0.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        let options = self.0;
        let owner = owner!(options);
        let mut part = Part::new("rate_limit", "RateLimiter");
        match (&options.rate, &options.instance) {
            (Some(rate), Some(_)) => errors.at(&rate.key, "`instance` has its own `rate`"),
            (Some(rate), None) => part.given = Some(rate.value.0.clone().into()),
            (None, Some(_)) => {}
            (None, None) => draft.lacks(
                errors,
                "`rate_limit` needs a rate; write `#[rate_limit(rate = \"100/s\")]`",
            ),
        }
        part.set("burst", options.burst.clone());
        part.set("wait", options.wait.clone());
        part.flag("observe", options.observe.clone());
        part.redis = options.redis.as_ref().map(|redis| Redis {
            key: redis.key.clone(),
            link: redis.value.0.clone(),
            away: options.away.as_ref().map_or(WhileAway::Local, |away| away.value.0.0).variant(),
        });
        let policies = draft.policies();
        policies.add(part, owner, errors);
        policies.ending(options.map_err, options.reject, errors);
    }
}
