//! Remote write: where to, how often, in which version.

use std::{fmt, time::Duration};

use super::{Features, Headers, Setting, Source, endpoint::Endpoint, general::word};
use crate::init::env::{Reader, Rejected, parse, table};

/// Which version of the protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RemoteWriteVersion {
    /// 2 if the receiver speaks it, else 1.
    #[default]
    Auto,
    One,
    Two,
}

/// The sender.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RemoteWrite {
    /// `None`: nothing is sent.
    pub(crate) endpoint: Setting<Option<Endpoint>>,
    pub(crate) headers: Setting<Headers>,
    pub(crate) interval: Setting<Duration>,
    pub(crate) timeout: Setting<Duration>,
    pub(crate) version: Setting<RemoteWriteVersion>,
    pub(crate) has_native_histograms: Setting<bool>,
}

const INTERVAL: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Nobody needs to know more often, and a receiver pays for each.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);
const VERSIONS: [(&str, RemoteWriteVersion); 3] = [
    ("auto", RemoteWriteVersion::Auto),
    ("1", RemoteWriteVersion::One),
    ("2", RemoteWriteVersion::Two),
];

impl RemoteWrite {
    pub(super) fn read(reader: &mut Reader<'_>, features: Features) -> Self {
        let endpoint =
            reader.read(table::REMOTE_WRITE_ENDPOINT, |text| Endpoint::parse(text, None));
        endpoint.iter().for_each(|endpoint| endpoint.warn_of_guessed_scheme(reader));
        let headers = reader.read(table::REMOTE_WRITE_HEADERS, |text| {
            let (headers, wrong) = Headers::parse(text);
            match wrong.first() {
                Some(_) => Err(Rejected::because(format!("has {}", wrong.join(" and ")))),
                None => Ok(headers),
            }
        });
        let interval = reader.read(table::REMOTE_WRITE_INTERVAL, |text| {
            let interval = parse::time(text).ok_or_else(Rejected::not_understood)?;
            if interval < LEAST_INTERVAL {
                return Err(Rejected::because("is too little").instead("at least `100ms`"));
            }
            Ok(interval)
        });
        let timeout = reader.read(table::REMOTE_WRITE_TIMEOUT, |text| {
            let timeout = parse::time(text).filter(|timeout| !timeout.is_zero());
            timeout.ok_or_else(Rejected::not_understood)
        });
        let version = reader.read(table::REMOTE_WRITE_VERSION, |text| word(&VERSIONS, text));
        let native = reader.boolean(table::REMOTE_WRITE_NATIVE_HISTOGRAMS);
        let remote_write = Self {
            endpoint: Setting::pick(None, endpoint.map(|endpoint| endpoint.map(Some)), None),
            headers: Setting::pick(None, headers, Headers::default()),
            interval: Setting::pick(None, interval, INTERVAL),
            timeout: Setting::pick(None, timeout, TIMEOUT),
            version: Setting::pick(None, version, RemoteWriteVersion::default()),
            has_native_histograms: Setting::pick(None, native, false),
        };
        if remote_write.endpoint.value.is_some() && !features.remote_write {
            reader.problem(format!(
                "remote write is asked for ({}) but not compiled in; write `features = \
                 [\"prometheus-remote-write\"]` at `spandrel` in Cargo.toml",
                remote_write.endpoint.source
            ));
        }
        remote_write
    }

    /// The sender that does all this.
    #[cfg(feature = "prometheus-remote-write")]
    pub(crate) fn exporter(&self) -> Option<crate::export::RemoteWrite> {
        let endpoint = self.endpoint.value.as_ref()?;
        let mut exporter = crate::export::RemoteWrite::to(endpoint.url())
            .interval(self.interval.value)
            .timeout(self.timeout.value)
            .native_histograms(self.has_native_histograms.value);
        for (name, value) in self.headers.value.iter() {
            exporter = exporter.header(name, value);
        }
        Some(match self.version.value {
            RemoteWriteVersion::Auto => exporter,
            RemoteWriteVersion::One => exporter.version_1(),
            RemoteWriteVersion::Two => exporter.version_2(),
        })
    }

    /// What is worth explaining.
    pub(super) fn lines(&self) -> Vec<(&'static str, String, Source)> {
        let Some(endpoint) = &self.endpoint.value else { return Vec::new() };
        let headers = self.headers.value.to_string();
        let headers = if headers.is_empty() { "none".to_owned() } else { headers };
        vec![
            ("remote write", endpoint.to_string(), self.endpoint.source),
            ("remote write headers", headers, self.headers.source),
            ("remote write interval", format!("{:?}", self.interval.value), self.interval.source),
            ("remote write timeout", format!("{:?}", self.timeout.value), self.timeout.source),
            (
                "remote write of native histograms",
                self.has_native_histograms.value.to_string(),
                self.has_native_histograms.source,
            ),
            ("remote write version", self.version.value.to_string(), self.version.source),
        ]
    }
}

impl fmt::Display for RemoteWriteVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = VERSIONS.iter().find(|(_, version)| version == self);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}
