//! The environment: which variables there are, and the one door through which they are read.
//!
//! Everything behind [`Environment`] is a pure function of it, so that a test writes down its
//! environment and needs no process of its own.

#[cfg(test)]
mod docs;
mod kind;
mod nearest;
pub(crate) mod parse;
mod reader;
pub(crate) mod table;

use std::{collections::BTreeMap, ffi::OsString};

pub(crate) use kind::{Kind, Origin, alternatives};
pub(crate) use reader::{Reader, Rejected};
pub(crate) use table::Variable;

use crate::resilience::overrides::PREFIX;

/// What all our own variables begin with.
const OWN_PREFIX: &str = "SPANDREL_";

/// Whether a name is that of an option of single policies: the program's functions make these names,
/// so no table has them.
fn is_option(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// The variables that concern us, as they are at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    values: BTreeMap<String, OsString>,
}

impl Environment {
    /// Reads the environment of the process: the only place of the library that does.
    ///
    /// A variable that is not ours may hold a secret, and is not kept.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| concerns_us(name))
            .collect()
    }

    /// The value of a variable; an empty one counts as unset, as the specification demands.
    fn value(&self, variable: &Variable) -> Option<&OsString> {
        self.values.get(variable.name).filter(|value| !value.is_empty())
    }

    /// Names with our prefix that the table does not know.
    fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let names = self.values.keys().map(String::as_str);
        names.filter(|name| name.starts_with(OWN_PREFIX) && !is_known(name) && !is_option(name))
    }

    /// The options of single policies; an empty one counts as unset.
    fn options(&self) -> impl Iterator<Item = (&str, &OsString)> {
        let set = self.values.iter().filter(|(name, value)| is_option(name) && !value.is_empty());
        set.map(|(name, value)| (name.as_str(), value))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let values = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { values: values.collect() }
    }
}

fn concerns_us(name: &str) -> bool {
    name.starts_with(OWN_PREFIX) || is_known(name) || is_option(name)
}

fn is_known(name: &str) -> bool {
    table::TABLE.iter().any(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{table::TABLE, *};

    #[test]
    fn every_name_is_in_the_table_once() {
        let names: HashSet<_> = TABLE.iter().map(|variable| variable.name).collect();

        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn the_origin_of_a_name_shows_in_its_prefix() {
        for variable in TABLE {
            let prefix = match variable.origin {
                Origin::Own => "SPANDREL_",
                Origin::Specified => "OTEL_",
                Origin::Alias(_) | Origin::Convention => "",
            };
            assert!(variable.name.starts_with(prefix), "{}", variable.name);
        }
    }

    #[test]
    fn variables_of_others_are_not_kept() {
        assert!(concerns_us("OTEL_SERVICE_NAME") && concerns_us("SPANDREL_LEVL"));
        assert!(concerns_us("spandrel__shop__retry__enabled"));
        assert!(!concerns_us("DATABASE_URL") && !concerns_us("OTEL_UNHEARD_OF"));
        // Cargo sets this one for every test.
        assert!(!Environment::of_process().values.contains_key("CARGO_MANIFEST_DIR"));
    }
}
