//! What the policies of one function add up to.

mod checks;
mod fallback;
mod owner;

use syn::{Expr, ExprPath, FnArg, Ident, LitStr, Pat, Signature};

use crate::{
    args::{Assign, Constant, Flag, Given, List, Name, Sync},
    errors::Errors,
};

pub(crate) use checks::check;
pub(crate) use fallback::{Fallback, Passed, Source, arguments};
pub(crate) use owner::{Owner, owner};

/// Everything between the call and the body.
#[derive(Default)]
pub(crate) struct Policies {
    /// From the outside inwards.
    pub(crate) parts: Vec<Part>,
    /// A policy that was put together elsewhere.
    pub(crate) bundle: Option<Given<Assign<Expr>>>,
    /// Which of the bundle's instances a call belongs to.
    pub(crate) key: Option<Given<Assign<Expr>>>,
    pub(crate) judge: Judge,
    /// What becomes of a rejection.
    pub(crate) ending: Ending,
    pub(crate) fallback: Option<Fallback>,
    /// Arguments of which each attempt gets a clone.
    pub(crate) clones: Vec<Ident>,
    /// Those among them that the body changes.
    pub(crate) changed: Vec<Ident>,
    /// A hedge beside a retry was asked for.
    pub(crate) with_retry: bool,
    /// How a timeout of a synchronous function is meant, as typed.
    pub(crate) sync: Option<(Ident, Sync)>,
    /// Calls may be made twice: where a bundle hedges, this function takes part.
    pub(crate) is_hedged: Option<Ident>,
    pub(crate) faults: Faults,
}

/// One mechanism with its numbers.
#[derive(Clone)]
pub(crate) struct Part {
    /// The attribute, and the method of the policy that takes it.
    pub(crate) name: &'static str,
    pub(crate) ty: &'static str,
    pub(crate) shared: Option<LitStr>,
    /// What its constructor takes beside the name.
    pub(crate) given: Option<Constant>,
    pub(crate) settings: Vec<Setting>,
    /// An object of the user's in its place.
    pub(crate) instance: Option<Expr>,
    pub(crate) keyed: Option<Keyed>,
    /// Redis, by which its state is that of several processes.
    pub(crate) redis: Option<Redis>,
}

/// Where the state of several processes is.
#[derive(Clone)]
pub(crate) struct Redis {
    pub(crate) key: Ident,
    pub(crate) link: Expr,
    pub(crate) away: &'static str,
}

/// One instance for each key.
#[derive(Clone)]
pub(crate) struct Keyed {
    pub(crate) key: Expr,
    pub(crate) max_keys: Option<Constant>,
    /// Metrics tell the keys apart.
    pub(crate) is_label: bool,
}

/// A call of a builder: its name, and what it takes.
#[derive(Clone)]
pub(crate) struct Setting {
    /// The option it comes from, as typed.
    pub(crate) key: Ident,
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Constant>,
}

/// Who says what a result means.
#[derive(Default)]
pub(crate) struct Judge {
    pub(crate) retry_if: Option<Expr>,
    pub(crate) ignore_if: Option<Expr>,
    pub(crate) failure_if: Option<Expr>,
    pub(crate) retry_after: Option<Expr>,
    /// The error itself, and for whom: the retry, the circuit breaker.
    pub(crate) classify: (bool, bool),
}

/// What goes wrong on purpose, as far as it concerns the function.
#[derive(Default)]
pub(crate) struct Faults {
    /// Which calls they are for.
    pub(crate) when: Option<Given<Assign<Expr>>>,
    /// What some calls return in place of what they would.
    pub(crate) outcome: Option<Given<Assign<Expr>>>,
}

/// How a rejection becomes what the function returns.
#[derive(Default)]
pub(crate) enum Ending {
    /// By `From<Rejected>`.
    #[default]
    From,
    /// By a function from the rejection to the error.
    MapErr(Given<Assign<Expr>>),
    /// By a value in place of the result.
    Reject(Given<Assign<Expr>>),
}

/// What may reject; retries, hedges and fallbacks never do.
const REJECTING: [&str; 5] = ["timeout", "circuit_breaker", "rate_limit", "bulkhead", "chaos"];

impl Part {
    pub(crate) fn new(name: &'static str, ty: &'static str) -> Self {
        let settings = Vec::new();
        let (shared, given, instance) = (None, None, None);
        Self { name, ty, shared, given, settings, instance, keyed: None, redis: None }
    }

