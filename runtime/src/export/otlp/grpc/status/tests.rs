use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::export::otlp::wire;

/// `google.rpc.Status` with one detail.
fn details(type_url: &str, content: &[u8]) -> Vec<u8> {
    let mut status = vec![8, 14];
    wire::text(&mut status, 2, "busy");
    wire::message(&mut status, 3, |any| {
        wire::text(any, 1, type_url);
        wire::bytes(any, 2, content);
    });
    status
}

fn retry_info_of(seconds: u64, nanos: u64) -> Vec<u8> {
    let mut info = Vec::new();
    wire::message(&mut info, 1, |delay| {
        delay.push(8);
        wire::varint(delay, seconds);
        delay.push(16);
        wire::varint(delay, nanos);
    });
    details("type.googleapis.com/google.rpc.RetryInfo", &info)
}

fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn verdict(pairs: &[(&'static str, &str)]) -> Verdict {
    Status::of_trailers(&trailers(pairs)).unwrap().verdict(&[])
}

fn with_details(code: u32, details: &[u8]) -> Verdict {
    let code = code.to_string();
    verdict(&[("grpc-status", &code), ("grpc-status-details-bin", &base64::encode(details))])
}

#[test]
fn the_table_of_the_specification_says_what_is_tried_again() {
    for code in 0..20 {
        let without = verdict(&[("grpc-status", &code.to_string())]);
        let with = with_details(code, &retry_info_of(3, 0));

        let is_retried = |verdict: &Verdict| matches!(verdict, Verdict::Retry { .. });
        assert_eq!(matches!(without, Verdict::Accepted { .. }), code == 0, "{code}");
        assert_eq!(is_retried(&without), [1, 4, 10, 11, 14, 15].contains(&code), "{code}");
        assert_eq!(is_retried(&with), [1, 4, 8, 10, 11, 14, 15].contains(&code), "{code}");
    }
}

#[test]
fn retry_info_says_how_long_to_wait() {
    let second = Duration::from_secs(1);
    for (seconds, nanos, expected) in [
        (7, 500_000_000, second * 7 + second / 2),
        (0, 0, Duration::ZERO),
        // Numbers below zero, and beyond what a `Duration` of protobuf may hold.
        (u64::MAX, u64::MAX, Duration::ZERO),
        (1, 5_000_000_000, second + Duration::from_nanos(999_999_999)),
    ] {
        let verdict = with_details(8, &retry_info_of(seconds, nanos));

        let Verdict::Retry { after, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(after, Some(expected), "{seconds} {nanos}");
    }
}

#[test]
fn other_details_are_no_retry_info() {
    let other = details("type.googleapis.com/google.rpc.DebugInfo", &[10, 2, 8, 9]);

    assert!(matches!(with_details(8, &other), Verdict::Fatal { .. }));
    assert!(matches!(with_details(8, b"\xff\xff"), Verdict::Fatal { .. }));
}

#[test]
fn a_partial_success_says_how_many_and_why() {
    let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "old".into() };
    let message = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();

    let verdict = Status::new(Code::OK, "").verdict(&message);

    assert_eq!(verdict, Verdict::Accepted { rejected: 3, note: "old".into() });
}

#[test]
fn a_failure_shows_the_decoded_message_in_one_line() {
    for (message, expected) in
        [("card%20%F0%9F%8E%81%0Agone", "card 🎁 gone"), ("100%", "100%"), ("%zz%+1", "%zz%+1")]
    {
        let verdict = verdict(&[("grpc-status", "3"), ("grpc-message", message)]);

        let why = format!("the receiver answered INVALID_ARGUMENT: {expected}");
        assert_eq!(verdict, Verdict::Fatal { why });
    }
}

#[test]
fn what_is_no_grpc_is_translated_and_points_elsewhere() {
    for status in 100..600 {
        let verdict = Status::of_http(status, "text/html").verdict(&[]);

        let is_retried = matches!(verdict, Verdict::Retry { .. });
        assert_eq!(is_retried, [429, 502, 503, 504].contains(&status), "{status}");
    }
    let Verdict::Fatal { why } = Status::of_http(415, "text/plain").verdict(&[]) else { panic!() };
    assert!(why.contains("HTTP 415 of text/plain") && why.contains("4318"), "{why}");
}

proptest! {
    #[test]
    fn any_details_are_survived(details in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = with_details(8, &details);
    }

    #[test]
    fn any_message_is_survived(message in prop::collection::vec(32_u8..127, 0..40)) {
        let decoded = percent_decoded(&message);
        prop_assert!(decoded.len() <= message.len());
    }
}
