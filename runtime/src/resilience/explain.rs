//! What protects a function, in words: each mechanism with the numbers that hold now.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

#[cfg(feature = "chaos")]
use super::Chaos;
use super::{
    Hedge, Keyable, Keyed, Mode, Timeout, instances::Listed, overrides::Scopes, scope::NEVER,
};
use crate::{site::Described, time};

/// Numbers by their names, in the words of the attributes.
#[derive(Debug, Default)]
pub(super) struct Words(String);

impl Words {
    pub(super) fn add(&mut self, name: &str, value: impl fmt::Display) {
        self.push(format_args!("{name} = {value}"));
    }

    /// Several that belong together.
    pub(super) fn group(&mut self, name: &str, values: impl fmt::Display) {
        self.push(format_args!("{name}({values})"));
    }

    /// Nothing more follows.
    #[cfg(feature = "redis-1")]
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        let comma = if self.0.is_empty() { "" } else { ", " };
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "{comma}{text}");
    }

    pub(super) fn ready(self) -> String {
        self.0
    }

    /// With how it stands now, or will if it is used.
    pub(super) fn stands(mut self, instance: Option<&impl Listed>, declared: Mode) -> String {
        let mode = instance.map_or(declared, Listed::mode);
        let state = instance.map_or("not used yet", |instance| instance.state(time::nanos()));
        let held = match mode {
            Mode::Auto => String::new(),
            mode => format!(", mode {}", mode.as_str()),
        };
        let _ = write!(self.0, "; {state}{held}");
        self.0
    }
}

/// Nanoseconds as an attribute would have them: `"1.5s"`.
pub(super) fn shown(nanos: u64) -> String {
    shown_as(Duration::from_nanos(nanos))
}

pub(super) fn shown_as(time: Duration) -> String {
    format!("\"{time:?}\"")
}

impl Described for Timeout {
    fn described(&self) -> String {
        let mut words = Words::default();
        let times = [("attempt", self.attempt_nanos()), ("total", self.total_nanos())];
        for (name, nanos) in times.into_iter().filter(|(_, nanos)| *nanos != NEVER) {
            words.add(name, shown(nanos));
        }
        if self.observed_nanos() != NEVER {
            words.add("observe", shown(self.observed_nanos()));
            let _ = write!(words.0, "; {} took longer", self.late());
        }
        words.ready()
    }
}

impl Described for Hedge {
    fn described(&self) -> String {
        let mut words = Words::default();
        match self.fixed_delay() {
            Some(nanos) => words.add("delay", shown(nanos)),
            None => {
                let now = self.delay().map_or_else(|| "too few calls yet".into(), shown);
                words.add("delay", format_args!("p95 ({now})"));
            }
        }
        words.add("max_attempts", self.most_attempts());
        words.ready()
    }
}

#[cfg(feature = "chaos")]
impl Described for Chaos {
    fn described(&self) -> String {
        let (fault, latency, rate) = self.numbers();
        let mut words = Words::default();
        words.add("fault", fault);
        if let Some((from, to)) = latency {
            let (from, to) = (shown(from), shown(to));
            let range = format_args!("\"{}..{}\"", from.trim_matches('"'), to.trim_matches('"'));
            words.add("latency", range);
            words.add("latency_rate", rate);
        }
        if !self.is_enabled() {
            words.0.push_str("; off");
        }
        words.ready()
    }
}

/// What is one of many with the same numbers.
pub(super) trait Pattern: Described {
    /// What a new one has of what is addressed by this.
    fn in_force(&self, scopes: &Scopes) -> Self;
}

/// The pattern of all keys, and how many of them there are.
impl<P: Pattern + Keyable> Described for Keyed<P> {
    fn described(&self) -> String {
        let (keys, most) = (self.keys(), self.most_keys());
        let pattern = self.pattern().in_force(&self.scopes()).described();
        // The pattern itself is never used.
        let numbers = pattern.split(';').next().unwrap_or_default();
        format!("{numbers}; for each key, {keys} of at most {most}")
    }
}