    /// Whether it stands in the policy of the function itself.
    pub(crate) fn is_own(&self) -> bool {
        self.instance.is_none() && self.keyed.is_none() && self.redis.is_none()
    }

    /// Sets what was given.
    pub(crate) fn set<T: Into<Constant>>(
        &mut self,
        name: &'static str,
        given: Option<Given<Assign<T>>>,
    ) {
        if let Some(Given { key, value: Assign(value) }) = given {
            self.push(key, name, vec![value.into()]);
        }
    }

    pub(crate) fn flag(&mut self, name: &'static str, given: Option<Given<Flag>>) {
        if let Some(Given { key, .. }) = given {
            self.push(key, name, Vec::new());
        }
    }

    pub(crate) fn push(&mut self, key: Ident, name: &'static str, values: Vec<Constant>) {
        self.settings.push(Setting { key, name, values });
    }
}

impl Policies {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }

    /// Whether the body may run more than once.
    pub(crate) fn runs_again(&self) -> bool {
        self.bundle.is_some() || self.has("retry") || self.has("hedge")
    }

    /// Whether a further attempt may be refused or cut off, and another one follow: the caller then
    /// gets what was returned before it.
    pub(crate) fn keeps(&self) -> bool {
        let sets = |name: &str, setting: &str| {
            let parts = self.parts.iter().filter(|part| part.name == name);
            parts.flat_map(|part| &part.settings).any(|given| given.name == setting)
        };
        let is_refused = sets("retry", "retry_on") || sets("timeout", "attempt");
        self.bundle.is_some() || self.has("retry") && (is_refused || self.has("chaos"))
    }

    /// Whether attempts may run beside each other.
    pub(crate) fn hedges(&self) -> bool {
        self.has("hedge") || self.is_hedged.is_some()
    }

    /// Whether the body runs on a thread of its own.
    pub(crate) fn runs_on_thread(&self) -> bool {
        matches!(self.sync, Some((_, Sync::Thread)))
    }

    /// Whether the arguments are needed behind the body, or for its next run.
    pub(crate) fn borrows(&self) -> bool {
        self.runs_again() || self.fallback.is_some()
    }

    /// Whether a call may end without a value of the body.
    pub(crate) fn rejects(&self) -> bool {
        self.bundle.is_some() || REJECTING.iter().any(|name| self.has(name))
    }

    /// The bundle, if it can stand in the static of the site: a static itself, by its capitals.
    pub(crate) fn static_bundle(&self) -> Option<&ExprPath> {
        let Expr::Path(path) = &self.bundle.as_ref()?.value.0 else { return None };
        let last = path.path.segments.last()?.ident.to_string();
        last.starts_with(char::is_uppercase).then_some(path)
    }

    /// Whether every failure has a value in its place.
    pub(crate) fn is_covered(&self) -> bool {
        self.fallback.as_ref().is_some_and(Fallback::is_unconditional)
    }

    /// Adds a mechanism, and whose state it has.
    pub(crate) fn add(&mut self, mut part: Part, owner: Owner<'_>, errors: &mut Errors) {
        owner.plan(&mut part, errors);
        self.parts.push(part);
    }

    /// Notes what becomes of a rejection.
    pub(crate) fn ending(
        &mut self,
        map_err: Option<Given<Assign<Expr>>>,
        reject: Option<Given<Assign<Expr>>>,
        errors: &mut Errors,
    ) {
        let given = [map_err.map(Ending::MapErr), reject.map(Ending::Reject)];
        for ending in given.into_iter().flatten() {
            if let (Ending::MapErr(given) | Ending::Reject(given), false) =
                (&ending, matches!(self.ending, Ending::From))
            {
                let key = &given.key;
                errors.at(key, "a rejection becomes one thing: keep one `map_err` or `reject`");
            }
            self.ending = ending;
        }
    }

    /// Takes the `mut` from arguments that are cloned: what the body changes is the clone.
    pub(crate) fn take_mut(&mut self, sig: &mut Signature) {
        for arg in &mut sig.inputs {
            if let FnArg::Typed(arg) = arg
                && let Pat::Ident(pattern) = &mut *arg.pat
                && self.clones.contains(&pattern.ident)
                && pattern.mutability.take().is_some()
            {
                self.changed.push(pattern.ident.clone());
            }
        }
    }

    /// Adds arguments that each attempt gets a clone of.
    pub(crate) fn clone_each(&mut self, names: Option<Given<List<Name>>>) {
        for Name(name) in names.into_iter().flat_map(|names| names.value.0) {
            if !self.clones.contains(&name) {
                self.clones.push(name);
            }
        }
    }
}
