//! What a statement does, and to what: `INSERT shipping_details SELECT orders`.

use std::{fmt, iter::Peekable};

use super::{
    Dialect,
    place::{Place, is},
    token::{Kind, Token, Tokens},
};

/// Prints the operations of a statement and their targets, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary<'s> {
    statement: &'s str,
    dialect: Dialect,
}

/// As the conventions say; no operation and no target is cut.
const MAX_BYTES: usize = 255;

/// What a word makes of the names behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An operation whose target follows it, behind words that are none.
    Operation,
    /// Names that follow are targets.
    Target,
    /// Stands between an operation and its target.
    Filler,
    /// Ends a list of targets.
    End,
}

impl<'s> Summary<'s> {
    pub(crate) fn new(statement: &'s str, dialect: Dialect) -> Self {
        Self { statement, dialect }
    }

    fn tokens(&self) -> impl Iterator<Item = Token<'s>> + Clone + use<'s> {
        let is_seen = |token: &Token<'s>| !matches!(token.kind, Kind::Space | Kind::Comment);
        Tokens::new(self.statement.trim(), self.dialect).filter(is_seen)
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tokens = self.tokens().peekable();
        let mut printed = Printed { f, bytes: 0 };
        let mut place = Place::default();
        // A name that comes now is a target.
        let mut expected = false;
        // It may be that of a function, too.
        let mut may_be_call = false;
        // Nothing but a name can be there: what is in double quotes is one.
        let mut is_certain = false;
        let mut is_first = true;
        while let Some(token) = tokens.next() {
            match token.kind {
                Kind::Open => break,
                Kind::Word => match role_at(&place, token.text, is_first) {
                    Some(Role::Operation) => {
                        printed.put(&[token.text])?;
                        expected = !is(token.text, &["select", "with", "union"]);
                        may_be_call = false;
                        is_certain = is(token.text, &["update"]);
                    }
                    Some(Role::Target) => {
                        expected = true;
                        may_be_call = is(token.text, &["from", "join"]);
                        is_certain = !is(token.text, &["using"]);
                    }
                    Some(Role::Filler) => is_certain |= is(token.text, &["table"]),
                    Some(Role::End) => expected = false,
                    None if expected => {
                        expected = target(&mut printed, token, &mut tokens, may_be_call)?;
                    }
                    None => {}
                },
                Kind::QuotedOrLiteral if !is_certain => {}
                Kind::Quoted | Kind::QuotedOrLiteral if expected => {
                    expected = target(&mut printed, token, &mut tokens, may_be_call)?;
                }
                Kind::Symbol if matches!(token.text, "(" | ";") => expected = false,
                _ => {}
            }
            is_first = token.text == ";";
            place.pass(token.text);
        }
        Ok(())
    }
}

/// Prints a name with its parts; whether a comma and another target follow.
fn target<'s>(
    printed: &mut Printed<'_, '_>,
    first: Token<'s>,
    tokens: &mut Peekable<impl Iterator<Item = Token<'s>> + Clone>,
    may_be_call: bool,
) -> Result<bool, fmt::Error> {
    let mut parts = [first.text; 5];
    let mut used = 1;
    while tokens.peek().is_some_and(|next| next.text == ".") && used + 1 < parts.len() {
        tokens.next();
        let Some(part) = tokens.next() else { break };
        parts[used] = ".";
        parts[used + 1] = part.text;
        used += 2;
    }
    // A function is no table.
    let is_call = may_be_call && tokens.peek().is_some_and(|next| next.text == "(");
    if !is_call {
        printed.put(&parts[..used])?;
    }
    // An alias, and then maybe a comma.
    let mut ahead = tokens.clone();
    for _ in 0..3 {
        match ahead.next() {
            Some(next) if next.text == "," => {
                *tokens = ahead;
                return Ok(true);
            }
            Some(next) if next.kind == Kind::Word && role(next.text, false).is_none() => {}
            Some(next) if matches!(next.kind, Kind::Quoted | Kind::QuotedOrLiteral) => {}
            Some(next) if is(next.text, &["as"]) => {}
            _ => return Ok(false),
        }
    }
    Ok(false)
}

fn role_at(place: &Place<'_>, word: &str, is_first: bool) -> Option<Role> {
    if place.means_what_it_says(word) { role(word, is_first) } else { Some(Role::End) }
}

fn role(word: &str, is_first: bool) -> Option<Role> {
    const OPERATIONS: [&str; 6] = ["select", "insert", "update", "delete", "merge", "call"];
    const TARGETS: [&str; 4] = ["from", "join", "into", "using"];
    const FILLERS: [&str; 16] = [
        "as",
        "concurrently",
        "database",
        "exists",
        "function",
        "if",
        "index",
        "not",
        "only",
        "or",
        "procedure",
        "recursive",
        "replace",
        "schema",
        "table",
        "view",
    ];
    const ENDS: [&str; 17] = [
        "cross",
        "full",
        "group",
        "having",
        "inner",
        "lateral",
        "left",
        "limit",
        "natural",
        "on",
        "order",
        "outer",
        "returning",
        "right",
        "set",
        "values",
        "where",
    ];
    if is(word, &OPERATIONS) || is_first {
        Some(Role::Operation)
    } else if is(word, &TARGETS) {
        Some(Role::Target)
    } else if is(word, &FILLERS) {
        Some(Role::Filler)
    } else if is(word, &ENDS) {
        Some(Role::End)
    } else {
        None
    }
}

