//! A rate limit in words.

use std::sync::atomic::Ordering::Relaxed;

use super::{RateLimiter, gcra::Pace};
use crate::{
    resilience::{
        explain::{Pattern, Words, shown},
        instances::Home,
        overrides::{self, Scopes},
    },
    site::Described,
};

impl RateLimiter {
    /// Its numbers as they hold now, whoever applies them.
    #[cfg(feature = "redis-1")]
    pub(crate) fn numbers(&self) -> String {
        self.words().into_text()
    }

    fn words(&self) -> Words {
        let (core, declared) = (self.home.peek(), self.template.pace());
        let (pace, wait) = match core {
            Some(core) => (core.pace(), core.patience.load(Relaxed)),
            None => (declared, self.template.wait),
        };
        let mut words = Words::default();
        if pace == declared {
            words.add("rate", self.template.rate.in_words());
            words.add("burst", self.template.burst);
        } else {
            let Pace { interval, tolerance } = pace;
            words.add("rate", format_args!("\"{}/s\"", 1e9 / interval as f64));
            words.add("burst", tolerance / interval.max(1) + 1);
        }
        if wait > 0 {
            words.add("wait", shown(wait));
        }
        words
    }
}

impl Described for RateLimiter {
    fn described(&self) -> String {
        self.words().stands(self.home.peek(), self.template.mode)
    }
}

impl Pattern for RateLimiter {
    fn in_force(&self, scopes: &Scopes) -> Self {
        Self {
            home: Home::new(self.home.name()),
            template: overrides::over(&self.template, scopes),
        }
    }
}
