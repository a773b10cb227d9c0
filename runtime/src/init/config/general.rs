//! Switches and choices of one variable each.

use super::{Code, Setting, Settings, Source};
use crate::{
    diag::Level,
    init::env::{Reader, Rejected, parse, table},
    level::LevelFilter,
    resilience::faults::Faults,
    time::{self, Clock},
    trace::{Memory, propagation::Propagators},
};

const CLOCKS: [(&str, Clock); 3] =
    [("auto", Clock::Auto), ("monotonic", Clock::Monotonic), ("tsc", Clock::Tsc)];

const FAULTS: [(&str, Faults); 3] =
    [("on", Faults::On), ("scoped", Faults::Scoped), ("off", Faults::Off)];

/// Nothing that Spandrel says is graver than a warning: no call of the program fails with it.
const LOG_LEVELS: [(&str, Level); 6] = [
    ("none", Level::Off),
    ("error", Level::Off),
    ("warn", Level::Warn),
    ("info", Level::Info),
    ("debug", Level::Debug),
    ("trace", Level::Debug),
];

/// The value that a word stands for, in any case.
pub(super) fn word<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, Rejected> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(Rejected::not_understood)
}

/// The specification's switch turns off, the alias may too, and the specification's wins.
pub(super) fn enabled(reader: &mut Reader<'_>, code: &Code) -> Setting<bool> {
    let disabled = reader.boolean(table::SDK_DISABLED).map(|disabled| disabled.map(|off| !off));
    let alias = reader.boolean(table::TELEMETRY_ENABLED);
    Setting::pick(code.enabled, disabled.or(alias), true)
}

/// Of a list, what can be used is; if nothing can, the variable counts as unset.
pub(super) fn propagators(reader: &mut Reader<'_>, code: &Code) -> Setting<Propagators> {
    let variable = reader.text(table::PROPAGATORS).and_then(|text| {
        let (propagators, warning) = Propagators::from_names(text);
        if let Some(warning) = warning {
            reader.object(table::PROPAGATORS, &warning);
        }
        let source = Source::Variable(table::PROPAGATORS.name);
        let is_usable = |name| Propagators::parse(name).is_ok();
        parse::list(text).any(is_usable).then_some(Setting { value: propagators, source })
    });
    let chosen = Setting::pick(code.propagators, variable, Propagators::default());
    tell_of_jaeger(reader, chosen.value);
    chosen
}

/// Who names a format expects it to be sent, as other SDKs do.
fn tell_of_jaeger(reader: &mut Reader<'_>, propagators: Propagators) {
    let sent = "the propagator `jaeger` only reads: no header of its own is sent";
    match (propagators.reads_jaeger(), propagators.sends_traces()) {
        (false, _) => {}
        (true, true) => reader.inform(format!("{sent}, but those of the others are")),
        (true, false) => reader.warn(format!(
            "{sent}, so the traces end here; add `tracecontext`, which Jaeger reads too: \
             `OTEL_PROPAGATORS={propagators},tracecontext`"
        )),
    }
}

pub(super) fn level(reader: &mut Reader<'_>, code: &Code) -> Setting<LevelFilter> {
    let variable = reader.read(table::LEVEL, |text| {
        LevelFilter::parse(text).map_err(|invalid| Rejected::because(invalid.to_string()))
    });
    let code = code.level.as_ref().and_then(|text| match LevelFilter::parse(text) {
        Ok(filter) => Some(filter),
        Err(invalid) => {
            let advice = table::LEVEL.kind.advice();
            reader.problem(format!("the level filter `{text}` {invalid}; write {advice}"));
            None
        }
    });
    Setting::pick(code, variable, LevelFilter::default())
}

/// More methods than this make no sense, and each may make series of its own.
const MOST_METHODS: usize = 64;

/// The methods of HTTP that are told apart; `None`: those that are known.
pub(super) fn http_methods(reader: &mut Reader<'_>) -> Setting<Option<Vec<String>>> {
    let variable = reader.read(table::HTTP_KNOWN_METHODS, |text| {
        let methods: Vec<_> = parse::list(text).map(str::to_owned).collect();
        let is_method = |method: &String| {
            method.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'+".contains(&byte))
        };
        if methods.is_empty() || methods.len() > MOST_METHODS || !methods.iter().all(is_method) {
            let instead = "methods of HTTP, such as `GET,POST`";
            return Err(Rejected::not_understood().instead(instead));
        }
        Ok(Some(methods))
    });
    Setting::pick(None, variable, None)
}

pub(super) fn memory(reader: &mut Reader<'_>, code: &Code) -> Setting<Memory> {
    let variable = reader.read(table::MEMORY, |text| {
        let bytes = parse::size(text).ok_or_else(Rejected::not_understood)?;
        Memory::new(bytes).map_err(|least| {
            Rejected::because("is too little").instead(format!("at least `{}KiB`", least / 1_024))
        })
    });
    Setting::pick(code.memory, variable, Memory::default())
}

pub(super) fn clock(reader: &mut Reader<'_>, code: &Code) -> Setting<Clock> {
    let variable = reader.read(table::CLOCK, |text| word(&CLOCKS, text));
    Setting::pick(code.clock, variable, Clock::default())
}

/// Without the feature there is nothing that could go wrong on purpose.
pub(super) fn chaos(reader: &mut Reader<'_>) -> Setting<Faults> {
    let variable = reader.read(table::CHAOS, |text| word(&FAULTS, text));
    if !cfg!(feature = "chaos") && variable.is_some() {
        reader.inform(format!(
            "`{}` has no effect: the feature `chaos` is not compiled in",
            table::CHAOS.name
        ));
    }
    Setting::pick(None, variable, Faults::default())
}

impl Settings {
    /// Takes over what holds for the whole program, and for no exporter.
    pub(crate) fn choose(&self) {
        time::choose(self.clock.value);
        #[cfg(feature = "chaos")]
        self.chaos.value.choose();
    }
}

/// `SPANDREL_DEBUG` asks for everything; it takes nothing away.
pub(super) fn diagnostics(reader: &mut Reader<'_>, code: &Code) -> Setting<Level> {
    let debug = reader.boolean(table::DEBUG).filter(|debug| debug.value);
    let log_level = reader.read(table::LOG_LEVEL, |text| word(&LOG_LEVELS, text));
    let code = code.debug.map(|debug| if debug { Level::Debug } else { Level::Info });
    let debug = debug.map(|debug| debug.map(|_| Level::Debug));
    Setting::pick(code, debug.or(log_level), Level::Info)
}

/// Without the feature there is nobody to show a span to.
pub(super) fn mirror(reader: &mut Reader<'_>, code: &Code) -> Setting<bool> {
    let variable = reader.boolean(table::MIRROR);
    if !cfg!(feature = "tracing") && variable.as_ref().is_some_and(|mirror| mirror.value) {
        reader.inform(format!(
            "`{}` has no effect: the feature `tracing` is not compiled in",
            table::MIRROR.name
        ));
    }
    Setting::pick(code.mirror, variable, false)
}

/// Variables that are honoured by saying what they do not do yet.
pub(super) fn mention_what_comes_later(reader: &mut Reader<'_>) {
    for variable in [table::CONFIG_FILE, table::EXPERIMENTAL_CONFIG_FILE] {
        if reader.text(variable).is_some() {
            reader.warn(format!(
                "`{}` is ignored, because configuration files are not supported; use the other \
                 variables",
                variable.name
            ));
        }
    }
}
