//! Events of other libraries, as log records.

use std::fmt;

use tracing_core::{
    Event,
    field::{Field, Visit},
};

use super::{
    callsite::{self, Callsite, Role},
    visit,
};
use crate::{
    logs::{self, Said},
    trace::Context,
};

/// Records an event, if anybody wants it; `context` tells what it belongs to.
pub(super) fn record(
    callsite: &'static Callsite,
    event: &Event<'_>,
    context: impl FnOnce() -> Context,
) {
    let metadata = callsite.metadata();
    let mut brought = Brought::default();
    if callsite.has(Role::LogTarget) {
        event.record(&mut brought);
    }
    let target = brought.target.as_deref().unwrap_or(metadata.target());
    let level = callsite::level(*metadata.level());
    if !logs::wants(target, level) {
        return;
    }
    let is_exception = callsite.is_exception();
    let said = Said {
        level,
        target,
        event: if is_exception { "exception" } else { name(metadata.name()) },
        file: brought.file.as_deref().or(metadata.file()),
        line: brought.line.or(metadata.line()),
        context: &context(),
    };
    let error_key = if is_exception { "exception.message" } else { "error" };
    let roles = callsite.roles();
    logs::emit(&said, &|writer| {
        event.record(&mut visit::Attributes {
            writer,
            roles,
            indexed: false,
            error_key,
            keeps_target: false,
        });
    });
}

/// The name of an event, unless it is the one that `tracing` makes of the place.
fn name(name: &'static str) -> &'static str {
    if name.starts_with("event ") || name == "log event" { "" } else { name }
}

/// What a record of the `log` crate brings along.
#[derive(Default)]
struct Brought {
    target: Option<String>,
    file: Option<String>,
    line: Option<u32>,
}

impl Visit for Brought {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "log.target" => self.target = Some(value.to_owned()),
            "log.file" => self.file = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "log.line" {
            self.line = u32::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}
