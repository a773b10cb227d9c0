use std::{num::NonZeroU32, time::Duration};

use super::{
    Harness, SITE,
    mock::{Mock, Reply},
};
use crate::{
    diag::{self, Level},
    export::{Batching, Compression, Otlp, encoding_sink::Requests as _},
    time,
    trace::{LossReason, drain::Sink as _, record::fixture::SpanBuilder},
};

const MEMORY: usize = 4 * 1024 * 1024;

fn answer(status: u16) -> Reply {
    Reply::Answer(status, "", vec![])
}

/// Sends ten spans to a receiver with this script; returns what it received and the harness.
fn exchange(script: impl IntoIterator<Item = Reply>) -> (Mock, Harness) {
    let mock = Mock::start(script);
    let otlp = Otlp::http().endpoint(mock.url()).timeout(Duration::from_secs(20));
    let mut harness = Harness::new(&otlp, MEMORY);
    harness.send(10);
    assert!(harness.flush());
    harness.assert_balanced();
    (mock, harness)
}

#[test]
fn a_request_is_what_the_protocol_says() {
    let mock = Mock::start([]);
    let otlp = Otlp::http().endpoint(mock.url()).header("Api-Key", "s3cret=");
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(10);
    assert!(harness.flush());

    let requests = mock.received();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line, "POST /v1/traces HTTP/1.1\r\n");
    assert_eq!(requests[0].header("content-type"), Some("application/x-protobuf"));
    assert_eq!(requests[0].header("content-encoding"), None);
    assert_eq!(requests[0].header("api-key"), Some("s3cret="));
    let agent = concat!("OTel-OTLP-Exporter-Spandrel/", env!("CARGO_PKG_VERSION"));
    assert_eq!(requests[0].header("user-agent"), Some(agent));
    assert_eq!((requests[0].spans(), harness.stats.exported()), (10, 10));
}

#[test]
fn json_is_said_and_done() {
    let partial = br#"{"partialSuccess":{"rejectedSpans":"4","errorMessage":"too old"}}"#;
    let mock = Mock::start([Reply::Answer(200, "", partial.to_vec())]);
    let otlp = Otlp::http_json().endpoint(mock.url());
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(10);
    assert!(harness.flush());

    let requests = mock.received();
    assert_eq!(requests[0].line, "POST /v1/traces HTTP/1.1\r\n");
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].spans(), 10);
    assert_eq!(harness.stats.losses().of(LossReason::Rejected), 4);
    harness.assert_balanced();
}

#[test]
fn gzip_is_said_and_done() {
    let mock = Mock::start([]);
    let otlp = Otlp::http().endpoint(mock.url()).compression(Compression::Gzip);
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(100);
    assert!(harness.flush());

    let requests = mock.received();
    assert_eq!(requests[0].header("content-encoding"), Some("gzip"));
    assert_eq!(requests[0].spans(), 100);
}

#[test]
fn a_busy_receiver_gets_the_spans_in_the_end() {
    let busy = Reply::Answer(503, "Retry-After: 0\r\n", vec![]);
    let (mock, harness) = exchange([busy, answer(429), answer(502), answer(504)]);

    assert_eq!(harness.stats.exported(), 10);
    assert_eq!(mock.received().len(), 5);
}

#[test]
fn a_refusal_is_final() {
    for status in [400, 401, 403, 404, 413, 415, 500, 501, 301, 307] {
        let (mock, harness) = exchange([answer(status)]);

        assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 10, "{status}");
        assert_eq!(mock.received().len(), 1, "{status}");
    }
}

#[test]
fn a_redirect_is_not_followed_and_takes_no_secret_along() {
    let other = Mock::start([]);
    let headers: &'static str = format!("location: {}/v1/traces\r\n", other.url()).leak();
    let mock = Mock::start([Reply::Answer(308, headers, vec![])]);
    let otlp = Otlp::http().endpoint(mock.url()).header("authorization", "Bearer s3cret");
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(1);
    assert!(harness.flush());

    assert!(other.received().is_empty());
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 1);
}

#[test]
fn a_partial_success_is_counted_by_both_sides() {
    // partial_success { rejected_spans: 4, error_message: "no" }
    let body = b"\x0a\x06\x08\x04\x12\x02no".to_vec();
    let (_mock, harness) = exchange([Reply::Answer(200, "", body)]);

    assert_eq!(harness.stats.exported(), 6);
    assert_eq!(harness.stats.losses().of(LossReason::Rejected), 4);
}

#[test]
fn an_endless_answer_is_no_answer_more() {
    let (mock, mut harness) = exchange([Reply::Answer(200, "", vec![0x20; 5 * 1024 * 1024])]);

    assert_eq!((harness.stats.exported(), mock.received().len()), (10, 1));

    harness.send(1);
    assert!(harness.flush());
    assert_eq!(harness.stats.exported(), 11);
}

#[test]
fn an_answer_that_drips_or_is_cut_off_is_an_answer() {
    for reply in [Reply::Drip, Reply::CutOff] {
        let (mock, harness) = exchange([reply]);

        assert_eq!((harness.stats.exported(), mock.received().len()), (10, 1));
    }
}

#[test]
fn a_connection_that_is_closed_or_reset_is_tried_again() {
    for (reply, received) in [(Reply::Close, 2), (Reply::Reset, 1)] {
        let (mock, harness) = exchange([reply.clone()]);

        assert_eq!(harness.stats.exported(), 10, "{reply:?}");
        assert_eq!(mock.received().len(), received, "{reply:?}");
    }
}

