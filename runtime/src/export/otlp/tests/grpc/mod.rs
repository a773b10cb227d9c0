//! The same over gRPC: receivers that answer, refuse, go away, hang and lie.

mod mock;
mod strangers;
mod tls;

use std::time::Duration;

use h2::Reason;

use self::mock::{Mock, OK, Reply, framed};
use super::{Harness, SITE};
use crate::{
    diag::{self, Level},
    export::{Compression, Otlp},
    time,
    trace::{LossReason, drain::Sink as _, record::fixture::SpanBuilder},
};

const MEMORY: usize = 4 * 1024 * 1024;

fn otlp(mock: &Mock) -> Otlp {
    Otlp::grpc().endpoint(mock.url()).timeout(Duration::from_secs(20))
}

/// Sends ten spans to a receiver with this script; returns what it received and the harness.
fn exchange(script: impl IntoIterator<Item = Reply>) -> (Mock, Harness) {
    let mock = Mock::start(script);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);
    harness.send(10);
    assert!(harness.flush());
    harness.assert_balanced();
    (mock, harness)
}

fn status(trailers: &'static [(&'static str, &'static str)]) -> Reply {
    Reply::TrailersOnly(trailers)
}

/// A request of more than half a MiB.
fn produce_large(harness: &mut Harness) {
    let text = "x".repeat(7_000);
    for id in 1..=100 {
        harness.produced += 1;
        SpanBuilder::new(&SITE, 1, id).attribute("t", &text).view(|span| harness.sink.accept(span));
    }
}

#[test]
fn a_call_is_what_the_protocol_says() {
    let mock = Mock::start([]);
    let otlp = otlp(&mock).header("Api-Key", "s3cret=").header("trace-bin", "raw\n");
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(10);
    assert!(harness.flush());

    let calls = mock.received();
    assert_eq!(calls.len(), 1);
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert_eq!(calls[0].uri, format!("{}{path}", mock.url()));
    assert_eq!(calls[0].header("content-type"), Some("application/grpc"));
    assert_eq!(calls[0].header("te"), Some("trailers"));
    assert_eq!(calls[0].header("grpc-encoding"), None);
    assert_eq!(calls[0].header("api-key"), Some("s3cret="));
    assert_eq!(calls[0].header("trace-bin"), Some("cmF3Cg"));
    let agent = concat!("OTel-OTLP-Exporter-Spandrel/", env!("CARGO_PKG_VERSION"));
    assert_eq!(calls[0].header("user-agent"), Some(agent));
    let timeout = calls[0].timeout();
    assert!(timeout <= Duration::from_secs(20) && timeout > Duration::from_secs(10), "{timeout:?}");
    assert_eq!((calls[0].spans(), harness.stats.exported()), (10, 10));
}

#[test]
fn gzip_is_said_and_done() {
    let mock = Mock::start([]);
    let mut harness = Harness::new(&otlp(&mock).compression(Compression::Gzip), MEMORY);

    harness.send(100);
    assert!(harness.flush());

    let calls = mock.received();
    assert_eq!((calls[0].header("grpc-encoding"), calls[0].body[0]), (Some("gzip"), 1));
    assert_eq!(calls[0].spans(), 100);
}

#[test]
fn calls_share_one_connection() {
    let mock = Mock::start([]);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);

    for spans in 1..=20 {
        harness.send(spans);
        assert!(harness.flush());
    }

    harness.assert_balanced();
    assert_eq!((mock.received().len(), mock.connections()), (20, 1));
}

#[test]
fn a_request_beyond_the_window_of_the_receiver_arrives_whole() {
    let mock = Mock::start([]);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);
    produce_large(&mut harness);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(mock.received()[0].spans(), 100);
    assert!(mock.received()[0].body.len() > 600_000);
}

#[test]
fn a_busy_receiver_gets_the_spans_in_the_end() {
    // RetryInfo { retry_delay: 1 ns } in a google.rpc.Status.
    const WITH_INFO: &str = "GjEKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SBQoDEAEY";
    let (mock, harness) = exchange([
        status(&[("grpc-status", "14"), ("grpc-message", "busy")]),
        status(&[("grpc-status", "8"), ("grpc-status-details-bin", WITH_INFO)]),
        Reply::Answer(vec![], &[("grpc-status", "1")]),
        status(&[("grpc-status", "4")]),
        status(&[("grpc-status", "10")]),
        status(&[("grpc-status", "11")]),
        status(&[("grpc-status", "15")]),
        Reply::Http(503, "text/html"),
    ]);

    assert_eq!(harness.stats.exported(), 10);
    assert_eq!((mock.received().len(), mock.connections()), (9, 1));
}

