//! Values for module paths: the longest prefix that covers a path wins.

use std::fmt;

/// Values by module path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paths<T> {
    /// The longest path first, so that the first that covers is the one that wins.
    entries: Vec<(String, T)>,
}

impl<T> Paths<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Sets the value for `path` and all below it; false if the path is none.
    ///
    /// Cargo's `my-shop` is the module `my_shop`, so a hyphen stands for an underscore.
    pub(crate) fn insert(&mut self, path: &str, value: T) -> bool {
        let path = path.replace('-', "_");
        if !is_path(&path) {
            return false;
        }
        self.entries.retain(|(known, _)| *known != path);
        let at = self.entries.partition_point(|(known, _)| known.len() >= path.len());
        self.entries.insert(at, (path, value));
        true
    }

    pub(crate) fn get(&self, path: &str) -> Option<&T> {
        self.entries.iter().find(|(prefix, _)| covers(prefix, path)).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.entries.iter().map(|(path, value)| (path.as_str(), value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// `a=1,b::c=2`, the longest path first.
impl<T: fmt::Display> fmt::Display for Paths<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{path}={value}")?;
        }
        Ok(())
    }
}

/// A custom target need not be an identifier, but one colon alone is a slip.
fn is_path(path: &str) -> bool {
    path.split("::").all(|part| {
        !part.is_empty() && !part.contains(|c: char| c == ':' || c == ',' || c.is_whitespace())
    })
}

fn covers(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(entries: &[(&str, u8)]) -> Paths<u8> {
        let mut paths = Paths::new();
        for (path, value) in entries {
            assert!(paths.insert(path, *value), "{path}");
        }
        paths
    }

    #[test]
    fn the_longest_prefix_wins_in_whatever_order_it_was_given() {
        for entries in [
            [("shop", 1), ("shop::db", 2), ("shop::db::pool", 3)],
            [("shop::db::pool", 3), ("shop", 1), ("shop::db", 2)],
        ] {
            let paths = paths(&entries);

            assert_eq!(paths.get("shop::db::pool::take"), Some(&3));
            assert_eq!(paths.get("shop::db"), Some(&2));
            assert_eq!(paths.get("shop::web"), Some(&1));
        }
    }

    #[test]
    fn a_prefix_ends_where_a_module_ends() {
        assert_eq!(paths(&[("shop::d", 1)]).get("shop::db"), None);
        assert_eq!(paths(&[("shop::db", 1)]).get("shop"), None);
    }

    #[test]
    fn the_last_value_of_a_path_replaces_the_first() {
        let paths = paths(&[("my-shop", 1), ("my_shop", 2)]);

        assert_eq!(paths.to_string(), "my_shop=2");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", "::", "shop:db", "shop::", "::shop", "a b", "a,b"] {
            assert!(!Paths::new().insert(path, ()), "{path}");
        }
    }
}
