//! Environment variables as a carrier, for child processes and CI: `TRACEPARENT`, `TRACESTATE`,
//! `BAGGAGE`, and `B3` for programs that use Zipkin's single header.
//!
//! Nothing here reads the environment of this process: the caller hands in how to look a name up.

use std::process::Command;

use super::{Extractor, Injector};

/// The variables that carry context, as they were when they were read.
///
/// ```
/// use std::process::Command;
///
/// use spandrel::trace::propagation::{Environment, Propagators};
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let read = |name: &str| (name == "TRACEPARENT").then(|| header.to_owned());
/// let context = Propagators::default().extract(&Environment::from_lookup(read)).unwrap();
///
/// let mut child = Command::new("true");
/// Propagators::default().inject(&context, &mut child);
/// let sent: Vec<_> = child.get_envs().filter(|(_, value)| value.is_some()).collect();
/// assert_eq!(sent, [("TRACEPARENT".as_ref(), Some(header.as_ref()))]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<(&'static str, String)>,
}

impl Environment {
    /// Looks up every variable that can carry context.
    ///
    /// ```
    /// use spandrel::trace::propagation::{Environment, Extractor};
    ///
    /// let variables = Environment::from_lookup(|name| std::env::var(name).ok());
    /// assert!(variables.keys().len() <= 4);
    /// ```
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let found = NAMES.into_iter().filter_map(|name| Some((name, lookup(name)?)));
        Self { variables: found.collect() }
    }
}

impl Extractor for Environment {
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.as_str())
    }

    fn keys(&self) -> Vec<&str> {
        self.variables.iter().map(|(name, _)| *name).collect()
    }
}

/// Sets the variables of a child process; what it would inherit otherwise is overwritten.
impl Injector for Command {
    fn set(&mut self, key: &str, value: String) {
        self.env(key.to_ascii_uppercase(), value);
    }

    fn remove(&mut self, key: &str) {
        self.env_remove(key.to_ascii_uppercase());
    }
}

const NAMES: [&str; 4] = ["TRACEPARENT", "TRACESTATE", "BAGGAGE", "B3"];
