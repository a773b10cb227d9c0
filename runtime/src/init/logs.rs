//! From the chosen outputs of log records to the running pipeline.

use std::{
    mem,
    sync::{Arc, Mutex},
};

#[cfg(feature = "otlp")]
use super::config::OtlpSignal;
#[cfg(any(feature = "file", feature = "otlp"))]
use super::sinks;
use super::{
    config::{self, LogExporter, Package, Settings},
    sinks::Chosen,
};
#[cfg(feature = "otlp")]
use crate::export::otlp::logs::LogRecordSink;
#[cfg(any(feature = "file", feature = "otlp"))]
use crate::export::otlp::{batch::Resource, signal::Signal};
#[cfg(feature = "sentry")]
use crate::export::sentry::{CrumbSink, Crumbs};
#[cfg(feature = "file")]
use crate::export::{OtlpFile, otlp::batch::Encoding};
use crate::{
    diag,
    error::Error,
    export::{
        ColorChoice, LogLines,
        log_lines::{LineForm, LineSink},
        output::Output,
        stats::Stats,
    },
    logs::{
        LogLimits,
        pipeline::{self, LogSink},
        set_exceptions,
    },
    sync::lock,
};

/// What log records go to.
pub(super) struct Outputs {
    chosen: Vec<Chosen<dyn LogSink>>,
    shows_path: bool,
    /// What error tracking keeps of them.
    #[cfg(feature = "sentry")]
    pub(super) crumbs: Option<Crumbs>,
}

impl Outputs {
    /// What the program brings along, and else what the environment says.
    ///
    /// `nobody_else`: no other subscriber or logger of the program writes lines.
    pub(super) fn new(
        in_code: Vec<LogLines>,
        settings: &Settings,
        package: Package,
        nobody_else: bool,
    ) -> Result<Self, Error> {
        let mut lines = in_code;
        match settings.logs.lines.value {
            _ if !lines.is_empty() => {}
            config::Lines::In(LineForm::Json) => lines.push(LogLines::json()),
            config::Lines::In(LineForm::Pretty) => lines.push(LogLines::pretty()),
            config::Lines::WhereNobodyElseDoes if nobody_else => lines.push(LogLines::pretty()),
            config::Lines::Off | config::Lines::WhereNobodyElseDoes => {}
        }
        let shows_path = lines.iter().any(|lines| lines.form == LineForm::Pretty);
        let lines = lines.into_iter().map(|lines| Ok(self::lines(lines, settings)));
        let exporters = settings.logs.exporters.value.iter();
        let exporters = exporters.map(|exporter| exported(*exporter, settings, package));
        Ok(Self {
            chosen: lines.chain(exporters).collect::<Result<_, _>>()?,
            shows_path,
            #[cfg(feature = "sentry")]
            crumbs: None,
        })
    }

    /// How many parts of the memory for queues these get, and the queue before them.
    pub(super) fn parts(&self) -> usize {
        if self.has_sinks() { Chosen::parts(&self.chosen) + 1 } else { 0 }
    }

    fn has_sinks(&self) -> bool {
        #[cfg(feature = "sentry")]
        if self.crumbs.is_some() {
            return true;
        }
        !self.chosen.is_empty()
    }

    /// Starts the pipeline, if there is anything to write to; a part of the memory for queues has
    /// so many bytes.
    pub(super) fn start(
        self,
        settings: &config::Logs,
        part: usize,
    ) -> Vec<(&'static str, Arc<Stats>)> {
        set_exceptions(settings.exceptions.value);
        let has_sinks = self.has_sinks();
        #[cfg(feature = "sentry")]
        let crumbs = self.crumbs;
        let Self { chosen, shows_path, .. } = self;
        let numbers: Vec<_> = chosen.iter().map(|one| (one.name, Arc::clone(&one.stats))).collect();
        if has_sinks {
            let sinks = Chosen::factory(chosen, part);
            #[cfg(feature = "sentry")]
            let sinks = with_crumbs(sinks, crumbs);
            pipeline::start(pipeline::Settings {
                filter: settings.filter.value.clone(),
                follows_trace: settings.follows_trace.value,
                shows_path,
                limits: LogLimits {
                    attributes: settings.attributes.value,
                    value_chars: settings.value_chars.value,
                },
                // One that fills, one that is read.
                bytes: part / 2,
                sinks,
            });
        }
        numbers
    }
}

