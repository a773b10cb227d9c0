//! What cannot be protected, or not in this way.

use proc_macro2::Span;
use syn::{
    FnArg, GenericArgument, Ident, Lifetime, PathArguments, ReturnType, Type, TypeReference,
};

use super::{Ending, Policies, REJECTING};
use crate::{
    errors::Errors,
    parse::{Function, siblings::Written},
    plan::{Draft, Shape, captures},
};

/// Reports combinations that are dangerous, or say nothing.
pub(crate) fn check(
    draft: &mut Draft,
    written: &[Written],
    function: &Function,
    errors: &mut Errors,
) {
    let Some(policies) = draft.policies.take() else { return };
    let place = |name: &str| place(name, written);
    shape(&policies, &draft.shape, function, &place, errors);
    again(&policies, &draft.shape, function, &place, errors);
    if let Shape::Value { .. } = &draft.shape {
        value(&policies, errors);
    }
    if let (Some(key), None) = (&policies.is_hedged, &policies.bundle) {
        errors.at(key, format!("`{key}` is about the hedge of a bundle; write it in `hedge(…)`"));
    }
    hedge(&policies, function, &place, errors);
    results(&policies, function, &place, errors);
    clones(&policies, function, errors);
    if policies.bundle.is_some()
        && let Some(part) = policies.parts.first()
    {
        let name = part.name;
        errors.push(syn::Error::new(
            place(name),
            format!(
                "`{name}` beside a bundle: which of the two holds? Put it into the `policy!`, or \
                 write `resilient({name}(…), …)` in place of the bundle"
            ),
        ));
    }
    draft.policies = Some(policies);
}

/// Where an attribute was written; else the nearest that brought it.
fn place(name: &str, written: &[Written]) -> Span {
    let own = written.iter().find(|written| written.entry.name == name);
    let other = || written.iter().find(|written| written.entry.name == "resilient");
    own.or_else(other).or(written.first()).map_or_else(Span::call_site, |written| written.span)
}

/// The attributes that are there, of a bundle its own.
fn names(policies: &Policies) -> impl Iterator<Item = &'static str> {
    let bundle = policies.bundle.is_some().then_some("resilient");
    let fallback = policies.fallback.is_some().then_some("fallback");
    bundle.into_iter().chain(fallback).chain(policies.parts.iter().map(|part| part.name))
}

fn shape(
    policies: &Policies,
    shape: &Shape,
    function: &Function,
    place: &dyn Fn(&str) -> Span,
    errors: &mut Errors,
) {
    let why = match shape {
        Shape::Guard if function.has_attribute("track_caller") => {
            "the function is `#[track_caller]`, whose caller's place would be lost; put it on a \
             function that this one calls"
        }
        Shape::Guard | Shape::Async { is_never: true, .. } => {
            "the function never returns; put it on a function that this one calls"
        }
        Shape::Stream { .. } => {
            "the function returns a stream, and only making it could be guarded; put it on what \
             produces an item"
        }
        Shape::Sync { .. } => return sync(policies, function, place, errors),
        Shape::Async { .. } | Shape::Tail { .. } | Shape::Value { .. } => {
            if let Some((key, _)) = &policies.sync {
                errors.at(key, "`sync` is for functions that are not async; remove it");
            }
            return;
        }
    };
    for name in names(policies) {
        errors.push(syn::Error::new(place(name), format!("`{name}` has nothing to guard: {why}")));
    }
}

