//! Log records: which there are, and where they go.

use std::{fmt, path::PathBuf};

use super::{Batch, Code, Features, Otlp, Setting, Source, general::word, signal::OtlpSignal};
use crate::{
    export::log_lines::LineForm,
    init::env::{Reader, Rejected, alternatives, parse, table},
    level::LevelFilter,
    logs::{Exceptions, LogFilter},
    trace::Limits,
};

/// What becomes of log records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logs {
    pub(crate) filter: Setting<LogFilter>,
    pub(crate) lines: Setting<Lines>,
    /// Beside lines.
    pub(crate) exporters: Setting<Vec<LogExporter>>,
    pub(crate) batch: Batch,
    /// `None` is stdout.
    pub(crate) file: Setting<Option<PathBuf>>,
    pub(crate) otlp: Otlp,
    /// Records of traces that are not sampled are left out, unless they are errors.
    pub(crate) follows_trace: Setting<bool>,
    pub(crate) exceptions: Setting<Exceptions>,
    pub(crate) attributes: Setting<u32>,
    pub(crate) value_chars: Setting<u32>,
}

/// An exporter of log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum LogExporter {
    /// OTLP in a file.
    File,
    Otlp,
    /// The same as `File`, wherever the file would be.
    Stdout,
}

/// Whether log records become lines of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lines {
    In(LineForm),
    Off,
    /// Readable ones where the program has no `tracing` subscriber that would write its own.
    #[default]
    WhereNobodyElseDoes,
}

const FORMATS: [(&str, Lines); 3] = [
    ("json", Lines::In(LineForm::Json)),
    ("pretty", Lines::In(LineForm::Pretty)),
    ("off", Lines::Off),
];

const SAMPLINGS: [(&str, bool); 2] = [("all", false), ("trace", true)];

impl Logs {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        code: &Code,
        level: &Setting<LevelFilter>,
        (enabled, features): (bool, Features),
    ) -> Self {
        // What concerns all signals may be wrong for this one, and matters only if it is used.
        let mut about_otlp = reader.part();
        let otlp = Otlp::read(&mut about_otlp, code, OtlpSignal::LOGS);
        let file = reader.read(table::LOG_FILE, |text| Ok(Some(PathBuf::from(text))));
        let file = Setting::pick(None, file, None);
        let listed = listed(reader);
        let lines = lines(reader, listed.as_ref());
        let mut exporters = exporters(listed, &otlp, &file, features);
        if !enabled {
            exporters.value.clear();
        }
        demand_features(reader, &exporters, features);
        if exporters.value.contains(&LogExporter::Otlp) {
            otlp.check(&mut about_otlp, features);
            reader.absorb(about_otlp);
        }
        let sampling = reader.read(table::LOG_SAMPLING, |text| word(&SAMPLINGS, text));
        let default = Limits::new();
        let mut count = |own, general| {
            let read = |text: &str| parse::count(text).ok_or_else(Rejected::not_understood);
            reader.read(own, read).or_else(|| {
                // The limits of spans have reported what is wrong with it.
                reader.part().read(general, read)
            })
        };
        let attributes =
            count(table::LOGRECORD_ATTRIBUTE_COUNT_LIMIT, table::ATTRIBUTE_COUNT_LIMIT);
        let chars = count(
            table::LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT,
            table::ATTRIBUTE_VALUE_LENGTH_LIMIT,
        );
        Self {
            filter: filter(reader, code, level),
            lines,
            exporters,
            batch: Batch::of_logs(reader),
            file,
            otlp,
            follows_trace: Setting::pick(code.logs_follow_trace, sampling, false),
            exceptions: exceptions(reader),
            attributes: Setting::pick(
                code.limits.as_ref().map(Limits::attributes),
                attributes,
                default.attributes(),
            ),
            value_chars: Setting::pick(
                code.limits.as_ref().map(Limits::value_chars),
                chars,
                default.value_chars(),
            ),
        }
    }
}

/// Whoever wants more detail in the spans wants it in the logs, unless they say otherwise.
fn filter(
    reader: &mut Reader<'_>,
    code: &Code,
    level: &Setting<LevelFilter>,
) -> Setting<LogFilter> {
    let own = reader.read(table::LOG, |text| match LogFilter::parse(text) {
        (filter, wrong) if wrong.is_empty() => Ok(filter),
        (_, wrong) => Err(Rejected::because(no_directive(&wrong))),
    });
    let convention = rust_log(reader, own.is_none() && code.log_filter.is_none());
    let code = code.log_filter.as_ref().and_then(|text| match LogFilter::parse(text) {
        (filter, wrong) if wrong.is_empty() => Some(filter),
        (_, wrong) => {
            let advice = table::LOG.kind.advice();
            reader.problem(format!(
                "the log filter `{text}` {}; write {advice}",
                no_directive(&wrong)
            ));
            None
        }
    });
    code.map(Setting::by_code)
        .or(own)
        .or(convention)
        .unwrap_or_else(|| level.clone().map(|level| LogFilter::from(&level)))
}

fn no_directive(wrong: &[&str]) -> String {
    format!("has {}, which is no directive", alternatives(wrong, "and"))
}

