//! A statement with `?` in place of its values.

use std::fmt::{self, Write as _};

use super::{
    Dialect,
    place::{Place, is},
    token::{Kind, Token, Tokens},
};

/// Prints a statement without its values, its comments, and the lengths of its lists.
///
/// Placeholders stay as they are: values that they stand for were never in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sanitised<'s> {
    statement: &'s str,
    dialect: Dialect,
}

impl<'s> Sanitised<'s> {
    pub(crate) fn new(statement: &'s str, dialect: Dialect) -> Self {
        Self { statement, dialect }
    }
}

/// What was printed last, as far as the next token depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// A value or a name: a sign that follows is an operator.
    Operand,
    /// The word `IN`.
    In,
    /// Anything else.
    #[default]
    Other,
}

impl fmt::Display for Sanitised<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tokens = Tokens::new(self.statement.trim(), self.dialect);
        let mut state = State::default();
        while let Some(token) = tokens.next() {
            match token.kind {
                Kind::Comment | Kind::Space => state.space = state.has_begun,
                Kind::Open => {
                    state.put(f, "?")?;
                    return Ok(());
                }
                _ => state.token(f, token, &mut tokens)?,
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct State<'s> {
    before: Before,
    place: Place<'s>,
    has_begun: bool,
    space: bool,
}

impl<'s> State<'s> {
    fn token(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        token: Token<'s>,
        tokens: &mut Tokens<'s>,
    ) -> fmt::Result {
        let place = self.place;
        self.place.pass(token.text);
        match token.kind {
            Kind::Literal => self.value(f),
            Kind::QuotedOrLiteral if !is_name(&place, tokens) => self.value(f),
            Kind::Quoted | Kind::QuotedOrLiteral | Kind::Placeholder => {
                self.put(f, token.text)?;
                self.before = Before::Operand;
                Ok(())
            }
            Kind::Word => self.word(f, token.text),
            _ => self.symbol(f, token.text, tokens),
        }
    }

    fn value(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.put(f, "?")?;
        self.before = Before::Operand;
        Ok(())
    }

    fn word(&mut self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        if is(text, &["true", "false"]) {
            return self.value(f);
        }
        self.put(f, text)?;
        self.before = if is(text, &["in"]) {
            Before::In
        } else if is(text, &BEFORE_SIGNS) {
            Before::Other
        } else {
            Before::Operand
        };
        Ok(())
    }

    fn symbol(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        text: &str,
        tokens: &mut Tokens<'s>,
    ) -> fmt::Result {
        // A sign belongs to the number behind it.
        if matches!(text, "-" | "+") && self.before != Before::Operand && next_is_number(tokens) {
            return Ok(());
        }
        self.put(f, text)?;
        if text == "("
            && self.before == Before::In
            && let Some(rest) = behind_list(tokens)
        {
            *tokens = rest;
            self.place.pass(")");
            f.write_str("?)")?;
            self.before = Before::Operand;
            return Ok(());
        }
        self.before = if text == ")" { Before::Operand } else { Before::Other };
        Ok(())
    }

    fn put(&mut self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        if std::mem::take(&mut self.space) {
            f.write_char(' ')?;
        }
        self.has_begun = true;
        f.write_str(text)
    }
}

/// Whether something in double quotes can be nothing but a name here.
fn is_name(place: &Place<'_>, behind: &Tokens<'_>) -> bool {
    place.takes_name() || behind.clone().next().is_some_and(|next| next.text == ".")
}

/// What is behind a list of nothing but values.
fn behind_list<'s>(tokens: &Tokens<'s>) -> Option<Tokens<'s>> {
    let mut tokens = tokens.clone();
    let mut count = 0;
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Literal | Kind::QuotedOrLiteral | Kind::Placeholder => count += 1,
            Kind::Space | Kind::Comment => {}
            Kind::Symbol if matches!(token.text, "," | "-" | "+") => {}
            Kind::Symbol if token.text == ")" && count > 0 => return Some(tokens),
            _ => return None,
        }
    }
    None
}

fn next_is_number(tokens: &Tokens<'_>) -> bool {
    tokens.clone().next().is_some_and(|next| {
        next.kind == Kind::Literal
            && next.text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    })
}

