//! Starts telemetry, from code and environment.

mod secrets;

use std::time::Duration;

#[cfg(feature = "file")]
use super::flight;
#[cfg(feature = "sentry")]
use super::sentry::Tracking;
#[cfg(feature = "prometheus")]
use super::serving;
use super::{
    config::{Code, Exporter, Package, Settings},
    exit, health,
    logs::{Listens, Outputs},
    sinks::Chosen,
    telemetry::{Exporters, Running, Telemetry},
};
use crate::{
    conceal, diag,
    error::Error,
    export::{Batching, LogLines, SpanExporter},
    functions, level, metrics, redact,
    resource::Resource,
    site, time,
    time::Clock,
    trace::{
        Limits, Memory, TailBias, limits,
        loss::Losses,
        propagation::Propagators,
        recorder,
        sampler::{Overrides, Sampler},
        sampling::Sampling,
    },
};

/// Configures telemetry in code; made by [`builder!`](crate::builder).
///
/// What is said here beats the environment, and the environment beats the defaults.
///
/// ```no_run
/// use spandrel::trace::sampler::Sampler;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = spandrel::builder!()
///     .service_name("checkout")
///     .sampler(Sampler::ratio(0.1)?.parent_based())
///     .otlp_endpoint("http://localhost:4318")
///     .init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing starts before `init`"]
pub struct Builder {
    package: Package,
    code: Code,
    custom: Vec<Box<dyn SpanExporter>>,
    #[cfg(feature = "otlp")]
    otlp: Vec<crate::export::Otlp>,
    #[cfg(feature = "file")]
    files: Vec<crate::export::OtlpFile>,
    #[cfg(feature = "zipkin")]
    zipkins: Vec<crate::export::Zipkin>,
    #[cfg(feature = "prometheus-remote-write")]
    remote_writes: Vec<crate::export::RemoteWrite>,
    #[cfg(feature = "console")]
    consoles: Vec<crate::export::Console>,
    #[cfg(feature = "console")]
    summaries: Vec<crate::export::Summary>,
    log_lines: Vec<LogLines>,
    #[cfg(feature = "sentry")]
    sentry: Option<crate::export::sentry::Sentry>,
    #[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
    metrics: Vec<crate::export::Metrics>,
    watches_signals: bool,
    #[cfg(feature = "tracing")]
    uses_tracing: bool,
    #[cfg(feature = "metrics-0-24")]
    uses_metrics: bool,
}

impl Builder {
    pub(crate) fn new(package: &'static str, version: &'static str) -> Self {
        Self {
            package: Package { name: package, version },
            code: Code::of_package(package, version),
            custom: Vec::new(),
            #[cfg(feature = "otlp")]
            otlp: Vec::new(),
            #[cfg(feature = "file")]
            files: Vec::new(),
            #[cfg(feature = "zipkin")]
            zipkins: Vec::new(),
            #[cfg(feature = "prometheus-remote-write")]
            remote_writes: Vec::new(),
            #[cfg(feature = "console")]
            consoles: Vec::new(),
            #[cfg(feature = "console")]
            summaries: Vec::new(),
            log_lines: Vec::new(),
            #[cfg(feature = "sentry")]
            sentry: None,
            #[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
            metrics: Vec::new(),
            watches_signals: true,
            #[cfg(feature = "tracing")]
            uses_tracing: true,
            #[cfg(feature = "metrics-0-24")]
            uses_metrics: true,
        }
    }

    /// Names the service; by default it has the name of the calling package.
    pub fn service_name(self, name: &str) -> Self {
        self.attribute("service.name", name)
    }

    /// Says which version of the service runs; by default that of the calling package.
    pub fn service_version(self, version: &str) -> Self {
        self.attribute("service.version", version)
    }

