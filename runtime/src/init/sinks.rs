//! From the chosen exporters to the sinks of the background thread.

use std::sync::{Arc, Mutex};

#[cfg(any(feature = "console", feature = "file", feature = "otlp", feature = "zipkin"))]
use super::config;
use super::config::{Package, Settings};
#[cfg(feature = "file")]
use crate::export::OtlpFile;
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
use crate::export::OwnCrate;
use crate::{
    diag,
    error::Error,
    export::{SpanExporter, custom::CustomSink, stats::Stats},
    sync::lock,
    trace::{drain::Sink, loss::Losses},
};

/// An exporter that was chosen: its name, its numbers, and how to make it.
pub(super) struct Chosen<S: ?Sized = dyn Sink> {
    pub(super) name: &'static str,
    pub(super) stats: Arc<Stats>,
    /// How much of the memory for queues it gets, beside the others.
    parts: usize,
    make: Make<S>,
}

/// What an exporter across a network may have to hold for long is worth several of what is passed on
/// at once: lines of text, and log records on their way to whoever takes them.
const EXPORTER_PARTS: usize = 4;

/// Takes the bytes that the exporter may hold; `None`: it cannot be made (again).
type Make<S> = Box<dyn Fn(usize, Arc<Stats>) -> Option<Box<S>> + Send + Sync>;

/// Makes all exporters of a signal; called again in a forked child.
type Factory<S> = Arc<dyn Fn() -> Vec<Box<S>> + Send + Sync>;

impl<S: ?Sized + 'static> Chosen<S> {
    pub(super) fn new(name: &'static str, make: Make<S>) -> Self {
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        Self { name, stats, parts: EXPORTER_PARTS, make }
    }

    /// One that passes on at once what it is given.
    pub(super) fn with_small_queue(mut self) -> Self {
        self.parts = 1;
        self
    }

    /// How many parts of the memory for queues all of them get.
    pub(super) fn parts(chosen: &[Self]) -> usize {
        chosen.iter().map(|one| one.parts).sum()
    }

    /// Gives each of them its parts, of so many bytes.
    pub(super) fn factory(chosen: Vec<Self>, part: usize) -> Factory<S> {
        Arc::new(move || {
            let made = chosen.iter().filter_map(|one| {
                one.stats.reset();
                (one.make)(one.parts * part, Arc::clone(&one.stats))
            });
            made.collect()
        })
    }
}

impl Chosen {
    /// An exporter of the program's own. A forked child cannot have it: there is only one.
    pub(super) fn custom(mut exporter: Box<dyn SpanExporter>, settings: &Settings) -> Self {
        exporter.set_resource(&settings.resource);
        let batching = settings.batch.batching();
        let only = Mutex::new(Some(exporter));
        Self::new(
            "custom",
            Box::new(move |bytes, stats| {
                let Some(exporter) = lock(&only).take() else {
                    diag::warn(format_args!(
                        "a forked child does not have the program's own exporter; start telemetry \
                         in the child instead of before the fork"
                    ));
                    return None;
                };
                Some(Box::new(CustomSink::new(exporter, batching, bytes, stats)))
            }),
        )
    }

    /// The exporters that the configuration names.
    #[cfg_attr(
        not(any(feature = "file", feature = "otlp", feature = "zipkin")),
        expect(unused_variables, reason = "only these say which crate they speak for")
    )]
    pub(super) fn configured(settings: &Settings, package: Package) -> Result<Vec<Self>, Error> {
        let exporters = settings.exporters.value.iter();
        exporters
            .map(|exporter| match exporter {
                #[cfg(feature = "otlp")]
                config::Exporter::Otlp => otlp::configured(settings, package),
                #[cfg(feature = "file")]
                config::Exporter::File => {
                    Ok(file::in_code(settings.file.exporter(&settings.batch), settings, package))
                }
                #[cfg(feature = "file")]
                config::Exporter::Stdout => {
                    let stdout = OtlpFile::stdout().batching(settings.batch.batching());
                    Ok(file::in_code(stdout, settings, package))
                }
                #[cfg(feature = "zipkin")]
                config::Exporter::Zipkin => {
                    let zipkin = settings.zipkin.exporter(&settings.batch);
                    zipkin::in_code(&zipkin, settings, package)
                }
                #[cfg(feature = "console")]
                config::Exporter::Console => Ok(console::configured(settings)),
                // `Settings::resolve` has refused what is not compiled in.
                #[allow(unreachable_patterns, reason = "with all features there is no other")]
                other => Err(Error::configuration(format_args!("`{other}` is not compiled in"))),
            })
            .collect()
    }
}

