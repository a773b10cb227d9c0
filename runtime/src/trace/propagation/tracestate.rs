//! The `tracestate` header of W3C Trace Context, level 2.
//!
//! Kept as one canonical header text: spans carry it as text anyway, sending it costs nothing, and
//! what a hostile header can make us hold is bounded by [`TraceState::MAX_LEN`].
//!
//! A member that breaks the grammar, or a 33rd one, discards the whole header, as the specification
//! lets us; the `traceparent` beside it stays valid. Of members with the same key the first, which
//! is the most recent, is kept. Level 2 knows `tenant@system` no longer as a form of its own: `@` is
//! a character like others, though no key starts with it.

use std::{fmt, str::FromStr, sync::Arc};

use super::malformed::Malformed;

/// Positions of other tracing systems, as `tracestate` carries them.
///
/// A clone shares the text. Changes put the changed member in front, as the specification demands.
///
/// ```
/// use spandrel::trace::propagation::TraceState;
///
/// let mut state = TraceState::parse("congo=t61rcWkgMzE , rojo=1")?;
/// state.insert("rojo", "2")?;
/// assert_eq!(state.as_str(), "rojo=2,congo=t61rcWkgMzE");
/// assert_eq!(state.get("congo"), Some("t61rcWkgMzE"));
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TraceState {
    /// `key=value` joined by `,`; never empty, so that an empty state needs no allocation.
    text: Option<Arc<str>>,
}

impl TraceState {
    /// How many members a state holds at most.
    pub const MAX_MEMBERS: usize = 32;

    /// How many characters of a state are kept and sent on.
    ///
    /// A longer one loses whole members: first those above 128 characters, then those at the end.
    pub const MAX_LEN: usize = 512;

    /// Makes an empty state.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// assert!(TraceState::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { text: None }
    }

    /// Reads one header value.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// assert_eq!(TraceState::parse("foo=1,\t,bar=2")?.len(), 2);
    /// assert!(TraceState::parse("foo=1,Bar=2").is_err());
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// A member breaks the grammar, or there are more than [`Self::MAX_MEMBERS`].
    pub fn parse(header: &str) -> Result<Self, Malformed> {
        Self::from_headers([header])
    }

    /// Reads all `tracestate` headers of a request, which together are one list.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// let state = TraceState::from_headers(["foo=1,bar=2", "", "baz=3"])?;
    /// assert_eq!(state.as_str(), "foo=1,bar=2,baz=3");
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Self, Malformed> {
        let mut members = Members::new();
        let mut seen = 0;
        let mut unread = MAX_INPUT;
        for header in headers {
            unread = unread.checked_sub(header.len()).ok_or(malformed("too long"))?;
            for member in header.split(',') {
                let member = member.trim_matches([' ', '\t']);
                if member.is_empty() {
                    continue; // allowed: senders cannot always tell that a header was empty
                }
                seen += 1;
                if seen > Self::MAX_MEMBERS {
                    return Err(malformed("more than 32 members"));
                }
                members.push_unless_known(Member::parse(member)?);
            }
        }
        Ok(members.into_state(0))
    }

    /// Sets a member and puts it in front; the least recent members make room for it.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// let mut state = TraceState::new();
    /// state.insert("fw529a3039@dt", "FfAaC7")?;
    /// assert_eq!(state.as_str(), "fw529a3039@dt=FfAaC7");
    /// assert!(state.insert("no spaces", "1").is_err());
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// Key or value break the grammar, or are too long for a header; the state stays as it was.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), Malformed> {
        let member = Member::new(key, value)?;
        if member.len() > Self::MAX_LEN {
            return Err(malformed("a member longer than the header may be"));
        }
        let mut members = Members::new();
        // Kept even above 128 characters: what was just set must not vanish without a word.
        members.push_unless_known(member);
        self.members().for_each(|old| members.push_unless_known(old));
        *self = members.into_state(1);
        Ok(())
    }

    /// Deletes a member; says whether there was one.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// let mut state = TraceState::parse("foo=1,bar=2")?;
    /// assert!(state.remove("foo") && !state.remove("foo"));
    /// assert_eq!(state.as_str(), "bar=2");
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    pub fn remove(&mut self, key: &str) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        let mut members = Members::new();
        self.members().filter(|old| old.key != key).for_each(|old| members.push_unless_known(old));
        *self = members.into_state(0);
        true
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.members().find(|member| member.key == key).map(|member| member.value)
    }

    /// The members as key and value, the most recent first.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceState;
    ///
    /// let state = TraceState::parse("foo=1,bar=2")?;
    /// assert_eq!(state.iter().collect::<Vec<_>>(), [("foo", "1"), ("bar", "2")]);
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members().map(|member| (member.key, member.value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members().count()
    }

    /// Whether there is no member; an empty state is not sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_none()
    }

    /// The header value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.as_str().split(',').filter_map(|member| {
            let (key, value) = member.split_once('=')?;
            Some(Member { key, value })
        })
    }
}

