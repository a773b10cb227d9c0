//! Statements of databases without what is secret in them, and what they do in few words.
//!
//! Whoever writes a statement may put values into its text. [`Sanitised`] shows `?` in their place,
//! [`Summary`] only the operations and what they are performed on. Both print piece by piece and
//! allocate nothing.
//!
//! Which database a statement is for is not always known, and what is a text in one is a name in
//! another. Where that cannot be told, what may be a value is taken for one, and where not even
//! its end can be told, nothing more is shown.

mod sanitised;
mod summary;
mod token;

pub(crate) use sanitised::Sanitised;
pub(crate) use summary::Summary;

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
    /// That of a statement, as far as its text betrays it.
    pub(crate) fn of(statement: &str) -> Self {
        if statement.contains('`') {
            return Self::MySql;
        }
        let bytes = statement.as_bytes();
        let is_placeholder = |pair: &[u8]| pair[0] == b'$' && pair[1].is_ascii_digit();
        if bytes.windows(2).any(is_placeholder) { Self::Ansi } else { Self::Unknown }
    }
}