#[test]
fn what_does_not_speak_http_is_given_up() {
    let (mock, harness) = exchange([Reply::Garbage]);

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 10);
    assert_eq!(mock.received().len(), 1);
}

#[test]
fn a_receiver_that_hangs_costs_its_timeout_and_no_more() {
    let said = diag::capture();
    let mock = Mock::start([Reply::Hang]);
    let otlp = Otlp::http().endpoint(mock.url()).timeout(Duration::from_millis(200));
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(1);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 1);
    assert!(said.of(Level::Warn)[0].contains("timeout"), "{:?}", said.of(Level::Warn));
}

#[test]
fn a_receiver_that_hangs_after_saying_200_has_taken_the_spans() {
    let mock = Mock::start([Reply::HangInBody]);
    // Long enough for the head of the answer to come on a busy machine.
    let otlp = Otlp::http().endpoint(mock.url()).timeout(Duration::from_secs(3));
    let mut harness = Harness::new(&otlp, MEMORY);

    harness.send(1);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.exported(), 1);
}

#[test]
fn nobody_there_is_said_and_counted() {
    let said = diag::capture();
    // The port of a service that was given up decades ago; a free one another test may bind. The
    // wait before a second attempt is longer than the timeout.
    let otlp = Otlp::http().endpoint("http://127.0.0.1:1").timeout(Duration::from_secs(2));
    let mut harness = Harness::with_first_wait(&otlp, MEMORY, Duration::from_secs(60));

    harness.send(3);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 3);
    let [warning] = &*said.of(Level::Warn) else { panic!("said {said:?}") };
    assert!(warning.contains("3 spans for http://127.0.0.1:1/v1/traces"), "{warning}");
    assert!(warning.contains("refused"), "{warning}");
}

#[test]
fn a_shutdown_before_a_hanging_receiver_ends_at_its_deadline() {
    let mock = Mock::start([Reply::Hang]);
    let mut harness = Harness::new(&Otlp::http().endpoint(mock.url()), MEMORY);
    harness.send(5);
    harness.send(6);
    harness.produce(7);

    let began = time::now();
    let done = harness.sink.shutdown()(began + Duration::from_millis(50));

    assert!(!done);
    // Far below the ten seconds that the export itself may take.
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(harness.stats.losses().of(LossReason::Shutdown), 18);
    harness.assert_balanced();
    harness.send(1);
    harness.assert_balanced();
}

#[test]
fn a_hanging_receiver_never_blocks_the_sink_and_never_makes_it_grow() {
    const BYTES: usize = 256 * 1024;
    let mock = Mock::start([Reply::Hang]);
    let mut harness = Harness::new(&Otlp::http().endpoint(mock.url()), BYTES);

    for _ in 0..20 {
        harness.produce(512);
        assert!(harness.stats.queued_bytes() <= BYTES as u64);
    }

    assert!(harness.stats.losses().of(LossReason::QueueFull) > 0);
    assert!(!harness.sink.shutdown()(time::now()));
    harness.assert_balanced();
}

#[test]
fn a_batch_is_due_when_it_is_full_or_when_its_first_span_has_waited() {
    let mock = Mock::start([]);
    let delay = Duration::from_secs(5);
    let batching = Batching::new().with_spans(NonZeroU32::new(4).unwrap()).with_delay(delay);
    let mut harness = Harness::new(&Otlp::http().endpoint(mock.url()).batching(batching), MEMORY);
    let now = time::now();

    harness.produce(5);
    assert_eq!(harness.sink.requests.spans(), 1);
    harness.sink.end_pass(now);
    harness.sink.end_pass(now + delay - Duration::from_nanos(1));
    assert_eq!(harness.sink.requests.spans(), 1);
    harness.sink.end_pass(now + delay);
    assert_eq!(harness.sink.requests.spans(), 0);

    assert!(harness.flush());
    let sizes: Vec<_> = mock.received().iter().map(super::mock::Received::spans).collect();
    assert_eq!(sizes, [4, 1]);
}

#[test]
fn a_span_that_fits_no_request_is_counted_and_the_others_go_on() {
    let mock = Mock::start([]);
    let mut harness = Harness::new(&Otlp::http().endpoint(mock.url()), 16 * 1024);
    let text = "x".repeat(5_000);

    harness.send(1);
    harness.produced += 1;
    SpanBuilder::new(&SITE, 1, 1).attribute("t", &text).view(|span| harness.sink.accept(span));
    harness.send(1);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::TooLarge), 1);
}

#[test]
fn whatever_the_receiver_does_both_sides_agree() {
    let partial = Reply::Answer(200, "", b"\x0a\x02\x08\x02".to_vec());
    let script = [
        answer(200),
        answer(503),
        answer(200),
        partial,
        answer(400),
        Reply::Close,
        answer(200),
        Reply::Drip,
        Reply::Reset,
        answer(200),
        answer(500),
        Reply::Garbage,
    ];
    let mock = Mock::start(script);
    let otlp = Otlp::http().endpoint(mock.url());
    let mut harness = Harness::new(&otlp, MEMORY);

    for spans in 1..=12 {
        harness.send(spans);
    }
    assert!(harness.flush());

    harness.assert_balanced();
    let losses = harness.stats.losses();
    // The requests with 3 and 4 spans, by the order of the script.
    assert_eq!(losses.of(LossReason::Rejected), 2);
    assert_eq!(losses.of(LossReason::ExportFailed), 4 + 8 + 9);
}