/// Words behind which a sign belongs to a number.
const BEFORE_SIGNS: [&str; 25] = [
    "and",
    "as",
    "between",
    "by",
    "case",
    "default",
    "else",
    "escape",
    "from",
    "glob",
    "ilike",
    "like",
    "limit",
    "not",
    "offset",
    "on",
    "or",
    "regexp",
    "returning",
    "rlike",
    "select",
    "then",
    "values",
    "when",
    "where",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sanitised(statement: &str) -> String {
        Sanitised::new(statement, Dialect::of(statement)).to_string()
    }

    #[test]
    fn values_of_every_form_become_question_marks() {
        for (statement, expected) in [
            ("SELECT * FROM a WHERE b = 'secret'", "SELECT * FROM a WHERE b = ?"),
            ("SELECT 'it''s' , 1", "SELECT ? , ?"),
            ("SELECT -1, +2.5e-3, a - 1, .5, 1_000", "SELECT ?, ?, a - ?, ?, ?"),
            ("SELECT 0xDEADBEEF, X'0102', b'01', N'x', U&'d'", "SELECT ?, ?, ?, ?, ?"),
            ("SELECT $$a 'secret' $$, $tag$ $$ b $tag$", "SELECT ?, ?"),
            ("SELECT E'it\\'s secret', 2 WHERE x = $1", "SELECT ?, ? WHERE x = $1"),
            ("UPDATE a SET b = true, c = FALSE, d = NULL", "UPDATE a SET b = ?, c = ?, d = NULL"),
            ("SELECT date '2026-01-02', interval '1 day'", "SELECT date ?, interval ?"),
            ("SELECT a1, t2.b3 FROM x4", "SELECT a1, t2.b3 FROM x4"),
            ("SELECT a::int, b::text WHERE c = :name", "SELECT a::int, b::text WHERE c = :name"),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }

    #[test]
    fn lists_have_one_length() {
        for (statement, expected) in [
            ("DELETE FROM a WHERE b IN (1, 2, 3)", "DELETE FROM a WHERE b IN (?)"),
            ("SELECT 1 WHERE b not in ('x','y', -2)", "SELECT ? WHERE b not in (?)"),
            ("SELECT a WHERE b IN ($1, $2, $3)", "SELECT a WHERE b IN (?)"),
            (
                "SELECT a WHERE b IN (SELECT c FROM d WHERE e = 1)",
                "SELECT a WHERE b IN (SELECT c FROM d WHERE e = ?)",
            ),
            ("SELECT a WHERE b IN (c, 1)", "SELECT a WHERE b IN (c, ?)"),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }

    #[test]
    fn comments_and_layout_are_left_out() {
        let statement = "
            -- for customer 'secret'
            SELECT a /* secret /* nested */ too */ ,
                   b # and this
            FROM c";

        assert_eq!(sanitised(statement), "SELECT a , b FROM c");
    }

    #[test]
    fn double_quotes_are_around_names_where_that_is_certain() {
        for (statement, expected) in [
            ("SELECT \"a\".\"b\" FROM \"c\"", "SELECT \"a\".\"b\" FROM \"c\""),
            ("SELECT \"a\" WHERE \"a\" = $1", "SELECT \"a\" WHERE \"a\" = $1"),
            ("SELECT a WHERE b = \"secret\"", "SELECT a WHERE b = ?"),
            ("SELECT a WHERE b LIKE \"secret%\"", "SELECT a WHERE b LIKE ?"),
            ("INSERT INTO a VALUES (\"secret\", \"other\")", "INSERT INTO a VALUES (?, ?)"),
            ("SELECT `a` WHERE `b` = \"it\\\"s secret\"", "SELECT `a` WHERE `b` = ?"),
            (
                "SELECT 1 FROM \"a\" JOIN \"b\" ON \"a\".\"x\" = \"b\".\"x\"",
                "SELECT ? FROM \"a\" JOIN \"b\" ON \"a\".\"x\" = \"b\".\"x\"",
            ),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }

    #[test]
    fn double_quotes_are_around_values_wherever_they_may_be() {
        for (statement, expected) in [
            ("PRAGMA key(\"secret\")", "PRAGMA key(?)"),
            ("PRAGMA key = \"secret\"", "PRAGMA key = ?"),
            ("SELECT coalesce(name, \"secret\")", "SELECT coalesce(name, ?)"),
            ("SELECT a WHERE b IN (\"secret\", c)", "SELECT a WHERE b IN (?, c)"),
            ("SELECT a WHERE b IN (c, \"secret\")", "SELECT a WHERE b IN (c, ?)"),
            ("SELECT a WHERE b IS DISTINCT FROM \"secret\"", "SELECT a WHERE b IS DISTINCT FROM ?"),
            ("SELECT trim(FROM \"secret\") FROM \"a\"", "SELECT trim(FROM ?) FROM \"a\""),
            ("SELECT (SELECT b FROM \"a\")", "SELECT (SELECT b FROM \"a\")"),
            ("INSERT INTO \"a\" (b) VALUES (1)", "INSERT INTO \"a\" (b) VALUES (?)"),
            ("UPDATE \"a\" SET b = 1", "UPDATE \"a\" SET b = ?"),
            (
                "CREATE TABLE \"a\" (b INT DEFAULT \"secret\")",
                "CREATE TABLE \"a\" (b INT DEFAULT ?)",
            ),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }

    #[test]
    fn a_hash_begins_a_comment_wherever_it_may() {
        let of = |statement, dialect| Sanitised::new(statement, dialect).to_string();

        for (statement, expected) in [
            ("SELECT a #secret\nFROM b", "SELECT a FROM b"),
            ("SELECT a #it's\n, 'costs 5 secret'", "SELECT a ?"),
            ("SELECT a #> 'secret', b #- ?", "SELECT a #> ?, b #- ?"),
        ] {
            assert_eq!(of(statement, Dialect::Unknown), expected);
        }
        let statement = "SELECT a #it's secret\n, 'secret', N'it\\'s secret'";
        assert_eq!(of(statement, Dialect::MySql), "SELECT a , ?, ?");
        assert_eq!(of("SELECT a #b, c", Dialect::Ansi), "SELECT a #b, c");
    }

    #[test]
    fn nothing_is_shown_behind_a_text_whose_end_cannot_be_told() {
        for (statement, expected) in [
            ("SELECT 'C:\\', 'secret'", "SELECT ?"),
            ("SELECT 'it\\'s secret'", "SELECT ?"),
            ("SELECT a FROM b WHERE c = 'secret", "SELECT a FROM b WHERE c = ?"),
            ("SELECT $$ secret", "SELECT ?"),
            ("SELECT 'a\\\\', 1", "SELECT ?, ?"),
            (
                "INSERT INTO notes VALUES ('Ann\\'s card costs $5 secret')",
                "INSERT INTO notes VALUES (?",
            ),
            ("SELECT 'in `code`', 'C:\\', 'secret'", "SELECT ?, ?"),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }
}
