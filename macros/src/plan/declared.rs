//! The values of `#[instrument]`: all arguments but those that are skipped, and declared fields.

use syn::{FnArg, Ident, LitStr, Pat, Type, ext::IdentExt as _};

use super::{
    captures::{self, Capture, MAX},
    site::{self, Field},
};
use crate::{
    args::{Given, List, Name, Switch},
    errors::Errors,
    parse::{
        Function,
        fields::{DeclaredField, Form},
    },
};

/// The types whose values `tracing` records as they are, by the last word of their paths.
const VALUES: [&str; 30] = [
    "bool",
    "str",
    "u8",
    "i8",
    "u16",
    "i16",
    "u32",
    "i32",
    "u64",
    "i64",
    "u128",
    "i128",
    "f32",
    "f64",
    "usize",
    "isize",
    "String",
    "NonZeroU8",
    "NonZeroI8",
    "NonZeroU16",
    "NonZeroI16",
    "NonZeroU32",
    "NonZeroI32",
    "NonZeroU64",
    "NonZeroI64",
    "NonZeroU128",
    "NonZeroI128",
    "NonZeroUsize",
    "NonZeroIsize",
    "Wrapping",
];

/// The span's name, if none is given.
pub(crate) fn name_of(function: &Function) -> site::Name {
    let name = &function.sig.ident;
    site::Name::fixed(LitStr::new(&name.unraw().to_string(), name.span()))
}

/// What has a value when the span begins, in order, and the fields that get theirs later.
pub(crate) fn collect(
    skip: Option<&Given<Switch<Name>>>,
    skip_all: bool,
    fields: Option<&Given<List<DeclaredField>>>,
    function: &Function,
) -> (Vec<Capture>, Vec<Field>) {
    let fields = captures::list(fields);
    let is_skipped = |name: &Ident| {
        let is_declared = |field: &DeclaredField| field.key.text().is_some_and(|key| *name == key);
        skip_all
            || skipped(skip).iter().any(|skip| skip.0 == *name)
            || fields.iter().any(is_declared)
    };
    let mut captures = Vec::new();
    for (param, arg) in function.params.iter().zip(&function.sig.inputs) {
        let form = if is_value(arg) { Form::Declared } else { Form::Debug };
        for name in param.names.iter().filter(|name| !is_skipped(name)) {
            captures.push(Capture::of_argument(name, None, &param.cfgs).in_form(form));
        }
    }
    let mut empty = Vec::new();
    for DeclaredField { key, form, value } in fields.iter().cloned() {
        match value {
            Some(value) => captures.push(Capture::of(key, form, value)),
            None => empty.push(Field { key, constructor: "new" }),
        }
    }
    (captures, empty)
}

/// Whether an argument is bound as it is, and `tracing` has a type for it.
fn is_value(arg: &FnArg) -> bool {
    let FnArg::Typed(arg) = arg else { return false };
    let mut pattern = &*arg.pat;
    while let Pat::Reference(inner) = pattern {
        pattern = &inner.pat;
    }
    let mut ty = &*arg.ty;
    while let Type::Reference(inner) = ty {
        ty = &inner.elem;
    }
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last().map(|last| last.ident.to_string());
    matches!(pattern, Pat::Ident(ident) if ident.subpat.is_none())
        && last.is_some_and(|last| VALUES.contains(&last.as_str()))
}

/// Reports names that are no arguments of the function, and names and keys that are given twice.
pub(crate) fn check(
    skip: Option<&Given<Switch<Name>>>,
    fields: Option<&Given<List<DeclaredField>>>,
    function: &Function,
    errors: &mut Errors,
) {
    let known: Vec<_> = captures::names(function).map(|name| name.unraw().to_string()).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    for (index, Name(name)) in skipped(skip).iter().enumerate() {
        if skipped(skip).iter().take(index).any(|other| other.0 == *name) {
            errors.at(name, format!("`{name}` is skipped twice; keep one"));
        } else if !known.iter().any(|known| name.unraw() == known) {
            let message = format!("`{name}` cannot be skipped: it is no argument of this function");
            errors.at(name, message);
        }
    }
    let (captures, empty) = collect(skip, false, fields, function);
    let count = captures.len() + empty.len();
    if count > MAX {
        errors.at(
            &function.sig.ident,
            format!("a span has at most {MAX} attributes of its own, these are {count}"),
        );
    }
}

fn skipped(skip: Option<&Given<Switch<Name>>>) -> &[Name] {
    match skip {
        Some(Given { value: Switch::Of(names), .. }) => names,
        _ => &[],
    }
}
