//! What was said outside of the code, and whom it reached.

use super::{
    Override, Part, Scopes,
    current::{self, Known},
    said::ENABLED,
};
use crate::{
    diag,
    resilience::{Mode, PolicyKind, instances::each_instance},
    site::Described,
    time,
};

/// Everything that environment and file say about policies; made by [`overrides`].
#[derive(Clone, Debug)]
pub struct Overrides {
    said: Vec<OverrideStatus>,
    refused: Option<String>,
}

/// One option that environment or file set.
#[derive(Clone, Debug)]
pub struct OverrideStatus {
    origin: String,
    reached: Vec<String>,
    hint: Option<String>,
}

/// Lists what environment and file say about policies, and whom each of it reached.
///
/// What reaches nobody is most likely misspelt. Policies without a function are known from their
/// first use on: what is said of them reaches nobody before.
///
/// ```
/// for unmatched in spandrel::resilience::overrides().iter().filter(|one| !one.is_matched()) {
///     eprintln!("{} {}", unmatched.source(), unmatched.hint().unwrap_or_default());
/// }
/// ```
#[must_use]
pub fn overrides() -> Overrides {
    let (said, refused) = current::with_state(|state| (state.said.clone(), state.refused.clone()));
    let everybody = Everybody::now();
    Overrides { said: said.iter().map(|one| everybody.reached_by(one)).collect(), refused }
}

impl Overrides {
    /// The options, those of the file first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &OverrideStatus> + '_ {
        self.said.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// What was wrong when environment and file were read last; what held before holds on.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }
}

impl OverrideStatus {
    /// The variable, or the key of the file, with its value.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.origin
    }

    /// Functions, bundles and named policies to which it applies.
    pub fn reached(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        self.reached.iter().map(String::as_str)
    }

    /// Whether it applies to anything.
    #[must_use]
    pub fn is_matched(&self) -> bool {
        !self.reached.is_empty()
    }

    /// Why it applies to nothing, and what may have been meant.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Says what reached nobody.
pub(super) fn warn_of_unmatched() {
    for one in overrides().iter().filter(|one| !one.is_matched()) {
        diag::warn(format_args!("{} {}", one.source(), one.hint().unwrap_or_default()));
    }
}

/// Who could be reached now.
struct Everybody {
    policies: Vec<Known>,
    instances: Vec<(PolicyKind, Scopes)>,
}

impl Everybody {
    fn now() -> Self {
        let mut instances = Vec::new();
        each_instance(|instance, scopes| instances.push((instance.kind(), scopes.clone())));
        Self { policies: current::policies(), instances }
    }

    fn reached_by(&self, one: &Override) -> OverrideStatus {
        let policies = self.policies.iter().map(|known| (known, known.address()));
        let policies = policies.filter(|(_, address)| one.path.closeness(address).is_some());
        let policies = policies.filter(|(known, _)| takes(known, one));
        let mut reached: Vec<_> = policies.map(|(_, address)| address.own().to_owned()).collect();
        let instances = self
            .instances
            .iter()
            .filter(|(kind, scopes)| one.path.closeness(scopes).is_some() && is_of(*kind, one));
        reached.extend(instances.map(|(_, scopes)| scopes.own().to_owned()));
        reached.sort();
        reached.dedup();
        let hint = reached.is_empty().then(|| self.hint(one));
        OverrideStatus { origin: one.origin.clone(), reached, hint }
    }

    fn hint(&self, one: &Override) -> String {
        let part = one.part.map_or("policy", Part::as_str);
        let mut near =
            self.policies.iter().filter(|known| one.path.closeness(&known.scopes).is_some());
        let Some(known) = near.next() else {
            return "has no effect: it names no annotated function that has a policy, and no policy \
                    that was used so far"
                .to_owned();
        };
        let function = known.scopes.own();
        if !one.path.is(function) {
            return format!("has no effect: nothing that it names has a {part} of its own");
        }
        let bundle = known.policy.name();
        if !bundle.is_empty() {
            return format!(
                "has no effect: `{function}` takes its policies from the bundle `{bundle}`; write \
                 that name in place of the function's"
            );
        }
        match one.part.and_then(|part| known.policy.shared_name(part)) {
            Some(name) => format!(
                "has no effect: `{function}` shares the {part} `{name}`; write that name in place \
                 of the function's"
            ),
            None => format!("has no effect: `{function}` has no {part}"),
        }
    }
}

/// Whether a policy has what is set, and of its own.
fn takes(known: &Known, one: &Override) -> bool {
    let Some(part) = one.part else { return true };
    if known.policy.has(part) {
        return one.option == ENABLED || known.policy.shared_name(part).is_none();
    }
    match known.site.beside_by_name(part.as_str()) {
        Some(found) => one.option == ENABLED || found.is_some_and(Described::is_settable),
        None => false,
    }
}

/// Whether it is set at what has this state.
fn is_of(kind: PolicyKind, one: &Override) -> bool {
    match part_of(kind) {
        Part::Retry => one.part == Some(Part::Retry) && one.option.starts_with("budget"),
        part => one.part.is_none_or(|of| of == part),
    }
}

fn part_of(kind: PolicyKind) -> Part {
    match kind {
        PolicyKind::Bulkhead => Part::Bulkhead,
        PolicyKind::CircuitBreaker => Part::CircuitBreaker,
        PolicyKind::RateLimiter => Part::RateLimit,
        PolicyKind::RetryBudget => Part::Retry,
    }
}

/// How many calls a mechanism of a function would have refused; none, if it does not observe.
pub(crate) fn seen_by(part: Part, of: &Scopes) -> Option<u64> {
    if part == Part::Timeout {
        let all = current::policies();
        return all.iter().find(|known| known.scopes == *of)?.policy.seen_late();
    }
    let mut refused = None;
    let now = time::nanos();
    each_instance(|instance, scopes| {
        if scopes == of && part_of(instance.kind()) == part && instance.mode() == Mode::Observe {
            let numbers = instance.statistics(now);
            let found = numbers.iter().find(|(name, _)| *name == "rejected");
            *refused.get_or_insert(0) += found.map_or(0, |(_, number)| *number as u64);
        }
    });
    refused
}
