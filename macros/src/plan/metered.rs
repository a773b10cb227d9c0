//! What `#[timed]` and `#[counted]` make of a function.

use syn::{Expr, Ident, LitStr};

use super::Draft;
use crate::{
    args::{Assign, Given, Lapse, List, Many, Positive, Share},
    errors::Errors,
    parse::{
        fields::{FieldArg, Form},
        siblings::Written,
    },
};

/// One label of the calls.
pub(crate) struct Label {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

/// What is expected of the calls.
#[derive(Clone)]
pub(crate) enum Objective {
    /// That so many of them take no longer.
    Latency(Lapse, Share),
    /// That so many of them do not fail.
    Errors(Share),
}

/// What stands in the static of a site about its counted calls.
pub(crate) struct MeteredSite {
    pub(crate) name: Option<LitStr>,
    pub(crate) latency: Vec<(Lapse, Share)>,
    pub(crate) errors: Option<Share>,
    pub(crate) slow: Option<Lapse>,
    pub(crate) keys: Vec<LitStr>,
    pub(crate) most_sets: Option<Positive>,
}

/// The options that both attributes have.
pub(crate) struct Options {
    pub(crate) name: Option<Given<Assign<LitStr>>>,
    pub(crate) labels: Option<Given<List<FieldArg>>>,
    pub(crate) max_label_sets: Option<Given<Assign<Positive>>>,
}

impl Options {
    /// Plans them; the caller adds what only one of the attributes has.
    pub(crate) fn plan(self, draft: &mut Draft) -> MeteredSite {
        let mut labels: Vec<Label> = Vec::new();
        for FieldArg { key, value, .. } in self.labels.into_iter().flat_map(|list| list.value.0) {
            // What the function says of a key holds before what the block around it says.
            if labels.iter().all(|known| known.key.value() != key.value()) {
                labels.push(Label { key, value });
            }
        }
        let keys = labels.iter().map(|label| label.key.clone()).collect();
        draft.call.metered = Some(labels);
        MeteredSite {
            name: self.name.map(|name| name.value.0),
            latency: Vec::new(),
            errors: None,
            slow: None,
            keys,
            most_sets: self.max_label_sets.map(|most| most.value.0),
        }
    }
}

/// Whether another attribute has taken the calls over already.
pub(crate) fn is_metered(draft: &Draft) -> bool {
    draft.call.metered.is_some()
}

/// Reports `#[counted]` beside `#[timed]`, on the function itself.
pub(crate) fn check_siblings(written: &[Written], errors: &mut Errors) {
    let own = |name| written.iter().find(|w| w.entry.name == name && !w.is_block);
    if let (Some(_), Some(counted)) = (own("timed"), own("counted")) {
        errors
            .push(syn::Error::new(counted.span, "`timed` counts the calls, too; remove `counted`"));
    }
}

/// Reports a name that no metric can have.
pub(crate) fn check_name(name: Option<&Given<Assign<LitStr>>>, errors: &mut Errors) {
    let Some(Given { value: Assign(name), .. }) = name else { return };
    let text = name.value();
    let mut characters = text.chars();
    let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on = characters.all(|next| next.is_ascii_alphanumeric() || "_.-/".contains(next));
    if !begins || !goes_on || text.len() > 255 {
        errors.at(
            name,
            "a metric's name begins with a letter and goes on with letters, digits, `.`, `_`, `-` \
             and `/`, 255 at most; write `name = \"orders.charge.duration\"`",
        );
    }
}

/// Reports labels of which one is given twice, or whose value is formatted.
pub(crate) fn check_labels(labels: Option<&Given<List<FieldArg>>>, errors: &mut Errors) {
    let Some(Given { key, value: List(labels) }) = labels else { return };
    if labels.is_empty() {
        errors.at(key, "`labels` needs a label; write `labels(region = order.region())`");
    }
    for (at, label) in labels.iter().enumerate() {
        let name = label.key.value();
        if label.form != Form::Typed {
            errors.at(
                &label.key,
                format!(
                    "a label is not formatted, for its values must be few; write \
                     `{name} = value.as_str()`"
                ),
            );
        }
        if labels.iter().take(at).any(|before| before.key.value() == name) {
            errors.at(&label.key, format!("label `{name}` is given twice; keep one"));
        }
    }
}

/// Reports objectives that cannot be counted beside each other.
pub(crate) fn check_objectives(
    slo: Option<&Given<Many<Objective>>>,
    slow: Option<&Ident>,
    errors: &mut Errors,
) {
    let Some(Given { key, value: Many(objectives) }) = slo else { return };
    let latencies =
        objectives.iter().filter(|objective| matches!(objective, Objective::Latency(..)));
    let latencies = latencies.count();
    if objectives.len() - latencies > 1 {
        errors.at(key, "`slo(errors, …)` is given twice; keep one");
    }
    if latencies + usize::from(slow.is_some()) > 4 {
        errors.at(
            key,
            "too many durations: a function counts four at most, of `slo(latency = …)` and `slow`",
        );
    }
}