/// The crate that the exporters speak for.
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(super) fn own_crate(settings: &Settings, package: Package) -> OwnCrate {
    let version = settings.resource.get("service.version").map(|value| value.to_string());
    let version = version.unwrap_or_else(|| package.version.to_owned());
    OwnCrate { name: package.name.replace('-', "_"), version }
}

#[cfg(feature = "otlp")]
pub(super) mod otlp {
    use super::{Chosen, Error, Package, Settings, config, own_crate};
    use crate::export::{
        Otlp,
        otlp::{batch::Resource, signal::Signal, sink::OtlpSink},
    };

    pub(super) fn configured(settings: &Settings, package: Package) -> Result<Chosen, Error> {
        let exporter = settings.otlp.exporter(&settings.batch, config::OtlpSignal::TRACES);
        in_code(&exporter, settings, package)
    }

    /// An exporter that was written in code.
    pub(in crate::init) fn in_code(
        otlp: &Otlp,
        settings: &Settings,
        package: Package,
    ) -> Result<Chosen, Error> {
        let checked = otlp.settings(Signal::Traces).map_err(Error::configuration)?;
        let resource = settings.resource.clone();
        let own_crate = own_crate(settings, package);
        Ok(Chosen::new(
            "otlp",
            Box::new(move |bytes, stats| {
                let encoded =
                    Resource::new(checked.encoding(), resource.iter(), resource.schema_url());
                let own_crate = Some(own_crate.clone());
                Some(Box::new(OtlpSink::new(&checked, encoded, own_crate, bytes, stats)))
            }),
        ))
    }
}

#[cfg(feature = "file")]
pub(super) mod file {
    use super::{Chosen, OtlpFile, Package, Settings, own_crate};
    use crate::export::otlp::batch::{Encoding, Resource};

    /// An exporter to a file.
    pub(in crate::init) fn in_code(
        file: OtlpFile,
        settings: &Settings,
        package: Package,
    ) -> Chosen {
        let resource = settings.resource.clone();
        let own_crate = own_crate(settings, package);
        Chosen::new(
            "otlp_file",
            Box::new(move |bytes, stats| {
                let encoded = Resource::new(Encoding::Json, resource.iter(), resource.schema_url());
                Some(Box::new(file.sink(encoded, Some(own_crate.clone()), bytes, stats)))
            }),
        )
    }
}

#[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
pub(super) mod metrics {
    #[cfg(feature = "console")]
    use std::{mem, sync::Mutex};

    use super::{Chosen, Error, Package, Settings, Sink};
    use crate::export::metrics::{Metrics, MetricsSink, Receiver};
    #[cfg(any(feature = "file", feature = "otlp"))]
    use crate::export::{
        metrics::Origin,
        otlp::batch::{Encoding, Resource},
    };
    #[cfg(feature = "console")]
    use crate::{diag, export::output::Output, sync::lock};

    type Make = super::Make<dyn Sink>;

    /// An exporter of metrics that was written in code.
    #[cfg_attr(
        not(any(feature = "file", feature = "otlp")),
        expect(unused_variables, reason = "only these say for whom they speak")
    )]
    pub(in crate::init) fn in_code(
        Metrics { to, plan }: Metrics,
        settings: &Settings,
        package: Package,
    ) -> Result<Chosen, Error> {
        #[cfg(any(feature = "file", feature = "otlp"))]
        let origin = {
            let resource = settings.resource.clone();
            let own_crate = super::own_crate(settings, package);
            move |encoding: Encoding| Origin {
                resource: Resource::of_metrics(encoding, resource.iter(), resource.schema_url()),
                own_crate: own_crate.clone(),
            }
        };
        let (name, make): (_, Make) = match to {
            #[cfg(feature = "console")]
            Receiver::Console(output) => {
                let output = Mutex::new(Some(output));
                let make: Make = Box::new(move |_, stats| {
                    let mut output = lock(&output);
                    let again = output.as_ref().and_then(Output::again);
                    let Some(output) = mem::replace(&mut *output, again) else {
                        diag::warn(format_args!("a forked child has no writer for its metrics"));
                        return None;
                    };
                    Some(Box::new(MetricsSink::to_console(plan, output, stats)))
                });
                ("metrics_console", make)
            }
            #[cfg(feature = "file")]
            Receiver::File(file) => {
                let make: Make = Box::new(move |_, stats| {
                    let origin = origin(Encoding::Json);
                    Some(Box::new(MetricsSink::to_file(plan, &file, origin, stats)))
                });
                ("metrics_otlp_file", make)
            }
            #[cfg(feature = "otlp")]
            Receiver::Otlp(otlp) => {
                let signal = crate::export::otlp::signal::Signal::Metrics;
                let checked = otlp.settings(signal).map_err(Error::configuration)?;
                let make: Make = Box::new(move |_, stats| {
                    let origin = origin(checked.encoding());
                    Some(Box::new(MetricsSink::to_otlp(plan, &checked, origin, stats)))
                });
                ("metrics_otlp", make)
            }
        };
        Ok(Chosen::new(name, super::in_this_process(make)))
    }
}

