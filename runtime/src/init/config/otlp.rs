//! OTLP over HTTP: where to, with what, how long.

use std::{fmt, path::PathBuf, time::Duration};

use super::{
    Code, Headers, Setting, Source, Spool,
    batch::{duration, timeout},
    endpoint::Endpoint,
    general::word,
};
use crate::init::env::{Reader, Rejected, Variable, table};

/// How requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Compression {
    Gzip,
    #[default]
    None,
}

/// What a request looks like, and how it travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Protocol {
    HttpJson,
    #[default]
    HttpProtobuf,
}

/// The OTLP exporter of traces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Otlp {
    pub(crate) protocol: Setting<Protocol>,
    pub(crate) endpoint: Setting<Endpoint>,
    pub(crate) headers: Setting<Headers>,
    /// How long a request may take; `None` for no limit.
    pub(crate) timeout: Setting<Option<Duration>>,
    pub(crate) compression: Setting<Compression>,
    /// PEM files, not yet looked at.
    pub(crate) certificate: Setting<Option<PathBuf>>,
    pub(crate) client_key: Setting<Option<PathBuf>>,
    pub(crate) client_certificate: Setting<Option<PathBuf>>,
    pub(crate) spool: Spool,
}

const COMPRESSIONS: [(&str, Compression); 2] =
    [("gzip", Compression::Gzip), ("none", Compression::None)];
const PROTOCOLS: [(&str, Protocol); 2] =
    [("http/json", Protocol::HttpJson), ("http/protobuf", Protocol::HttpProtobuf)];
/// Forms of OTLP that this version lacks.
const LATER_PROTOCOLS: [&str; 1] = ["grpc"];

impl Otlp {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        let endpoint = endpoint(reader, code);
        let protocol = Setting::pick(None, protocol(reader), Protocol::default());
        let timeouts = reader.first(&[table::OTLP_TRACES_TIMEOUT, table::OTLP_TIMEOUT], duration);
        let compression = reader
            .first(&[table::OTLP_TRACES_COMPRESSION, table::OTLP_COMPRESSION], |text| {
                word(&COMPRESSIONS, text)
            });
        Self {
            protocol,
            headers: headers(reader, code),
            timeout: timeout(code.otlp_timeout, timeouts, Duration::from_secs(10)),
            compression: Setting::pick(code.otlp_compression, compression, Compression::default()),
            certificate: path(
                reader,
                code.otlp_certificate.as_ref(),
                &[table::OTLP_TRACES_CERTIFICATE, table::OTLP_CERTIFICATE],
            ),
            client_key: path(
                reader,
                code.otlp_client_key.as_ref(),
                &[table::OTLP_TRACES_CLIENT_KEY, table::OTLP_CLIENT_KEY],
            ),
            client_certificate: path(
                reader,
                code.otlp_client_certificate.as_ref(),
                &[table::OTLP_TRACES_CLIENT_CERTIFICATE, table::OTLP_CLIENT_CERTIFICATE],
            ),
            spool: Spool::read(reader),
            endpoint: endpoint.unwrap_or_else(|| Setting::by_default(Endpoint::local())),
        }
    }

    /// Who named a collector, if somebody did.
    pub(super) fn endpoint_source(&self) -> Option<Source> {
        Some(self.endpoint.source).filter(|source| *source != Source::Default)
    }

    /// A collector's gRPC port answers HTTP with nothing that a person would understand.
    pub(super) fn warn_of_grpc_port(&self, reader: &mut Reader<'_>) {
        if self.endpoint.value.has_grpc_port() {
            reader.warn(format!(
                "port 4317 ({}) usually takes OTLP over gRPC, which this version lacks; write \
                 port 4318 for HTTP",
                self.endpoint.source
            ));
        }
    }
}

