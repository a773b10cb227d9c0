//! Which values a span carries, and how each is recorded.

use proc_macro2::Span;
use syn::{Attribute, Expr, Ident, LitStr, ext::IdentExt as _};

use super::site::Field;
use crate::{
    args::{Given, List, Redaction, Switch, nearest},
    attributes::traced::{RedactArg, Traced},
    errors::Errors,
    parse::{
        Function,
        fields::{FieldArg, Form, Key},
    },
};

/// One value.
pub(crate) struct Capture {
    pub(crate) key: Key,
    pub(crate) form: Form,
    pub(crate) value: Expr,
    /// The conditions under which the parameter exists.
    pub(crate) cfgs: Vec<Attribute>,
    redact: Redact,
}

#[derive(Clone, Copy)]
enum Redact {
    /// Whatever the deny-list of keys says.
    ByKey,
    All,
    To(Redaction),
}

impl Capture {
    pub(crate) fn new(field: FieldArg) -> Self {
        let FieldArg { key, form, value, .. } = field;
        Self::of(Key::Text(key), form, value)
    }

    /// Any value.
    pub(crate) fn of(key: Key, form: Form, value: Expr) -> Self {
        Self { key, form, value, cfgs: Vec::new(), redact: Redact::ByKey }
    }

    pub(crate) fn of_argument(name: &Ident, key: Option<&LitStr>, cfgs: &[Attribute]) -> Self {
        let path = syn::ExprPath { attrs: Vec::new(), qself: None, path: name.clone().into() };
        let own = || LitStr::new(&name.unraw().to_string(), name.span());
        Self {
            key: Key::Text(key.cloned().unwrap_or_else(own)),
            form: Form::Auto,
            value: Expr::Path(path),
            cfgs: cfgs.to_vec(),
            redact: Redact::ByKey,
        }
    }

    pub(super) fn in_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// The entry of the site for it.
    pub(crate) fn field(&self) -> Field {
        let constructor = match self.redact {
            Redact::ByKey => "new",
            Redact::All => "redacted",
            Redact::To(_) => "clear",
        };
        Field { key: self.key.clone(), constructor }
    }

    /// What is left of a value that is redacted in part.
    pub(crate) fn redaction(&self) -> Option<Redaction> {
        match self.redact {
            Redact::To(redaction) => Some(redaction),
            Redact::ByKey | Redact::All => None,
        }
    }

    /// Whether evaluating the value runs no code of the user: an argument, or a field of one.
    pub(crate) fn is_place(&self) -> bool {
        is_place(&self.value)
    }

    pub(super) fn is_called(&self, key: &str) -> bool {
        self.key.text().is_some_and(|own| own == key)
    }

    fn is_argument(&self, name: &str) -> bool {
        matches!(&self.value, Expr::Path(path) if path.path.is_ident(name))
    }
}

fn is_place(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => path.qself.is_none() && path.path.get_ident().is_some(),
        Expr::Field(field) => is_place(&field.base),
        _ => false,
    }
}

/// Everything the options and the marks on parameters ask for; what is named twice, once.
pub(crate) fn collect(options: &Traced, function: &Function) -> Vec<Capture> {
    let mut captures: Vec<Capture> = Vec::new();
    for param in &function.params {
        for name in &param.names {
            let mark = param.field.as_ref();
            if mark.is_some() || is_in_args(options, name) {
                let key = mark.and_then(|mark| mark.key());
                let mut capture = Capture::of_argument(name, key, &param.cfgs);
                if let Some(redact) = mark.and_then(|mark| mark.redact.as_ref()) {
                    capture.redact = redact.value.0.map_or(Redact::All, Redact::To);
                }
                captures.push(capture);
            }
        }
    }
    for field in list(options.fields.as_ref()) {
        let known = |name: &Ident| names(function).any(|known| known == name);
        if field.bare.as_ref().is_some_and(|name| !known(name)) {
            // Said by a block for all its functions: it does not concern this one.
            continue;
        }
        let mut capture = Capture::new(field.clone());
        if let Some(name) = &field.bare
            && let Some(param) = function.params.iter().find(|param| param.names.contains(name))
        {
            capture.cfgs.clone_from(&param.cfgs);
        }
        captures.retain(|other| !other.is_called(&field.key.value()));
        captures.push(capture);
    }
    for redact in list(options.redact.as_ref()) {
        apply_redact(redact, function, &mut captures);
    }
    captures
}

