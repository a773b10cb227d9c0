//! From the chosen outputs of log records to the running pipeline.

use std::{
    mem,
    sync::{Arc, Mutex},
};

use super::{
    config::{self, Settings},
    sinks::Chosen,
};
use crate::{
    diag,
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
}

impl Outputs {
    /// What the program brings along, and else what the environment says.
    ///
    /// `nobody_else`: no other subscriber or logger of the program writes lines.
    pub(super) fn new(in_code: Vec<LogLines>, settings: &Settings, nobody_else: bool) -> Self {
        let mut lines = in_code;
        match settings.logs.lines.value {
            _ if !lines.is_empty() => {}
            config::Lines::In(LineForm::Json) => lines.push(LogLines::json()),
            config::Lines::In(LineForm::Pretty) => lines.push(LogLines::pretty()),
            config::Lines::WhereNobodyElseDoes if nobody_else => lines.push(LogLines::pretty()),
            config::Lines::Off | config::Lines::WhereNobodyElseDoes => {}
        }
        let shows_path = lines.iter().any(|lines| lines.form == LineForm::Pretty);
        let chosen = lines.into_iter().map(|lines| self::lines(lines, settings)).collect();
        Self { chosen, shows_path }
    }

    /// How many share the memory of the exporters: these, and the queue before them.
    pub(super) fn shares(&self) -> usize {
        if self.chosen.is_empty() { 0 } else { self.chosen.len() + 1 }
    }

    /// Starts the pipeline, if there is anything to write to; `share` bytes are for each output and
    /// for the queue.
    pub(super) fn start(
        self,
        settings: &config::Logs,
        share: usize,
    ) -> Vec<(&'static str, Arc<Stats>)> {
        set_exceptions(settings.exceptions.value);
        let Self { chosen, shows_path } = self;
        let numbers: Vec<_> = chosen.iter().map(|one| (one.name, Arc::clone(&one.stats))).collect();
        if !chosen.is_empty() {
            pipeline::start(pipeline::Settings {
                filter: settings.filter.value.clone(),
                follows_trace: settings.follows_trace.value,
                shows_path,
                limits: LogLimits {
                    attributes: settings.attributes.value,
                    value_chars: settings.value_chars.value,
                },
                // One that fills, one that is read.
                bytes: share / 2,
                sinks: Chosen::factory(chosen, share),
            });
        }
        numbers
    }
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
        if self.to_tracing {
            return crate::tracing::is_free();
        }
        is_logger
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
    Chosen::new("log_lines", Box::new(make))
}
