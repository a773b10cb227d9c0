//! What names a request across services, for people who search in logs.
//!
//! A trace id does that too, but a trace may not be recorded, may begin anew at a public endpoint,
//! and is not what a customer reads out from an error page. An id of this kind comes with the
//! request or is made where it enters, and goes wherever its context goes.

use std::{fmt, ops::Deref, sync::Arc};

use super::local::{self, Local};
use crate::time;

/// The name of a request across services: validated, short, and cheap to copy.
///
/// ```
/// use spandrel::{CorrelationId, trace::Context};
///
/// let id = CorrelationId::parse("order-4711").unwrap();
/// let _attached = Context::current().with_correlation_id(id).attach();
/// assert_eq!(spandrel::correlation_id().as_deref(), Some("order-4711"));
/// ```
#[derive(Clone)]
pub struct CorrelationId(Text);

/// Most ids are short enough to need no memory of their own.
#[derive(Clone)]
enum Text {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Arc<str>),
}

const SHORT: usize = 46;

/// The correlation id of the request that is being answered, if there is one.
///
/// The server layer of feature `tower` sets it; elsewhere
/// [`Context::with_correlation_id`](crate::trace::Context::with_correlation_id) does.
///
/// ```
/// assert_eq!(spandrel::correlation_id(), None);
/// ```
#[must_use]
pub fn correlation_id() -> Option<CorrelationId> {
    if Local.flags() & local::EXTRA == 0 {
        return None;
    }
    local::clone_extra()?.request.as_ref()?.correlation_id.clone()
}

impl CorrelationId {
    /// How long an id may be.
    pub const MAX_LEN: usize = 128;

    /// The name under which it travels in baggage, and which the attribute of spans has.
    pub const KEY: &'static str = "correlation_id";

    /// Makes a new one: a UUID of version 7, whose order is that of time.
    ///
    /// ```
    /// use spandrel::CorrelationId;
    ///
    /// let (first, second) = (CorrelationId::new(), CorrelationId::new());
    /// assert!(first != second && first.len() == 36);
    /// ```
    #[expect(clippy::new_without_default, reason = "no two are equal")]
    #[must_use]
    pub fn new() -> Self {
        let millis = time::unix_nanos() / 1_000_000;
        let (a, b) = (Local.random(), Local.random());
        let high = millis << 16 | 0x7000 | a >> 52;
        let low = 1 << 63 | b >> 2;
        let mut bytes = [0; SHORT];
        let mut digits = (u128::from(high) << 64 | u128::from(low)).to_be_bytes().into_iter();
        let mut at = 0;
        for group in [4, 2, 2, 2, 6] {
            if at > 0 {
                bytes[at] = b'-';
                at += 1;
            }
            for byte in digits.by_ref().take(group) {
                bytes[at] = HEX[usize::from(byte >> 4)];
                bytes[at + 1] = HEX[usize::from(byte & 15)];
                at += 2;
            }
        }
        Self(Text::Short { len: UUID_LEN, bytes })
    }

    /// Takes an id from outside: 1 to 128 letters, digits and `-._~:/+=@#|` of ASCII.
    ///
    /// What that leaves out could end a header, a line of a log or a quoted text.
    ///
    /// ```
    /// use spandrel::CorrelationId;
    ///
    /// assert!(CorrelationId::parse("a1:b2").is_some());
    /// assert!(CorrelationId::parse("a\r\nSet-Cookie: b").is_none());
    /// assert!(CorrelationId::parse(&"x".repeat(129)).is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/+=@#|".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(allowed) {
            return None;
        }
        let mut bytes = [0; SHORT];
        Some(Self(match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Text::Short { len, bytes }
            }
            _ => Text::Long(text.into()),
        }))
    }

    /// The text, which is ASCII.
    #[cfg(any(feature = "tower", feature = "reqwest"))]
    pub(crate) fn as_ascii(&self) -> &[u8] {
        match &self.0 {
            Text::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Text::Long(text) => text.as_bytes(),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Both are ASCII from the beginning.
            Text::Short { len, bytes } => {
                str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default()
            }
            Text::Long(text) => text,
        }
    }
}

impl Deref for CorrelationId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for CorrelationId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for CorrelationId {}

impl std::hash::Hash for CorrelationId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorrelationId({self})")
    }
}

const UUID_LEN: u8 = 36;
const HEX: [u8; 16] = *b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_that_are_made_are_uuids_of_version_7_in_the_order_of_time() {
        let before = time::unix_nanos() / 1_000_000;
        let made: Vec<_> = (0..1_000).map(|_| CorrelationId::new()).collect();
        let after = time::unix_nanos() / 1_000_000;

        for id in &made {
            let groups: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12]);
            assert_eq!(id.as_bytes()[14], b'7');
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
            let digits = u128::from_str_radix(&id.replace('-', ""), 16).unwrap();
            let millis = (digits >> 80) as u64;
            assert!((before..=after).contains(&millis));
            assert_eq!(CorrelationId::parse(id).as_ref(), Some(id));
        }
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), made.len());
    }

    #[test]
    fn what_could_break_out_of_a_header_or_a_line_is_no_id() {
        let long = "x".repeat(CorrelationId::MAX_LEN + 1);
        let refused = [
            "", " ", "a b", "a\nb", "a\rb", "a\tb", "a\0", "a\u{7f}", "\"a\"", "a'b", "a\\b",
            "a,b", "a;b", "<a>", "{a}", "a%0ab", "é", "\u{fffd}", &long,
        ];

        for text in refused {
            assert_eq!(CorrelationId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_id_of_any_length_that_is_allowed_is_kept_whole() {
        for len in 1..=CorrelationId::MAX_LEN {
            let text = "aZ9-._~:/+=@#|".chars().cycle().take(len).collect::<String>();

            assert_eq!(CorrelationId::parse(&text).as_deref(), Some(text.as_str()));
        }
    }
}
