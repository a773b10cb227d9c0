//! The expressions of one call: what is recorded at its begin, and what is asked at its end.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, spanned::Spanned as _};

use super::{local, site::verbosity};
use crate::{
    args::{self, Redaction, Shown},
    parse::fields::Form,
    plan::{Call, CallName, Capture, Label, NamePart, Origin, Told, groups::Measured},
};

/// The closure that writes the attributes; it runs only while the call is recorded.
///
/// ```text
/// |__fields| match (&(order.total()), &(order.items.len())) {
///     (__v0, __v1) => __fields.write(|__writer| {
///         __writer.set(0, __v0);
///         __writer.debug(1, __v1);
///     }),
/// }
/// ```
///
/// Expressions are evaluated before the record is begun: they may call traced functions themselves.
/// An argument, or a field of one, is borrowed in place.
pub(crate) fn fields(
    private: &TokenStream,
    captures: &[Capture],
    name: Option<&CallName>,
) -> TokenStream {
    let (fields, writer) = (local("__fields"), local("__writer"));
    if captures.is_empty() && name.is_none() {
        return quote!(|#fields| #fields.none());
    }
    let mut values = Vec::new();
    let mut bound = Vec::new();
    let mut writes = Vec::new();
    let mut all = Vec::new();
    for (index, capture) in captures.iter().enumerate() {
        let expr = &capture.value;
        let at = Span::mixed_site().located_at(expr.span());
        let value = if capture.is_place() {
            quote_spanned!(at=> &#expr)
        } else {
            let ident = format_ident!("__v{}", bound.len(), span = at);
            values.push(quote_spanned!(at=> &(#expr)));
            bound.push(ident.clone());
            quote!(#ident)
        };
        writes.push(write(private, capture, index, &value));
        all.push((capture, value));
    }
    let name = name.map(|name| {
        let name = self::name(private, name, &all);
        quote!(#writer.name(#name);)
    });
    let write = quote!(#fields.write(|#writer| { #name #(#writes)* }));
    match (values.as_slice(), bound.as_slice()) {
        ([], _) => quote!(|#fields| #write),
        ([value], [bound]) => quote!(|#fields| match #value { #bound => #write }),
        _ => quote!(|#fields| match (#(#values),*) { (#(#bound),*) => #write }),
    }
}

/// `format_args!("charge {id}")`, or `format_args!("{}", Name(&[&"chat", __v0]))`.
fn name(
    private: &TokenStream,
    name: &CallName,
    captures: &[(&Capture, TokenStream)],
) -> TokenStream {
    let value = |index: &usize| captures.get(*index);
    match name {
        CallName::Pattern(pattern) => quote!(::core::format_args!(#pattern)),
        CallName::Statement(index) => {
            let summary = value(index).map(|(capture, value)| match capture.form {
                Form::Statement(database) => quote!(#private::Summary(#value, #database)),
                _ => quote!(#value),
            });
            quote!(::core::format_args!("{}", #summary))
        }
        CallName::Parts(parts) => {
            let parts = parts.iter().map(|part| match part {
                NamePart::Text(text) => quote!(&#text),
                NamePart::Captured(index) => match value(index) {
                    Some((capture, value)) => part_of_name(capture, value),
                    None => quote!(&""),
                },
            });
            quote!(::core::format_args!("{}", #private::Name(&[#(#parts),*])))
        }
    }
}

fn part_of_name(capture: &Capture, value: &TokenStream) -> TokenStream {
    let at = Span::mixed_site().located_at(capture.value.span());
    match capture.form {
        Form::Display => quote_spanned!(at=> &::core::format_args!("{}", #value)),
        Form::Debug => quote_spanned!(at=> &::core::format_args!("{:?}", #value)),
        _ => quote_spanned!(at=> #value),
    }
}

fn write(
    private: &TokenStream,
    capture: &Capture,
    index: usize,
    value: &TokenStream,
) -> TokenStream {
    let (cfgs, index) = (&capture.cfgs, Literal::usize_unsuffixed(index));
    let writer = local("__writer");
    let at = Span::mixed_site().located_at(capture.value.span());
    let write = match (capture.redaction(), capture.form) {
        (Some(redaction), _) => {
            let form = local(match redaction {
                Redaction::Hashed => "Hashed",
                Redaction::Length => "Length",
                Redaction::Masked => "Masked",
            });
            quote_spanned!(at=> #writer.display(#index, &#private::#form(#value)))
        }
        (None, Form::Auto) => quote_spanned!(at=> #private::capture!(#writer, #index, #value)),
        (None, Form::Debug) => quote_spanned!(at=> #writer.debug(#index, #value)),
        (None, Form::Display) => quote_spanned!(at=> #writer.display(#index, #value)),
        (None, Form::Statement(database)) => {
            quote_spanned!(at=> #private::statement(#writer, #index, #value, #database))
        }
        (None, Form::Typed) => quote_spanned!(at=> #writer.set(#index, #value)),
        (None, Form::Declared) => {
            quote_spanned!(at=> #private::instrument::field!(#writer, #index, #value))
        }
        (None, Form::Empty) => quote_spanned!(at=> #private::instrument::empty(#value)),
    };
    quote!(#(#cfgs)* #write;)
}

/// The begin of an asynchronous call: `AsyncCall::start(__site, …)`, or with an origin
/// `AsyncCall::start_from(__site, …)`.
pub(crate) fn start(private: &TokenStream, call: &Call) -> TokenStream {
    begin_of(private, call, &quote!(#private::AsyncCall::), ("start", "start_from"))
}

/// The statements that begin a synchronous call, a `Call` or a `Guard`, in the place where it stays.
///
/// ```text
/// let mut __call = Call::off();
/// __call.begin(__site, …);
/// ```
///
/// A function without a span has less to begin: `let __call = Measured::enter(__site);`, with `mut`
/// if it is `changed` later.
pub(crate) fn begin(
    private: &TokenStream,
    call: &Call,
    name: &Ident,
    (ty, measured): (&str, &str),
    changed: bool,
) -> TokenStream {
    if !call.has_span {
        let (site, measured) = (local("__site"), local(measured));
        let mutable = changed.then(|| quote!(mut));
        return quote!(let #mutable #name = #private::Measured::#measured(#site););
    }
    let ty = local(ty);
    let begin = begin_of(private, call, &quote!(#name.), ("begin", "begin_from"));
    quote!(let mut #name = #private::#ty::off(); #begin;)
}

/// A function or method of `of` that begins a call, maybe with an origin.
fn begin_of(
    private: &TokenStream,
    call: &Call,
    of: &TokenStream,
    (plain, from): (&str, &str),
) -> TokenStream {
    let site = local("__site");
    let fields = fields(private, &call.captures, call.name.as_ref());
    match &call.origin {
        None => {
            let plain = local(plain);
            quote!(#of #plain(#site, #fields))
        }
        Some(origin) => {
            let from = local(from);
            let origin = match origin {
                Origin::Root => quote!(#private::Origin::root()),
                Origin::Parent(parent) => {
                    quote_spanned!(parent.span()=> #private::Origin::parent(&(#parent)))
                }
                Origin::Given { parent, causes } => {
                    given(private, parent.as_ref(), causes.as_ref())
                }
            };
            quote!(#of #from(#site, || #origin, #fields))
        }
    }
}

/// `causes!(__site, parent!(__site, parent), causes)`, or what of it is asked for.
fn given(private: &TokenStream, parent: Option<&Expr>, causes: Option<&Expr>) -> TokenStream {
    let site = local("__site");
    let origin = match parent {
        None => quote!(#private::Origin::current()),
        Some(none) if args::is_none(none) => quote!(#private::instrument::no_parent(#site)),
        Some(parent) => {
            quote_spanned!(parent.span()=> #private::instrument::parent!(#site, #parent))
        }
    };
    match causes {
        None => origin,
        Some(causes) => {
            quote_spanned!(causes.span()=> #private::instrument::causes!(#site, #origin, #causes))
        }
    }
}

/// The closure that finds where the call is counted; it runs only if it is.
///
/// ```text
/// |__labels| __labels.find([&(order.region()), &(retry)])
/// ```
pub(crate) fn labels(labels: &[Label]) -> TokenStream {
    let finder = local("__labels");
    let values = labels.iter().map(|label| {
        let value = &label.value;
        let at = Span::mixed_site().located_at(value.span());
        quote_spanned!(at=> &(#value))
    });
    quote!(|#finder| #finder.find([#(#values),*]))
}

/// The closure that finds the series of a call; it runs only if the call is measured.
///
/// ```text
/// |__labels| __labels.find(&[("db.collection.name", label(&(table)))])
/// ```
pub(crate) fn measured(private: &TokenStream, labels: &[Measured]) -> TokenStream {
    let finder = local("__labels");
    let labels = labels.iter().map(|Measured { key, form, value }| {
        let at = Span::mixed_site().located_at(value.span());
        let text = |format: &str| quote_spanned!(at=> #private::text_of(::core::format_args!(#format, #value)));
        let value = match form {
            Form::Display => text("{}"),
            Form::Debug => text("{:?}"),
            Form::Statement(database) => {
                quote_spanned!(at=> #private::summary_of(&(#value), #database))
            }
            _ => quote_spanned!(at=> (#value)),
        };
        quote_spanned!(at=> (#key, #private::label(&#value)))
    });
    quote!(|#finder| #finder.find(&[#(#labels),*]))
}

/// The statement that asks a result what it means for what is measured.
pub(crate) fn judged(private: &TokenStream, call: &Call, result: &TokenStream) -> TokenStream {
    let operation = local("__operation");
    let judge = call.error_if.as_ref().map(|judge| quote!(, display, #judge));
    quote!(#private::look!(#operation, #result #judge);)
}

/// The statements that ask a result what it means, and record it if asked.
pub(crate) fn end(private: &TokenStream, call: &Call, result: &TokenStream) -> TokenStream {
    let ending = local("__call");
    let how = match call.err {
        Some(Shown::Debug) => Some("debug"),
        Some(Shown::None) => Some("none"),
        Some(Shown::Display) | None => None,
    };
    let judge = call.error_if.as_ref().map(|judge| quote!(, #judge));
    let how = match (how, &judge) {
        (None, Some(_)) => Some("display"),
        (how, _) => how,
    };
    let how = how.map(local).map(|how| quote!(, #how));
    let ret = call.ret.map(|how| {
        let how = local(how);
        quote!(#private::ret!(#ending, #result, #how);)
    });
    let asked = call.asked.iter().map(
        |(key, ask)| quote_spanned!(ask.span()=> #private::asked!(#ending, #result, #key, #ask);),
    );
    let told = told(private, call, &ending, result);
    quote!(#private::look!(#ending, #result #how #judge); #(#asked)* #ret #told)
}

/// The statements that tell `tracing` how the function ended.
fn told(
    private: &TokenStream,
    call: &Call,
    ending: &Ident,
    result: &TokenStream,
) -> Option<TokenStream> {
    let site = local("__site");
    let format = |told: &Told| match told.how {
        Shown::Display => "{}",
        Shown::Debug | Shown::None => "{:?}",
    };
    let failed = call.failed.as_ref().map(|failed| {
        let (level, format) = (verbosity(private, &failed.level), format(failed));
        quote!(#private::instrument::failed!(#site, #level, #result, #format);)
    });
    let returned = call.returned.as_ref().map(|(returned, only_ok)| {
        let (level, format) = (verbosity(private, &returned.level), format(returned));
        let what = local(if *only_ok { "ok" } else { "all" });
        quote! {
            #private::instrument::returned!(#ending, #site, #level, #result, #format, #what);
        }
    });
    call.tells().then(|| quote!(#failed #returned))
}
