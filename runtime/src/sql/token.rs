//! A statement, cut into its tokens.

use super::Dialect;

/// One token, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A comment, which may say anything.
    Comment,
    /// A value: a text, a number.
    Literal,
    /// A value, and its end cannot be told: everything that follows.
    Open,
    /// `?`, `$1`, `:name`, `@name`, `%s`.
    Placeholder,
    /// A name in quotes.
    Quoted,
    /// Something in double quotes, a name or a text.
    QuotedOrLiteral,
    Space,
    Symbol,
    /// A keyword or a name.
    Word,
}

/// Cuts a statement; every byte of it is in one token.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'s> {
    rest: &'s str,
    dialect: Dialect,
    /// The token before, which decides whether a `-` is a sign and a digit a number.
    before: Option<Kind>,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(statement: &'s str, dialect: Dialect) -> Self {
        Self { rest: statement, dialect, before: None }
    }

    fn measure(&self) -> (Kind, usize) {
        let rest = self.rest;
        let bytes = rest.as_bytes();
        let (first, second) = (bytes[0], bytes.get(1).copied().unwrap_or_default());
        match (first, second) {
            (b'-', b'-') => (Kind::Comment, line(rest)),
            (b'#', _) => self.hash(),
            (b'/', b'*') => (Kind::Comment, comment(bytes)),
            (b'\'', _) => self.text(0, self.dialect == Dialect::MySql),
            (b'e' | b'E', b'\'') => self.text(1, true),
            (b'b' | b'B' | b'n' | b'N' | b'x' | b'X', b'\'') => {
                self.text(1, self.dialect == Dialect::MySql)
            }
            (b'u' | b'U', b'&') if bytes.get(2) == Some(&b'\'') => self.text(2, false),
            (b'"', _) => self.double_quoted(),
            (b'`', _) => (Kind::Quoted, quoted(bytes, b'`')),
            (b'[', _) if self.dialect == Dialect::Unknown => {
                bracketed(bytes).map_or((Kind::Symbol, 1), |length| (Kind::Quoted, length))
            }
            (b'$', b'0'..=b'9') => (Kind::Placeholder, 1 + run(&bytes[1..], u8::is_ascii_digit)),
            (b'$', _) => dollar(rest).unwrap_or((Kind::Symbol, 1)),
            (b'?', _) => (Kind::Placeholder, 1 + run(&bytes[1..], u8::is_ascii_digit)),
            (b':', b':') => (Kind::Symbol, 2),
            (b':' | b'@', b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                (Kind::Placeholder, 1 + run(&bytes[1..], is_word))
            }
            (b'0'..=b'9', _) => (Kind::Literal, number(bytes)),
            (b'.', b'0'..=b'9') if !self.follows_name() => (Kind::Literal, number(bytes)),
            _ if first.is_ascii_whitespace() => (Kind::Space, run(bytes, u8::is_ascii_whitespace)),
            _ if is_word(&first) => (Kind::Word, run(bytes, is_word)),
            _ => (Kind::Symbol, 1),
        }
    }

    /// A comment in one dialect, an operator in the other.
    fn hash(&self) -> (Kind, usize) {
        let is_operator = match self.dialect {
            Dialect::Ansi => true,
            Dialect::MySql => false,
            Dialect::Unknown => is_path_operator(self.rest),
        };
        if is_operator {
            return (Kind::Symbol, 1);
        }
        let length = line(self.rest);
        let line = self.rest.get(..length).unwrap_or_default();
        // A text that begins here, or that does not.
        let may_begin = line.contains(['\'', '"', '`', '$']) || line.contains("/*");
        if may_begin && self.dialect == Dialect::Unknown {
            return self.open();
        }
        (Kind::Comment, length)
    }

    fn follows_name(&self) -> bool {
        matches!(self.before, Some(Kind::Word | Kind::Quoted | Kind::QuotedOrLiteral))
    }

    /// A text in single quotes, behind a prefix.
    fn text(&self, prefix: usize, escapes: bool) -> (Kind, usize) {
        let bytes = self.rest.as_bytes();
        let mut at = prefix + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' if escapes => at += 2,
                b'\\' => match bytes.get(at + 1) {
                    // A text that goes on in one dialect and ends here in the other.
                    Some(b'\'') if self.dialect == Dialect::Unknown => return self.open(),
                    // Escaped or two: the next one stands for itself in both.
                    Some(b'\\') if self.dialect == Dialect::Unknown => at += 2,
                    _ => at += 1,
                },
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
                b'\'' => return (Kind::Literal, at + 1),
                _ => at += 1,
            }
        }
        self.open()
    }

    fn open(&self) -> (Kind, usize) {
        (Kind::Open, self.rest.len())
    }

    fn double_quoted(&self) -> (Kind, usize) {
        let bytes = self.rest.as_bytes();
        if self.dialect != Dialect::MySql {
            let end = quoted(bytes, b'"');
            let kind = match self.dialect {
                Dialect::Ansi => Kind::Quoted,
                _ if self.rest[..end].contains('\\') => return self.open(),
                _ => Kind::QuotedOrLiteral,
            };
            return (kind, end);
        }
        let mut at = 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
                b'"' => return (Kind::Literal, at + 1),
                _ => at += 1,
            }
        }
        self.open()
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        if self.rest.is_empty() {
            return None;
        }
        let (kind, length) = self.measure();
        let mut length = length.clamp(1, self.rest.len());
        while !self.rest.is_char_boundary(length) {
            length += 1;
        }
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.before = Some(kind);
        Some(Token { kind, text })
    }
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

