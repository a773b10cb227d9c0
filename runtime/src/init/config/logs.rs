//! Log records: which there are, and where they go.

use super::{Code, Setting, Source, general::word};
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
    /// Records of traces that are not sampled are left out, unless they are errors.
    pub(crate) follows_trace: Setting<bool>,
    pub(crate) exceptions: Setting<Exceptions>,
    pub(crate) attributes: Setting<u32>,
    pub(crate) value_chars: Setting<u32>,
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
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code, level: &Setting<LevelFilter>) -> Self {
        let sampling = reader.read(table::LOG_SAMPLING, |text| word(&SAMPLINGS, text));
        let default = Limits::new();
        let mut count = |own, general| {
            reader.first(&[own, general], |text| {
                parse::count(text).ok_or_else(Rejected::not_understood)
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
            lines: lines(reader),
            follows_trace: Setting::pick(code.logs_follow_trace, sampling, false),
            exceptions: exceptions(reader),
            attributes: Setting::pick(None, attributes, default.attributes()),
            value_chars: Setting::pick(None, chars, default.value_chars()),
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
fn lines(reader: &mut Reader<'_>) -> Setting<Lines> {
    let own = reader.read(table::LOG_FORMAT, |text| word(&FORMATS, text));
    let listed = exporters(reader).and_then(|Setting { value, source }| {
        let value = match value {
            names if names.contains(&Name::Console) => Lines::In(LineForm::default()),
            names if names.is_empty() => Lines::Off,
            _ => return None,
        };
        Some(Setting { value, source })
    });
    own.or(listed).unwrap_or_else(|| Setting::by_default(Lines::default()))
}

/// An exporter of log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Console,
    Otlp,
}

const EXPORTERS: [(&str, Option<Name>); 3] =
    [("otlp", Some(Name::Otlp)), ("console", Some(Name::Console)), ("none", None)];

/// A list of which nothing is understood counts as unset.
fn exporters(reader: &mut Reader<'_>) -> Option<Setting<Vec<Name>>> {
    let variable = table::LOGS_EXPORTER;
    let text = reader.text(variable)?;
    let (mut known, mut wrong) = (Vec::new(), Vec::new());
    for name in parse::list(text) {
        match word(&EXPORTERS, name) {
            Ok(exporter) => known.push(exporter),
            Err(_) => wrong.push(format!("`{name}`, which is no exporter")),
        }
    }
    reader.complain(variable, &wrong, None);
    let chosen = known.iter().copied().flatten().collect();
    (!known.is_empty())
        .then_some(Setting { value: chosen, source: Source::Variable(variable.name) })
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
