//! What the program itself says.

use std::{path::PathBuf, time::Duration};

use super::{Color, Compression, Exporter, Form, Headers, Protocol};
use crate::{
    export::Batching,
    redact::Patterns,
    resource::Resource,
    sensitive::Sensitive,
    time::Clock,
    trace::{
        Limits, Memory, TailBias,
        propagation::Propagators,
        sampler::{Overrides, Sampler},
    },
};

/// The half of the configuration that is written in code; what is `None` is left to others.
///
/// Not `Debug`: the endpoint may hold a password.
#[derive(Clone, Default)]
pub(crate) struct Code {
    /// The calling crate, as Cargo names it.
    pub(crate) package: Option<Package>,
    pub(crate) enabled: Option<bool>,
    /// Holds `service.name` too, where the program sets it.
    pub(crate) resource: Resource,
    pub(crate) propagators: Option<Propagators>,
    pub(crate) sampler: Option<Sampler>,
    /// Samplers for roots of some modules or functions.
    pub(crate) sampler_overrides: Option<Overrides>,
    pub(crate) tail_bias: Option<TailBias>,
    /// As `SPANDREL_LEVEL` has it.
    pub(crate) level: Option<String>,
    /// As `SPANDREL_LOG` has it.
    pub(crate) log_filter: Option<String>,
    pub(crate) logs_follow_trace: Option<bool>,
    pub(crate) limits: Option<Limits>,
    pub(crate) memory: Option<Memory>,
    pub(crate) clock: Option<Clock>,
    pub(crate) batching: Option<Batching>,
    pub(crate) export_timeout: Option<Duration>,
    pub(crate) exporters: Option<Vec<Exporter>>,
    /// Exporters that the program brings along: with one, none is added by default.
    pub(crate) custom_exporters: usize,
    /// Whether exporters of metrics are among what the program brings along.
    pub(crate) exports_metrics: bool,
    /// The collector; over HTTP, `/v1/traces` is appended unless it is there.
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) otlp_protocol: Option<Protocol>,
    pub(crate) otlp_headers: Option<Headers>,
    pub(crate) otlp_timeout: Option<Duration>,
    pub(crate) otlp_compression: Option<Compression>,
    pub(crate) otlp_certificate: Option<PathBuf>,
    pub(crate) otlp_client_key: Option<PathBuf>,
    pub(crate) otlp_client_certificate: Option<PathBuf>,
    #[cfg(feature = "file")]
    pub(crate) flight: Option<crate::export::FlightRecorder>,
    pub(crate) console_form: Option<Form>,
    pub(crate) console_color: Option<Color>,
    /// Where the admin server listens.
    pub(crate) admin: Option<String>,
    pub(crate) admin_token: Option<String>,
    pub(crate) admin_hosts: Option<Vec<String>>,
    /// Where `/metrics` alone is served.
    pub(crate) prometheus: Option<String>,
    pub(crate) utf8_names: Option<bool>,
    pub(crate) debug: Option<bool>,
    pub(crate) mirror: Option<bool>,
    pub(crate) redact_keys: Option<Vec<String>>,
    pub(crate) allow_keys: Option<Vec<String>>,
    pub(crate) redact_patterns: Option<Patterns>,
    pub(crate) redact_hash_key: Option<Sensitive<String>>,
    pub(crate) windows: Option<Vec<Duration>>,
}

impl Code {
    /// What `init!` says: nothing but the package that calls it.
    pub(crate) fn of_package(name: &'static str, version: &'static str) -> Self {
        Self { package: Some(Package { name, version }), ..Self::default() }
    }
}

/// A Cargo package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}
