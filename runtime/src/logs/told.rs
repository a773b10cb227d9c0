//! What `sqlx` tells of a query in one text: its events where they are records of the `log` crate.

use std::str::Chars;

use crate::{
    call::group,
    sql::{Dialect, Statement},
    trace::Writer,
};

/// A query that a message tells of, and what else that says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    statement: String,
    rest: String,
}

impl Told {
    /// Whether messages under this target tell of queries.
    pub(crate) fn is_by(target: &str) -> bool {
        target == "sqlx::query"
    }

    /// Takes a message apart: `… summary="SELECT …" db.statement="…" rows_affected=0 …`.
    ///
    /// Of one that is made in another way nothing is kept: a statement could be anywhere in it.
    pub(crate) fn of(message: &str) -> Self {
        Self::read(message).unwrap_or_default()
    }

    fn read(message: &str) -> Option<Self> {
        let (front, rest) = message.split_once("summary=")?;
        let is_known = front.is_empty() || front.starts_with("slow statement");
        if !is_known || front.contains(['"', '\'', '`']) {
            return None;
        }
        let (summary, rest) = unquoted(rest)?;
        let (statement, rest) = unquoted(rest.strip_prefix(" db.statement=")?)?;
        let statement = if statement.is_empty() { summary } else { statement };
        Some(Self { statement, rest: format!("{front}{}", rest.trim_start()) })
    }

    /// Writes it without the values of the statement.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.name_str(if self.rest.is_empty() { "query" } else { self.rest.trim_end() });
        if !self.statement.is_empty() {
            // Which database it is for was not said, and a record of the log has no site that knows.
            let statement = Statement::new(&self.statement, Dialect::Unknown);
            group::write_keyed_statement(writer, &statement);
        }
    }
}

/// A text that `Debug` has quoted, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut unquoted = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((unquoted, chars.as_str())),
            '\\' => unquoted.push(escaped(&mut chars)?),
            char => unquoted.push(char),
        }
    }
}

fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'u' => {
            let (digits, rest) = chars.as_str().strip_prefix('{')?.split_once('}')?;
            *chars = rest.chars();
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
        }
        char => char,
    })
}

#[cfg(test)]
mod tests {
    use super::Told;

    fn read(message: &str) -> (String, String) {
        let told = Told::of(message);
        (told.statement, told.rest)
    }

    #[test]
    fn a_message_is_its_statement_and_the_rest() {
        let statement = "\n\nSELECT a FROM b\tWHERE c = \"it's\" AND d = '\u{1}\\'\n";
        let message = format!(
            "slow statement summary={:?} db.statement={statement:?} rows_affected=0 elapsed=2s",
            "SELECT a FROM b …"
        );
        let short = format!("summary={:?} db.statement={:?} rows_returned=1", "SELECT 'ü\"'", "");

        let slow = (statement.to_owned(), "slow statement rows_affected=0 elapsed=2s".to_owned());
        assert_eq!(read(&message), slow);
        assert_eq!(read(&short), ("SELECT 'ü\"'".to_owned(), "rows_returned=1".to_owned()));
    }

    #[test]
    fn nothing_is_kept_of_a_message_that_cannot_be_taken_apart() {
        for message in [
            "",
            "SELECT 'secret'; rows affected: 1",
            "SELECT 'summary=secret'",
            "SELECT 5432 summary=\"a\" db.statement=\"\"",
            "summary=\"SELECT 'secret'",
            "summary=\"SELECT 'secret'\" rows_affected=0",
            "summary=\"a\" db.statement=\"\\u{secret}\"",
        ] {
            assert_eq!(Told::of(message), Told::default(), "{message}");
        }
    }
}
