//! `#[retry]`: further attempts after one that failed.

use syn::{Expr, Ident, LitInt, Path, Token, parse::ParseStream};

use crate::{
    args::{
        self, Amount, Assign, Backoff, Constant, Count, Factor, Flag, Given, Group, Lapse, List,
        Name, Portion, Shared, Spread, Truth, Waitable, Word,
    },
    engine::Attribute,
    errors::{self, Errors},
    parse::Function,
    plan::{
        Draft,
        policies::{Owner, Part},
    },
};

args::options! {
    struct Retry {
        max_attempts = "max_attempts": Assign<Count<1>>,
        max_retries = "max_retries": NotRetries,
        backoff = "backoff": Assign<Backoff>,
        factor = "factor": Assign<Factor>,
        jitter = "jitter": Assign<Spread>,
        max_elapsed = "max_elapsed": Assign<Lapse>,
        retry_if = "retry_if": Assign<Expr>,
        retry_on = "retry_on": List<Word<Waitable>>,
        retry_after = "retry_after": Assign<Expr>,
        classify = "classify": Flag,
        idempotent = "idempotent": Assign<Truth>,
        budget = "budget": Budget,
        clone = "clone": List<Name>,
        map_err = "map_err": Assign<Expr>,
        reject = "reject": Assign<Expr>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

args::options! {
    /// `budget(share = 0.2, reserve = 10, window = "10s")`.
    struct BudgetNumbers {
        share = "share": Assign<Portion>,
        reserve = "reserve": Assign<Amount>,
        window = "window": Assign<Lapse>,
        shared = "shared": Assign<Shared>,
    }
}

/// What the world calls `max_retries` counts differently: never taken, always explained.
#[derive(Clone)]
pub(crate) struct NotRetries;

impl args::Value for NotRetries {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<Token![=]>()?;
        let ahead = input.fork();
        let retries = ahead.parse::<LitInt>().and_then(|number| number.base10_parse::<u64>());
        input.parse::<Expr>()?;
        let instead = match retries {
            Ok(retries) => format!("{}", retries.saturating_add(1)),
            Err(_) => "…".to_owned(),
        };
        Err(errors::at(
            key,
            format!(
                "attempts are counted, the first one among them; write `max_attempts = {instead}`"
            ),
        ))
    }
}

/// `budget = none`, `budget = EXPR`, or its numbers.
pub(crate) enum Budget {
    None,
    Const(Expr),
    Numbers(Box<BudgetNumbers>),
}

impl args::Value for Budget {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![=]) {
            return Group::parse(key, input).map(|numbers| Self::Numbers(Box::new(numbers.0)));
        }
        input.parse::<Token![=]>()?;
        match input.parse::<Expr>()? {
            Expr::Path(path) if path.path.is_ident("none") => Ok(Self::None),
            Expr::Lit(literal) => Err(errors::at(
                literal,
                "write `budget = none`, `budget(share = 0.2, reserve = 10, window = \"10s\")`, or \
                 a constant",
            )),
            expr => Ok(Self::Const(expr)),
        }
    }
}

impl Attribute for Retry {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(retry_if), Some(_)) = (&self.retry_if, &self.classify) {
            errors.at(&retry_if.key, "`retry_if` and `classify` both decide; keep one");
        }
        let grows = match &self.backoff {
            Some(Given { value: Assign(Backoff(Constant::Call(_, _, values))), .. }) => {
                values.len() > 1
            }
            _ => true,
        };
        if let (Some(factor), false) = (&self.factor, grows) {
            let message = "`factor` makes waits grow; write the longest, too: `\"1s..10s\"`";
            errors.at(&factor.key, message);
        }
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, errors: &mut Errors) {
        let mut part = Part::new("retry", "Retry");
        part.set("max_attempts", self.max_attempts.clone());
        self.plan_backoff(&mut part);
        part.set("max_elapsed", self.max_elapsed.clone());
        part.set("idempotent", self.idempotent.clone());
        if let Some(Given { key, value: List(words) }) = &self.retry_on {
            let kinds = words.iter().map(|word| word.0.constant());
            part.push(key.clone(), "retry_on", vec![Constant::any_of(key, kinds)]);
        }
        if let Some(Given { key, value }) = &self.budget {
            match value {
                Budget::None => part.push(key.clone(), "without_budget", Vec::new()),
                budget => part.push(key.clone(), "budget", budget.constant()),
            }
        }
        let policies = draft.policies();
        policies.add(part, Owner::default(), errors);
        policies.judge.retry_if = self.retry_if.map(|judge| judge.value.0);
        policies.judge.retry_after = self.retry_after.map(|ask| ask.value.0);
        policies.judge.classify.0 |= self.classify.is_some();
        policies.clone_each(self.clone);
        policies.ending(self.map_err, self.reject, errors);
    }
}

impl Retry {
    fn plan_backoff(&self, part: &mut Part) {
        let mut settings = Part::new("backoff", "Backoff");
        settings.set("factor", self.factor.clone());
        settings.set("jitter", self.jitter.clone());
        let settings = settings.settings;
        let (key, base) = match (&self.backoff, settings.first()) {
            (Some(Given { key, value }), _) => (key, value.0.0.clone()),
            // The numbers of the runtime.
            (None, Some(first)) => (&first.key, Constant::Call("Backoff", "new", Vec::new())),
            (None, None) => return,
        };
        let backoff = match settings.is_empty() {
            true => base,
            false => Constant::Built(Box::new(base), settings.clone()),
        };
        part.push(key.clone(), "backoff", vec![backoff]);
    }
}

impl Budget {
    pub(crate) fn constant(&self) -> Vec<Constant> {
        match self {
            Self::None => Vec::new(),
            Self::Const(expr) => vec![Constant::Expr(expr.clone())],
            Self::Numbers(numbers) => {
                let mut part = Part::new("budget", "RetryBudget");
                part.set("share", numbers.share.clone());
                part.set("reserve_per_second", numbers.reserve.clone());
                part.set("window", numbers.window.clone());
                let name = numbers.shared.as_ref().map(|shared| shared.value.0.0.clone());
                if let Some(shared) = &numbers.shared {
                    part.push(shared.key.clone(), "shared", Vec::new());
                }
                let base = Constant::Call("RetryBudget", "new", vec![Constant::Text(name)]);
                vec![Constant::Built(Box::new(base), part.settings)]
            }
        }
    }
}
