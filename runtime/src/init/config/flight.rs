//! The flight recorder: how much it holds, and when and where it dumps.

use std::{num::NonZeroU32, path::PathBuf};

use super::{Code, Features, Setting, batch::at_least_one, general::word};
use crate::init::env::{Reader, Rejected, parse, table};

/// The flight recorder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flight {
    /// `None`: there is none.
    pub(crate) bytes: Setting<Option<usize>>,
    /// Empty is the current folder.
    pub(crate) dir: Setting<PathBuf>,
    pub(crate) on_panic: Setting<bool>,
    pub(crate) signal: Setting<Signal>,
    pub(crate) most_dumps: Setting<NonZeroU32>,
}

/// The signal that makes it dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    None,
    Usr1,
    Usr2,
}

const SIGNALS: [(&str, Signal); 3] =
    [("SIGUSR1", Signal::Usr1), ("SIGUSR2", Signal::Usr2), ("none", Signal::None)];
const LEAST_KIB: usize = 64;
const MOST_DUMPS: NonZeroU32 = NonZeroU32::new(8).unwrap();

impl Flight {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code, features: Features) -> Self {
        let bytes = reader.read(table::FLIGHT_RECORDER, |text| {
            let bytes = parse::size(text).ok_or_else(Rejected::not_understood)?;
            if bytes < LEAST_KIB * 1024 {
                let least = format!("at least `{LEAST_KIB}KiB`");
                return Err(Rejected::because("is too little").instead(least));
            }
            Ok(Some(bytes))
        });
        if bytes.is_some() && !features.file {
            reader.problem(format!("`{}` needs the feature `file`", table::FLIGHT_RECORDER.name));
        }
        let dir = reader.read(table::FLIGHT_DIR, |text| Ok(PathBuf::from(text)));
        let on_panic = reader.boolean(table::FLIGHT_ON_PANIC);
        let signal = reader.read(table::FLIGHT_SIGNAL, |text| word(&SIGNALS, text));
        let dumps = reader.read(table::FLIGHT_DUMPS, at_least_one);
        let said = InCode::of(reader, code);
        let bytes = Setting::pick(said.bytes.map(Some), bytes, None);
        if bytes.value.is_none() {
            tell_of_no_effect(reader);
        }
        Self {
            bytes,
            dir: Setting::pick(said.dir, dir, PathBuf::new()),
            on_panic: Setting::pick(said.on_panic, on_panic, true),
            signal: Setting::pick(said.signal, signal, Signal::Usr2),
            most_dumps: Setting::pick(said.most_dumps, dumps, MOST_DUMPS),
        }
    }
}

/// How to dump does not say that there is something to dump.
fn tell_of_no_effect(reader: &mut Reader<'_>) {
    use table::{FLIGHT_DIR, FLIGHT_DUMPS, FLIGHT_ON_PANIC, FLIGHT_RECORDER, FLIGHT_SIGNAL};

    for variable in [FLIGHT_DIR, FLIGHT_ON_PANIC, FLIGHT_SIGNAL, FLIGHT_DUMPS] {
        if reader.text(variable).is_some() {
            reader.inform(format!(
                "`{}` has no effect without `{}`",
                variable.name, FLIGHT_RECORDER.name
            ));
        }
    }
}

impl Signal {
    pub(crate) fn as_str(self) -> &'static str {
        SIGNALS.iter().find(|(_, signal)| *signal == self).map_or("", |(name, _)| name)
    }
}

/// What the program says.
#[derive(Default)]
struct InCode {
    bytes: Option<usize>,
    dir: Option<PathBuf>,
    on_panic: Option<bool>,
    signal: Option<Signal>,
    most_dumps: Option<NonZeroU32>,
}

impl InCode {
    #[cfg(feature = "file")]
    fn of(reader: &mut Reader<'_>, code: &Code) -> Self {
        use crate::export::DumpSignal;

        let Some(flight) = code.flight.clone() else { return Self::default() };
        if flight.bytes < LEAST_KIB * 1024 {
            reader.problem(format!(
                "a flight recorder of {} bytes is too little; write at least {LEAST_KIB} KiB",
                flight.bytes
            ));
        }
        let signal = flight.signal.map(|signal| match signal {
            DumpSignal::None => Signal::None,
            DumpSignal::Usr1 => Signal::Usr1,
            DumpSignal::Usr2 => Signal::Usr2,
        });
        Self {
            bytes: Some(flight.bytes),
            dir: flight.dir,
            on_panic: flight.on_panic,
            signal,
            most_dumps: flight.most_dumps,
        }
    }

    #[cfg(not(feature = "file"))]
    fn of(_: &mut Reader<'_>, _: &Code) -> Self {
        Self::default()
    }
}