fn sync(
    policies: &Policies,
    function: &Function,
    place: &dyn Fn(&str) -> Span,
    errors: &mut Errors,
) {
    let name = &function.sig.ident;
    if policies.has("timeout") && policies.sync.is_none() {
        errors.push(syn::Error::new(
            place("timeout"),
            format!(
                "nothing can cut off `{name}`, which is not async; make it async, or write \
                 `timeout(…, sync = cooperative)`: the body asks `spandrel::resilience::time_left()`, \
                 and a result that comes too late is discarded; or `sync = thread`: the body runs on \
                 a thread of its own, and is left to itself when the time is over"
            ),
        ));
    }
    if policies.has("hedge") {
        errors.push(syn::Error::new(
            place("hedge"),
            format!("`hedge` runs attempts beside each other, and `{name}` is not async"),
        ));
    }
    if let Some(key) = &policies.is_hedged {
        let message = format!("`{key}` is for the hedge of a bundle, and `{name}` is not async");
        errors.at(key, message);
    }
    if let Some(redis) = policies.parts.iter().find_map(|part| part.redis.as_ref()) {
        errors.at(
            &redis.key,
            format!("`redis` is asked for each call and waited for, and `{name}` is not async"),
        );
    }
    if policies.runs_on_thread() {
        thread(function, errors);
    }
}

/// Reports what cannot go along to another thread, as far as it shows.
fn thread(function: &Function, errors: &mut Errors) {
    let explain = |what: &str| {
        format!(
            "`sync = thread` leaves the body to itself when it takes too long, and this is only \
             lent to it; {what}"
        )
    };
    for arg in &function.sig.inputs {
        let is_lent = match arg {
            FnArg::Receiver(receiver) => receiver.reference.is_some(),
            FnArg::Typed(typed) => lends(&typed.ty),
        };
        if is_lent {
            errors.at(arg, explain("take it by value: a clone, an `Arc`"));
        }
    }
    if let ReturnType::Type(_, returned) = &function.sig.output
        && lends(returned)
    {
        errors.at(returned, explain("return a value"));
    }
}

/// What runs more than once needs a body that can.
fn again(
    policies: &Policies,
    shape: &Shape,
    function: &Function,
    place: &dyn Fn(&str) -> Span,
    errors: &mut Errors,
) {
    if !policies.runs_again() {
        return;
    }
    let of_parts = ["retry", "hedge"].into_iter().filter(|name| policies.has(name));
    let bundle = policies.bundle.is_some().then_some("resilient");
    for name in of_parts.chain(bundle) {
        if let Shape::Value { .. } = shape {
            errors.push(syn::Error::new(
                place(name),
                format!(
                    "`{name}` needs a body that can run again, and this one makes a future once; \
                     end it in `async move {{ … }}`, or make the function async"
                ),
            ));
        }
        if let ReturnType::Type(_, returned) = &function.sig.output
            && lends_mutably(returned)
        {
            errors.at(
                returned,
                format!(
                    "`{name}` cannot return a `&mut`: what one attempt lends the next one needs; \
                     return a value, or put `{name}` on what the function calls"
                ),
            );
        }
    }
}

/// What is gone when the future that a function makes has begun to run.
fn value(policies: &Policies, errors: &mut Errors) {
    if let Some(outcome) = &policies.faults.outcome {
        errors.at(
            &outcome.key,
            "`outcome` is returned in place of a body, and this one makes a future; end it in \
             `async move { … }`, or make the function async",
        );
    }
    let key = policies.key.as_ref().map(|key| &key.key);
    let fallback = policies.fallback.as_ref().and_then(|fallback| fallback.hands_on.as_ref());
    let faults = policies.faults.when.as_ref().map(|when| &when.key);
    for key in key.into_iter().chain(fallback).chain(faults) {
        errors.at(
            key,
            format!(
                "`{key}` needs the arguments when the future runs, and this function has given \
                 them away by then; end it in `async move {{ … }}`, or make it async"
            ),
        );
    }
}

fn hedge(
    policies: &Policies,
    function: &Function,
    place: &dyn Fn(&str) -> Span,
    errors: &mut Errors,
) {
    if !policies.hedges() {
        return;
    }
    for arg in &function.sig.inputs {
        let mutable = match arg {
            FnArg::Receiver(receiver) => {
                receiver.reference.is_some() && receiver.mutability.is_some()
            }
            FnArg::Typed(typed) => lends_mutably(&typed.ty),
        };
        if mutable {
            errors.at(
                arg,
                "`hedge` runs attempts beside each other, and they cannot share a `&mut`; lend it \
                 without `mut`, or put `hedge` on what needs no more",
            );
        }
    }
    if policies.has("hedge") && policies.has("retry") && !policies.with_retry {
        errors.push(syn::Error::new(
            place("hedge"),
            "`hedge` beside `retry` multiplies the calls; write `hedge(with_retry, …)` if that is \
             meant",
        ));
    }
}

