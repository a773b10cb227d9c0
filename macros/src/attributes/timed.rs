//! `#[timed]`: how long calls take, and all that `#[counted]` counts.

use syn::{LitStr, Path};

use crate::{
    args::{self, Assign, Flag, Lapse, List, Many, Options as _, Positive},
    engine::Attribute,
    errors::Errors,
    expand,
    parse::{Function, fields::FieldArg},
    plan::{
        Draft,
        metered::{self, Objective},
    },
};

args::options! {
    struct Timed {
        name = "name": Assign<LitStr>,
        labels = "labels": List<FieldArg>,
        max_label_sets = "max_label_sets": Assign<Positive>,
        slo = "slo": Many<Objective>,
        slow = "slow": Assign<Lapse>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Timed {
    fn validate(&self, errors: &mut Errors) {
        metered::check_name(self.name.as_ref(), errors);
        metered::check_labels(self.labels.as_ref(), errors);
        metered::check_objectives(
            self.slo.as_ref(),
            self.slow.as_ref().map(|slow| &slow.key),
            errors,
        );
    }

    fn merge(self, mut outer: Self) -> Self {
        // Objectives of a block are for functions that have none themselves.
        if self.slo.is_some() {
            outer.slo = None;
        }
        self.over(outer)
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, _errors: &mut Errors) {
        let Self { name, labels, max_label_sets, slo, slow, .. } = self;
        let mut site = metered::Options { name, labels, max_label_sets }.plan(draft);
        for objective in slo.into_iter().flat_map(|slo| slo.value.0) {
            match objective {
                Objective::Latency(goal, target) => site.latency.push((goal, target)),
                Objective::Errors(target) => site.errors = Some(target),
            }
        }
        site.slow = slow.map(|slow| slow.value.0);
        draft.site.push(expand::site::metered(&expand::private(&draft.krate), "timed", &site));
    }
}
