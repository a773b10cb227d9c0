//! Writes the fields of spans and events as attributes.

use std::{
    error::Error,
    fmt,
    panic::{self, AssertUnwindSafe},
};

use tracing_core::field::{Field, Visit};

use super::callsite::Role;
use crate::{
    site::SpanKind,
    trace::{Status, Writer, record::layout::KEY_INLINE},
    value::Attribute,
};

/// Writes each field that is an attribute.
pub(super) struct Attributes<'w> {
    pub(super) writer: &'w mut Writer,
    /// What the fields mean; empty: each is an attribute.
    pub(super) roles: &'w [Role],
    /// The record knows the fields of the callsite, so that an index stands for a key.
    pub(super) indexed: bool,
    /// Where an error of an event goes.
    pub(super) error_key: &'static str,
    /// Whether the target that a record of the `log` crate brings is an attribute.
    pub(super) keeps_target: bool,
}

impl Attributes<'_> {
    #[inline]
    fn role(&self, field: &Field) -> Role {
        if self.roles.is_empty() {
            return Role::Attribute;
        }
        self.roles.get(field.index()).copied().unwrap_or(Role::Attribute)
    }

    #[inline]
    fn index(&self, field: &Field) -> Option<u8> {
        u8::try_from(field.index()).ok().filter(|index| self.indexed && *index != KEY_INLINE)
    }

    #[inline]
    fn set(&mut self, field: &Field, value: &(impl Attribute + ?Sized)) {
        match self.role(field) {
            Role::Attribute => match self.index(field) {
                Some(index) => self.writer.set(index, value),
                None => self.writer.set_keyed(field.name(), value),
            },
            Role::Error => self.writer.set_keyed(self.error_key, value),
            Role::LogTarget if self.keeps_target => self.writer.set_keyed("target", value),
            Role::LogTarget
            | Role::LogDetail
            | Role::Kind
            | Role::Message
            | Role::Name
            | Role::Statement
            | Role::StatusCode
            | Role::StatusDescription => {}
        }
    }
}

impl Visit for Attributes<'_> {
    #[inline]
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, &value);
    }

    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, &value);
    }

    #[inline]
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, &value);
    }

    #[inline]
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.set(field, &value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.set(field, &value);
    }

    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        match self.role(field) {
            Role::Message | Role::Name => self.writer.name_str(value),
            _ => self.set(field, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match self.role(field) {
            Role::Message | Role::Name => self.writer.name(format_args!("{value:?}")),
            _ => self.set(field, &Formatted(value)),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set(field, &Displayed(value));
        let sources = sources(value);
        if !sources.is_empty() {
            self.writer.set_keyed(&format!("{}.chain", field.name()), &sources);
        }
    }
}

/// A value as `Debug` prints it; `tracing` passes on what `Display` prints in this form, too.
struct Formatted<'v>(&'v dyn fmt::Debug);

impl Attribute for Formatted<'_> {
    fn record(&self, slot: crate::trace::Slot<'_>) {
        slot.format(format_args!("{:?}", self.0));
    }
}

/// An error as it presents itself.
struct Displayed<'v>(&'v (dyn Error + 'static));

impl Attribute for Displayed<'_> {
    fn record(&self, slot: crate::trace::Slot<'_>) {
        slot.format(format_args!("{}", self.0));
    }
}

/// What caused the error, the nearest cause first.
fn sources(error: &(dyn Error + 'static)) -> Vec<String> {
    let chain = std::iter::successors(error.source(), |error| (*error).source());
    // Written by the user, and it must not take down what is being watched.
    panic::catch_unwind(AssertUnwindSafe(|| chain.take(64).map(ToString::to_string).collect()))
        .unwrap_or_default()
}

/// What `Debug` prints.
fn text_of(value: &dyn fmt::Debug) -> String {
    panic::catch_unwind(AssertUnwindSafe(|| format!("{value:?}"))).unwrap_or_default()
}

/// What the fields with a meaning of their own say about a span, or an event.
#[derive(Debug, Default)]
pub(super) struct Meanings<'r> {
    pub(super) roles: &'r [Role],
    pub(super) kind: Option<SpanKind>,
    status: Option<Code>,
    description: Option<String>,
    pub(super) error: Option<String>,
    pub(super) has_message: bool,
}

#[derive(Debug)]
enum Code {
    Error,
    Ok,
    Unset,
}

impl<'r> Meanings<'r> {
    pub(super) fn new(roles: &'r [Role]) -> Self {
        Self { roles, ..Self::default() }
    }

    /// What was said about the status, if anything was.
    pub(super) fn status(&self) -> Option<Status<'_>> {
        match (&self.status, &self.description) {
            (Some(Code::Ok), _) => Some(Status::Ok),
            (Some(Code::Error), description) => {
                Some(Status::Error { description: description.as_deref().unwrap_or_default() })
            }
            // A description alone is of an error: no other status has one.
            (None, Some(description)) => Some(Status::Error { description }),
            (Some(Code::Unset), _) | (None, None) => None,
        }
    }
}

impl Visit for Meanings<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match self.roles.get(field.index()) {
            Some(Role::Kind) => self.kind = kind(value),
            Some(Role::StatusCode) => self.status = code(value),
            Some(Role::StatusDescription) => self.description = Some(value.to_owned()),
            Some(Role::Error) => self.error = Some(value.to_owned()),
            Some(Role::Message) => self.has_message = true,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match self.roles.get(field.index()) {
            Some(Role::Kind | Role::StatusCode | Role::StatusDescription | Role::Error) => {
                self.record_str(field, &text_of(value));
            }
            Some(Role::Message) => self.has_message = true,
            _ => {}
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

fn kind(text: &str) -> Option<SpanKind> {
    [
        ("internal", SpanKind::Internal),
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
    ]
    .into_iter()
    .find(|(name, _)| name.eq_ignore_ascii_case(text))
    .map(|(_, kind)| kind)
}

fn code(text: &str) -> Option<Code> {
    // `Debug` of the status of the OpenTelemetry API is understood too: `Error { description: "" }`.
    let word = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if word.eq_ignore_ascii_case("ok") {
        Some(Code::Ok)
    } else if word.eq_ignore_ascii_case("error") {
        Some(Code::Error)
    } else if word.eq_ignore_ascii_case("unset") {
        Some(Code::Unset)
    } else {
        None
    }
}
