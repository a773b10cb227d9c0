//! Where spans go.

use std::fmt;

use super::{Code, Features, Setting, Source, Surroundings, general::word};
use crate::init::env::{Reader, parse, table};

/// An exporter of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Exporter {
    Console,
    /// OTLP in a file.
    File,
    Otlp,
    /// The same as `File`, wherever the file would be.
    Stdout,
    Zipkin,
}

/// What the choice depends on, besides the variable and the code.
pub(super) struct Choice<'a> {
    pub(super) enabled: bool,
    /// Exporters, and who named a place to export to, if somebody did.
    pub(super) named: [(Exporter, Option<Source>); 3],
    /// Whether `SPANDREL_CONSOLE` turns the console on or off.
    pub(super) console: Option<&'a Setting<bool>>,
    /// Whether metrics go somewhere, and may be all that the program wants.
    pub(super) has_metrics: bool,
    pub(super) around: &'a Surroundings<'a>,
}

const EXPORTERS: [(&str, Exporter); 5] = [
    ("otlp", Exporter::Otlp),
    ("console", Exporter::Console),
    ("otlp_file", Exporter::File),
    ("otlp/stdout", Exporter::Stdout),
    ("zipkin", Exporter::Zipkin),
];

impl Exporter {
    fn feature(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::File | Self::Stdout => "file",
            Self::Otlp => "otlp",
            Self::Zipkin => "zipkin",
        }
    }

    fn is_in(self, features: Features) -> bool {
        match self {
            Self::Console => features.console,
            Self::File | Self::Stdout => features.file,
            Self::Otlp => features.otlp,
            Self::Zipkin => features.zipkin,
        }
    }
}

impl Choice<'_> {
    pub(super) fn read(&self, reader: &mut Reader<'_>, code: &Code) -> Setting<Vec<Exporter>> {
        let variable = variable(reader);
        let mut chosen = match (&code.exporters, variable) {
            (Some(exporters), _) => Setting::by_code(exporters.clone()),
            (None, Some(exporters)) => exporters,
            (None, None) => self.unasked(code),
        };
        if let Some(console) = self.console.filter(|_| code.exporters.is_none()) {
            chosen.value.retain(|exporter| *exporter != Exporter::Console);
            if console.value {
                chosen.value.push(Exporter::Console);
            }
            if chosen.source == Source::Default {
                chosen.source = console.source;
            }
        }
        if !self.enabled {
            chosen.value.clear();
        }
        self.demand_features(reader, &chosen);
        let exports_nothing =
            chosen.value.is_empty() && code.custom_exporters == 0 && !self.has_metrics;
        if self.enabled && exports_nothing && chosen.source == Source::Default {
            reader.inform(format!(
                "no exporter is configured, so spans go nowhere; set `{}` or `{}=tree`",
                table::OTLP_ENDPOINT.name,
                table::CONSOLE.name
            ));
        }
        chosen
    }

    /// A receiver or a file that is named is meant to be used; a person at a terminal wants to see
    /// something; anything else would write into somebody's logs.
    fn unasked(&self, code: &Code) -> Setting<Vec<Exporter>> {
        let named =
            || self.named.iter().filter_map(|(exporter, source)| Some((exporter, (*source)?)));
        if let Some((_, source)) = named().next() {
            return Setting { value: named().map(|(exporter, _)| *exporter).collect(), source };
        }
        let show = self.around.stderr_is_terminal
            && self.around.features.console
            && code.custom_exporters == 0;
        Setting::by_default(if show { vec![Exporter::Console] } else { Vec::new() })
    }

    fn demand_features(&self, reader: &mut Reader<'_>, chosen: &Setting<Vec<Exporter>>) {
        for exporter in &chosen.value {
            if !exporter.is_in(self.around.features) {
                let feature = exporter.feature();
                let asked = self.console.filter(|_| *exporter == Exporter::Console);
                let source = asked.map_or(chosen.source, |console| console.source);
                reader.problem(format!(
                    "the exporter `{exporter}` is asked for ({source}) but not compiled in; \
                     write `features = [\"{feature}\"]` at `spandrel` in Cargo.toml"
                ));
            }
        }
    }
}

/// A list of which nothing is understood counts as unset.
fn variable(reader: &mut Reader<'_>) -> Option<Setting<Vec<Exporter>>> {
    let variable = table::TRACES_EXPORTER;
    let text = reader.text(variable)?;
    let mut wrong = Vec::new();
    let mut chosen = Vec::new();
    let mut none = false;
    let mut instead = None;
    for name in parse::list(text) {
        match (word(&EXPORTERS, name), name.to_ascii_lowercase().as_str()) {
            (Ok(exporter), _) if chosen.contains(&exporter) => {}
            (Ok(exporter), _) => chosen.push(exporter),
            (Err(_), "none") => none = true,
            (Err(_), "jaeger") => {
                wrong.push(format!("`{name}`, which takes OTLP today"));
                instead = Some(format!(
                    "`otlp` and let `{}` name Jaeger's port 4318 (HTTP; 4317 is gRPC)",
                    table::OTLP_ENDPOINT.name
                ));
            }
            (Err(_), _) => wrong.push(format!("`{name}`, which is no exporter")),
        }
    }
    reader.complain(variable, &wrong, instead.as_deref());
    (none || !chosen.is_empty())
        .then_some(Setting { value: chosen, source: Source::Variable(variable.name) })
}

impl fmt::Display for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = EXPORTERS.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