/// What others read, too, may have words that only they know.
fn rust_log(reader: &mut Reader<'_>, is_asked: bool) -> Option<Setting<LogFilter>> {
    let text = reader.text(table::RUST_LOG).filter(|_| is_asked)?;
    let (value, wrong) = LogFilter::parse(text);
    if !wrong.is_empty() {
        reader.warn(format!(
            "`{}` in `RUST_LOG` is ignored; write `level` or `target=level`, or install a \
             subscriber of your own with an `EnvFilter` and `spandrel::tracing::layer()`",
            wrong.join(",")
        ));
    }
    Some(Setting { value, source: Source::Variable(table::RUST_LOG.name) })
}

/// The variable of the specification chooses exporters; ours chooses the form of lines, and so
/// whether there are any.
fn lines(reader: &mut Reader<'_>, listed: Option<&Setting<Vec<Listed>>>) -> Setting<Lines> {
    let own = reader.read(table::LOG_FORMAT, |text| word(&FORMATS, text));
    let listed = listed.and_then(|Setting { value, source }| {
        let value = match value.as_slice() {
            names if names.contains(&Listed::Lines) => Lines::In(LineForm::default()),
            [] => Lines::Off,
            _ => return None,
        };
        Some(Setting { value, source: *source })
    });
    own.or(listed).unwrap_or_else(|| Setting::by_default(Lines::default()))
}

/// A member of the list of exporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    Exporter(LogExporter),
    Lines,
}

const EXPORTERS: [(&str, Listed); 4] = [
    ("otlp", Listed::Exporter(LogExporter::Otlp)),
    ("console", Listed::Lines),
    ("otlp_file", Listed::Exporter(LogExporter::File)),
    ("otlp/stdout", Listed::Exporter(LogExporter::Stdout)),
];

/// A list of which nothing is understood counts as unset.
fn listed(reader: &mut Reader<'_>) -> Option<Setting<Vec<Listed>>> {
    let variable = table::LOGS_EXPORTER;
    let text = reader.text(variable)?;
    let (mut chosen, mut wrong, mut none) = (Vec::new(), Vec::new(), false);
    for name in parse::list(text) {
        match word(&EXPORTERS, name) {
            Ok(listed) if chosen.contains(&listed) => {}
            Ok(listed) => chosen.push(listed),
            Err(_) if name.eq_ignore_ascii_case("none") => none = true,
            Err(_) => wrong.push(format!("`{name}`, which is no exporter")),
        }
    }
    reader.complain(variable, &wrong, None);
    (none || !chosen.is_empty())
        .then_some(Setting { value: chosen, source: Source::Variable(variable.name) })
}

/// Those that are named; else those of which a receiver or a file is.
fn exporters(
    listed: Option<Setting<Vec<Listed>>>,
    otlp: &Otlp,
    file: &Setting<Option<PathBuf>>,
    features: Features,
) -> Setting<Vec<LogExporter>> {
    if let Some(Setting { value, source }) = listed {
        let value = value.into_iter().filter_map(|listed| match listed {
            Listed::Exporter(exporter) => Some(exporter),
            Listed::Lines => None,
        });
        return Setting { value: value.collect(), source };
    }
    // Where everything goes log records go, too, if they can: nobody has asked for them by name.
    let can = features.otlp && features.logs && otlp.protocol.value.is_in(features);
    let otlp = otlp.endpoint_source().filter(|_| can);
    let file = Some(file.source).filter(|source| *source != Source::Default);
    let named = [(LogExporter::Otlp, otlp), (LogExporter::File, file)];
    let named = || named.iter().filter_map(|(exporter, source)| Some((*exporter, (*source)?)));
    let source = named().next().map_or(Source::Default, |(_, source)| source);
    Setting { value: named().map(|(exporter, _)| exporter).collect(), source }
}

fn demand_features(
    reader: &mut Reader<'_>,
    chosen: &Setting<Vec<LogExporter>>,
    features: Features,
) {
    for exporter in &chosen.value {
        let (feature, is_there) = match exporter {
            LogExporter::File | LogExporter::Stdout => ("file", features.file),
            LogExporter::Otlp => ("otlp", features.otlp),
        };
        if !is_there {
            reader.problem(format!(
                "the logs exporter `{exporter}` is asked for ({}) but not compiled in; write \
                 `features = [\"{feature}\"]` at `spandrel` in Cargo.toml",
                chosen.source
            ));
        }
    }
}

impl fmt::Display for LogExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = EXPORTERS.iter().find(|(_, known)| *known == Listed::Exporter(*self));
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

/// Of a list for all conventions, the words that are about exceptions.
fn exceptions(reader: &mut Reader<'_>) -> Setting<Exceptions> {
    let variable = reader.read(table::EXCEPTION_SIGNAL, |text| {
        let has = |wanted| parse::list(text).any(|word| word.eq_ignore_ascii_case(wanted));
        if has("logs/dup") {
            Ok(Exceptions::Both)
        } else if has("logs") {
            Ok(Exceptions::Logs)
        } else {
            Err(Rejected::not_understood())
        }
    });
    Setting::pick(None, variable, Exceptions::default())
}
