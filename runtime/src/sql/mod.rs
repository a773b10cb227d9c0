//! Statements of databases without what is secret in them, and what they do in few words.
//!
//! Whoever writes a statement may put values into its text. [`Sanitised`] shows `?` in their place,
//! [`Summary`] only the operations and what they are performed on. Both print piece by piece and
//! allocate nothing. A [`Statement`] has both, remembered if there is no value in it.
//!
//! Which database a statement is for is not always known, and what is a text in one is a name in
//! another. Where that cannot be told, what may be a value is taken for one, and where not even
//! its end can be told, nothing more is shown.

mod memory;
mod place;
mod sanitised;
mod statement;
mod summary;
mod token;

pub(crate) use statement::{Shown, Statement};

use self::{
    place::is,
    sanitised::Sanitised,
    summary::Summary,
    token::{Kind, Token, Tokens},
};

/// What decides what is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `"` is around names, `\` is a character like others.
    Ansi,
    /// `"` is around texts, too, and `\` escapes.
    MySql,
    /// It may be either.
    Unknown,
}

impl Dialect {
    /// That of a statement, as far as its text betrays it outside of what may be a value.
    pub(crate) fn of(statement: &str) -> Self {
        // What follows an escaped quote is within a text or outside, by the very dialect.
        let may_escape = statement.contains("\\'") || statement.contains("\\\"");
        if may_escape || !statement.contains(['`', '$', '@']) {
            return Self::Unknown;
        }
        let (mut earlier, mut before) = ("", "");
        for Token { kind, text } in Tokens::new(statement, Self::Unknown) {
            match kind {
                Kind::Space | Kind::Comment => continue,
                Kind::Quoted if text.starts_with('`') => return Self::MySql,
                Kind::Placeholder if is_numbered(text) => return Self::Ansi,
                // A variable; behind a value it would be PostgreSQL's operator of a text search.
                Kind::Placeholder
                    if text.starts_with('@')
                        && before == "@"
                        && is(earlier, &["select", "set", ",", "=", "("]) =>
                {
                    return Self::MySql;
                }
                _ => (earlier, before) = (before, text),
            }
        }
        Self::Unknown
    }

    /// That of statements for a database by its name in the semantic conventions, if it says.
    fn of_system(system: &str) -> Option<Self> {
        match system {
            "mysql" | "mariadb" => Some(Self::MySql),
            "postgresql" | "cockroachdb" => Some(Self::Ansi),
            // It takes a name that it does not know for a text.
            "sqlite" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// `$1`.
fn is_numbered(placeholder: &str) -> bool {
    let number = placeholder.strip_prefix('$');
    number.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn a_dialect_is_told_by_what_is_outside_of_texts() {
        for (statement, expected) in [
            ("SELECT `a` FROM b", Dialect::MySql),
            ("SELECT @@version", Dialect::MySql),
            ("SET a = 1, @@b = 2", Dialect::MySql),
            ("SELECT a FROM b WHERE c = $1", Dialect::Ansi),
            ("SELECT a FROM b", Dialect::Unknown),
            ("INSERT INTO a VALUES ('costs $5')", Dialect::Unknown),
            ("INSERT INTO a VALUES ('in `code`', '@@x')", Dialect::Unknown),
            ("INSERT INTO a VALUES (\"costs $5 `or` so\")", Dialect::Unknown),
            ("SELECT a -- `or` $1\nFROM b /* `or` $1 */", Dialect::Unknown),
            ("INSERT INTO a VALUES ('Ann\\'s card costs $5 secret')", Dialect::Unknown),
            ("SELECT `a` WHERE b = \"x\\\", 'y\" secret'", Dialect::Unknown),
            ("SELECT a FROM b WHERE c @@to_tsquery('x')", Dialect::Unknown),
            ("SELECT a FROM b WHERE c @@ d", Dialect::Unknown),
            ("SELECT 'cut, `a` $1", Dialect::Unknown),
        ] {
            assert_eq!(Dialect::of(statement), expected, "{statement}");
        }
    }
}
