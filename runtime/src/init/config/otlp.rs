//! OTLP: where to, in which form, with what, how long.

use std::{fmt, path::PathBuf, time::Duration};

use super::{
    Code, Features, Headers, OtlpSignal, Setting, Source, Spool,
    batch::{duration, timeout},
    endpoint::Endpoint,
    general::word,
};
use crate::init::env::{Reader, Variable, table};

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
    Grpc,
    HttpJson,
    #[default]
    HttpProtobuf,
}

/// The OTLP exporter of a signal.
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
const PROTOCOLS: [(&str, Protocol); 3] = [
    ("grpc", Protocol::Grpc),
    ("http/protobuf", Protocol::HttpProtobuf),
    ("http/json", Protocol::HttpJson),
];

impl Protocol {
    pub(super) fn is_in(self, features: Features) -> bool {
        match self {
            Self::Grpc => features.grpc,
            Self::HttpJson | Self::HttpProtobuf => true,
        }
    }
}

impl Otlp {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code, signal: &OtlpSignal) -> Self {
        let protocol = protocol(reader, code, signal);
        let endpoint = endpoint(reader, code, signal, protocol.value);
        let timeouts = reader.first(&[signal.timeout, table::OTLP_TIMEOUT], duration);
        let compression = reader.first(&[signal.compression, table::OTLP_COMPRESSION], |text| {
            word(&COMPRESSIONS, text)
        });
        Self {
            endpoint: endpoint
                .unwrap_or_else(|| Setting::by_default(Endpoint::local(protocol.value, signal))),
            protocol,
            headers: headers(reader, code, signal),
            timeout: timeout(code.otlp_timeout, timeouts, Duration::from_secs(10)),
            compression: Setting::pick(code.otlp_compression, compression, Compression::default()),
            certificate: path(
                reader,
                code.otlp_certificate.as_ref(),
                &[signal.certificate, table::OTLP_CERTIFICATE],
            ),
            client_key: path(
                reader,
                code.otlp_client_key.as_ref(),
                &[signal.client_key, table::OTLP_CLIENT_KEY],
            ),
            client_certificate: path(
                reader,
                code.otlp_client_certificate.as_ref(),
                &[signal.client_certificate, table::OTLP_CLIENT_CERTIFICATE],
            ),
            spool: Spool::read(reader),
        }
    }

    /// Who named a collector, if somebody did.
    pub(super) fn endpoint_source(&self) -> Option<Source> {
        Some(self.endpoint.source).filter(|source| *source != Source::Default)
    }

    /// What will not work although each value by itself is right; asked if OTLP is used at all.
    pub(super) fn check(&self, reader: &mut Reader<'_>, features: Features) {
        let Setting { value: protocol, source } = self.protocol;
        if features.otlp && !protocol.is_in(features) {
            reader.problem(format!(
                "the OTLP protocol `{protocol}` is asked for ({source}) but not compiled in; write \
                 `features = [\"otlp-grpc\"]` at `spandrel` in Cargo.toml, or let `{}` be \
                 `http/protobuf`, which collectors take on port 4318",
                table::OTLP_PROTOCOL.name,
            ));
        }
        // Neither of a collector's ports answers the other protocol with anything that a person
        // would understand.
        let source = self.endpoint.source;
        match (protocol, self.endpoint.value.port()) {
            (Protocol::HttpJson | Protocol::HttpProtobuf, Some(4_317)) => reader.warn(format!(
                "port 4317 ({source}) usually takes OTLP over gRPC, and this is {protocol}; write \
                 port 4318, or `{}=grpc`",
                table::OTLP_PROTOCOL.name,
            )),
            (Protocol::Grpc, Some(4_318)) => reader.warn(format!(
                "port 4318 ({source}) usually takes OTLP over HTTP, and this is gRPC; write port \
                 4317, or `{}=http/protobuf`",
                table::OTLP_PROTOCOL.name,
            )),
            _ => {}
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PROTOCOLS.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(feature = "otlp")]
impl Otlp {
    /// The exporter that does all this.
    pub(crate) fn exporter(
        &self,
        batch: &super::Batch,
        signal: &OtlpSignal,
    ) -> crate::export::Otlp {
        // Both limits hold for one export with all its retries. "No limit" is what the specification
        // suggests for it: far beyond any patience, but still a deadline.
        let timeouts = [self.timeout.value, batch.export_timeout.value];
        let timeout = timeouts.into_iter().flatten().min();
        let exporter = match self.protocol.value {
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => crate::export::Otlp::grpc(),
            Protocol::HttpJson => crate::export::Otlp::http_json(),
            // Without the feature, `check` has refused gRPC.
            _ => crate::export::Otlp::http(),
        };
        let mut exporter = (signal.with_endpoint)(exporter, self.endpoint.value.url().to_owned())
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

fn endpoint(
    reader: &mut Reader<'_>,
    code: &Code,
    signal: &OtlpSignal,
    protocol: Protocol,
) -> Option<Setting<Endpoint>> {
    let insecure = reader
        .boolean(signal.insecure)
        .or_else(|| reader.boolean(table::OTLP_INSECURE))
        .or_else(|| reader.boolean(table::OTLP_INSECURE_ALIAS))
        .map(|insecure| insecure.value);
    let endpoint = if let Some(text) = &code.otlp_endpoint {
        endpoint_of_code(reader, text, insecure, (signal, protocol))
    } else {
        endpoint_of_environment(reader, insecure, (signal, protocol))
    }?;
    if protocol == Protocol::Grpc && endpoint.value.has_path() {
        reader.warn(format!(
            "the path of the endpoint {} is ignored: calls of gRPC have one of their own",
            endpoint.source
        ));
        return Some(endpoint.map(Endpoint::without_path));
    }
    Some(endpoint)
}

fn endpoint_of_environment(
    reader: &mut Reader<'_>,
    insecure: Option<bool>,
    (signal, protocol): (&OtlpSignal, Protocol),
) -> Option<Setting<Endpoint>> {
    let exact = reader.read(signal.endpoint, |text| Endpoint::parse(text, insecure));
    let endpoint = exact.or_else(|| {
        let general = reader
            .first(&[table::OTLP_ENDPOINT, table::OTLP_ENDPOINT_ALIAS], |text| {
                Endpoint::parse(text, insecure)
            })
            .or_else(|| {
                if !signal.is_for_jaeger {
                    return None;
                }
                reader.read(table::JAEGER_ENDPOINT, |text| Endpoint::parse_jaeger(text, insecure))
            })?;
        if protocol == Protocol::Grpc {
            return Some(general);
        }
        if general.value.is_for(signal) {
            let path = signal.path;
            reader.warn(format!(
                "the endpoint {} ends in `{path}`, and `{path}` is appended to it; leave it out, \
                 or write `{}`",
                general.source, signal.endpoint.name
            ));
        }
        Some(general.map(|endpoint| endpoint.for_signal(signal)))
    })?;
    endpoint.warn_of_guessed_scheme(reader);
    Some(endpoint)
}

/// In code there is one endpoint, and no reason to take either form for a mistake.
fn endpoint_of_code(
    reader: &mut Reader<'_>,
    text: &str,
    insecure: Option<bool>,
    (signal, protocol): (&OtlpSignal, Protocol),
) -> Option<Setting<Endpoint>> {
    match Endpoint::parse(text, insecure) {
        Ok(endpoint) if protocol == Protocol::Grpc || endpoint.is_for(signal) => {
            Some(Setting::by_code(endpoint))
        }
        // What was named first meant traces, and still does.
        Ok(endpoint) => {
            Some(Setting::by_code(endpoint.without(OtlpSignal::TRACES).for_signal(signal)))
        }
        Err(_) => {
            let advice = table::OTLP_ENDPOINT.kind.advice();
            reader.problem(format!("the OTLP endpoint in code is no address; write {advice}"));
            None
        }
    }
}

fn protocol(reader: &mut Reader<'_>, code: &Code, signal: &OtlpSignal) -> Setting<Protocol> {
    let variables = [signal.protocol, table::OTLP_PROTOCOL];
    let variable = reader.first(&variables, |text| word(&PROTOCOLS, text));
    Setting::pick(code.otlp_protocol, variable, Protocol::default())
}

fn headers(reader: &mut Reader<'_>, code: &Code, signal: &OtlpSignal) -> Setting<Headers> {
    let variable = [signal.headers, table::OTLP_HEADERS]
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
