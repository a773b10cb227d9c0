//! The `traceparent` header of W3C Trace Context, level 2.
//!
//! Read strictly: lower-case digits only, version `00` has exactly 55 characters, a higher version
//! may be longer if the next character is `-`, version `ff` and all-zero ids are no context at all.
//! Written as version `00` always, because we cannot know what a higher version would add.

use std::fmt;

use super::malformed::Malformed;
use crate::trace::id::{SpanId, TraceFlags, TraceId};

/// The position of a request in its trace, as `traceparent` carries it.
///
/// ```
/// use spandrel::trace::propagation::TraceParent;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent = TraceParent::parse(header)?;
/// assert!(parent.flags().is_sampled());
/// assert_eq!(parent.to_string(), header);
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: TraceId,
    span_id: SpanId,
    flags: TraceFlags,
}

impl TraceParent {
    /// Puts a position together from its parts.
    ///
    /// ```
    /// use spandrel::trace::id::{SpanId, TraceFlags, TraceId};
    /// use spandrel::trace::propagation::TraceParent;
    ///
    /// let trace = TraceId::from_u128(1).unwrap();
    /// let span = SpanId::from_u64(2).unwrap();
    /// let parent = TraceParent::new(trace, span, TraceFlags::SAMPLED | TraceFlags::RANDOM);
    /// assert_eq!(
    ///     parent.to_string(),
    ///     "00-00000000000000000000000000000001-0000000000000002-03"
    /// );
    /// ```
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self { trace_id, span_id, flags }
    }

    /// Reads one header value; white space around it is not part of it.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceParent;
    ///
    /// let future = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
    /// assert!(TraceParent::parse(future).is_ok());
    /// assert!(TraceParent::parse(&future.replace("cc-", "00-")).is_err());
    /// ```
    ///
    /// # Errors
    /// The text breaks a rule of the header; the caller then starts a new trace.
    pub fn parse(header: &str) -> Result<Self, Malformed> {
        let text = header.trim_matches([' ', '\t']);
        let bytes = text.as_bytes();
        if bytes.len() < LEN {
            return Err(malformed("too short"));
        }
        if [bytes[2], bytes[35], bytes[52]] != [b'-'; 3] {
            return Err(malformed("its parts are not separated by `-` where they must be"));
        }
        let version = text.get(..2).and_then(hex_byte).ok_or(malformed("unreadable version"))?;
        match version {
            0xff => return Err(malformed("version `ff` is forbidden")),
            0 if bytes.len() > LEN => return Err(malformed("too long for version `00`")),
            _ if bytes.len() > LEN && bytes[LEN] != b'-' => {
                return Err(malformed("its flags are not followed by `-`"));
            }
            _ => {}
        }
        let trace_id = text.get(3..35).and_then(TraceId::from_hex);
        let span_id = text.get(36..52).and_then(SpanId::from_hex);
        let flags = text.get(53..LEN).and_then(hex_byte).ok_or(malformed("unreadable flags"))?;
        // What the other bits of a higher version mean is not ours to guess.
        let flags = TraceFlags::from_bits(flags);
        let flags = if version == 0 { flags } else { flags.known() };
        Ok(Self {
            trace_id: trace_id.ok_or(malformed("unreadable or all-zero trace id"))?,
            span_id: span_id.ok_or(malformed("unreadable or all-zero parent id"))?,
            flags,
        })
    }

    /// Reads the values of all `traceparent` headers of a request: there may be one only.
    ///
    /// Which of several senders is the parent cannot be told, so two make none.
    ///
    /// ```
    /// use spandrel::trace::propagation::TraceParent;
    ///
    /// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert!(TraceParent::from_headers([header]).is_ok());
    /// assert!(TraceParent::from_headers([header, header]).is_err());
    /// ```
    ///
    /// # Errors
    /// There is no header, more than one, or a malformed one.
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Self, Malformed> {
        let mut headers = headers.into_iter();
        match (headers.next(), headers.next()) {
            (Some(header), None) => Self::parse(header),
            (None, _) => Err(malformed("absent")),
            (Some(_), Some(_)) => Err(malformed("more than one header")),
        }
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The caller's span.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The same position with the sampled flag set or cleared.
    pub(super) const fn with_sampled(self, sampled: bool) -> Self {
        let others = self.flags.bits() & !TraceFlags::SAMPLED.bits();
        let bit = if sampled { TraceFlags::SAMPLED.bits() } else { 0 };
        Self { flags: TraceFlags::from_bits(others | bit), ..self }
    }

    /// The flags as they came; [`Display`](fmt::Display) sends only those that are defined.
    #[must_use]
    pub const fn flags(&self) -> TraceFlags {
        self.flags
    }
}

/// Writes the header value: version `00`, bits that level 2 does not define cleared.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.flags.known().bits();
        write!(f, "00-{}-{}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// Length of a version `00` header, and the least length of any other.
const LEN: usize = 55;

const fn malformed(reason: &'static str) -> Malformed {
    Malformed::new("traceparent", reason)
}

fn hex_byte(text: &str) -> Option<u8> {
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !text.bytes().all(lower_hex) {
        return None; // `from_str_radix` would take upper case and a sign
    }
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
#[path = "traceparent_tests.rs"]
mod tests;
