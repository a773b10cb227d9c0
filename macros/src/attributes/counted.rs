//! `#[counted]`: calls by outcome, without a clock.

use syn::{LitStr, Path};

use crate::{
    args::{self, Assign, Flag, List, Many, Options as _, Positive},
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
    struct Counted {
        name = "name": Assign<LitStr>,
        labels = "labels": List<FieldArg>,
        max_label_sets = "max_label_sets": Assign<Positive>,
        slo = "slo": Many<Objective>,
        skip = "skip": Flag,
        krate = "crate": Assign<Path>,
    }
}

impl Attribute for Counted {
    fn validate(&self, errors: &mut Errors) {
        metered::check_name(self.name.as_ref(), errors);
        metered::check_labels(self.labels.as_ref(), errors);
        metered::check_objectives(self.slo.as_ref(), None, errors);
        let latency = self.slo.iter().find(|slo| {
            slo.value.0.iter().any(|objective| matches!(objective, Objective::Latency(..)))
        });
        if let Some(slo) = latency {
            errors.at(&slo.key, "`counted` reads no clock; write `#[timed(slo(latency = …))]`");
        }
    }

    fn merge(self, mut outer: Self) -> Self {
        if self.slo.is_some() {
            outer.slo = None;
        }
        self.over(outer)
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    fn plan(self, _function: &Function, draft: &mut Draft, _errors: &mut Errors) {
        // `#[timed]` counts, too; a block may say one and the function the other.
        if metered::is_metered(draft) {
            return;
        }
        let Self { name, labels, max_label_sets, slo, .. } = self;
        let mut site = metered::Options { name, labels, max_label_sets }.plan(draft);
        for objective in slo.into_iter().flat_map(|slo| slo.value.0) {
            if let Objective::Errors(target) = objective {
                site.errors = Some(target);
            }
        }
        draft.site.push(expand::site::metered(&expand::private(&draft.krate), "counted", &site));
    }
}
