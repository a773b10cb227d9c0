//! Where an override takes effect: function, type or module, or a policy that has a name.

use std::sync::Arc;

use crate::site::Site;

/// All that a policy can be addressed by, the widest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Arc<[String]>);

/// Whom an override addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Everything.
    All,
    /// What is called exactly so.
    #[cfg_attr(
        not(any(test, feature = "toml")),
        expect(dead_code, reason = "only a file has exact names")
    )]
    Exact(String),
    /// What is called so in upper case, with `_` for everything that a variable cannot hold.
    Folded(String),
}

impl Scopes {
    /// Of a function: its modules, its type, itself.
    pub(crate) fn of_site(site: &Site) -> Self {
        let mut path = String::new();
        let segments = site.module_path().split("::").chain(site.name().split("::"));
        let scopes = segments.map(|segment| {
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(segment);
            path.clone()
        });
        Self(scopes.collect())
    }

    /// Of what has a name of its own; none, if it has not.
    pub(crate) fn of_name(name: &str) -> Self {
        Self(Some(name).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The narrowest: what it is called itself.
    pub(crate) fn own(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl Path {
    /// How closely it addresses this: the higher the closer; none: not at all.
    pub(crate) fn closeness(&self, scopes: &Scopes) -> Option<usize> {
        match self {
            Self::All => Some(0),
            path => scopes.iter().position(|scope| path.is(scope)).map(|at| at + 1),
        }
    }

    /// Whether this is what it addresses.
    pub(crate) fn is(&self, scope: &str) -> bool {
        match self {
            Self::All => false,
            Self::Exact(name) => name == scope,
            Self::Folded(name) => *name == fold(scope),
        }
    }
}

/// A name as it stands in a variable.
pub(crate) fn fold(name: &str) -> String {
    let fold = |character: char| if character.is_alphanumeric() { character } else { '_' };
    name.to_uppercase().chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_to_what_a_variable_can_hold() {
        for (name, folded) in [
            ("shop::orders::charge", "SHOP__ORDERS__CHARGE"),
            ("shop::Orders::place", "SHOP__ORDERS__PLACE"),
            ("shop::_private", "SHOP___PRIVATE"),
            ("payments-eu", "PAYMENTS_EU"),
            ("src/payments.rs:12", "SRC_PAYMENTS_RS_12"),
            ("shop::größe", "SHOP__GRÖSSE"),
        ] {
            assert_eq!(fold(name), folded);
        }
    }

    #[test]
    fn the_longer_path_is_the_closer_one() {
        let scopes = Scopes(["a", "a::b", "a::b::T", "a::b::T::f"].map(str::to_owned).into());
        let closeness = |path: &str| Path::Folded(path.into()).closeness(&scopes);

        assert_eq!(Path::All.closeness(&scopes), Some(0));
        assert_eq!(
            ["A", "A__B", "A__B__T__F", "B"].map(closeness),
            [Some(1), Some(2), Some(4), None]
        );
        assert_eq!(Path::Exact("a::b".into()).closeness(&scopes), Some(2));
        assert_eq!(Path::Exact("A__B".into()).closeness(&scopes), None);
    }
}