    /// Adds to what is said about the service, its process and its host.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.code.resource = self.code.resource.merge(resource);
        self
    }

    /// Decides which traces are recorded.
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.code.sampler = Some(sampler);
        self
    }

    /// Decides differently about traces that begin in some functions.
    pub fn sampler_overrides(mut self, overrides: Overrides) -> Self {
        self.code.sampler_overrides = Some(overrides);
        self
    }

    /// Keeps traces that failed or were slow although the sampler said no; see [`TailBias`].
    pub fn tail_bias(mut self, bias: TailBias) -> Self {
        self.code.tail_bias = Some(bias);
        self
    }

    /// Chooses the headers that carry a trace on.
    pub fn propagators(mut self, propagators: Propagators) -> Self {
        self.code.propagators = Some(propagators);
        self
    }

    /// Chooses how verbose spans are, as `SPANDREL_LEVEL` does: `"info,shop::db=trace"`.
    pub fn level(mut self, filter: &str) -> Self {
        self.code.level = Some(filter.to_owned());
        self
    }

    /// Chooses which log records there are, as `SPANDREL_LOG` does: `"info,shop::db=debug"`.
    pub fn log_filter(mut self, filter: &str) -> Self {
        self.code.log_filter = Some(filter.to_owned());
        self
    }

    /// Writes log records as lines, instead of those that `SPANDREL_LOG_FORMAT` chooses.
    ///
    /// Several outputs each get all lines.
    pub fn log_lines(mut self, lines: LogLines) -> Self {
        self.log_lines.push(lines);
        self
    }

    /// Whether log records of traces that are not sampled are left out, unless they are errors.
    pub fn logs_follow_trace(mut self, follow: bool) -> Self {
        self.code.logs_follow_trace = Some(follow);
        self
    }

    /// Bounds what one span may carry.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.code.limits = Some(limits);
        self
    }

    /// Bounds the memory of recording and exporting.
    pub fn memory(mut self, memory: Memory) -> Self {
        self.code.memory = Some(memory);
        self
    }

    /// Chooses the counter that stamps the spans.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.code.clock = Some(clock);
        self
    }

    /// Chooses how many spans are sent together, and when.
    pub fn batching(mut self, batching: Batching) -> Self {
        self.code.batching = Some(batching);
        self
    }

    /// Exports to this collector; over HTTP, `/v1/traces` is appended unless it is there.
    pub fn otlp_endpoint(mut self, endpoint: &str) -> Self {
        self.code.otlp_endpoint = Some(endpoint.to_owned());
        self
    }

    /// Limits how long one export may take, its retries included.
    pub fn otlp_timeout(mut self, timeout: Duration) -> Self {
        self.code.otlp_timeout = Some(timeout);
        self
    }

    /// Adds an exporter that is configured in code alone.
    #[cfg(feature = "otlp")]
    pub fn otlp(mut self, otlp: crate::export::Otlp) -> Self {
        self.otlp.push(otlp);
        self
    }

    /// Adds an exporter that writes OTLP to a file, or to stdout.
    #[cfg(feature = "file")]
    pub fn otlp_file(mut self, file: crate::export::OtlpFile) -> Self {
        self.files.push(file);
        self
    }

    /// Keeps the latest spans in memory, to be dumped when something goes wrong.
    #[cfg(feature = "file")]
    pub fn flight_recorder(mut self, flight: crate::export::FlightRecorder) -> Self {
        self.code.flight = Some(flight);
        self
    }

    /// Adds an exporter to Zipkin.
    #[cfg(feature = "zipkin")]
    pub fn zipkin(mut self, zipkin: crate::export::Zipkin) -> Self {
        self.zipkins.push(zipkin);
        self
    }

    /// Sends metrics by Prometheus' remote write.
    #[cfg(feature = "prometheus-remote-write")]
    pub fn remote_write(mut self, remote_write: crate::export::RemoteWrite) -> Self {
        self.remote_writes.push(remote_write);
        self
    }

    /// Shows the spans on the console, in the form that `SPANDREL_CONSOLE` chooses.
    pub fn console(mut self) -> Self {
        self.code.exporters.get_or_insert_default().push(Exporter::Console);
        self
    }

    /// Shows the spans on a console that is configured in code alone.
    #[cfg(feature = "console")]
    pub fn console_as(mut self, console: crate::export::Console) -> Self {
        self.consoles.push(console);
        self
    }

    /// Adds up the spans of each function, beside whatever exports them.
    #[cfg(feature = "console")]
    pub fn summary(mut self, summary: &crate::export::Summary) -> Self {
        self.summaries.push(summary.clone());
        self
    }

    /// Adds an exporter of metrics.
    ///
    /// Unless the environment names others, it is the only one.
    #[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
    pub fn metrics(mut self, metrics: crate::export::Metrics) -> Self {
        self.metrics.push(metrics);
        self
    }

    /// Adds an exporter of the program's own.
    pub fn exporter(mut self, exporter: impl SpanExporter) -> Self {
        self.custom.push(Box::new(exporter));
        self
    }

    /// Switches telemetry on or off; off, traces are still passed on to others.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.code.enabled = Some(enabled);
        self
    }

    /// Lets Spandrel explain itself on stderr, as `SPANDREL_DEBUG` does.
    pub fn debug(mut self, debug: bool) -> Self {
        self.code.debug = Some(debug);
        self
    }

    /// Whether SIGTERM and SIGINT send what is recorded before they end the process (default).
    ///
    /// Only where the program leaves them at their default action.
    pub fn watch_signals(mut self, watch: bool) -> Self {
        self.watches_signals = watch;
        self
    }

    /// Whether `init` looks after the program's `tracing` subscriber (default).
    ///
    /// It installs one if there is none, and says what to add to one that is there; see
    /// [`tracing`](crate::tracing).
    #[cfg(feature = "tracing")]
    pub fn tracing(mut self, uses_tracing: bool) -> Self {
        self.uses_tracing = uses_tracing;
        self
    }

    /// Chooses the rolling windows of metrics: 1 minute, 5 minutes and 1 hour by default.
    ///
    /// Each reaches from 10 seconds to a day, and there are six at most. `SPANDREL_WINDOWS` does
    /// the same; see [`Function::windows`](crate::Function::windows).
    pub fn windows(mut self, lengths: impl IntoIterator<Item = Duration>) -> Self {
        self.code.windows = Some(lengths.into_iter().collect());
        self
    }

    /// Whether `init` makes Spandrel the global recorder of the `metrics` facade (default).
    ///
    /// If the program has one by then, that stays, and a warning says so; see
    /// [`metrics_0_24`](crate::metrics_0_24).
    #[cfg(feature = "metrics-0-24")]
    pub fn metrics_0_24(mut self, uses_metrics: bool) -> Self {
        self.uses_metrics = uses_metrics;
        self
    }

    /// Whether all spans are shown to the program's `tracing` subscriber, as `SPANDREL_MIRROR` says.
    ///
    /// Its layers then see them as spans of `tracing`, and `tracing::Span::current()` is one. Off by
    /// default, because it costs each span what a span of `tracing` costs. Those of
    /// `#[spandrel::instrument]` are shown in any case.
    #[cfg(feature = "tracing")]
    pub fn mirror(mut self, mirror: bool) -> Self {
        self.code.mirror = Some(mirror);
        self
    }

    /// Starts the [admin server](crate::admin) there, as `SPANDREL_ADMIN` does: `127.0.0.1:9464`.
    ///
    /// Port 0 is one that is free; [`Telemetry::admin_address`] tells which.
    #[cfg(feature = "admin")]
    pub fn admin(mut self, address: &str) -> Self {
        self.code.admin = Some(address.to_owned());
        self
    }

    /// The token that the admin server, its router and `/metrics` ask for.
    #[cfg(feature = "prometheus")]
    pub fn admin_token(mut self, token: &str) -> Self {
        self.code.admin_token = Some(token.to_owned());
        self
    }

    /// Further names by which the admin server may be called, as `SPANDREL_ADMIN_HOSTS` says.
    #[cfg(feature = "prometheus")]
    pub fn admin_hosts<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(|name| name.into().to_ascii_lowercase());
        self.code.admin_hosts = Some(names.collect());
        self
    }

    /// Serves `/metrics` alone there, as `OTEL_METRICS_EXPORTER=prometheus` does.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(mut self, address: &str) -> Self {
        self.code.prometheus = Some(address.to_owned());
        self
    }

    /// Whether Prometheus 3 gets names as they are, with dots, as `SPANDREL_PROMETHEUS_NAMES` says.
    #[cfg(feature = "prometheus")]
    pub fn prometheus_utf8_names(mut self, has_utf8_names: bool) -> Self {
        self.code.utf8_names = Some(has_utf8_names);
        self
    }

    fn attribute(mut self, key: &'static str, value: &str) -> Self {
        self.code.resource = self.code.resource.with(key, value);
        self
    }

    /// Starts telemetry.
    ///
    /// # Errors
    ///
    /// When something that was said in code or in a `SPANDREL_*` variable is wrong, all of it at
    /// once, and when telemetry runs already.
    pub fn init(mut self) -> Result<Telemetry, Error> {
        self.code.custom_exporters = self.custom.len();
        #[cfg(feature = "otlp")]
        {
            self.code.custom_exporters += self.otlp.len();
        }
        #[cfg(feature = "file")]
        {
            self.code.custom_exporters += self.files.len();
        }
        #[cfg(feature = "zipkin")]
        {
            self.code.custom_exporters += self.zipkins.len();
        }
        #[cfg(feature = "console")]
        {
            // Not the summaries: nobody sees spans there.
            self.code.custom_exporters += self.consoles.len();
        }
        #[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
        {
            self.code.exports_metrics = !self.metrics.is_empty();
        }
        let mut settings = Settings::of_process(&self.code).map_err(Error::configuration)?;
        let redaction = &settings.redaction;
        redact::deny(redaction.keys.value.iter().cloned());
        redact::allow(redaction.allowed.value.iter().cloned());
        if let Some(key) = &redaction.hash_key.value {
            conceal::choose_key(key.expose());
        }
        settings.resource = settings.resource.redacted(&redaction.patterns.value);
        diag::set_level(settings.diagnostics.value);
        diag::debug(format_args!("spans are stamped by the {}", time::counter_name()));
        for notice in &settings.notices {
            notice.say();
        }
        if diag::enabled(diag::Level::Debug) {
            settings.explain().for_each(|line| diag::debug(format_args!("{line}")));
        }
        metrics::windows::choose(settings.windows.value.clone());
        let mut chosen = Chosen::configured(&settings, self.package)?;
        #[cfg_attr(
            not(any(
                feature = "console",
                feature = "file",
                feature = "otlp",
                feature = "prometheus-remote-write"
            )),
            expect(unused_mut, reason = "only these export metrics")
        )]
        let mut metrics = Vec::new();
        #[cfg(feature = "otlp")]
        for otlp in self.otlp {
            chosen.push(super::sinks::otlp::in_code(&otlp, &settings, self.package)?);
        }
        #[cfg(feature = "file")]
        for file in self.files {
            chosen.push(super::sinks::file::in_code(file, &settings, self.package));
        }
        #[cfg(feature = "zipkin")]
        for zipkin in self.zipkins {
            chosen.push(super::sinks::zipkin::in_code(&zipkin, &settings, self.package)?);
        }
        #[cfg(feature = "prometheus-remote-write")]
        for remote_write in settings.remote_write.exporter().into_iter().chain(self.remote_writes) {
            metrics.push(super::sinks::remote_write::in_code(&remote_write, &settings)?);
        }
        #[cfg(feature = "console")]
        {
            let consoles = self.consoles.into_iter();
            chosen
                .extend(consoles.map(|console| super::sinks::console::in_code(console, &settings)));
            chosen.extend(self.summaries.into_iter().map(super::sinks::console::summary));
        }
        #[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
        for exporter in settings.metrics.exporters(&settings).into_iter().chain(self.metrics) {
            metrics.push(super::sinks::metrics::in_code(exporter, &settings, self.package)?);
        }
        for exporter in self.custom {
            chosen.push(Chosen::custom(exporter, &settings));
        }
        #[cfg(feature = "tracing")]
        let mirror = settings.mirror.value;
        #[cfg(feature = "prometheus")]
        let served = serving::bind(&settings)?;
        #[cfg(feature = "tracing")]
        let listens = Listens { to_tracing: self.uses_tracing };
        #[cfg(not(feature = "tracing"))]
        let listens = Listens {};
        let outputs = Outputs::new(self.log_lines, &settings, self.package, listens.alone())?;
        #[cfg(feature = "sentry")]
        let mut outputs = outputs;
        #[cfg(feature = "sentry")]
        let tracking = Tracking::new(self.sentry, &settings, &mut outputs)?;
        let all = All {
            spans: chosen,
            metrics,
            logs: outputs,
            #[cfg(feature = "sentry")]
            tracking,
        };
        let telemetry = start(settings, self.package, all, self.watches_signals)?;
        #[cfg(feature = "prometheus")]
        telemetry.serve(served.install());
        listens.begin();
        #[cfg(feature = "metrics-0-24")]
        if self.uses_metrics {
            crate::metrics_0_24::install();
        }
        #[cfg(feature = "tracing")]
        if mirror {
            crate::mirror::install(&crate::tracing::mirror::TRACING);
        }
        Ok(telemetry)
    }
}

