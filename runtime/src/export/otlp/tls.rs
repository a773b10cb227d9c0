//! The certificates that the user names, read from their files.

use std::{fs, path::Path};

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::error::{Kind, OtlpError};

/// What TLS is to do, from PEM files with authorities, a certificate of our own and its key.
pub(super) fn config(
    ca_certificate: Option<&Path>,
    client_certificate: Option<&Path>,
    client_key: Option<&Path>,
) -> Result<TlsConfig, OtlpError> {
    let mut tls = TlsConfig::builder();
    if let Some(file) = ca_certificate {
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates(file)?));
    }
    let client = match (client_certificate, client_key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            Some(ClientCert::new_with_certs(&certificates(certificate)?, private_key(key)?))
        }
        _ => return Err(OtlpError(Kind::ClientCertificate)),
    };
    Ok(tls.client_cert(client).build())
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, OtlpError> {
    let certificates: Vec<_> = pem(file)?
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(OtlpError(Kind::Pem(file.to_owned(), "certificate")));
    }
    Ok(certificates)
}

fn private_key(file: &Path) -> Result<PrivateKey<'static>, OtlpError> {
    let key = pem(file)?.into_iter().find_map(|item| match item {
        PemItem::PrivateKey(key) => Some(key),
        _ => None,
    });
    key.ok_or_else(|| OtlpError(Kind::Pem(file.to_owned(), "private key")))
}

fn pem(file: &Path) -> Result<Vec<PemItem<'static>>, OtlpError> {
    let text = fs::read(file).map_err(|error| OtlpError(Kind::Read(file.to_owned(), error)))?;
    let items: Result<Vec<_>, _> = parse_pem(&text).collect();
    items.map_err(|_| OtlpError(Kind::Pem(file.to_owned(), "certificate or private key")))
}