/// What the policies ask of the type that is returned, as far as it shows.
fn results(
    policies: &Policies,
    function: &Function,
    place: &dyn Fn(&str) -> Span,
    errors: &mut Errors,
) {
    let is_async = function.sig.asyncness.is_some();
    let is_plain = match &function.sig.output {
        ReturnType::Default => true,
        ReturnType::Type(_, returned) => is_plain(returned, is_async),
    };
    if !is_plain {
        return;
    }
    if policies.has("retry") && policies.judge.retry_if.is_none() {
        errors.push(syn::Error::new(
            place("retry"),
            "`retry` tries again after an `Err`, and this function returns no `Result`; write \
             `retry_if = |value| …` to say when",
        ));
    }
    let rejecting = REJECTING.into_iter().find(|name| policies.has(name));
    let rejecting = rejecting.or(policies.bundle.is_some().then_some("resilient"));
    if let Some(name) = rejecting
        && !policies.is_covered()
        && matches!(policies.ending, Ending::From)
    {
        errors.push(syn::Error::new(
            place(name),
            format!(
                "`{name}` may refuse a call, and this function returns no `Result` that could say \
                 so; write `{name}(reject = value)`, or `#[fallback(value = …)]` beside it"
            ),
        ));
    }
}

fn clones(policies: &Policies, function: &Function, errors: &mut Errors) {
    let known: Vec<_> = captures::names(function).map(ToString::to_string).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    for name in &policies.clones {
        if name == "self" {
            errors.at(name, "`self` cannot be cloned here; take `&self`");
        } else if !known.contains(&name.to_string().as_str()) {
            errors.push(captures::no_argument(&name.to_string(), Ident::span(name), &known));
        }
    }
}

/// Whether a type is visibly no `Result`, nor a name for one.
fn is_plain(ty: &Type, is_async: bool) -> bool {
    const KNOWN: [&str; 22] = [
        "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
        "i32", "i64", "i128", "isize", "f32", "f64", "Vec", "Option", "Duration", "HashMap",
    ];
    match ty {
        Type::Array(_) | Type::Reference(_) | Type::Slice(_) | Type::Tuple(_) => true,
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| KNOWN.iter().any(|known| last.ident == known)),
        // Of a function that returns a future it is what that gives.
        Type::ImplTrait(_) => is_async,
        _ => false,
    }
}

/// Whether a `&mut` shows in a type.
fn lends_mutably(ty: &Type) -> bool {
    shows(ty, &|reference| reference.mutability.is_some(), &|_| false)
}

/// Whether it shows in a type that it does not live for ever.
fn lends(ty: &Type) -> bool {
    let ends = |lifetime: &Lifetime| lifetime.ident != "static";
    shows(ty, &|reference| reference.lifetime.as_ref().is_none_or(ends), &ends)
}

/// Whether such a reference, or such a lifetime, shows in a type.
fn shows(
    ty: &Type,
    reference: &dyn Fn(&TypeReference) -> bool,
    lifetime: &dyn Fn(&Lifetime) -> bool,
) -> bool {
    let inner = |ty: &Type| shows(ty, reference, lifetime);
    match ty {
        Type::Reference(found) => reference(found) || inner(&found.elem),
        Type::Paren(found) => inner(&found.elem),
        Type::Group(found) => inner(&found.elem),
        Type::Tuple(found) => found.elems.iter().any(inner),
        Type::Path(path) => path.path.segments.iter().any(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().any(|argument| match argument {
                    GenericArgument::Type(found) => inner(found),
                    GenericArgument::AssocType(found) => inner(&found.ty),
                    GenericArgument::Lifetime(found) => lifetime(found),
                    _ => false,
                })
            }
            _ => false,
        }),
        _ => false,
    }
}
