//! How a receiver says what became of a call, and what follows from it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use super::base64;
use crate::export::{
    delivery::{Verdict, shown_text},
    otlp::{
        response::partial_success,
        wire::{Field, fields},
    },
};

/// A status code of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(u32);

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    code: Code,
    message: String,
    /// What its `RetryInfo` says, if it has one.
    retry_after: Option<Duration>,
}

impl Code {
    pub(super) const OK: Self = Self(0);
    pub(super) const CANCELLED: Self = Self(1);
    pub(super) const UNKNOWN: Self = Self(2);
    const DEADLINE_EXCEEDED: Self = Self(4);
    pub(super) const PERMISSION_DENIED: Self = Self(7);
    pub(super) const RESOURCE_EXHAUSTED: Self = Self(8);
    const ABORTED: Self = Self(10);
    const OUT_OF_RANGE: Self = Self(11);
    const UNIMPLEMENTED: Self = Self(12);
    pub(super) const INTERNAL: Self = Self(13);
    pub(super) const UNAVAILABLE: Self = Self(14);
    const DATA_LOSS: Self = Self(15);
    const UNAUTHENTICATED: Self = Self(16);

    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    fn name(self) -> &'static str {
        Self::NAMES.get(self.0 as usize).unwrap_or(&"a status that gRPC does not know")
    }

    fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::UNAUTHENTICATED | Self::PERMISSION_DENIED => {
                "check the headers that carry the credentials"
            }
            Self::UNIMPLEMENTED => "is that an OTLP/gRPC port? It is 4317 as a rule",
            Self::RESOURCE_EXHAUSTED => "if it takes smaller requests only, lower the batch size",
            _ => return None,
        })
    }
}

impl Status {
    pub(super) fn new(code: Code, message: &str) -> Self {
        Self { code, message: shown_text(message.as_bytes()), retry_after: None }
    }

    /// The status that trailers carry, if they carry one.
    pub(super) fn of_trailers(trailers: &HeaderMap) -> Option<Self> {
        let code = trailers.get("grpc-status")?;
        let code =
            code.to_str().ok().and_then(|code| code.parse().ok()).map_or(Code::UNKNOWN, Code);
        let message = trailers.get("grpc-message").map(HeaderValue::as_bytes).unwrap_or_default();
        let details = trailers.get("grpc-status-details-bin");
        let details = details.and_then(|details| base64::decode(details.as_bytes()));
        Some(Self {
            code,
            message: shown_text(&percent_decoded(message)),
            retry_after: details.and_then(|details| retry_info(&details)),
        })
    }

    /// The status that the gRPC protocol gives to an answer that is none of gRPC.
    pub(super) fn of_http(status: u16, content_type: &str) -> Self {
        let code = match status {
            400 => Code::INTERNAL,
            401 => Code::UNAUTHENTICATED,
            403 => Code::PERMISSION_DENIED,
            404 => Code::UNIMPLEMENTED,
            429 | 502 | 503 | 504 => Code::UNAVAILABLE,
            _ => Code::UNKNOWN,
        };
        let of = if content_type.is_empty() { "no type" } else { content_type };
        let hint = if matches!(code, Code::UNKNOWN | Code::INTERNAL) {
            "; is that the http/protobuf port 4318?"
        } else {
            ""
        };
        Self::new(code, &format!("HTTP {status} of {of}, which is no gRPC{hint}"))
    }

    /// The rules of the OTLP specification.
    ///
    /// `message` is what came before the status.
    pub(super) fn verdict(&self, message: &[u8]) -> Verdict {
        match self.code {
            Code::OK => {
                let (rejected, note) = partial_success(message);
                Verdict::Accepted { rejected, note }
            }
            Code::CANCELLED
            | Code::DEADLINE_EXCEEDED
            | Code::ABORTED
            | Code::OUT_OF_RANGE
            | Code::UNAVAILABLE
            | Code::DATA_LOSS => Verdict::Retry { why: self.why(), after: self.retry_after },
            // Without it, nothing says that the receiver will recover.
            Code::RESOURCE_EXHAUSTED if self.retry_after.is_some() => {
                Verdict::Retry { why: self.why(), after: self.retry_after }
            }
            _ => Verdict::Fatal { why: self.why() },
        }
    }

    fn why(&self) -> String {
        let colon = if self.message.is_empty() { "" } else { ": " };
        let hint = self.code.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("the receiver answered {}{colon}{}{hint}", self.code.name(), self.message)
    }
}

/// The delay that a `google.rpc.Status` asks for, in the first `RetryInfo` among its details.
fn retry_info(status: &[u8]) -> Option<Duration> {
    const DETAILS: u64 = 3;
    fields(status).find_map(|field| match field {
        (DETAILS, Field::Bytes(any)) => retry_info_of_any(any),
        _ => None,
    })
}

fn retry_info_of_any(any: &[u8]) -> Option<Duration> {
    let part = |number| {
        fields(any).find_map(|field| match field {
            (found, Field::Bytes(bytes)) if found == number => Some(bytes),
            _ => None,
        })
    };
    if !part(1)?.ends_with(b"/google.rpc.RetryInfo") {
        return None;
    }
    let delay = fields(part(2).unwrap_or_default()).find_map(|field| match field {
        (1, Field::Bytes(delay)) => Some(delay),
        _ => None,
    });
    let (mut seconds, mut nanos) = (0, 0);
    for field in fields(delay.unwrap_or_default()) {
        match field {
            (1, Field::Varint(value)) => seconds = value.cast_signed(),
            (2, Field::Varint(value)) => nanos = value.cast_signed(),
            _ => {}
        }
    }
    // A delay below zero is none.
    let seconds = u64::try_from(seconds).unwrap_or(0);
    let nanos = u64::try_from(nanos).unwrap_or(0).min(999_999_999);
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos)))
}

/// A `%` that is not followed by two digits means itself.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let decoded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| !digits.starts_with('+'))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests;
