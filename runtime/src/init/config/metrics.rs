//! Where metrics go, how often, and in which form.

use std::{fmt, path::PathBuf, time::Duration};

use super::{
    Code, Features, Otlp, Setting, Source,
    batch::{duration, timeout},
    general::word,
    signal::OtlpSignal,
};
use crate::{
    init::env::{Reader, parse, table},
    metrics::exemplars::ExemplarFilter,
};

/// An exporter of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum MetricExporter {
    Console,
    /// OTLP in a file.
    File,
    Otlp,
    /// The same as `File`, wherever the file would be.
    Stdout,
    /// The console, once: when the program ends.
    Summary,
}

/// Since when counters and distributions count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Temporality {
    #[default]
    Cumulative,
    Delta,
}

/// The buckets of distributions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Buckets {
    Explicit,
    #[default]
    Exponential,
}

/// The export of metrics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metrics {
    /// Those that the program brings along are not among them.
    pub(crate) exporters: Setting<Vec<MetricExporter>>,
    pub(crate) interval: Setting<Duration>,
    /// How long an export may take; `None` for no limit.
    pub(crate) timeout: Setting<Option<Duration>>,
    pub(crate) temporality: Setting<Temporality>,
    pub(crate) buckets: Setting<Buckets>,
    pub(crate) exemplars: Setting<ExemplarFilter>,
    /// `None` is stdout.
    pub(crate) file: Setting<Option<PathBuf>>,
    pub(crate) otlp: Otlp,
}

const EXPORTERS: [(&str, MetricExporter); 4] = [
    ("otlp", MetricExporter::Otlp),
    ("console", MetricExporter::Console),
    ("otlp_file", MetricExporter::File),
    ("otlp/stdout", MetricExporter::Stdout),
];
/// Memory is low where nothing has to be kept between two exports, which is nowhere here: what is
/// counted is counted for ever. So it means what it says on the wire.
const TEMPORALITIES: [(&str, Temporality); 3] = [
    ("cumulative", Temporality::Cumulative),
    ("delta", Temporality::Delta),
    ("lowmemory", Temporality::Delta),
];
const BUCKETS: [(&str, Buckets); 2] = [
    ("explicit_bucket_histogram", Buckets::Explicit),
    ("base2_exponential_bucket_histogram", Buckets::Exponential),
];
const FILTERS: [(&str, ExemplarFilter); 3] = [
    ("always_on", ExemplarFilter::AlwaysOn),
    ("always_off", ExemplarFilter::AlwaysOff),
    ("trace_based", ExemplarFilter::TraceBased),
];

impl MetricExporter {
    /// What it needs, and whether that is there.
    fn feature(self, features: Features) -> (&'static str, bool) {
        match self {
            Self::Console | Self::Summary => ("console", features.console),
            Self::File | Self::Stdout => ("file", features.file),
            Self::Otlp => ("otlp", features.otlp),
        }
    }
}

impl Metrics {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        code: &Code,
        enabled: bool,
        features: Features,
    ) -> Self {
        // What concerns all signals may be wrong for this one, and matters only if it is used.
        let mut about_otlp = reader.part();
        let otlp = Otlp::read(&mut about_otlp, code, OtlpSignal::METRICS);
        let file = reader.read(table::METRICS_FILE, |text| Ok(Some(PathBuf::from(text))));
        let file = Setting::pick(None, file, None);
        let interval = reader.read(table::METRIC_EXPORT_INTERVAL, duration);
        let timeouts = reader.read(table::METRIC_EXPORT_TIMEOUT, duration);
        let temporality = reader.read(table::TEMPORALITY, |text| word(&TEMPORALITIES, text));
        let buckets = reader.read(table::HISTOGRAM_AGGREGATION, |text| word(&BUCKETS, text));
        let exemplars = reader.read(table::EXEMPLAR_FILTER, |text| word(&FILTERS, text));
        let exporters = exporters(reader, code, &otlp, &file, (enabled, features));
        if exporters.value.contains(&MetricExporter::Otlp) {
            otlp.check(&mut about_otlp, features);
            reader.absorb(about_otlp);
        }
        Self {
            exporters,
            interval: Setting::pick(None, interval, Duration::from_secs(60)),
            timeout: timeout(None, timeouts, Duration::from_secs(30)),
            temporality: Setting::pick(None, temporality, Temporality::default()),
            buckets: Setting::pick(None, buckets, Buckets::default()),
            exemplars: Setting::pick(None, exemplars, ExemplarFilter::default()),
            file,
            otlp,
        }
    }
}