/// Everything that exports, by what it takes.
struct All {
    spans: Vec<Chosen>,
    metrics: Vec<Chosen>,
    logs: Outputs,
    #[cfg(feature = "sentry")]
    tracking: Option<Tracking>,
}

#[cfg_attr(
    not(feature = "file"),
    expect(unused_variables, reason = "only a dump says which crate it speaks for")
)]
fn start(
    settings: Settings,
    package: Package,
    all: All,
    watches_signals: bool,
) -> Result<Telemetry, Error> {
    let is_on = settings.enabled.value;
    let All { spans, metrics, logs, .. } = all;
    #[cfg(feature = "sentry")]
    let (tracked, tracking) = all.tracking.map(Tracking::into_parts).unzip();
    #[cfg(not(feature = "sentry"))]
    let tracking = None;
    let tracking = Vec::from_iter(tracking);
    let is_watched = !tracking.is_empty();
    let records =
        is_on && (!spans.is_empty() || settings.flight.bytes.value.is_some() || is_watched);
    let exports = is_on && !metrics.is_empty();
    settings.metrics.exemplars.value.set();
    let watched = exit::Watched {
        ends: watches_signals,
        #[cfg(feature = "file")]
        dumps: flight::signal(&settings.flight),
        #[cfg(not(feature = "file"))]
        dumps: None,
    };
    #[cfg(feature = "file")]
    let dumper = flight::Dumper::new(&settings, super::sinks::own_crate(&settings, package));
    let numbers = |chosen: &[Chosen]| -> Vec<_> {
        chosen.iter().map(|one| (one.name, std::sync::Arc::clone(&one.stats))).collect()
    };
    let (of_spans, of_metrics) = (numbers(&spans), numbers(&metrics));
    let of_tracking = numbers(&tracking);
    let recording = recorder::Settings {
        memory: settings.memory.value,
        limits: settings.limits.limits(),
        sampling: Sampling::new(settings.sampler.value, settings.sampler_overrides.value.clone()),
        tail_bias: settings.tail.bias(),
        #[cfg(feature = "file")]
        flight: settings.flight.bytes.value,
        propagators: settings.propagators.value,
        watched: is_watched,
    };
    settings.choose();
    functions::register();
    let value_chars = recording.limits.value_chars();
    // Metrics have no queue: what they take is given by how many of them there are.
    let parts = Chosen::parts(&spans) + Chosen::parts(&tracking) + logs.parts();
    let part = recording.memory.queue_bytes() / parts.max(1);
    let make_all = [
        Chosen::factory(spans, part),
        Chosen::factory(metrics, 0),
        Chosen::factory(tracking, part),
    ];
    // Called again in a forked child that records, which has no thread for signals either.
    let sinks = std::sync::Arc::new(move || {
        if records || exports {
            exit::watch_signals(watched);
        }
        make_all.iter().flat_map(|make| make()).collect()
    });
    settings.policies.begin().map_err(Error::configuration)?;
    let recorder = recorder::start(recording, std::sync::Arc::new(Losses::new()), sinks)
        .ok_or_else(Error::already_running)?;
    redact::choose(settings.redaction.patterns.value);
    if let Some(methods) = &settings.http_methods.value {
        crate::http::choose_methods(methods);
    }
    #[cfg(feature = "sentry")]
    tracked.iter().for_each(Tracking::begin);
    limits::set_value_chars(value_chars);
    health::register();
    #[cfg(feature = "process")]
    crate::process::register();
    let of_logs = logs.start(&settings.logs, part);
    if records {
        let filter = settings.level.value;
        level::set_most_verbose(filter.most_verbose());
        site::set_switches(move |site| {
            let traced = filter.is_enabled(site.target(), site.level());
            if traced { site::ON } else { site::METERED }
        });
    }
    let exporters =
        Exporters { spans: of_spans, metrics: of_metrics, logs: of_logs, tracking: of_tracking };
    let running = Running::new(recorder, records, exporters);
    #[cfg(feature = "file")]
    let running = {
        if records && dumper.is_some() && settings.flight.on_panic.value {
            flight::watch_panics();
        }
        running.with_flight(dumper)
    };
    Ok(Telemetry::new(running))
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

/// Starts telemetry: the name and version of the calling package, all else from the environment.
///
/// Returns a guard; keep it for as long as the program runs.
///
/// ```no_run
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::init!()?;
/// // The program.
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! init {
    () => {
        $crate::builder!().init()
    };
}

/// Configures telemetry in code, for the calling package; see [`Builder`].
///
/// ```no_run
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::builder!().service_name("checkout").init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! builder {
    () => {
        $crate::__private::builder(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    };
}