#[test]
fn a_refusal_is_final() {
    for refusal in [
        status(&[("grpc-status", "2")]),
        status(&[("grpc-status", "3"), ("grpc-message", "no%20way")]),
        status(&[("grpc-status", "5")]),
        status(&[("grpc-status", "6")]),
        status(&[("grpc-status", "7")]),
        status(&[("grpc-status", "8")]),
        status(&[("grpc-status", "9")]),
        Reply::Answer(framed(b""), &[("grpc-status", "12")]),
        Reply::Answer(framed(b""), &[("grpc-status", "13")]),
        status(&[("grpc-status", "16")]),
        status(&[("grpc-status", "seven")]),
        Reply::Http(401, "text/plain"),
        Reply::Http(404, "text/plain"),
        Reply::Http(200, "text/html"),
        Reply::NoStatus,
        Reply::Reset(Reason::INTERNAL_ERROR),
        Reply::Reset(Reason::ENHANCE_YOUR_CALM),
        Reply::Reset(Reason::HTTP_1_1_REQUIRED),
    ] {
        let (mock, harness) = exchange([refusal.clone()]);

        assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 10, "{refusal:?}");
        assert_eq!(mock.received().len(), 1, "{refusal:?}");
    }
}

#[test]
fn the_words_of_the_receiver_are_shown() {
    let said = diag::capture();

    exchange([status(&[("grpc-status", "16"), ("grpc-message", "no key, Zo%C3%AB?")])]);

    let warnings = said.of(Level::Warn);
    let text = "the receiver answered UNAUTHENTICATED: no key, Zoë?; check the headers";
    assert!(warnings[0].contains(text), "{warnings:?}");
}

#[test]
fn a_partial_success_is_counted_by_both_sides() {
    // partial_success { rejected_spans: 4, error_message: "no" }
    let message = framed(b"\x0a\x06\x08\x04\x12\x02no");
    for reply in [Reply::Answer(message.clone(), OK), Reply::Drip(message)] {
        let (_mock, harness) = exchange([reply]);

        assert_eq!(harness.stats.exported(), 6);
        assert_eq!(harness.stats.losses().of(LossReason::Rejected), 4);
    }
}

#[test]
fn a_broken_message_before_an_ok_changes_nothing() {
    for message in [
        b"".to_vec(),
        b"\0\0".to_vec(),
        b"\0\xff\xff\xff\xffxx".to_vec(),
        b"\x01\0\0\0\x02gz".to_vec(),
        framed(b"\xff\xff\xff"),
    ] {
        let (mock, harness) = exchange([Reply::Answer(message, OK)]);

        assert_eq!((harness.stats.exported(), mock.received().len()), (10, 1));
    }
}

#[test]
fn an_answer_without_measure_is_given_up_and_the_next_call_goes_on() {
    let (mock, mut harness) = exchange([Reply::Answer(framed(&vec![0; 5 * 1024 * 1024]), OK)]);

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 10);

    harness.send(1);
    assert!(harness.flush());
    assert_eq!((harness.stats.exported(), mock.received().len()), (1, 2));
}

#[test]
fn a_refusal_before_the_end_of_the_request_is_heard() {
    let said = diag::capture();
    let mock = Mock::start([status(&[("grpc-status", "3"), ("grpc-message", "large")])]);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);
    produce_large(&mut harness);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 100);
    assert!(said.of(Level::Warn)[0].contains("INVALID_ARGUMENT: large"), "{said:?}");
}