/// Those that are named; else those of which a receiver or a file is.
fn exporters(
    reader: &mut Reader<'_>,
    code: &Code,
    otlp: &Otlp,
    file: &Setting<Option<PathBuf>>,
    (enabled, features): (bool, Features),
) -> Setting<Vec<MetricExporter>> {
    let mut chosen = variable(reader).unwrap_or_else(|| {
        // Where everything goes metrics go, too, if they can: nobody has asked for them by name.
        let can = features.otlp && otlp.protocol.value.is_in(features) && !code.exports_metrics;
        let otlp = otlp.endpoint_source().filter(|_| can);
        let file = Some(file.source).filter(|source| *source != Source::Default);
        let named = [(MetricExporter::Otlp, otlp), (MetricExporter::File, file)];
        let named = || named.iter().filter_map(|(exporter, source)| Some((*exporter, (*source)?)));
        let source = named().next().map_or(Source::Default, |(_, source)| source);
        Setting { value: named().map(|(exporter, _)| exporter).collect(), source }
    });
    if let Some(Setting { value: true, source }) = reader.boolean(table::SUMMARY) {
        chosen.value.push(MetricExporter::Summary);
        if chosen.source == Source::Default {
            chosen.source = source;
        }
    }
    if !enabled {
        chosen.value.clear();
    }
    for exporter in &chosen.value {
        if let (feature, false) = exporter.feature(features) {
            reader.problem(format!(
                "the metrics exporter `{exporter}` is asked for ({}) but not compiled in; write \
                 `features = [\"{feature}\"]` at `spandrel` in Cargo.toml",
                chosen.source
            ));
        }
    }
    chosen
}

/// A list of which nothing is understood counts as unset.
fn variable(reader: &mut Reader<'_>) -> Option<Setting<Vec<MetricExporter>>> {
    let variable = table::METRICS_EXPORTER;
    let text = reader.text(variable)?;
    let (mut wrong, mut chosen, mut none) = (Vec::new(), Vec::new(), false);
    for name in parse::list(text) {
        match word(&EXPORTERS, name) {
            Ok(exporter) if chosen.contains(&exporter) => {}
            Ok(exporter) => chosen.push(exporter),
            // Who asks for what is served is known elsewhere.
            Err(_) if ["none", "prometheus"].iter().any(|w| name.eq_ignore_ascii_case(w)) => {
                none = true;
            }
            Err(_) => wrong.push(format!("`{name}`, which is no exporter")),
        }
    }
    reader.complain(variable, &wrong, None);
    (none || !chosen.is_empty())
        .then_some(Setting { value: chosen, source: Source::Variable(variable.name) })
}

#[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
impl Metrics {
    /// The exporters that do all this.
    pub(crate) fn exporters(&self, settings: &super::Settings) -> Vec<crate::export::Metrics> {
        let exporters = self.exporters.value.iter();
        exporters.filter_map(|exporter| self.exporter(*exporter, settings)).collect()
    }

    #[cfg_attr(
        not(any(feature = "file", feature = "otlp")),
        expect(unused_variables, reason = "only these have settings of their own")
    )]
    fn exporter(
        &self,
        exporter: MetricExporter,
        settings: &super::Settings,
    ) -> Option<crate::export::Metrics> {
        use crate::export::{self, HistogramBuckets};
        let exporter = match exporter {
            #[cfg(feature = "console")]
            MetricExporter::Console => export::Metrics::console(),
            #[cfg(feature = "console")]
            MetricExporter::Summary => return Some(export::Metrics::summary()),
            #[cfg(feature = "file")]
            MetricExporter::File => {
                let file = super::File { path: self.file.clone(), ..settings.file.clone() };
                export::Metrics::otlp_file(file.exporter(&settings.batch))
            }
            #[cfg(feature = "file")]
            MetricExporter::Stdout => export::Metrics::otlp_file(export::OtlpFile::stdout()),
            #[cfg(feature = "otlp")]
            MetricExporter::Otlp => {
                let limit =
                    super::Batch { export_timeout: self.timeout.clone(), ..settings.batch.clone() };
                export::Metrics::otlp(self.otlp.exporter(&limit, OtlpSignal::METRICS))
            }
            // `exporters` has refused what is not compiled in.
            #[allow(unreachable_patterns, reason = "with all features there is no other")]
            _ => return None,
        };
        let exporter = exporter
            .with_interval(self.interval.value)
            .with_timeout(self.timeout.value.unwrap_or(Duration::MAX))
            .with_temporality(match self.temporality.value {
                Temporality::Cumulative => export::Temporality::Cumulative,
                Temporality::Delta => export::Temporality::Delta,
            })
            .with_histogram_buckets(match self.buckets.value {
                Buckets::Explicit => HistogramBuckets::Explicit,
                Buckets::Exponential => HistogramBuckets::Exponential,
            });
        Some(exporter)
    }
}

impl fmt::Display for MetricExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = EXPORTERS.iter().find(|(_, known)| known == self);
        f.write_str(name.map_or("summary", |(name, _)| name))
    }
}

impl fmt::Display for Temporality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cumulative => "the start",
            Self::Delta => "the last export",
        })
    }
}

impl fmt::Display for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Explicit => "explicit",
            Self::Exponential => "exponential",
        })
    }
}
