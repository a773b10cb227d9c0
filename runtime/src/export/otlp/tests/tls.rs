use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

use super::{Harness, mock::Mock};
use crate::{
    diag::{self, Level},
    export::Otlp,
    trace::LossReason,
};

/// An authority of its own, and a certificate of it for this machine.
pub(super) struct Pki {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Pki {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = std::env::temp_dir().join(format!("spandrel-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self { authority, folder }
    }

    pub(super) fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.authority).unwrap(), key)
    }

    pub(super) fn file(&self, name: &str, pem: &str) -> PathBuf {
        let file = self.folder.join(name);
        fs::write(&file, pem).unwrap();
        file
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.file("ca.pem", &self.authority.pem())
    }

    /// A server that asks for a client certificate of this authority, if `mutual`.
    pub(super) fn server(&self, mutual: bool) -> Arc<ServerConfig> {
        let (certificate, key) = self.issue("localhost");
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = RootCertStore::empty();
            roots.add(self.authority.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn send(otlp: &Otlp) -> Harness {
    let mut harness = Harness::new(&otlp.clone().timeout(Duration::from_secs(20)), 1024 * 1024);
    harness.send(2);
    assert!(harness.flush());
    harness.assert_balanced();
    harness
}

#[test]
fn the_authority_of_the_user_is_trusted() {
    let pki = Pki::new("trusted");
    let mock = Mock::start_with([], Some(pki.server(false)));

    let harness = send(&Otlp::http().endpoint(mock.url()).ca_certificate(pki.ca_file()));

    assert_eq!(harness.stats.exported(), 2);
    assert_eq!(mock.received()[0].spans(), 2);
}

#[test]
fn another_authority_is_not_trusted_and_not_tried_again() {
    let (pki, other) = (Pki::new("untrusted"), Pki::new("other"));
    let mock = Mock::start_with([], Some(pki.server(false)));
    for otlp in [Otlp::http(), Otlp::http().ca_certificate(other.ca_file())] {
        let said = diag::capture();

        let harness = send(&otlp.endpoint(mock.url()));

        assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
        assert!(mock.received().is_empty());
        let said = said.of(Level::Warn);
        assert!(said[0].contains("certificate") && !said[0].contains("attempts"), "{said:?}");
    }
}

#[test]
fn a_server_that_asks_gets_the_certificate_of_the_client() {
    let pki = Pki::new("mutual");
    let (certificate, key) = pki.issue("client");
    let mock = Mock::start_with([], Some(pki.server(true)));
    let otlp = Otlp::http()
        .endpoint(mock.url())
        .ca_certificate(pki.ca_file())
        .client_certificate(pki.file("client.pem", &certificate.pem()))
        .client_key(pki.file("client.key", &key.serialize_pem()));

    assert_eq!(send(&otlp).stats.exported(), 2);
}

#[test]
fn without_a_certificate_a_server_that_asks_gets_no_spans() {
    let pki = Pki::new("anonymous");
    let mock = Mock::start_with([], Some(pki.server(true)));
    let otlp = Otlp::http()
        .endpoint(mock.url())
        .ca_certificate(pki.ca_file())
        .timeout(Duration::from_millis(300));
    let mut harness = Harness::new(&otlp, 1024 * 1024);

    harness.send(2);
    assert!(harness.flush());

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
    assert!(mock.received().is_empty());
}

#[test]
fn a_port_that_speaks_no_tls_is_given_up_at_once() {
    let said = diag::capture();
    let mock = Mock::start([]);

    let harness = send(&Otlp::http().endpoint(mock.url().replace("http:", "https:")));

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 2);
    assert!(!said.of(Level::Warn)[0].contains("attempts"), "{:?}", said.of(Level::Warn));
}
