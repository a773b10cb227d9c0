//! What speaks something else, or nothing.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use super::{super::mock, MEMORY, Mock};
use crate::{
    diag::{self, Level},
    export::{Otlp, otlp::tests::Harness},
    trace::LossReason,
};

/// Sends a span to whoever is there, and says what is said about it.
fn complaint(url: &str, timeout: Duration) -> String {
    let said = diag::capture();
    let otlp = Otlp::grpc().endpoint(url).timeout(timeout);
    // A second attempt would come too late.
    let mut harness = Harness::with_first_wait(&otlp, MEMORY, Duration::from_secs(60));
    harness.send(3);
    assert!(harness.flush());
    harness.assert_balanced();
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 3);
    let said = said.of(Level::Warn);
    assert_eq!(said.len(), 1, "{said:?}");
    said[0].clone()
}

/// Answers each connection with these bytes.
fn with_bytes(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the process; nobody else connects.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(&bytes);
            // Until the client closes.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    address
}

/// Below the least wait before a second attempt.
const PATIENCE: Duration = Duration::from_secs(2);

#[test]
fn nobody_there_is_said_and_counted() {
    let said = complaint("http://127.0.0.1:1", PATIENCE);

    assert!(said.contains("3 spans for http://127.0.0.1:1/ are lost"), "{said}");
    assert!(said.contains("refused"), "{said}");
}

#[test]
fn a_port_for_http_is_recognised_and_given_up_at_once() {
    let http = mock::Mock::start([]);

    let said = complaint(&http.url(), PATIENCE);

    let text = "the receiver speaks no HTTP/2; is that the http/protobuf port 4318?";
    assert!(said.ends_with(text), "{said}");
}

#[test]
fn a_port_for_tls_is_recognised_and_given_up_at_once() {
    let alert = with_bytes(b"\x15\x03\x01\x00\x02\x02\x46".to_vec());

    let said = complaint(&format!("http://{alert}"), PATIENCE);

    assert!(said.ends_with("the receiver speaks TLS; write `https://`"), "{said}");
}

#[test]
fn a_port_without_tls_is_given_up_at_once() {
    let plain = Mock::start([]);

    let said = complaint(&plain.url().replace("http:", "https:"), PATIENCE);

    assert!(!said.contains("attempts"), "{said}");
}

#[test]
fn broken_frames_are_given_up() {
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    for (what, frames) in [
        ("no frame", b"I am no server at all".to_vec()),
        ("a frame that is too large", b"\xff\xff\xff\x04\0\0\0\0\0".to_vec()),
        ("data of no stream", [&settings[..], b"\0\0\x01\0\0\0\0\0\0x"].concat()),
        (
            "headers that cannot be read",
            [&settings[..], b"\0\0\x02\x01\x05\0\0\0\x01\xff\xff"].concat(),
        ),
        (
            "a window beyond all bounds",
            [&settings[..], b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff"].concat(),
        ),
    ] {
        let address = with_bytes(frames);

        let said = complaint(&format!("http://{address}"), PATIENCE);

        assert!(!said.contains("timeout") && !said.contains("attempts"), "{what}: {said}");
    }
}

#[test]
fn a_receiver_that_never_says_a_word_costs_the_timeout() {
    let address = with_bytes(Vec::new());

    let said = complaint(&format!("http://{address}"), Duration::from_millis(300));

    assert!(said.contains("timeout"), "{said}");
}

#[test]
fn of_the_addresses_of_a_name_one_that_answers_is_enough() {
    let mock = Mock::start([]);
    // Its first address may well be the one of IPv6, where nobody listens.
    let url = mock.url().replace("127.0.0.1", "localhost");
    let mut harness = Harness::new(&Otlp::grpc().endpoint(url).timeout(PATIENCE), MEMORY);

    harness.send(3);
    assert!(harness.flush());

    harness.assert_balanced();
    assert_eq!((harness.stats.exported(), mock.connections()), (3, 1));
}
