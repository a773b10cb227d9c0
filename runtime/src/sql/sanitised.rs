//! A statement with `?` in place of its values.

use std::fmt::{self, Write as _};

use super::{
    Dialect,
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

/// Words between which and a quoted thing nothing but a value can stand.
const BEFORE_VALUES: [&str; 12] = [
    "and", "between", "default", "escape", "glob", "ilike", "like", "limit", "offset", "regexp",
    "rlike", "values",
];

/// What was printed last, as far as the next token depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// A comparison, or the beginning of a list of values: a value comes next.
    Value,
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
struct State {
    before: Before,
    /// How many parentheses deep the list of values began, plus one; 0: outside of one.
    lists: usize,
    depth: usize,
    has_begun: bool,
    space: bool,
}

impl State {
    fn token(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        token: Token<'_>,
        tokens: &mut Tokens<'_>,
    ) -> fmt::Result {
        match token.kind {
            Kind::Literal => self.value(f),
            Kind::QuotedOrLiteral if self.is_value(tokens) => self.value(f),
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
        let is = |word: &&str| text.eq_ignore_ascii_case(word);
        if ["true", "false"].iter().any(is) {
            return self.value(f);
        }
        self.put(f, text)?;
        if is(&"values") {
            self.lists = self.depth + 1;
        }
        self.before = if is(&"in") {
            Before::In
        } else if BEFORE_VALUES.iter().any(is) {
            Before::Value
        } else if text.bytes().all(|byte| byte.is_ascii_alphabetic()) && is_keyword(text) {
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
        tokens: &mut Tokens<'_>,
    ) -> fmt::Result {
        if text == "(" {
            let list = matches!(self.before, Before::In).then(|| list(tokens)).flatten();
            self.put(f, text)?;
            if let Some((shown, rest)) = list {
                *tokens = rest;
                f.write_str(shown)?;
                f.write_char(')')?;
                self.before = Before::Operand;
                return Ok(());
            }
            self.depth += 1;
            // Of a list of values, or the arguments of something.
            self.before = if self.lists > 0 { Before::Value } else { Before::Other };
            return Ok(());
        }
        // A sign belongs to the number behind it.
        if matches!(text, "-" | "+") && self.before != Before::Operand && next_is_number(tokens) {
            return Ok(());
        }
        self.put(f, text)?;
        match text {
            ")" => {
                self.depth = self.depth.saturating_sub(1);
                self.before = Before::Operand;
            }
            "," if self.lists > 0 => self.before = Before::Value,
            "=" | "<" | ">" | "!" | "~" | "|" => self.before = Before::Value,
            ";" => (self.lists, self.before) = (0, Before::Other),
            _ => self.before = Before::Other,
        }
        Ok(())
    }

    /// Whether something in double quotes has to be taken for a value here.
    fn is_value(&self, tokens: &Tokens<'_>) -> bool {
        let is_part_of_name = tokens.clone().next().is_some_and(|next| next.text == ".");
        self.before == Before::Value && !is_part_of_name
    }

    fn put(&mut self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        if std::mem::take(&mut self.space) {
            f.write_char(' ')?;
        }
        self.has_begun = true;
        f.write_str(text)
    }
}

/// The rest of a list of nothing but values, and what is shown of it.
fn list<'s>(tokens: &Tokens<'s>) -> Option<(&'static str, Tokens<'s>)> {
    let mut tokens = tokens.clone();
    let mut count = 0;
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Literal | Kind::QuotedOrLiteral | Kind::Placeholder => count += 1,
            Kind::Space | Kind::Comment => {}
            Kind::Symbol if matches!(token.text, "," | "-" | "+") => {}
            Kind::Symbol if token.text == ")" && count > 0 => return Some(("?", tokens)),
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
fn is_keyword(text: &str) -> bool {
    const KEYWORDS: [&str; 14] = [
        "and",
        "as",
        "by",
        "case",
        "else",
        "from",
        "not",
        "on",
        "or",
        "returning",
        "select",
        "then",
        "when",
        "where",
    ];
    KEYWORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

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
    fn nothing_is_shown_behind_a_text_whose_end_cannot_be_told() {
        for (statement, expected) in [
            ("SELECT 'C:\\', 'secret'", "SELECT ?"),
            ("SELECT 'it\\'s secret'", "SELECT ?"),
            ("SELECT a FROM b WHERE c = 'secret", "SELECT a FROM b WHERE c = ?"),
            ("SELECT $$ secret", "SELECT ?"),
            ("SELECT 'a\\\\', 1", "SELECT ?, ?"),
        ] {
            assert_eq!(sanitised(statement), expected);
        }
    }
}
