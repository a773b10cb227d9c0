//! Values on their way to `tracing`, and back.

use std::fmt;

use tracing_core::field::{self, DebugValue, Field, ValueSet, Visit};

use super::callsite::{self, Callsite};
use crate::{
    mirror::Form,
    trace::Slot,
    value::{Attribute, Value},
};

/// One of our values, in the type that `tracing` is given.
pub(super) enum Shown<'a> {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Str(&'a str),
    Text(DebugValue<Text<'a>>),
}

/// Text that was formatted already, or a value that `tracing` has no type for.
pub(super) struct Text<'a>(Value<'a>);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'a> Shown<'a> {
    pub(super) fn new(value: Value<'a>, form: Form) -> Self {
        match (value, form) {
            (_, Form::Formatted) | (Value::Array(_), _) => Self::Text(field::debug(Text(value))),
            (Value::Bool(value), _) => Self::Bool(value),
            (Value::I64(value), Form::Unsigned) => Self::U64(value.cast_unsigned()),
            (Value::I64(value), _) => Self::I64(value),
            (Value::U64(value), _) => Self::U64(value),
            (Value::F64(value), _) => Self::F64(value),
            (Value::Str(value), _) => Self::Str(value),
        }
    }

    fn given(&self) -> &dyn field::Value {
        match self {
            Self::Bool(value) => value,
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::F64(value) => value,
            Self::Str(value) => value,
            Self::Text(text) => text,
        }
    }
}

/// Shows values to somebody, as those of a callsite's fields.
///
/// They are in the order of the fields, of which some may have none.
pub(super) fn show<R>(
    callsite: &'static Callsite,
    values: &[(&str, Shown<'_>)],
    give: impl FnOnce(&ValueSet<'_>) -> R,
) -> R {
    let fields = callsite.fields();
    match fields {
        [] => give(&callsite.known().fields().value_set(&[])),
        [first, ..] if fields.len() <= 8 => show_in([(first, None); 8], callsite, values, give),
        [first, ..] if fields.len() <= 32 => show_in([(first, None); 32], callsite, values, give),
        [first, ..] => show_in([(first, None); 256], callsite, values, give),
    }
}

fn show_in<'v, const N: usize, R>(
    mut places: [(&'v Field, Option<&'v dyn field::Value>); N],
    callsite: &'static Callsite,
    values: &'v [(&str, Shown<'v>)],
    give: impl FnOnce(&ValueSet<'_>) -> R,
) -> R {
    let mut fields = callsite.fields().iter();
    for ((key, value), place) in values.iter().zip(&mut places) {
        // A key may be there twice, and what has no value is passed over.
        if let Some(field) = fields.by_ref().find(|field| field.name() == *key) {
            *place = (field, Some(value.given()));
        }
    }
    give(&callsite.known().fields().value_set(&places))
}

/// Writes the one value that it is given.
struct Once<'s>(Option<Slot<'s>>);

impl Once<'_> {
    fn write(&mut self, value: &dyn Attribute) {
        if let Some(slot) = self.0.take() {
            value.record(slot);
        }
    }
}

impl Visit for Once<'_> {
    fn record_f64(&mut self, _field: &Field, value: f64) {
        self.write(&value);
    }

    fn record_i64(&mut self, _field: &Field, value: i64) {
        self.write(&value);
    }

    fn record_u64(&mut self, _field: &Field, value: u64) {
        self.write(&value);
    }

    fn record_i128(&mut self, _field: &Field, value: i128) {
        self.write(&value);
    }

    fn record_u128(&mut self, _field: &Field, value: u128) {
        self.write(&value);
    }

    fn record_bool(&mut self, _field: &Field, value: bool) {
        self.write(&value);
    }

    fn record_str(&mut self, _field: &Field, value: &str) {
        self.write(&value);
    }

    fn record_debug(&mut self, _field: &Field, value: &dyn fmt::Debug) {
        if let Some(slot) = self.0.take() {
            slot.format(format_args!("{value:?}"));
        }
    }
}

/// A value that only `tracing` knows how to record: `field::Empty`, `field::debug(…)`.
#[derive(Debug)]
pub struct Theirs<'v, T: ?Sized>(pub &'v T);

impl<T: field::Value + ?Sized> Attribute for Theirs<'_, T> {
    fn record(&self, slot: Slot<'_>) {
        if let Some(field) = callsite::any_field() {
            self.0.record(&field, &mut Once(Some(slot)));
        }
    }
}
