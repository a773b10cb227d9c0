//! What a receiver answers, and what follows from it.

use std::time::Duration;

use super::{
    batch::Encoding,
    json_read, retry_after,
    wire::{Field, fields},
};

/// An answer, as far as it was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// That of the request: the receiver answers in the same.
    pub(super) encoding: Encoding,
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver took the request; `note` is what it had to say about it.
    Accepted { rejected: u32, note: String },
    /// Try again, and not before `after` if the receiver said so.
    Retry { why: String, after: Option<Duration> },
    /// The same request would fail again.
    Fatal { why: String },
}

impl Answer {
    /// The rules of the OTLP specification: 429, 502, 503 and 504 may be tried again, and nothing else.
    pub(super) fn verdict(&self, unix_now: u64) -> Verdict {
        match self.status {
            200..=299 => {
                let (rejected, note) = match self.encoding {
                    Encoding::Json => partial_success_in_json(&self.body),
                    Encoding::Protobuf => partial_success(&self.body),
                };
                Verdict::Accepted { rejected, note }
            }
            429 | 502 | 503 | 504 => {
                let after = self.retry_after.as_deref();
                let after = after.and_then(|text| retry_after::parse(text, unix_now));
                Verdict::Retry { why: self.why(), after }
            }
            _ => Verdict::Fatal { why: self.why() },
        }
    }

    fn why(&self) -> String {
        let message = status_message(&self.body, self.encoding);
        let colon = if message.is_empty() { "" } else { ": " };
        let (semicolon, hint) = self.hint().map_or(("", String::new()), |hint| ("; ", hint));
        format!("the receiver answered {}{colon}{message}{semicolon}{hint}", self.status)
    }

    fn hint(&self) -> Option<String> {
        Some(match self.status {
            300..=399 => {
                let to = self.location.as_deref().unwrap_or("nowhere").split('?').next()?;
                format!("redirects are not followed, set the endpoint to `{}`", shown(to))
            }
            401 | 403 => "check the headers that carry the credentials".into(),
            404 | 405 => "`endpoint` is a base to which `/v1/traces` is appended, \
                          `traces_endpoint` is taken as it is"
                .into(),
            413 => "it takes smaller requests only, lower the batch size".into(),
            415 => "it does not take this encoding, is this an OTLP/HTTP port?".into(),
            _ => return None,
        })
    }
}

/// `(rejected_spans, error_message)` of an `ExportTraceServiceResponse`.
///
/// A body that is cut off or is something else says nothing: the request was taken all the same.
pub(super) fn partial_success(body: &[u8]) -> (u32, String) {
    let mut result = (0, String::new());
    for (number, field) in fields(body) {
        let (1, Field::Bytes(partial)) = (number, field) else { continue };
        for field in fields(partial) {
            match field {
                (1, Field::Varint(rejected)) => result.0 = rejected_spans(rejected.cast_signed()),
                (2, Field::Bytes(message)) => result.1 = shown_bytes(message),
                _ => {}
            }
        }
    }
    result
}

/// The same, as JSON has it.
fn partial_success_in_json(body: &[u8]) -> (u32, String) {
    let Some(partial) = json_read::member(body, "partialSuccess") else {
        return (0, String::new());
    };
    let rejected = json_read::member(partial, "rejectedSpans").and_then(json_read::integer);
    let message = json_read::member(partial, "errorMessage").and_then(json_read::string);
    (rejected_spans(rejected.unwrap_or(0)), shown(&message.unwrap_or_default()))
}

/// An `int64`, which a confused receiver may send below zero.
fn rejected_spans(rejected: i64) -> u32 {
    u32::try_from(rejected.max(0)).unwrap_or(u32::MAX)
}

/// The message of the `google.rpc.Status` that the body of a failure should be; else short text.
fn status_message(body: &[u8], encoding: Encoding) -> String {
    if encoding == Encoding::Json
        && let Some(message) = json_read::member(body, "message").and_then(json_read::string)
    {
        return shown(&message);
    }
    let message = fields(body).find_map(|field| match field {
        (2, Field::Bytes(message)) => Some(shown_bytes(message)),
        _ => None,
    });
    message.unwrap_or_else(|| {
        let is_text = body.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..));
        if is_text { shown_bytes(body) } else { String::new() }
    })
}

