//! What a recorder, its sampler and its exporters are to do, and who said so.
//!
//! [`Settings::resolve`] is a pure function of what the program says in code, of its
//! environment and of its surroundings. For every value code beats environment, environment
//! beats default; the winner is kept beside the value, so that Spandrel can explain itself.

mod batch;
mod code;
mod console;
mod endpoint;
mod explain;
mod exporters;
mod file;
mod flight;
mod general;
mod headers;
mod limits;
mod logs;
mod metrics;
mod otlp;
mod policies;
mod redaction;
mod remote_write;
mod sampler;
mod sentry;
mod serving;
mod setting;
mod signal;
mod spool;
mod tail;
#[cfg(test)]
mod tests;
mod windows;
mod zipkin;

pub(crate) use batch::Batch;
pub(crate) use code::{Code, Package};
pub(crate) use console::{Color, Console, Form};
pub(crate) use exporters::Exporter;
pub(crate) use file::File;
pub(crate) use flight::Flight;
#[cfg(feature = "file")]
pub(crate) use flight::Signal;
pub(crate) use headers::Headers;
pub(crate) use limits::LimitSettings;
pub(crate) use logs::{Lines, LogExporter, Logs};
pub(crate) use metrics::{MetricExporter, Metrics};
pub(crate) use otlp::{Compression, Otlp, Protocol};
pub(crate) use policies::Policies;
pub(crate) use redaction::Redaction;
pub(crate) use remote_write::RemoteWrite;
pub(crate) use sentry::Sentry;
pub(crate) use serving::Serving;
#[cfg(feature = "prometheus")]
pub(crate) use serving::{Address, Token};
pub(crate) use setting::{Setting, Source};
pub(crate) use signal::OtlpSignal;
pub(crate) use spool::Spool;
pub(crate) use tail::Tail;
pub(crate) use zipkin::Zipkin;

use std::{io::IsTerminal as _, time::Duration};

use super::{
    env::{Environment, Reader},
    notice::{Notice, Problems},
    resource::{self, Machine},
};
use crate::{
    diag::Level,
    level::LevelFilter,
    resilience::faults::Faults,
    resource::Resource,
    time::Clock,
    trace::{
        Memory,
        propagation::Propagators,
        sampler::{Overrides, Sampler},
    },
};

/// Everything that is configured, resolved.
#[derive(Debug)]
pub(crate) struct Settings {
    /// False: nothing is recorded and nothing exported, but traces are still passed on.
    pub(crate) enabled: Setting<bool>,
    pub(crate) resource: Resource,
    /// Who said what the resource says, in its order.
    resource_sources: Vec<Source>,
    pub(crate) propagators: Setting<Propagators>,
    pub(crate) sampler: Setting<Sampler>,
    pub(crate) sampler_overrides: Setting<Overrides>,
    pub(crate) tail: Tail,
    pub(crate) level: Setting<LevelFilter>,
    pub(crate) logs: Logs,
    pub(crate) limits: LimitSettings,
    pub(crate) memory: Setting<Memory>,
    pub(crate) clock: Setting<Clock>,
    pub(crate) chaos: Setting<Faults>,
    pub(crate) batch: Batch,
    /// Empty: nothing is exported. Exporters that the program brings along are not among them.
    pub(crate) exporters: Setting<Vec<Exporter>>,
    pub(crate) otlp: Otlp,
    pub(crate) file: File,
    pub(crate) zipkin: Zipkin,
    pub(crate) flight: Flight,
    pub(crate) console: Console,
    pub(crate) metrics: Metrics,
    pub(crate) serving: Serving,
    pub(crate) remote_write: RemoteWrite,
    /// Whether `tracing` is shown all spans.
    pub(crate) mirror: Setting<bool>,
    /// `None`: those that are known.
    pub(crate) http_methods: Setting<Option<Vec<String>>>,
    pub(crate) redaction: Redaction,
    pub(crate) sentry: Sentry,
    pub(crate) policies: Policies,
    /// How far back rolling windows reach.
    pub(crate) windows: Setting<Vec<Duration>>,
    /// How much Spandrel says about itself.
    pub(crate) diagnostics: Setting<Level>,
    /// To be said once the diagnostics work.
    pub(crate) notices: Vec<Notice>,
}

/// What is neither code nor environment.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) machine: &'a Machine<'a>,
    pub(crate) stderr_is_terminal: bool,
    pub(crate) features: Features,
}

