//! What generated code needs for options that follow a convention: names and statements.

use std::{borrow::Cow, fmt, rc::Rc, sync::Arc};

use super::ending::Text;
use crate::{sql, trace::Writer};

/// A value that can be a word of a span's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of the span's name",
    label = "the convention names spans after it",
    note = "write `%value` to use what `Display` prints, or give the span a `name` of its own"
)]
pub trait Word {
    /// The text; nothing for no value.
    fn word(&self, f: &mut dyn fmt::Write) -> fmt::Result;
}

macro_rules! displayed {
    ($($type:ty),*) => {$(
        impl Word for $type {
            fn word(&self, f: &mut dyn fmt::Write) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    )*};
}

displayed!(
    str,
    String,
    Cow<'_, str>,
    char,
    fmt::Arguments<'_>,
    bool,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize
);

macro_rules! pointer {
    ($($type:ty),*) => {$(
        impl<T: Word + ?Sized> Word for $type {
            fn word(&self, f: &mut dyn fmt::Write) -> fmt::Result {
                T::word(self, f)
            }
        }
    )*};
}

pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Word> Word for Option<T> {
    fn word(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        self.as_ref().map_or(Ok(()), |word| word.word(f))
    }
}

/// A span's name: words with a space between them.
pub struct Name<'n>(pub &'n [&'n dyn Word]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut spaced = Spaced { f, is_first: true, is_new: false };
        for word in self.0 {
            spaced.is_new = !spaced.is_first;
            word.word(&mut spaced)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Puts a space in front of each word but the first, once it turns out that there is one.
struct Spaced<'f, 'a> {
    f: &'f mut fmt::Formatter<'a>,
    is_first: bool,
    is_new: bool,
}

impl fmt::Write for Spaced<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.is_new) {
            self.f.write_str(" ")?;
        }
        self.is_first = false;
        self.f.write_str(text)
    }
}

/// A span's name: what a statement does, and to what; with the name of its database, if it has one.
#[derive(Debug)]
pub struct Summary<'s, S: ?Sized>(pub &'s S, pub &'static str);

impl<S: AsRef<str> + ?Sized> fmt::Display for Summary<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sql::Statement::for_system(self.0.as_ref(), self.1).summary().fmt(f)
    }
}

/// Records a statement without its literals, and what it does.
pub fn statement<S: AsRef<str> + ?Sized>(
    writer: &mut Writer,
    index: u8,
    statement: &S,
    database: &'static str,
) {
    write_statement(writer, index, &sql::Statement::for_system(statement.as_ref(), database));
}

/// The same of one that is known.
pub(crate) fn write_statement(writer: &mut Writer, index: u8, statement: &sql::Statement<'_>) {
    writer.display(index, &statement.sanitised());
    write_summary(writer, statement);
}

/// The same in a record whose site knows nothing of statements.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn write_keyed_statement(writer: &mut Writer, statement: &sql::Statement<'_>) {
    let sanitised = statement.sanitised();
    writer.set_known("db.query.text", &Text(format_args!("{sanitised}")));
    write_summary(writer, statement);
}

fn write_summary(writer: &mut Writer, statement: &sql::Statement<'_>) {
    let summary = statement.summary();
    writer.set_known("db.query.summary", &Text(format_args!("{summary}")));
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn words_that_are_nothing_leave_no_space() {
        let none: Option<&str> = None;

        assert_eq!(Name(&[&"chat", &none]).to_string(), "chat");
        assert_eq!(Name(&[&none, &"m"]).to_string(), "m");
        assert_eq!(Name(&[&"chat", &Some("m".to_owned()), &3]).to_string(), "chat m 3");
    }
}