impl FromStr for TraceState {
    type Err = Malformed;

    fn from_str(header: &str) -> Result<Self, Malformed> {
        Self::parse(header)
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceState({self})")
    }
}

/// One valid member.
#[derive(Clone, Copy)]
struct Member<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> Member<'a> {
    fn parse(text: &'a str) -> Result<Self, Malformed> {
        let (key, value) = text.split_once('=').ok_or(malformed("a member without `=`"))?;
        Self::new(key, value)
    }

    fn new(key: &'a str, value: &'a str) -> Result<Self, Malformed> {
        let key_char = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte)
        };
        let starts_well = key.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !starts_well || key.len() > 256 || !key.bytes().all(key_char) {
            return Err(malformed("a key against the grammar"));
        }
        let value_char = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
        let ends_well = !value.is_empty() && !value.ends_with(' ');
        if !ends_well || value.len() > 256 || !value.bytes().all(value_char) {
            return Err(malformed("a value against the grammar"));
        }
        Ok(Self { key, value })
    }

    const fn len(&self) -> usize {
        self.key.len() + 1 + self.value.len()
    }
}

/// Members with distinct keys, on the stack: a hostile header allocates nothing.
struct Members<'a> {
    slots: [Member<'a>; TraceState::MAX_MEMBERS],
    len: usize,
}

impl<'a> Members<'a> {
    const fn new() -> Self {
        Self { slots: [Member { key: "", value: "" }; TraceState::MAX_MEMBERS], len: 0 }
    }

    /// Appends a member with a new key; a full list loses what would be its right-most member.
    fn push_unless_known(&mut self, member: Member<'a>) {
        let known = self.slots[..self.len].iter().any(|old| old.key == member.key);
        if !known && self.len < self.slots.len() {
            self.slots[self.len] = member;
            self.len += 1;
        }
    }

    /// Writes the members into a header, as many as it may hold; the first `kept` stay in any case.
    fn into_state(mut self, kept: usize) -> TraceState {
        while self.text_len() > TraceState::MAX_LEN && self.len > kept {
            let long = self.slots[kept..self.len].iter().rposition(|member| member.len() > 128);
            self.remove(long.map_or(self.len - 1, |position| kept + position));
        }
        let mut text = String::with_capacity(self.text_len());
        for (position, member) in self.slots[..self.len].iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            text.push_str(member.key);
            text.push('=');
            text.push_str(member.value);
        }
        TraceState { text: (!text.is_empty()).then(|| text.into()) }
    }

    fn remove(&mut self, position: usize) {
        self.slots.copy_within(position + 1..self.len, position);
        self.len -= 1;
    }

    fn text_len(&self) -> usize {
        let members: usize = self.slots[..self.len].iter().map(Member::len).sum();
        members + self.len.saturating_sub(1)
    }
}

/// Longest input we look at; 32 members of the greatest length take half of it.
const MAX_INPUT: usize = 32 * 1024;

const fn malformed(reason: &'static str) -> Malformed {
    Malformed::new("tracestate", reason)
}

#[cfg(test)]
#[path = "tracestate_tests.rs"]
mod tests;