/// Makes nothing in a forked child.
///
/// What it has counted began as what its parent has, who exports that: as a second writer of the
/// same series it would spoil them.
#[cfg(any(
    feature = "console",
    feature = "file",
    feature = "otlp",
    feature = "prometheus-remote-write"
))]
fn in_this_process(make: Make<dyn Sink>) -> Make<dyn Sink> {
    use crate::trace::recorder;

    let process = recorder::generation();
    Box::new(move |bytes, stats| {
        if recorder::generation() == process {
            return make(bytes, stats);
        }
        diag::info(format_args!(
            "a forked child exports no metrics; start telemetry in the child instead of before the \
             fork"
        ));
        None
    })
}

#[cfg(feature = "prometheus-remote-write")]
pub(super) mod remote_write {
    use super::{Chosen, Error, Settings};
    use crate::export::{RemoteWrite, prometheus::remote_write::RemoteWriteSink};

    /// A sender of metrics.
    pub(in crate::init) fn in_code(
        remote_write: &RemoteWrite,
        settings: &Settings,
    ) -> Result<Chosen, Error> {
        let checked = remote_write.settings().map_err(Error::configuration)?;
        let resource = settings.resource.clone();
        let make = move |_, stats| {
            let sink = RemoteWriteSink::new(&checked, &resource, stats);
            Some(Box::new(sink) as _)
        };
        Ok(Chosen::new("remote_write", super::in_this_process(Box::new(make))))
    }
}

#[cfg(feature = "zipkin")]
pub(super) mod zipkin {
    use super::{Chosen, Error, Package, Settings, own_crate};
    use crate::export::Zipkin;

    /// An exporter to Zipkin.
    pub(in crate::init) fn in_code(
        zipkin: &Zipkin,
        settings: &Settings,
        package: Package,
    ) -> Result<Chosen, Error> {
        let checked = zipkin.settings().map_err(Error::configuration)?;
        let resource = settings.resource.clone();
        let own_crate = own_crate(settings, package);
        Ok(Chosen::new(
            "zipkin",
            Box::new(move |bytes, stats| {
                let own_crate = Some(own_crate.clone());
                Some(Box::new(Zipkin::sink(&checked, &resource, own_crate, bytes, stats)))
            }),
        ))
    }
}

#[cfg(feature = "console")]
pub(super) mod console {
    use std::{mem, sync::Mutex};

    use super::{Chosen, Settings, config};
    use crate::{
        diag,
        export::{
            ColorChoice, Console, Summary,
            console::{ConsoleSink, SummarySink},
            output::Output,
        },
        sync::lock,
    };

    pub(super) fn configured(settings: &Settings) -> Chosen {
        let console = match settings.console.form.value {
            config::Form::Json => Console::json(),
            config::Form::Tree => Console::tree(),
        };
        in_code(console, settings)
    }

    /// A console that was written in code.
    pub(in crate::init) fn in_code(console: Console, settings: &Settings) -> Chosen {
        let Console { form, color, output } = console;
        let colors = match (color, settings.console.color.value) {
            (ColorChoice::Always, _) | (ColorChoice::Auto, config::Color::Always) => true,
            (ColorChoice::Never, _) | (ColorChoice::Auto, config::Color::Never) => false,
            (ColorChoice::Auto, config::Color::Auto) => output.is_terminal(),
        };
        let output = Mutex::new(Some(output));
        Chosen::new(
            "console",
            Box::new(move |bytes, stats| {
                let mut output = lock(&output);
                let again = output.as_ref().and_then(Output::again);
                let Some(output) = mem::replace(&mut *output, again) else {
                    diag::warn(format_args!("a forked child does not have the console's writer"));
                    return None;
                };
                Some(Box::new(ConsoleSink::new(form, colors, output, bytes, stats)))
            }),
        )
    }

    pub(in crate::init) fn summary(summary: Summary) -> Chosen {
        Chosen::new(
            "summary",
            Box::new(move |_, stats| Some(Box::new(SummarySink::new(summary.clone(), stats)))),
        )
    }
}
