//! A statement, with what is shown of it.

use std::{fmt, rc::Rc};

use super::{
    Dialect, Sanitised, Summary,
    memory::{self, Found, Known},
};

/// A statement, and what is shown of it: remembered, or worked out as it is printed.
#[derive(Clone, Debug)]
pub(crate) struct Statement<'s> {
    text: &'s str,
    dialect: Dialect,
    known: Option<Rc<Known>>,
}

/// What is printed: a text that is there, or what it would be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'k, T> {
    Known(&'k str),
    Anew(T),
}

impl<'s> Statement<'s> {
    /// In a dialect, or without in that which the text betrays.
    pub(crate) fn new(text: &'s str, dialect: impl Into<Option<Dialect>>) -> Self {
        let asked = dialect.into();
        let found = memory::find(asked, text);
        if let Found::Known(known) = found {
            return Self { text, dialect: known.dialect, known: Some(known) };
        }
        let dialect = asked.unwrap_or_else(|| Dialect::of(text));
        let known = match found {
            Found::New => memory::learn(asked, text, dialect),
            _ => None,
        };
        Self { text, dialect, known }
    }

    /// For a database by its name in the semantic conventions.
    pub(crate) fn for_system(text: &'s str, system: &str) -> Self {
        Self::new(text, Dialect::of_system(system))
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The statement without its values.
    pub(crate) fn sanitised(&self) -> Shown<'_, Sanitised<'s>> {
        match &self.known {
            Some(known) => Shown::Known(known.sanitised()),
            None => Shown::Anew(Sanitised::new(self.text, self.dialect)),
        }
    }

    /// What it does, and to what.
    pub(crate) fn summary(&self) -> Shown<'_, Summary<'s>> {
        match &self.known {
            Some(known) => Shown::Known(&known.summary),
            None => Shown::Anew(Summary::new(self.text, self.dialect)),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Anew(text) => text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements of every kind, and whether they are worth remembering in each dialect.
    const STATEMENTS: [(&str, bool); 20] = [
        ("", true),
        ("INSERT INTO orders (id, item) VALUES ($1, $2)", true),
        ("UPDATE stock SET left = left - ? WHERE item = ? AND left >= ?", true),
        ("SELECT id, item FROM orders o JOIN items i ON o.item = i.id WHERE id = :id", true),
        ("\n  SELECT a,\n\tb\n  FROM c\r\n", true),
        ("SELECT `a`.`b c` FROM `d`", true),
        ("SELECT @@version", true),
        ("SELECT a FROM b FOR UPDATE SKIP LOCKED; BEGIN", true),
        ("SELECT a::int, b IS NULL, c @> $1 FROM \"D\".\"E\"", true),
        ("SELECT größe FROM maße WHERE a IN (?)", true),
        ("SELECT a FROM b WHERE c = 'secret'", false),
        ("SELECT a FROM b WHERE c = 'it\\'s secret'", false),
        ("SELECT a FROM b WHERE c IN (?, ?, ?)", false),
        ("SELECT a FROM b LIMIT 10", false),
        ("SELECT a FROM b WHERE c = TRUE OR d = -1", false),
        ("SELECT a /* hint */ FROM b -- end", false),
        ("SELECT a FROM b WHERE c = $tag$ secret $tag$", false),
        ("SELECT 'cut", false),
        ("# 'secret", false),
        ("\u{a0}SELECT a", false),
    ];

    #[test]
    fn what_is_remembered_of_a_statement_is_what_it_was() {
        let dialects = [None, Some(Dialect::Ansi), Some(Dialect::MySql), Some(Dialect::Unknown)];
        for (text, is_known) in STATEMENTS {
            for asked in dialects {
                let dialect = asked.unwrap_or_else(|| Dialect::of(text));
                let sanitised = Sanitised::new(text, dialect).to_string();
                let summary = Summary::new(text, dialect).to_string();
                for turn in 0..3 {
                    let statement = Statement::new(text, asked);

                    assert_eq!(statement.dialect, dialect, "{text}, {turn}");
                    assert_eq!(statement.sanitised().to_string(), sanitised, "{text}, {turn}");
                    assert_eq!(statement.summary().to_string(), summary, "{text}, {turn}");
                    let is_safe = asked.is_none() || !is_known;
                    assert!(!is_safe || statement.known.is_some() == is_known, "{text}, {turn}");
                }
            }
        }
    }

    #[test]
    fn a_database_that_is_named_knows_its_dialect() {
        let dialect = |system, text| Statement::for_system(text, system).dialect;

        assert_eq!(dialect("mysql", "SELECT 1"), Dialect::MySql);
        assert_eq!(dialect("postgresql", "SELECT 1"), Dialect::Ansi);
        assert_eq!(dialect("sqlite", "SELECT a = $1"), Dialect::Unknown);
        assert_eq!(dialect("oracle.db", "SELECT 1"), Dialect::Unknown);
        assert_eq!(dialect("other_sql", "SELECT a = $1"), Dialect::Ansi);
    }
}
