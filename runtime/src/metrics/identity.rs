//! Who a metric is, and what is said about it.

use std::{borrow::Cow, panic::Location};

use super::{data::Scope, name};

/// How many series a metric has, unless it is told otherwise.
pub(crate) const LIMIT: usize = 2_000;

/// What is said about a metric in a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(super) name: &'static str,
    description: &'static str,
    unit: &'static str,
    scope: Option<&'static str>,
    at: &'static Location<'static>,
    limit: usize,
}

/// The same, for metrics of all origins.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) name: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) scope: Scope,
    /// The most series there may be.
    pub(crate) limit: usize,
}

impl Declared {
    #[track_caller]
    pub(super) const fn new(name: &'static str, description: &'static str) -> Self {
        if let Some(problem) = name::problem_of(name) {
            panic!("{}", problem);
        }
        let at = Location::caller();
        Self { name, description, unit: "", scope: None, at, limit: LIMIT }
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        if let Some(problem) = name::problem_of_unit(unit) {
            panic!("{}", problem);
        }
        self.unit = unit;
        self
    }

    pub(super) const fn scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    pub(super) const fn limit(mut self, limit: usize) -> Self {
        assert!(limit >= 2 && limit <= super::table::MOST, "a metric has 2 to 100,000 series");
        self.limit = limit;
        self
    }

    pub(super) fn identity(&self) -> Identity {
        let scope = match self.scope {
            Some(name) => Scope { name: name.into(), version: None },
            None => scope_of(self.at.file()),
        };
        Identity {
            name: self.name.into(),
            description: self.description.into(),
            unit: self.unit.into(),
            scope,
            limit: self.limit,
        }
    }
}

/// The module that stands in a file, as far as its path tells.
///
/// Of a package from a registry also its version; of a program's own first file nothing is left,
/// and then it is its name.
fn scope_of(file: &str) -> Scope {
    let file = file.replace('\\', "/");
    let file = file.strip_suffix(".rs").unwrap_or(&file);
    let (package, module) = match file.rsplit_once("/src/") {
        Some((folder, module)) => (folder.rsplit('/').next().unwrap_or_default(), module),
        None => ("", file.strip_prefix("src/").unwrap_or(file)),
    };
    // A program below `bin` is a crate of its own.
    let (package, module) = match module.strip_prefix("bin/") {
        Some(program) => program.split_once('/').unwrap_or((program, "")),
        None => (package, module),
    };
    let (package, version) = match package.split_once("-").map(|_| split_version(package)) {
        Some((name, version)) => (name, version),
        None => (package, None),
    };
    let mut parts: Vec<_> = module.split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.last().copied().unwrap_or_default();
    if last == "mod" || matches!(parts.as_slice(), ["lib" | "main"]) && !package.is_empty() {
        parts.pop();
    }
    if !package.is_empty() {
        parts.insert(0, package);
    }
    let name = parts.join("::").replace('-', "_");
    Scope { name: name.into(), version: version.map(|version| version.to_owned().into()) }
}

/// `name-1.2.3` is how a registry's packages are unpacked.
fn split_version(folder: &str) -> (&str, Option<&str>) {
    let dashes = folder.match_indices('-').map(|(at, _)| at);
    let mut versions = dashes.filter_map(|at| folder.get(at + 1..).map(|rest| (at, rest)));
    let is_version =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.split('.').count() >= 3;
    match versions.find(|(_, rest)| is_version(rest)) {
        Some((at, version)) => (folder.get(..at).unwrap_or(folder), Some(version)),
        None => (folder, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_the_module_that_the_path_tells() {
        for (file, scope, version) in [
            ("src/orders/db.rs", "orders::db", None),
            ("src/main.rs", "main", None),
            ("shop/src/main.rs", "shop", None),
            ("crates/my-shop/src/orders/mod.rs", "my_shop::orders", None),
            ("C:\\code\\shop\\src\\lib.rs", "shop", None),
            ("/home/x/registry/src/host-6f1/a-b-1.2.3/src/c.rs", "a_b::c", Some("1.2.3")),
            ("/home/x/a-2.0.0-rc.1/src/lib.rs", "a", Some("2.0.0-rc.1")),
            ("examples/src/bin/shop/main.rs", "shop", None),
            ("src/bin/shop/orders.rs", "shop::orders", None),
            ("shop/src/bin/import.rs", "import", None),
            ("tests/it.rs", "tests::it", None),
        ] {
            let found = scope_of(file);
            assert_eq!((found.name.as_ref(), found.version.as_deref()), (scope, version), "{file}");
        }
    }
}
