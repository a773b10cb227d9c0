use std::{sync::Arc, time::Duration};

use rustls::ServerConfig;

use super::{
    super::{Harness, tls::Pki},
    MEMORY, Mock,
};
use crate::{
    diag::{self, Level},
    export::Otlp,
    trace::LossReason,
};

/// A server that speaks these protocols.
fn server(pki: &Pki, mutual: bool, protocols: &[&[u8]]) -> Option<Arc<ServerConfig>> {
    let mut config = ServerConfig::clone(&pki.server(mutual));
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Some(Arc::new(config))
}

fn otlp(mock: &Mock) -> Otlp {
    Otlp::grpc().endpoint(mock.url()).timeout(Duration::from_secs(20))
}

fn send(otlp: &Otlp) -> Harness {
    let mut harness = Harness::new(otlp, MEMORY);
    for _ in 0..2 {
        harness.send(1);
        assert!(harness.flush());
    }
    harness.assert_balanced();
    harness
}

#[test]
fn the_authority_of_the_user_is_trusted_and_the_connection_kept() {
    let pki = Pki::new("grpc-trusted");
    let mock = Mock::start_with([], server(&pki, false, &[b"h2"]));

    let harness = send(&otlp(&mock).ca_certificate(pki.ca_file()));

    assert_eq!((harness.stats.exported(), mock.connections()), (2, 1));
}

#[test]
fn another_authority_is_not_trusted_and_not_tried_again() {
    let (pki, other) = (Pki::new("grpc-untrusted"), Pki::new("grpc-other"));
    let mock = Mock::start_with([], server(&pki, false, &[b"h2"]));
    for otlp in [otlp(&mock), otlp(&mock).ca_certificate(other.ca_file())] {
        let said = diag::capture();

        let harness = send(&otlp);

        assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
        let said = said.of(Level::Warn);
        assert!(said[0].contains("certificate") && !said[0].contains("attempts"), "{said:?}");
    }
    assert_eq!(mock.connections(), 0);
}

#[test]
fn a_server_that_asks_gets_the_certificate_of_the_client() {
    let pki = Pki::new("grpc-mutual");
    let (certificate, key) = pki.issue("client");
    let mock = Mock::start_with([], server(&pki, true, &[b"h2"]));
    let otlp = otlp(&mock)
        .ca_certificate(pki.ca_file())
        .client_certificate(pki.file("client.pem", &certificate.pem()))
        .client_key(pki.file("client.key", &key.serialize_pem()));

    assert_eq!(send(&otlp).stats.exported(), 2);
}

#[test]
fn without_a_certificate_a_server_that_asks_gets_no_spans() {
    let pki = Pki::new("grpc-anonymous");
    let mock = Mock::start_with([], server(&pki, true, &[b"h2"]));
    let otlp = otlp(&mock).ca_certificate(pki.ca_file()).timeout(Duration::from_millis(300));

    let harness = send(&otlp);

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
    assert!(mock.received().is_empty());
}

#[test]
fn a_certificate_and_the_key_of_another_are_refused_before_anything_is_sent() {
    let pki = Pki::new("grpc-mixed");
    let ((certificate, _), (_, key)) = (pki.issue("one"), pki.issue("two"));
    let otlp = Otlp::grpc()
        .endpoint("https://localhost")
        .client_certificate(pki.file("one.pem", &certificate.pem()))
        .client_key(pki.file("two.key", &key.serialize_pem()));

    let error = otlp.check().unwrap_err();

    assert!(error.is_tls() && std::error::Error::source(&error).is_some(), "{error}");
}

#[test]
fn a_server_without_http_2_is_recognised() {
    for protocols in [&[b"http/1.1".as_slice()][..], &[]] {
        let pki = Pki::new("grpc-http1");
        let mock = Mock::start_with([], server(&pki, false, protocols));
        let said = diag::capture();

        let harness = send(&otlp(&mock).ca_certificate(pki.ca_file()));

        assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
        let said = said.of(Level::Warn);
        assert!(said[0].contains("the receiver speaks no HTTP/2"), "{said:?}");
    }
}