/// With a sink that keeps the latest records.
#[cfg(feature = "sentry")]
fn with_crumbs(make: pipeline::LogSinkFactory, crumbs: Option<Crumbs>) -> pipeline::LogSinkFactory {
    let Some(crumbs) = crumbs else { return make };
    Arc::new(move || {
        let mut sinks = make();
        sinks.push(Box::new(CrumbSink(crumbs.clone())));
        sinks
    })
}

/// By which ways records come in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listens {
    #[cfg(feature = "tracing")]
    pub(super) to_tracing: bool,
}

impl Listens {
    /// Whether no other subscriber or logger of the program writes lines.
    ///
    /// Where there is a subscriber, it usually hears of the records of the `log` crate, too.
    pub(super) fn alone(self) -> bool {
        let is_logger = self.is_logger();
        #[cfg(feature = "tracing")]
        let is_alone = |_| self.to_tracing && crate::tracing::is_free();
        #[cfg(not(feature = "tracing"))]
        let is_alone = |is_logger| is_logger;
        is_alone(is_logger)
    }

    fn is_logger(self) -> bool {
        #[cfg(feature = "log")]
        return crate::log::install();
        #[cfg(not(feature = "log"))]
        false
    }

    /// Asks for what is wanted.
    pub(super) fn begin(self) {
        #[cfg(feature = "tracing")]
        {
            if self.to_tracing {
                crate::tracing::at_init();
            }
            crate::tracing::ask_anew();
        }
        #[cfg(feature = "log")]
        crate::log::ask_anew();
    }
}

#[cfg_attr(
    not(any(feature = "file", feature = "otlp")),
    expect(unused_variables, reason = "only these say for whom they speak")
)]
fn exported(
    exporter: LogExporter,
    settings: &Settings,
    package: Package,
) -> Result<Chosen<dyn LogSink>, Error> {
    #[cfg(any(feature = "file", feature = "otlp"))]
    let origin = {
        let resource = settings.resource.clone();
        let own_crate = sinks::own_crate(settings, package);
        move |encoding| {
            let resource =
                Resource::of(Signal::Logs, encoding, resource.iter(), resource.schema_url());
            (resource, Some(own_crate.clone()))
        }
    };
    match exporter {
        #[cfg(feature = "otlp")]
        LogExporter::Otlp => {
            let otlp = settings.logs.otlp.exporter(&settings.logs.batch, OtlpSignal::LOGS);
            let checked = otlp.settings(Signal::Logs).map_err(Error::configuration)?;
            let make = move |bytes, stats| {
                let (resource, own_crate) = origin(checked.encoding());
                let sink = LogRecordSink::sending(&checked, resource, own_crate, bytes, &stats);
                Some(Box::new(sink) as Box<dyn LogSink>)
            };
            Ok(Chosen::new("logs_otlp", Box::new(make)))
        }
        #[cfg(feature = "file")]
        LogExporter::File | LogExporter::Stdout => {
            let file = if exporter == LogExporter::Stdout {
                OtlpFile::stdout().batching(settings.logs.batch.batching())
            } else {
                let path = settings.logs.file.clone();
                config::File { path, ..settings.file.clone() }.exporter(&settings.logs.batch)
            };
            let make = move |bytes, stats| {
                let (resource, own_crate) = origin(Encoding::Json);
                let sink = file.log_sink(resource, own_crate, bytes, &stats);
                Some(Box::new(sink) as Box<dyn LogSink>)
            };
            Ok(Chosen::new("logs_otlp_file", Box::new(make)))
        }
        // `Settings::resolve` has refused what is not compiled in.
        #[allow(unreachable_patterns, reason = "with all features there is no other")]
        other => Err(Error::configuration(format_args!("`{other}` is not compiled in"))),
    }
}

fn lines(lines: LogLines, settings: &Settings) -> Chosen<dyn LogSink> {
    let LogLines { form, color, output } = lines;
    let colors = form == LineForm::Pretty
        && match (color, settings.console.color.value) {
            (ColorChoice::Always, _) | (ColorChoice::Auto, config::Color::Always) => true,
            (ColorChoice::Never, _) | (ColorChoice::Auto, config::Color::Never) => false,
            (ColorChoice::Auto, config::Color::Auto) => output.is_terminal(),
        };
    let output = Mutex::new(Some(output));
    let make = move |bytes, stats| {
        let mut output = lock(&output);
        let again = output.as_ref().and_then(Output::again);
        let Some(output) = mem::replace(&mut *output, again) else {
            diag::warn(format_args!("a forked child does not have the writer of the log lines"));
            return None;
        };
        Some(Box::new(LineSink::new(form, colors, output, bytes, stats)) as Box<dyn LogSink>)
    };
    Chosen::new("log_lines", Box::new(make)).with_small_queue()
}
