//! Events of other libraries, as log records.

use std::{borrow::Cow, fmt};

use tracing_core::{
    Event,
    field::{Field, Visit},
};

use super::{
    callsite::{self, Callsite, Role},
    sqlx, visit,
};
use crate::{
    logs::{self, Said, Told},
    trace::{Context, Writer},
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
    logs::emit(&said, &|writer| write(writer, callsite, event, error_key, false));
}

/// Writes the fields of an event as attributes, but no statement with its values.
pub(super) fn write(
    writer: &mut Writer,
    callsite: &'static Callsite,
    event: &Event<'_>,
    error_key: &'static str,
    keeps_target: bool,
) {
    let told = told(callsite, event);
    let roles: Cow<'_, [Role]> = match &told {
        Some(told) => {
            told.write(writer);
            let without_message = |role: &Role| match role {
                Role::Message => Role::Statement,
                role => *role,
            };
            callsite.roles().iter().map(without_message).collect()
        }
        None => Cow::Borrowed(callsite.roles()),
    };
    if callsite.is_query() {
        sqlx::describe(event, writer);
    }
    let roles = &*roles;
    event.record(&mut visit::Attributes { writer, roles, indexed: false, error_key, keeps_target });
}

/// The query that a record of the `log` crate tells of in its message, if it does.
fn told(callsite: &Callsite, event: &Event<'_>) -> Option<Told> {
    if !callsite.has(Role::LogTarget) {
        return None;
    }
    let mut brought = Brought::default();
    event.record(&mut brought);
    if !Told::is_by(brought.target.as_deref()?) {
        return None;
    }
    let mut message = Message::default();
    event.record(&mut message);
    Some(Told::of(&message.0))
}

/// What a record says.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
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
