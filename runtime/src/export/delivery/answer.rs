//! What a receiver answers over HTTP, and what follows from it.

use std::time::Duration;

use crate::time::retry_after;

/// An answer, as far as it was read.
#[derive(Clone, Debug, Default)]
pub(in crate::export) struct Answer {
    pub(in crate::export) status: u16,
    pub(in crate::export) retry_after: Option<String>,
    pub(in crate::export) location: Option<String>,
    pub(in crate::export) body: Vec<u8>,
    /// The header is not there by which the receiver shows that it knows the request.
    pub(in crate::export) lacks_confirmation: bool,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::export) enum Verdict {
    /// The receiver took the request; `note` is what it had to say about it.
    Accepted { rejected: u32, note: String },
    /// Try again, and not before `after` if the receiver said so.
    Retry { why: String, after: Option<Duration> },
    /// The same request would fail again.
    Fatal { why: String },
}

/// How a kind of receiver is spoken to, and how its answers are read.
#[derive(Debug)]
pub(in crate::export) struct Dialect {
    pub(in crate::export) media_type: &'static str,
    pub(in crate::export) user_agent: &'static str,
    /// How many spans the receiver rejected of a request that it took, and what it said.
    pub(in crate::export) partial_success: fn(&[u8]) -> (u32, String),
    /// What it said when it refused a request; empty if nothing for people.
    pub(in crate::export) refusal: fn(&[u8]) -> String,
    /// What a user could do about a status.
    pub(in crate::export) hint: Hint,
    /// Whether the same request may be taken later, after this status.
    pub(in crate::export) may_pass: fn(u16) -> bool,
    /// The header of an answer by which the receiver shows that it knows the request.
    pub(in crate::export) confirmed_by: Option<&'static str>,
}

pub(in crate::export) type Hint = fn(u16) -> Option<&'static str>;

/// 429, 502, 503 and 504 may be tried again, and nothing else: the rules of OTLP, which hold elsewhere
/// as well.
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(in crate::export) fn may_pass(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

impl Answer {
    pub(in crate::export) fn verdict(&self, dialect: &Dialect, unix_now: u64) -> Verdict {
        match self.status {
            200..=299 if self.lacks_confirmation => {
                Verdict::Fatal { why: "the receiver did not understand the request".into() }
            }
            200..=299 => {
                let (rejected, note) = (dialect.partial_success)(&self.body);
                Verdict::Accepted { rejected, note }
            }
            status if (dialect.may_pass)(status) => {
                let after = self.retry_after.as_deref();
                let after = after.and_then(|text| retry_after::parse(text, unix_now));
                Verdict::Retry { why: self.why(dialect), after }
            }
            _ => Verdict::Fatal { why: self.why(dialect) },
        }
    }

    fn why(&self, dialect: &Dialect) -> String {
        let message = (dialect.refusal)(&self.body);
        let colon = if message.is_empty() { "" } else { ": " };
        let hint = self.hint(dialect);
        let semicolon = if hint.is_empty() { "" } else { "; " };
        format!("the receiver answered {}{colon}{message}{semicolon}{hint}", self.status)
    }

    fn hint(&self, dialect: &Dialect) -> String {
        if let 300..=399 = self.status {
            let to = self.location.as_deref().and_then(|to| to.split('?').next());
            let to = shown_text(to.unwrap_or("nowhere").as_bytes());
            return format!("redirects are not followed, set the endpoint to `{to}`");
        }
        (dialect.hint)(self.status).unwrap_or_default().to_owned()
    }
}

/// One line, not too long, without control characters: the receiver writes to nobody's terminal.
pub(in crate::export) fn shown_text(text: &[u8]) -> String {
    const MOST_CHARS: usize = 200;
    let text = String::from_utf8_lossy(text);
    let line: String =
        text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match line.char_indices().nth(MOST_CHARS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
