//! Which forms of secrets are looked for.

use std::{borrow::Cow, fmt, ops::Range};

use super::{
    InvalidPattern, REDACTED,
    own::{Find, Own, Template},
    scan,
};

/// A form of secret that is known from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Pattern {
    /// Keys whose first characters tell who issued them: AWS, GitHub, Slack, Stripe and others.
    ApiKey = 1,
    /// Numbers of credit cards, by their issuer, their length and Luhn's check digit.
    Card = 2,
    /// What follows `Bearer` and `Basic`.
    Credential = 4,
    /// JSON Web Tokens.
    Jwt = 8,
    /// Values of denied keys within a text: `password=…`, `"token": "…"`, `Cookie: …`.
    Pair = 16,
    /// Private keys in PEM.
    PrivateKey = 32,
    /// The user and password of a URL.
    Url = 64,
}

/// Chooses the forms of secrets that are looked for in every text; all of them by default.
///
/// ```
/// use spandrel::redact::{Pattern, Patterns};
///
/// let patterns = Patterns::new().without(Pattern::Card).with("cust-{digit:8}")?;
/// assert_eq!(patterns.redact("of cust-00412345"), "of [REDACTED]");
/// assert_eq!(patterns.redact("4111111111111111"), "4111111111111111");
/// # Ok::<(), spandrel::redact::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub struct Patterns {
    on: u8,
    own: Vec<Own>,
}

const NAMES: [(&str, Pattern); 7] = [
    ("api_key", Pattern::ApiKey),
    ("card", Pattern::Card),
    ("credential", Pattern::Credential),
    ("jwt", Pattern::Jwt),
    ("pair", Pattern::Pair),
    ("private_key", Pattern::PrivateKey),
    ("url", Pattern::Url),
];
const ALL: u8 = 127;

impl Patterns {
    /// Looks for all that are known.
    #[must_use]
    pub const fn new() -> Self {
        Self { on: ALL, own: Vec::new() }
    }

    /// Looks for none.
    #[must_use]
    pub const fn none() -> Self {
        Self { on: 0, own: Vec::new() }
    }

    /// Reads a list such as `SPANDREL_REDACT_PATTERNS` has it.
    ///
    /// `-card` leaves one out, `none` all that are known, everything else is a pattern of one's own
    /// as [`Patterns::with`] reads it.
    ///
    /// ```
    /// use spandrel::redact::Patterns;
    ///
    /// let patterns = Patterns::parse("-card, cust-{digit:8}")?;
    /// assert_eq!(patterns.to_string(), "-card,cust-{digit:8}");
    /// # Ok::<(), spandrel::redact::InvalidPattern>(())
    /// ```
    ///
    /// # Errors
    /// A name is not known, or a pattern cannot be read.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut patterns = Self::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if part.eq_ignore_ascii_case("none") {
                patterns.on = 0;
            } else if let Some(name) = part.strip_prefix('-') {
                patterns = patterns.without(Pattern::named(name)?);
            } else {
                patterns = patterns.with(part)?;
            }
        }
        Ok(patterns)
    }

    /// Leaves one out.
    #[must_use]
    pub fn without(mut self, pattern: Pattern) -> Self {
        self.on &= !(pattern as u8);
        self
    }

    /// Adds a pattern of one's own: text, and classes of characters in braces.
    ///
    /// A class is `digit`, `lower`, `upper`, `letter`, `alnum`, `hex`, `base64` (also its URL-safe
    /// form) or `visible` (all but white space), with how many of them there are:
    /// `{digit:8}`, `{alnum:20..}` or `{hex:32..64}`; one to 4,096 by default. What is found stands
    /// by itself: neither a letter nor a digit is right beside it.
    ///
    /// # Errors
    /// The pattern cannot be read, or does not begin with text that is two characters long.
    pub fn with(mut self, pattern: &str) -> Result<Self, InvalidPattern> {
        self.own.push(Own::Template(Template::parse(pattern)?));
        Ok(self)
    }

    /// Adds a function that finds the first secret in a text.
    ///
    /// It is called again with what follows, and must be quick and not panic; what it does when it
    /// panics is taken for nothing found.
    ///
    /// ```
    /// use spandrel::redact::Patterns;
    ///
    /// let patterns = Patterns::new().with_fn(|text| {
    ///     let at = text.find("canary")?;
    ///     Some(at..at + "canary".len())
    /// });
    /// assert_eq!(patterns.redact("a canary sings"), "a [REDACTED] sings");
    /// ```
    #[must_use]
    pub fn with_fn(mut self, find: fn(&str) -> Option<Range<usize>>) -> Self {
        self.own.push(Own::Function(Find(find)));
        self
    }

    /// Hides what is found in a text; borrowed if nothing is.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let shown = replaced(text, |from| scan::next(text.as_bytes(), from, self.on));
        let mut shown = shown.map_or(Cow::Borrowed(text), Cow::Owned);
        for own in &self.own {
            if let Some(hidden) = replaced(&shown, |from| own.next(&shown, from)) {
                shown = Cow::Owned(hidden);
            }
        }
        shown
    }

    /// Whether something is found in a text.
    pub(crate) fn finds(&self, text: &[u8]) -> bool {
        scan::next(text, 0, self.on).is_some() || !self.own.is_empty() && self.finds_own(text)
    }

    #[cold]
    fn finds_own(&self, text: &[u8]) -> bool {
        let Ok(text) = str::from_utf8(text) else { return false };
        self.own.iter().any(|own| own.next(text, 0).is_some())
    }

    /// Whether a number is that of a card.
    ///
    /// Of a whole number more is asked than of digits in a text: it has the length of most cards.
    #[inline]
    pub(crate) fn finds_number(&self, number: u64) -> bool {
        const SHORTEST: u64 = 10_u64.pow(14);
        const BEYOND: u64 = 10_u64.pow(16);
        (SHORTEST..BEYOND).contains(&number)
            && self.on & Pattern::Card as u8 != 0
            && super::card::is_number(number)
    }
}

/// The text with what is found left out; `None` if nothing is.
fn replaced(text: &str, mut next: impl FnMut(usize) -> Option<Range<usize>>) -> Option<String> {
    let mut shown = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = next(from) {
        // Whoever found it may be wrong about where characters begin: then it is left as it is.
        let Some(clear) =
            text.get(copied..found.start).filter(|_| text.is_char_boundary(found.end))
        else {
            break;
        };
        shown.push_str(clear);
        shown.push_str(REDACTED);
        copied = found.end;
        from = found.end;
    }
    if copied == 0 && shown.is_empty() {
        return None;
    }
    shown.push_str(text.get(copied..).unwrap_or_default());
    Some(shown)
}

impl Default for Patterns {
    fn default() -> Self {
        Self::new()
    }
}

/// In the form that [`Patterns::parse`] reads; functions show as `fn`.
impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let off = NAMES.iter().filter(|(_, pattern)| self.on & *pattern as u8 == 0);
        let off = off.map(|(name, _)| format!("-{name}"));
        let mut parts: Vec<_> = if self.on == 0 { vec!["none".into()] } else { off.collect() };
        parts.extend(self.own.iter().map(ToString::to_string));
        f.write_str(&parts.join(","))
    }
}

impl Pattern {
    fn named(name: &str) -> Result<Self, InvalidPattern> {
        let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, pattern)| *pattern).ok_or_else(|| {
            let names: Vec<_> = NAMES.iter().map(|(known, _)| format!("`-{known}`")).collect();
            InvalidPattern::new(format!(
                "`-{name}` is no pattern; write one of {}",
                names.join(", ")
            ))
        })
    }
}
