//! Records of the `log` crate, where no other logger takes them.
//!
//! `init!` makes this the program's logger unless it has one. Key-value pairs become typed
//! attributes. Records land in the logs alone; `tracing-log` makes events of spans of them, too.

use log::{
    LevelFilter, Log, Metadata, Record,
    kv::{self, VisitSource, VisitValue},
};

use crate::{
    logs::{self, Said, Told, pipeline},
    site::Level,
    trace::{Slot, Writer, foreign},
    value::Attribute,
};

struct Logger;

/// What `tracing` says of its spans where it has no subscriber.
const OF_SPANS: [&str; 2] = ["tracing::span", "tracing::span::active"];

static LOGGER: Logger = Logger;

/// Becomes the program's logger; `false`: it has one, which stays.
pub(crate) fn install() -> bool {
    log::set_logger(&LOGGER).is_ok()
}

/// Asks for as much as is wanted by now.
pub(crate) fn ask_anew() {
    // Another logger's level is its own business.
    if std::ptr::addr_eq(log::logger(), &raw const LOGGER) {
        log::set_max_level(match pipeline::most_verbose() {
            None => LevelFilter::Off,
            Some(Level::Error) => LevelFilter::Error,
            Some(Level::Warn) => LevelFilter::Warn,
            Some(Level::Info) => LevelFilter::Info,
            Some(Level::Debug) => LevelFilter::Debug,
            Some(Level::Trace) => LevelFilter::Trace,
        });
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !OF_SPANS.contains(&metadata.target())
            && logs::wants(metadata.target(), level(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let said = Said {
            level: level(record.level()),
            target: record.target(),
            event: "",
            file: record.file(),
            line: record.line(),
            context: &foreign::parent(),
        };
        logs::emit(&said, &|writer| {
            if Told::is_by(record.target()) {
                Told::of(&record.args().to_string()).write(writer);
            } else {
                writer.name(*record.args());
            }
            // It fails only where the visitor does, which does not.
            let _ = record.key_values().visit(&mut Pairs(writer));
        });
    }

    fn flush(&self) {
        pipeline::flush_briefly();
    }
}

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}

struct Pairs<'w>(&'w mut Writer);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.set_keyed(key.as_str(), &Pair(value));
        Ok(())
    }
}

struct Pair<'v>(kv::Value<'v>);

impl Attribute for Pair<'_> {
    fn record(&self, slot: Slot<'_>) {
        let mut typed = Typed(Some(slot));
        let _ = self.0.visit(&mut typed);
    }
}

/// A value in its own type.
struct Typed<'s>(Option<Slot<'s>>);

impl Typed<'_> {
    fn set(&mut self, value: &(impl Attribute + ?Sized)) -> Result<(), kv::Error> {
        if let Some(slot) = self.0.take() {
            value.record(slot);
        }
        Ok(())
    }
}

impl<'v> VisitValue<'v> for Typed<'_> {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        if let Some(slot) = self.0.take() {
            slot.format(format_args!("{value}"));
        }
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.set(&value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.set(&value)
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.set(&value)
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.set(&value)
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.set(value)
    }
}

#[cfg(all(test, feature = "test-util"))]
mod tests {
    use super::*;

    #[test]
    fn a_query_shows_no_values() {
        let capture = crate::testing::capture();
        let statement = "SELECT a FROM b WHERE c = 'secret'";

        capture.run(|| {
            let mut record = Record::builder();
            record.level(log::Level::Warn).target("sqlx::query");
            let args = format_args!("summary=\"SELECT a …\" db.statement={statement:?} elapsed=1s");
            LOGGER.log(&record.args(args).build());
            LOGGER.log(&record.args(format_args!("{statement}; elapsed: 1s")).build());
        });

        let logs = capture.logs();
        assert!(!format!("{logs:?}").contains("secret"), "{logs:?}");
        assert_eq!((&*logs[0].message, &*logs[1].message), ("elapsed=1s", "query"));
        let text = logs[0].attribute("db.query.text").map(ToString::to_string);
        assert_eq!(text.as_deref(), Some("SELECT a FROM b WHERE c = ?"));
    }
}