fn apply_redact(arg: &RedactArg, function: &Function, captures: &mut Vec<Capture>) {
    let key = arg.key.value();
    let redact = arg.redaction.map_or(Redact::All, Redact::To);
    let mut found = false;
    for capture in captures.iter_mut() {
        if capture.is_called(&key) || capture.is_argument(&key) {
            capture.redact = redact;
            found = true;
        }
    }
    if found {
        return;
    }
    for param in &function.params {
        if let Some(name) = param.names.iter().find(|name| name.unraw() == key) {
            let mut capture = Capture::of_argument(name, None, &param.cfgs);
            capture.redact = redact;
            captures.push(capture);
        }
    }
}

fn is_in_args(options: &Traced, name: &Ident) -> bool {
    let skipped = match &options.skip {
        Some(Given { value: Switch::Of(skipped), .. }) => {
            skipped.iter().any(|skipped| skipped.0 == *name)
        }
        _ => false,
    };
    let asked = match &options.args {
        Some(Given { value: Switch::On, .. }) => {
            name != "self" && !name.to_string().starts_with('_')
        }
        Some(Given { value: Switch::Of(asked), .. }) => asked.iter().any(|asked| asked.0 == *name),
        None => false,
    };
    asked && !skipped && options.skip_all.is_none()
}

/// Reports names that are no arguments of the function, and keys that are given twice.
pub(crate) fn check(options: &Traced, function: &Function, errors: &mut Errors) {
    let known: Vec<String> = names(function).map(|name| name.unraw().to_string()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut is_argument = |name: &Ident| {
        if !known.iter().any(|known| name.unraw() == known) {
            errors.push(no_argument(&name.unraw().to_string(), name.span(), &known));
        }
    };
    for switch in [&options.args, &options.skip].into_iter().flatten() {
        if let Switch::Of(names) = &switch.value {
            names.iter().for_each(|name| is_argument(&name.0));
        }
    }
    let fields = list(options.fields.as_ref());
    fields.iter().filter_map(|field| field.bare.as_ref()).for_each(is_argument);
    for (index, field) in fields.iter().enumerate() {
        let key = field.key.value();
        if fields.iter().take(index).any(|other| other.key.value() == key) {
            errors.at(&field.key, format!("attribute `{key}` is given twice; keep one"));
        }
    }
    let captured = collect(options, function);
    for redact in list(options.redact.as_ref()) {
        let key = redact.key.value();
        if !captured.iter().any(|capture| capture.is_called(&key) || capture.is_argument(&key)) {
            errors.push(no_argument(&key, redact.key.span(), &known));
        }
    }
    if captured.len() > MAX {
        errors.at(
            &function.sig.ident,
            format!("a span has at most {MAX} attributes of its own, these are {}", captured.len()),
        );
    }
}

/// The record form numbers keys with one byte; the last numbers are its own.
pub(super) const MAX: usize = 200;

pub(super) fn no_argument(name: &str, span: Span, known: &[&str]) -> syn::Error {
    let message = match nearest(name, known) {
        Some(near) => {
            format!("`{name}` is no argument of this function; did you mean `{near}`?")
        }
        None => format!(
            "`{name}` is no argument of this function; write `{name} = …` to give it a value"
        ),
    };
    syn::Error::new(span, message)
}

pub(super) fn names(function: &Function) -> impl Iterator<Item = &Ident> {
    function.params.iter().flat_map(|param| &param.names)
}

pub(crate) fn list<T>(given: Option<&Given<List<T>>>) -> &[T] {
    given.map_or(&[], |given| &given.value.0)
}