fn shown_bytes(bytes: &[u8]) -> String {
    shown(&String::from_utf8_lossy(bytes))
}

/// One line, not too long, without control characters: the receiver writes to nobody's terminal.
pub(super) fn shown(text: &str) -> String {
    const MOST_CHARS: usize = 200;
    let line: String =
        text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match line.char_indices().nth(MOST_CHARS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }

    fn partial(rejected_spans: i64, message: &str) -> Vec<u8> {
        let error_message = message.to_owned();
        let partial = ExportTracePartialSuccess { rejected_spans, error_message };
        ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    #[test]
    fn only_four_codes_are_tried_again() {
        for status in 100..600 {
            let verdict = answer(status, "").verdict(0);
            let retried = matches!(verdict, Verdict::Retry { .. });
            let accepted = matches!(verdict, Verdict::Accepted { .. });
            assert_eq!(retried, [429, 502, 503, 504].contains(&status), "{status}");
            assert_eq!(accepted, (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn a_partial_success_says_how_many_and_why() {
        let accepted = |rejected, note: &str| Verdict::Accepted { rejected, note: note.into() };

        assert_eq!(answer(200, "").verdict(0), accepted(0, ""));
        assert_eq!(answer(200, partial(3, "too old")).verdict(0), accepted(3, "too old"));
        assert_eq!(answer(200, partial(0, "be careful")).verdict(0), accepted(0, "be careful"));
        assert_eq!(answer(200, partial(-7, "")).verdict(0), accepted(0, ""));
        assert_eq!(answer(200, partial(i64::MAX, "")).verdict(0), accepted(u32::MAX, ""));
        assert_eq!(answer(200, "<html>hello</html>").verdict(0), accepted(0, ""));
    }

    #[test]
    fn an_answer_in_json_says_the_same() {
        let verdict = |status, body: &str| {
            Answer { encoding: Encoding::Json, ..answer(status, body) }.verdict(0)
        };
        let accepted = |rejected, note: &str| Verdict::Accepted { rejected, note: note.into() };
        let whole = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 3,
                error_message: "too \"old\"\n".into(),
            }),
        };

        assert_eq!(
            verdict(200, &serde_json::to_string(&whole).unwrap()),
            accepted(3, "too \"old\"")
        );
        let as_text = r#" { "partialSuccess" : { "rejectedSpans" : "3" } } "#;
        assert_eq!(verdict(200, as_text), accepted(3, ""));
        assert_eq!(verdict(200, r#"{"partialSuccess":{"rejectedSpans":-7}}"#), accepted(0, ""));
        assert_eq!(verdict(200, "{}"), accepted(0, ""));
        assert_eq!(verdict(200, ""), accepted(0, ""));
        let Verdict::Fatal { why } = verdict(400, r#"{"code":3,"message":"bad"}"#) else {
            panic!("not fatal")
        };
        assert_eq!(why, "the receiver answered 400: bad");
    }

    #[test]
    fn a_failure_shows_the_message_of_the_receiver_in_one_line() {
        let status = [&[0x08, 3, 0x12, 11][..], b"bad\nrequest"].concat();
        let Verdict::Fatal { why } = answer(400, status).verdict(0) else { panic!("not fatal") };
        assert_eq!(why, "the receiver answered 400: bad request");

        let long = "x".repeat(1_000);
        let Verdict::Fatal { why } = answer(500, long).verdict(0) else { panic!("not fatal") };
        assert!(why.chars().count() < 250 && why.ends_with('…'), "{why}");
    }

    #[test]
    fn a_redirect_shows_where_to_without_its_query() {
        let location = Some("https://other/v1/traces?token=s3cret".to_owned());
        let answer = Answer { status: 307, location, ..Answer::default() };

        let Verdict::Fatal { why } = answer.verdict(0) else { panic!("not fatal") };

        assert!(why.ends_with("set the endpoint to `https://other/v1/traces`"), "{why}");
    }

    proptest! {
        #[test]
        fn any_body_is_survived(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = answer(status, body.clone()).verdict(0);
            let _ = Answer { encoding: Encoding::Json, ..answer(status, body) }.verdict(0);
        }
    }
}
