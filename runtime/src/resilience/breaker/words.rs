//! A breaker in words.

use super::{CircuitBreaker, config::Closing, window::Shape};
use crate::{
    resilience::{
        explain::{Pattern, Words, shown},
        instances::Home,
        overrides::{self, Scopes},
    },
    site::Described,
};

impl Described for CircuitBreaker {
    fn described(&self) -> String {
        let core = self.home.peek();
        let config =
            core.map_or_else(|| self.template.config.clone(), |core| core.machine.config());
        let mut words = Words::default();
        words.add("failure_rate", config.failure_rate);
        match config.window {
            Shape::Count(calls) => words.add("window", calls),
            Shape::Time(nanos) => words.add("window", shown(nanos)),
        }
        words.add("min_calls", config.min_calls);
        if config.slow_call != u64::MAX {
            words.add("slow_call", shown(config.slow_call));
            words.add("slow_rate", config.slow_rate);
        }
        if config.consecutive > 0 {
            words.add("consecutive", config.consecutive);
        }
        words.add("open_for", shown(config.open_for));
        if config.open_backoff > 1.0 {
            words.add("open_backoff", config.open_backoff);
        }
        if config.open_max != u64::MAX {
            words.add("open_max", shown(config.open_max));
        }
        words.add("probes", config.probes);
        match config.closing {
            Closing::Rate(rate) => words.group("half_open", format_args!("rate = {rate}")),
            Closing::MaxFailures(1) => {}
            Closing::MaxFailures(most) => words.add("max_failures", most),
        }
        words.stands(core, self.template.mode)
    }
}

impl Pattern for CircuitBreaker {
    fn in_force(&self, scopes: &Scopes) -> Self {
        Self {
            home: Home::new(self.home.name()),
            template: overrides::over(&self.template, scopes),
        }
    }
}