/// The optional exporters, and forms of them, that are compiled in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) console: bool,
    pub(crate) file: bool,
    pub(crate) otlp: bool,
    pub(crate) grpc: bool,
    pub(crate) zipkin: bool,
    /// Somebody can make log records.
    pub(crate) logs: bool,
    pub(crate) admin: bool,
    pub(crate) prometheus: bool,
    pub(crate) remote_write: bool,
    pub(crate) sentry: bool,
    pub(crate) toml: bool,
}

impl Features {
    /// As this crate was compiled.
    pub(crate) const COMPILED: Self = Self {
        console: cfg!(feature = "console"),
        file: cfg!(feature = "file"),
        otlp: cfg!(feature = "otlp"),
        grpc: cfg!(feature = "otlp-grpc"),
        zipkin: cfg!(feature = "zipkin"),
        logs: cfg!(any(feature = "log", feature = "tracing")),
        admin: cfg!(feature = "admin"),
        prometheus: cfg!(feature = "prometheus"),
        remote_write: cfg!(feature = "prometheus-remote-write"),
        sentry: cfg!(feature = "sentry"),
        toml: cfg!(feature = "toml"),
    };
}

impl Settings {
    /// Resolves the configuration of this process.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with our own variables and with `code`, at once.
    pub(crate) fn of_process(code: &Code) -> Result<Self, Problems> {
        Self::resolve(
            code,
            &Surroundings {
                environment: &Environment::of_process(),
                machine: &Machine::this(),
                stderr_is_terminal: std::io::stderr().is_terminal(),
                features: Features::COMPILED,
            },
        )
    }

    /// Resolves a configuration.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with our own variables and with `code`, at once.
    pub(crate) fn resolve(code: &Code, around: &Surroundings<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(around.environment);
        general::mention_what_comes_later(&mut reader);
        let enabled = general::enabled(&mut reader, code);
        let resource = resource::detect(&mut reader, code, around.machine);
        let otlp = Otlp::read(&mut reader, code, OtlpSignal::TRACES);
        let console = Console::read(&mut reader, code);
        let file = File::read(&mut reader);
        let zipkin = Zipkin::read(&mut reader);
        let metrics = Metrics::read(&mut reader, code, enabled.value, around.features);
        let serving = Serving::read(&mut reader, code, around.features);
        let remote_write = RemoteWrite::read(&mut reader, around.features);
        let exporters = exporters::Choice {
            enabled: enabled.value,
            named: [
                (Exporter::Otlp, otlp.endpoint_source()),
                (Exporter::File, file.path_source()),
                (Exporter::Zipkin, zipkin.endpoint_source()),
            ],
            console: console.wish(),
            has_metrics: code.exports_metrics
                || !metrics.exporters.value.is_empty()
                || serving.is_any()
                || remote_write.endpoint.value.is_some(),
            around,
        }
        .read(&mut reader, code);
        otlp.spool.warn_if_unused(&mut reader, &exporters);
        if exporters.value.contains(&Exporter::Otlp) {
            otlp.check(&mut reader, around.features);
        }
        let level = general::level(&mut reader, code);
        let limits = LimitSettings::read(&mut reader, code);
        let logs = Logs::read(&mut reader, code, &level, (enabled.value, around.features));
        let mut settings = Self {
            enabled,
            logs,
            level,
            propagators: general::propagators(&mut reader, code),
            sampler: sampler::sampler(&mut reader, code),
            sampler_overrides: sampler::overrides(&mut reader, code),
            tail: Tail::read(&mut reader, code),
            limits,
            memory: general::memory(&mut reader, code),
            clock: general::clock(&mut reader, code),
            chaos: general::chaos(&mut reader),
            batch: Batch::read(&mut reader, code),
            mirror: general::mirror(&mut reader, code),
            http_methods: general::http_methods(&mut reader),
            redaction: Redaction::read(&mut reader, code),
            sentry: Sentry::read(&mut reader, around.features),
            policies: Policies::read(&mut reader, around.machine.read, around.features),
            windows: windows::windows(&mut reader, code),
            flight: Flight::read(&mut reader, code, around.features),
            serving,
            remote_write,
            diagnostics: general::diagnostics(&mut reader, code),
            resource: resource.resource,
            resource_sources: resource.sources,
            exporters,
            otlp,
            file,
            zipkin,
            console,
            metrics,
            notices: Vec::new(),
        };
        settings.notices = reader.finish()?;
        Ok(settings)
    }
}