/// What has been printed, up to the limit.
struct Printed<'f, 'a> {
    f: &'f mut fmt::Formatter<'a>,
    bytes: usize,
}

impl Printed<'_, '_> {
    fn put(&mut self, parts: &[&str]) -> fmt::Result {
        let space = usize::from(self.bytes > 0);
        let bytes = space + parts.iter().map(|part| part.len()).sum::<usize>();
        if self.bytes + bytes > MAX_BYTES {
            self.bytes = MAX_BYTES;
            return Ok(());
        }
        self.bytes += bytes;
        if space > 0 {
            self.f.write_str(" ")?;
        }
        parts.iter().try_for_each(|part| self.f.write_str(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(statement: &str) -> String {
        Summary::new(statement, Dialect::of(statement)).to_string()
    }

    #[test]
    fn operations_and_targets_are_named_in_order() {
        for (statement, expected) in [
            ("SELECT * FROM wuser_table WHERE username = ?", "SELECT wuser_table"),
            (
                "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders",
                "INSERT shipping_details SELECT orders",
            ),
            ("SELECT * FROM songs, artists WHERE songs.a == artists.b", "SELECT songs artists"),
            (
                "SELECT d FROM (SELECT * FROM orders o JOIN customers c ON o.id = c.id)",
                "SELECT SELECT orders customers",
            ),
            ("insert into a.b (c) values (1)", "insert a.b"),
            ("UPDATE \"a\" SET b = 1 WHERE c = 2", "UPDATE \"a\""),
            ("DELETE FROM `a` WHERE b = 1", "DELETE `a`"),
            ("SELECT count(*) FROM a AS x, b y LEFT JOIN c ON x.d = c.d", "SELECT a b c"),
            ("CREATE TABLE IF NOT EXISTS a (b INT)", "CREATE a"),
            ("DROP TABLE a", "DROP a"),
            ("call some_procedure", "call some_procedure"),
            ("BEGIN", "BEGIN"),
            ("SELECT 1", "SELECT"),
            ("SELECT * FROM generate_series(1, 2) s", "SELECT"),
            ("CREATE TABLE IF NOT EXISTS \"a\" (b INT)", "CREATE \"a\""),
            ("SELECT a FROM \"b\", \"c\" d", "SELECT \"b\" \"c\""),
        ] {
            assert_eq!(summary(statement), expected, "{statement}");
        }
    }

    #[test]
    fn words_that_only_look_like_operations_are_none() {
        for (statement, expected) in [
            ("SELECT a FROM jobs WHERE b = 1 FOR UPDATE SKIP LOCKED", "SELECT jobs"),
            ("SELECT a FROM jobs FOR UPDATE SKIP LOCKED", "SELECT jobs"),
            ("SELECT a FROM jobs FOR NO KEY UPDATE OF b", "SELECT jobs"),
            ("INSERT INTO a (b) VALUES (1) ON DUPLICATE KEY UPDATE c = 2", "INSERT a"),
            ("INSERT INTO a (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 2", "INSERT a"),
            (
                "CREATE TABLE a (b INT REFERENCES c ON DELETE CASCADE ON UPDATE SET NULL)",
                "CREATE a",
            ),
            ("SELECT EXTRACT(EPOCH FROM created_at) FROM a", "SELECT a"),
            ("SELECT a FROM b WHERE substring(c FROM 2) = ? AND d IS DISTINCT FROM e", "SELECT b"),
            ("SELECT CONVERT(a USING utf8) FROM b", "SELECT b"),
            ("SELECT count((SELECT a FROM b)) FROM c", "SELECT SELECT b c"),
            ("SELECT f(a) FROM b; UPDATE c SET d = 1; DELETE FROM e", "SELECT b UPDATE c DELETE e"),
        ] {
            assert_eq!(summary(statement), expected, "{statement}");
        }
    }

    #[test]
    fn a_summary_is_cut_between_two_words() {
        let tables: Vec<_> = (0..80).map(|n| format!("table_{n}")).collect();
        let statement = format!("SELECT * FROM {}", tables.join(", "));

        let summary = summary(&statement);

        assert!(summary.len() <= MAX_BYTES && summary.len() > 200, "{}", summary.len());
        assert!(tables.contains(&summary.rsplit(' ').next().unwrap().to_owned()), "{summary}");
    }

    #[test]
    fn no_value_is_in_a_summary() {
        for statement in [
            "SELECT 'secret' FROM a",
            "INSERT INTO a VALUES ('secret', \"secret\")",
            "UPDATE a SET b = \"secret\"",
            "SELECT a FROM b WHERE c IS NOT DISTINCT FROM \"secret\"",
            "SELECT trim(FROM \"secret\")",
            "PRAGMA \"secret\"",
            "EXECUTE a USING \"secret\"",
            "SELECT a #FROM secret",
            "SELECT a FROM b WHERE c = 'x\\' FROM secret'",
        ] {
            assert!(!summary(statement).contains("secret"), "{statement}");
        }
    }
}
