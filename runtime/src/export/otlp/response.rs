//! What the bodies of OTLP's answers say.

use super::{
    batch::Encoding,
    json_read,
    wire::{Field, fields},
};
use crate::export::delivery::{Dialect, Hint, may_pass, shown_text};

/// As the OTLP exporter specification has it.
pub(super) const USER_AGENT: &str =
    concat!("OTel-OTLP-Exporter-Spandrel/", env!("CARGO_PKG_VERSION"));

/// What the number of rejected items is called in JSON, which depends on the items.
const REJECTED: [&str; 2] = ["rejectedSpans", "rejectedDataPoints"];

/// How a receiver of such requests speaks.
pub(super) fn dialect(encoding: Encoding) -> &'static Dialect {
    const HINT: Hint = |status| {
        Some(match status {
            401 | 403 => "check the headers that carry the credentials",
            404 | 405 => {
                "`endpoint` is a base to which a path like `/v1/traces` is appended, that of a \
                 signal is taken as it is"
            }
            413 => "it takes smaller requests only, lower the batch size",
            415 => "it does not take this encoding, is this an OTLP/HTTP port?",
            _ => return None,
        })
    };
    match encoding {
        Encoding::Json => &Dialect {
            media_type: "application/json",
            user_agent: USER_AGENT,
            partial_success: partial_success_in_json,
            refusal: status_message_in_json,
            hint: HINT,
            may_pass,
            confirmed_by: None,
        },
        Encoding::Protobuf => &Dialect {
            media_type: "application/x-protobuf",
            user_agent: USER_AGENT,
            partial_success,
            refusal: status_message,
            hint: HINT,
            may_pass,
            confirmed_by: None,
        },
    }
}

/// `(rejected_spans, error_message)` of an `ExportTraceServiceResponse`; of the other signals, whose
/// items have other names and the same numbers, too.
///
/// A body that is cut off or is something else says nothing: the request was taken all the same.
pub(super) fn partial_success(body: &[u8]) -> (u32, String) {
    let mut result = (0, String::new());
    for (number, field) in fields(body) {
        let (1, Field::Bytes(partial)) = (number, field) else { continue };
        for field in fields(partial) {
            match field {
                (1, Field::Varint(rejected)) => result.0 = rejected_items(rejected.cast_signed()),
                (2, Field::Bytes(message)) => result.1 = shown_text(message),
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
    let rejected = REJECTED
        .iter()
        .find_map(|name| json_read::member(partial, name))
        .and_then(json_read::integer);
    let message = json_read::member(partial, "errorMessage").and_then(json_read::string);
    (rejected_items(rejected.unwrap_or(0)), shown_text(message.unwrap_or_default().as_bytes()))
}

/// An `int64`, which a confused receiver may send below zero.
fn rejected_items(rejected: i64) -> u32 {
    u32::try_from(rejected.max(0)).unwrap_or(u32::MAX)
}

/// The message of the `google.rpc.Status` that the body of a failure should be; else short text.
fn status_message(body: &[u8]) -> String {
    let message = fields(body).find_map(|field| match field {
        (2, Field::Bytes(message)) => Some(shown_text(message)),
        _ => None,
    });
    message.unwrap_or_else(|| {
        let is_text = body.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..));
        if is_text { shown_text(body) } else { String::new() }
    })
}

/// The same, as JSON has it.
fn status_message_in_json(body: &[u8]) -> String {
    match json_read::member(body, "message").and_then(json_read::string) {
        Some(message) => shown_text(message.as_bytes()),
        None => status_message(body),
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
    use crate::export::delivery::{Answer, Verdict};

    fn verdict_in(encoding: Encoding, status: u16, body: impl Into<Vec<u8>>) -> Verdict {
        let answer = Answer { status, body: body.into(), ..Answer::default() };
        answer.verdict(dialect(encoding), 0)
    }

    fn verdict(status: u16, body: impl Into<Vec<u8>>) -> Verdict {
        verdict_in(Encoding::Protobuf, status, body)
    }

    fn partial(rejected_spans: i64, message: &str) -> Vec<u8> {
        let error_message = message.to_owned();
        let partial = ExportTracePartialSuccess { rejected_spans, error_message };
        ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    #[test]
    fn only_four_codes_are_tried_again() {
        for status in 100..600 {
            let verdict = verdict(status, "");
            let retried = matches!(verdict, Verdict::Retry { .. });
            let accepted = matches!(verdict, Verdict::Accepted { .. });
            assert_eq!(retried, [429, 502, 503, 504].contains(&status), "{status}");
            assert_eq!(accepted, (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn a_partial_success_says_how_many_and_why() {
        let accepted = |rejected, note: &str| Verdict::Accepted { rejected, note: note.into() };

        assert_eq!(verdict(200, ""), accepted(0, ""));
        assert_eq!(verdict(200, partial(3, "too old")), accepted(3, "too old"));
        assert_eq!(verdict(200, partial(0, "be careful")), accepted(0, "be careful"));
        assert_eq!(verdict(200, partial(-7, "")), accepted(0, ""));
        assert_eq!(verdict(200, partial(i64::MAX, "")), accepted(u32::MAX, ""));
        assert_eq!(verdict(200, "<html>hello</html>"), accepted(0, ""));
    }

    #[test]
    fn an_answer_in_json_says_the_same() {
        let verdict = |status, body: &str| verdict_in(Encoding::Json, status, body);
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
        let points = r#"{"partialSuccess":{"rejectedDataPoints":"2"}}"#;
        assert_eq!(verdict(200, points), accepted(2, ""));
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
        let Verdict::Fatal { why } = verdict(400, status) else { panic!("not fatal") };
        assert_eq!(why, "the receiver answered 400: bad request");

        let long = "x".repeat(1_000);
        let Verdict::Fatal { why } = verdict(500, long) else { panic!("not fatal") };
        assert!(why.chars().count() < 250 && why.ends_with('…'), "{why}");
    }

    #[test]
    fn a_redirect_shows_where_to_without_its_query() {
        let location = Some("https://other/v1/traces?token=s3cret".to_owned());
        let answer = Answer { status: 307, location, ..Answer::default() };

        let Verdict::Fatal { why } = answer.verdict(dialect(Encoding::Protobuf), 0) else {
            panic!("not fatal")
        };

        assert!(why.ends_with("set the endpoint to `https://other/v1/traces`"), "{why}");
    }

    proptest! {
        #[test]
        fn any_body_is_survived(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = verdict(status, body.clone());
            let _ = verdict_in(Encoding::Json, status, body);
        }
    }
}