fn run(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(byte)).count()
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// `/* … */`, which may stand within another; one without an end is all that follows.
fn comment(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'*'), Some(b'/')) => (at, depth) = (at + 2, depth - 1),
            (Some(b'/'), Some(b'*')) => (at, depth) = (at + 2, depth + 1),
            (Some(_), _) => at += 1,
            (None, _) => break,
        }
    }
    at
}

/// A name between two quotes, a doubled one being one of the name.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match *byte == quote {
            true if bytes.get(at + 1) == Some(&quote) => at += 2,
            true => return at + 1,
            false => at += 1,
        }
    }
    bytes.len()
}

/// `#>`, `#>>` or `#-`, and a value or a placeholder: what a comment hardly begins with.
fn is_path_operator(rest: &str) -> bool {
    let operand = ["#>>", "#>", "#-"].iter().find_map(|operator| rest.strip_prefix(operator));
    operand.is_some_and(|operand| {
        operand.trim_start_matches(' ').starts_with(['\'', '$', '?', ':', '('])
    })
}

/// A name in brackets, as some databases have it; no index and no array.
fn bracketed(bytes: &[u8]) -> Option<usize> {
    let first = bytes.get(1)?;
    let is_name = first.is_ascii_alphabetic() || *first == b'_';
    let end = 1 + run(bytes.get(1..)?, |byte| is_word(byte) || *byte == b' ');
    (is_name && bytes.get(end) == Some(&b']')).then_some(end + 1)
}

/// `$$ … $$`, `$tag$ … $tag$`.
fn dollar(rest: &str) -> Option<(Kind, usize)> {
    let tag = 1 + run(rest.as_bytes().get(1..)?, |byte| is_word(byte) && *byte != b'$');
    if rest.as_bytes().get(tag) != Some(&b'$') {
        // `$name` is a placeholder of some databases.
        return (tag > 1).then_some((Kind::Placeholder, tag));
    }
    let (opening, body) = rest.split_at(tag + 1);
    match body.find(opening) {
        Some(end) => Some((Kind::Literal, opening.len() * 2 + end)),
        None => Some((Kind::Open, rest.len())),
    }
}

/// A number in any form: `12`, `1.5e-3`, `0xFF`, `1_000`.
fn number(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let is_sign = matches!(byte, b'+' | b'-')
            && matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E'))
            && !matches!(bytes.get(1), Some(b'x' | b'X'));
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || is_sign) {
            break;
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks per byte are what is bounded; a quadratic one would take minutes here.
    #[test]
    fn hostile_statements_take_linear_time() {
        for piece in [
            "[", "[a ", "#", "#a\n", "#> ", "#>'a'", "$a", "in (", "in (1,", "'a", "\"a", "/*",
            "a.",
        ] {
            let statement = piece.repeat(400_000 / piece.len());
            for dialect in [Dialect::Unknown, Dialect::MySql, Dialect::Ansi] {
                let cut: usize =
                    Tokens::new(&statement, dialect).map(|token| token.text.len()).sum();
                assert_eq!(cut, statement.len());
            }
            assert!(Dialect::of(&statement) != Dialect::Ansi, "{piece}");
        }
    }
}