#[cfg(feature = "otlp")]
impl Otlp {
    /// The exporter that does all this.
    pub(crate) fn exporter(&self, batch: &super::Batch) -> crate::export::Otlp {
        // Both limits hold for one export with all its retries. "No limit" is what the specification
        // suggests for it: far beyond any patience, but still a deadline.
        let timeouts = [self.timeout.value, batch.export_timeout.value];
        let timeout = timeouts.into_iter().flatten().min();
        let exporter = match self.protocol.value {
            Protocol::HttpJson => crate::export::Otlp::http_json(),
            Protocol::HttpProtobuf => crate::export::Otlp::http(),
        };
        let mut exporter = exporter
            .traces_endpoint(self.endpoint.value.url())
            .timeout(timeout.unwrap_or(Duration::from_millis(u32::MAX.into())))
            .compression(match self.compression.value {
                Compression::Gzip => crate::export::Compression::Gzip,
                Compression::None => crate::export::Compression::None,
            })
            .batching(batch.batching())
            .spool_bytes(self.spool.max_bytes.value);
        if let Some(folder) = &self.spool.folder.value {
            exporter = exporter.spool(folder);
        }
        for (name, value) in self.headers.value.iter() {
            exporter = exporter.header(name, value);
        }
        if let Some(file) = &self.certificate.value {
            exporter = exporter.ca_certificate(file);
        }
        if let Some(file) = &self.client_certificate.value {
            exporter = exporter.client_certificate(file);
        }
        if let Some(file) = &self.client_key.value {
            exporter = exporter.client_key(file);
        }
        exporter
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PROTOCOLS.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

fn endpoint(reader: &mut Reader<'_>, code: &Code) -> Option<Setting<Endpoint>> {
    let insecure = reader
        .boolean(table::OTLP_TRACES_INSECURE)
        .or_else(|| reader.boolean(table::OTLP_INSECURE))
        .or_else(|| reader.boolean(table::OTLP_INSECURE_ALIAS))
        .map(|insecure| insecure.value);
    if let Some(text) = &code.otlp_endpoint {
        return endpoint_of_code(reader, text, insecure);
    }
    let exact = reader.read(table::OTLP_TRACES_ENDPOINT, |text| Endpoint::parse(text, insecure));
    let endpoint = exact.or_else(|| {
        let general = reader
            .first(&[table::OTLP_ENDPOINT, table::OTLP_ENDPOINT_ALIAS], |text| {
                Endpoint::parse(text, insecure)
            })
            .or_else(|| {
                reader.read(table::JAEGER_ENDPOINT, |text| Endpoint::parse_jaeger(text, insecure))
            })?;
        if general.value.is_for_traces() {
            reader.warn(format!(
                "the endpoint {} ends in `/v1/traces`, and `/v1/traces` is appended to it; leave \
                 it out, or write `{}`",
                general.source,
                table::OTLP_TRACES_ENDPOINT.name
            ));
        }
        Some(general.map(Endpoint::for_traces))
    })?;
    endpoint.warn_of_guessed_scheme(reader);
    Some(endpoint)
}

/// In code there is one endpoint, and no reason to take either form for a mistake.
fn endpoint_of_code(
    reader: &mut Reader<'_>,
    text: &str,
    insecure: Option<bool>,
) -> Option<Setting<Endpoint>> {
    match Endpoint::parse(text, insecure) {
        Ok(endpoint) if endpoint.is_for_traces() => Some(Setting::by_code(endpoint)),
        Ok(endpoint) => Some(Setting::by_code(endpoint.for_traces())),
        Err(_) => {
            let advice = table::OTLP_ENDPOINT.kind.advice();
            reader.problem(format!("the OTLP endpoint in code is no address; write {advice}"));
            None
        }
    }
}

fn protocol(reader: &mut Reader<'_>) -> Option<Setting<Protocol>> {
    reader.first(&[table::OTLP_TRACES_PROTOCOL, table::OTLP_PROTOCOL], |text| {
        if LATER_PROTOCOLS.iter().any(|later| later.eq_ignore_ascii_case(text)) {
            return Err(Rejected::because("is not supported by this version")
                .instead("`http/protobuf`, which collectors take on port 4318"));
        }
        word(&PROTOCOLS, text)
    })
}

fn headers(reader: &mut Reader<'_>, code: &Code) -> Setting<Headers> {
    let variable = [table::OTLP_TRACES_HEADERS, table::OTLP_HEADERS]
        .into_iter()
        .find_map(|variable| reader.text(variable).map(|text| (variable, text)))
        .map(|(variable, text)| {
            let (headers, wrong) = Headers::parse(text);
            reader.complain(variable, &wrong, None);
            Setting { value: headers, source: Source::Variable(variable.name) }
        });
    Setting::pick(code.otlp_headers.clone(), variable, Headers::default())
}

fn path(
    reader: &mut Reader<'_>,
    code: Option<&PathBuf>,
    variables: &[&'static Variable],
) -> Setting<Option<PathBuf>> {
    let variable = reader.first(variables, |text| Ok(Some(PathBuf::from(text))));
    Setting::pick(code.cloned().map(Some), variable, None)
}
