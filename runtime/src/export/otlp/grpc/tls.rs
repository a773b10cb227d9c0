//! TLS for HTTP/2, from the same settings as for HTTP.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer},
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// # Errors
///
/// Returns what is wrong with the certificates.
pub(in crate::export::otlp) fn client_config(
    tls: &TlsConfig,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    // The one that the program has chosen for all, if it has.
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(tls));
    let mut config = match tls.client_cert() {
        Some(own) => {
            let key = PrivateKeyDer::try_from(own.private_key().der().to_vec());
            let key = key.map_err(|error| rustls::Error::General(error.into()))?;
            builder.with_client_auth_cert(own.certs().iter().map(certificate).collect(), key)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

fn roots(tls: &TlsConfig) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    match tls.root_certs() {
        RootCerts::Specific(given) => {
            roots.add_parsable_certificates(given.iter().map(certificate));
        }
        _ => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    roots
}

fn certificate(certificate: &Certificate<'_>) -> CertificateDer<'static> {
    CertificateDer::from(certificate.der().to_vec())
}
