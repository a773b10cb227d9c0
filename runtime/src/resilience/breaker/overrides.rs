//! What can be set of a breaker from outside of the code.

use super::{Template, config::Closing, config::Config};
use crate::resilience::{
    Mode, OnCancel,
    instances::Moded,
    overrides::{Parsed, Part, Settable, literal},
};

impl Template {
    pub(crate) const DEFAULT: Self = Self {
        config: Config::DEFAULT,
        mode: Mode::Auto,
        on_cancel: OnCancel::FailureIfSlow,
        listener: None,
    };
}

/// Whoever listens is no number.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config && self.on_cancel == other.on_cancel && self.mode == other.mode
    }
}

impl Moded for Template {
    fn mode(&mut self) -> &mut Mode {
        &mut self.mode
    }
}

impl Settable for Template {
    const PART: Part = Part::CircuitBreaker;
    const OPTIONS: &'static [&'static str] = &[
        "failure_rate",
        "window",
        "min_calls",
        "slow_call",
        "slow_rate",
        "consecutive",
        "open_for",
        "open_backoff",
        "open_max",
        "probes",
        "half_open.rate",
        "max_failures",
        "observe",
        "mode",
    ];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        let config = &mut self.config;
        match option {
            "failure_rate" => config.failure_rate = literal::portion(text)?,
            "window" => config.window = literal::window(text)?.shape(),
            "min_calls" => config.min_calls = literal::count(text)?,
            "slow_call" => config.slow_call = literal::lapse(text)?,
            "slow_rate" => config.slow_rate = literal::portion(text)?,
            "consecutive" => config.consecutive = literal::count(text)?,
            "open_for" => config.open_for = literal::lapse(text)?,
            "open_backoff" => config.open_backoff = literal::factor(text)?,
            "open_max" => config.open_max = literal::lapse(text)?,
            "probes" => config.probes = literal::probes(text)?,
            "half_open.rate" => config.closing = Closing::Rate(literal::portion(text)?),
            "max_failures" => config.closing = Closing::MaxFailures(literal::count(text)?),
            "observe" => literal::observe(&mut self.mode, text)?,
            _ => self.mode = literal::mode(text)?,
        }
        Ok(())
    }
}
