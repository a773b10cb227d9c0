//! Retries and their budget in words.

use super::{Backoff, Jitter, Retry, RetryBudget};
use crate::{
    resilience::{
        RejectedKinds,
        explain::{Words, shown, shown_as},
    },
    site::Described,
};

impl Described for Retry {
    fn described(&self) -> String {
        let settings = self.in_force();
        let mut words = Words::default();
        words.add("max_attempts", settings.max_attempts);
        settings.backoff.describe(&mut words);
        if let Some(most) = settings.max_elapsed {
            words.add("max_elapsed", shown_as(most));
        }
        if !settings.idempotent {
            words.add("idempotent", false);
        }
        if settings.retry_on != RejectedKinds::NONE {
            words.group("retry_on", settings.retry_on.in_words());
        }
        match &self.budget {
            Some(budget) => words.group("budget", budget.described()),
            None => words.add("budget", "none"),
        }
        words.ready()
    }
}

impl Backoff {
    fn describe(&self, words: &mut Words) {
        let (first, cap, factor, jitter) = self.numbers();
        if factor == 1.0 || first == cap {
            words.add("backoff", format_args!("\"{first:?}\""));
        } else {
            words.add("backoff", format_args!("\"{first:?}..{cap:?}\""));
            words.add("factor", factor);
        }
        match jitter {
            Jitter::Full => words.add("jitter", "full"),
            Jitter::None => words.add("jitter", "none"),
            Jitter::Equal => words.add("jitter", "equal"),
            Jitter::Proportional(share) => words.add("jitter", format_args!("±{share}")),
            Jitter::Decorrelated => words.add("jitter", "decorrelated"),
        }
    }
}

impl Described for RetryBudget {
    fn described(&self) -> String {
        let (core, limits) = self.in_force();
        let mut words = Words::default();
        words.add("share", limits.share);
        words.add("reserve", limits.reserve_per_second);
        words.add("window", shown(limits.window));
        words.stands(core, limits.mode)
    }
}