#[test]
fn a_receiver_that_goes_away_is_called_again_at_once() {
    // A second attempt that had to wait would come too late.
    let mock = Mock::start([Reply::GoAway, Reply::GoAway, Reply::GoAway]);
    let otlp = otlp(&mock).timeout(Duration::from_secs(2));
    let mut harness = Harness::with_first_wait(&otlp, MEMORY, Duration::from_secs(60));

    for _ in 0..4 {
        harness.send(1);
        assert!(harness.flush());
    }

    harness.assert_balanced();
    assert_eq!((harness.stats.exported(), mock.connections()), (4, 4));
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_call_is_tried_again() {
    for reply in [
        Reply::Close,
        Reply::Reset(Reason::REFUSED_STREAM),
        Reply::Reset(Reason::CANCEL),
        Reply::GoAwayWith(Reason::ENHANCE_YOUR_CALM),
        Reply::GoAwayWith(Reason::INTERNAL_ERROR),
    ] {
        let ok = Reply::Answer(framed(b""), OK);
        let (_mock, harness) = exchange([reply.clone(), ok.clone()]);
        assert_eq!(harness.stats.exported(), 10, "{reply:?}");

        let mock = Mock::start([ok, reply.clone()]);
        let mut harness = Harness::new(&otlp(&mock), MEMORY);
        for _ in 0..3 {
            harness.send(1);
            assert!(harness.flush());
        }
        assert_eq!(harness.stats.exported(), 3, "{reply:?}");
    }
}

#[test]
fn a_peer_that_vanished_without_a_word_costs_no_spans() {
    let mock = Mock::start([]);
    let otlp = otlp(&mock).timeout(Duration::from_secs(4));
    let mut harness = Harness::new(&otlp, MEMORY);
    harness.send(1);
    assert!(harness.flush());

    mock.freeze();
    harness.send(2);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!((harness.stats.exported(), mock.connections()), (3, 2));
}

#[test]
fn a_receiver_that_hangs_costs_its_timeout_and_no_more() {
    let said = diag::capture();
    let mock = Mock::start([Reply::Hang]);
    let mut harness = Harness::new(&otlp(&mock).timeout(Duration::from_millis(200)), MEMORY);

    harness.send(1);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 1);
    assert!(said.of(Level::Warn)[0].contains("timeout"), "{:?}", said.of(Level::Warn));
}

#[test]
fn a_shutdown_before_a_hanging_receiver_ends_at_its_deadline() {
    let mock = Mock::start([Reply::Hang]);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);
    harness.send(5);
    harness.send(6);
    harness.produce(7);

    let began = time::now();
    let done = harness.sink.shutdown()(began + Duration::from_millis(50));

    assert!(!done);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(harness.stats.losses().of(LossReason::Shutdown), 18);
    harness.assert_balanced();
}

#[test]
fn a_hanging_receiver_never_blocks_the_sink_and_never_makes_it_grow() {
    const BYTES: usize = 256 * 1024;
    let mock = Mock::start([Reply::Hang]);
    let mut harness = Harness::new(&otlp(&mock), BYTES);

    for _ in 0..20 {
        harness.produce(512);
        assert!(harness.stats.queued_bytes() <= BYTES as u64);
    }

    assert!(harness.stats.losses().of(LossReason::QueueFull) > 0);
    assert!(!harness.sink.shutdown()(time::now()));
    harness.assert_balanced();
}

#[test]
fn whatever_the_receiver_does_both_sides_agree() {
    let mock = Mock::start([
        Reply::Answer(framed(b""), OK),
        status(&[("grpc-status", "14")]),
        Reply::GoAway,
        Reply::Answer(framed(b"\x0a\x02\x08\x02"), OK),
        status(&[("grpc-status", "3")]),
        Reply::Close,
        Reply::Answer(framed(b""), OK),
        Reply::Drip(framed(b"\x0a\x04\x12\x02hi")),
        Reply::Reset(Reason::CANCEL),
        Reply::Answer(framed(b""), OK),
        Reply::Reset(Reason::INTERNAL_ERROR),
        Reply::Http(500, "text/plain"),
        Reply::NoStatus,
    ]);
    let mut harness = Harness::new(&otlp(&mock), MEMORY);

    for spans in 1..=12 {
        harness.send(spans);
    }
    assert!(harness.flush());

    harness.assert_balanced();
    let losses = harness.stats.losses();
    // The requests with 3, 4, 8, 9 and 10 spans, by the order of the script.
    assert_eq!(losses.of(LossReason::Rejected), 2);
    assert_eq!(losses.of(LossReason::ExportFailed), 4 + 8 + 9 + 10);
}
