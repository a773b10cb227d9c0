//! A body behind its policies: run, judged, and run again where they say so.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprClosure, Type, spanned::Spanned as _};

use super::local;
use crate::plan::policies::{Ending, Passed, Policies, Source};

/// How the function waits: by `.await`, or by blocking its thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Awaits,
    Blocks,
}

/// What is run.
pub(crate) enum Body {
    /// A future that has been made, or that is made anew for each attempt.
    Future(TokenStream),
    /// A closure.
    Closure(TokenStream),
}

/// Prints one call: statements, and the value that the function returns.
///
/// ```text
/// let mut __run = Run::begin(__site, __policy);
/// let __value = loop {
///     let order = Clone::clone(&order);
///     let __ended = __run.attempt(async { let order = order; … }).await;
///     settle!(await, __run, __ended)
/// };
/// rejectable::<R>(__value)
/// ```
///
/// What runs once needs no loop:
///
/// ```text
/// let __ended = __run.attempt(async move { … }).await;
/// let __value = finish!(__run, __ended);
/// ```
pub(crate) fn guarded(
    private: &TokenStream,
    policies: &Policies,
    body: &Body,
    output: &Type,
) -> TokenStream {
    let resilience = quote!(#private::resilience);
    let (run, ended, value) = (local("__run"), local("__ended"), local("__value"));
    let clones = clones(policies);
    let (waits, attempt) = match body {
        Body::Future(future) if policies.has("hedge") => {
            let made = if clones.is_empty() { quote!(#future) } else { quote!({ #clones #future }) };
            (Waits::Awaits, quote!(let #ended = #run.hedged(|| #made).await;))
        }
        Body::Future(future) => {
            (Waits::Awaits, quote!(#clones let #ended = #run.attempt(#future).await;))
        }
        Body::Closure(closure) => {
            (Waits::Blocks, quote!(#clones let #ended = #run.attempt(#closure);))
        }
    };
    let begin = begin(&resilience, policies, waits);
    let judge = judge(policies);
    let ran = if policies.runs_again() {
        let how = waits.word();
        quote! {
            let #value = loop {
                #attempt
                #resilience::settle!(#how, #run, #ended #judge)
            };
        }
    } else {
        // What is cloned here is not what a fallback is given.
        let finish = quote!(#resilience::finish!(#run, #ended #judge));
        match clones.is_empty() {
            true => quote!(#attempt let #value = #finish;),
            false => quote!(let #value = { #attempt #finish };),
        }
    };
    let fallback = fallback(&resilience, policies, waits);
    let end = end(&resilience, policies, output);
    quote!(#begin #ran #fallback #end)
}

impl Waits {
    fn word(self) -> Ident {
        // `await` is a keyword, and the macros of the runtime take it as a word.
        match self {
            Self::Awaits => local("awaits"),
            Self::Blocks => local("blocks"),
        }
    }
}

/// `let mut __run = Run::keyed(__site, __policy, &(order.tenant));`
fn begin(resilience: &TokenStream, policies: &Policies, waits: Waits) -> TokenStream {
    let (run, site, policy) = (local("__run"), local("__site"), local("__policy"));
    let ty = local(match waits {
        Waits::Awaits => "Run",
        Waits::Blocks => "SyncRun",
    });
    let mut instances = policies.parts.iter().filter_map(|part| {
        let (method, instance) = (local(part.name), part.instance.as_ref()?);
        Some(quote_spanned!(instance.span()=> .#method(&(#instance))))
    });
    let instances = instances.next().map(|first| {
        quote!(let #policy = &#resilience::Instances::new(#policy) #first #(#instances)*;)
    });
    let given = match &policies.bundle {
        Some(bundle) => {
            let bundle = &bundle.value.0;
            quote_spanned!(bundle.span()=> &(#bundle))
        }
        None => quote!(#policy),
    };
    let begin = match &policies.key {
        Some(key) => {
            let key = &key.value.0;
            let key = quote_spanned!(key.span()=> &(#key));
            quote!(#resilience::#ty::keyed(#site, #given, #key))
        }
        None => quote!(#resilience::#ty::begin(#site, #given)),
    };
    let catches = policies.fallback.as_ref().is_some_and(|fallback| fallback.catches);
    let catches = catches.then(|| quote!(.catching()));
    quote!(#instances let mut #run = #begin #catches;)
}

/// `, retry_if = |result| …, classify = retry`
fn judge(policies: &Policies) -> TokenStream {
    let judge = &policies.judge;
    let asked = [
        ("retry_if", &judge.retry_if),
        ("ignore_if", &judge.ignore_if),
        ("failure_if", &judge.failure_if),
        ("retry_after", &judge.retry_after),
    ];
    let asked = asked.into_iter().filter_map(|(name, ask)| {
        let (name, ask) = (local(name), ask.as_ref()?);
        Some(quote!(, #name = #ask))
    });
    let classify = match judge.classify {
        (true, true) => Some("both"),
        (true, false) => Some("retry"),
        (false, true) => Some("circuit_breaker"),
        (false, false) => None,
    };
    let classify = classify.map(local).map(|whom| quote!(, classify = #whom));
    quote!(#(#asked)* #classify)
}

/// `let order = Clone::clone(&order);`: outside, so that it is not part of the attempt.
fn clones(policies: &Policies) -> TokenStream {
    policies
        .clones
        .iter()
        .map(|name| quote_spanned!(name.span()=> let #name = ::core::clone::Clone::clone(&#name);))
        .collect()
}

/// `let order = order;`: what was cloned moves in, and nothing else does.
pub(crate) fn moves(policies: &Policies) -> TokenStream {
    policies.clones.iter().map(|name| quote_spanned!(name.span()=> let #name = #name;)).collect()
}

/// ```text
/// let __value = fallback!(awaits, __run, __fallback, __value, with = |__failure| cached(&id, __failure));
/// ```
fn fallback(
    resilience: &TokenStream,
    policies: &Policies,
    waits: Waits,
) -> Option<TokenStream> {
    let fallback = policies.fallback.as_ref()?;
    let (run, value, config) = (local("__run"), local("__value"), local("__fallback"));
    let how = waits.word();
    let stale = fallback.is_stale.then(|| match &fallback.key {
        Some(key) => quote_spanned!(key.span()=> , stale = &(#key)),
        None => quote!(, stale = &()),
    });
    let when = fallback.when.as_ref().map(|when| quote!(, when = #when));
    let source = fallback.source.as_ref().map(|source| match source {
        Source::Value(value) => quote_spanned!(value.span()=> , value = || #value),
        Source::With(path, arguments) => {
            let failure = local("__failure");
            let arguments = arguments.iter().map(|(name, passed)| match passed {
                Passed::AsIs => quote!(#name),
                Passed::ByReference => quote!(&#name),
            });
            let at = Span::mixed_site().located_at(path.span());
            let call = quote_spanned!(at=> (#(#arguments,)* #failure));
            quote!(, with = |#failure| #path #call)
        }
    });
    Some(quote! {
        let #value = #resilience::fallback!(#how, #run, #config, #value #stale #when #source);
    })
}

/// What the function returns: a rejection becomes its error, or what stands in its place.
fn end(resilience: &TokenStream, policies: &Policies, output: &Type) -> TokenStream {
    let value = local("__value");
    // Where a bound is missing, the error stands at the type that lacks it.
    let at = Span::call_site().located_at(output.span());
    let plain = |name: &str| {
        let name = Ident::new(name, at);
        super::located(quote!(#resilience::#name::<#output>(#value)), at)
    };
    if policies.is_covered() || !policies.rejects() {
        return plain("unrejected");
    }
    match &policies.ending {
        Ending::From => plain("rejectable"),
        Ending::MapErr(map) => {
            let map = &map.value.0;
            quote_spanned!(map.span()=> #resilience::map_rejected::<#output, _, _>(#value, #map))
        }
        Ending::Reject(reject) => {
            let reject = &reject.value.0;
            let reject = match reject {
                Expr::Closure(ExprClosure { .. }) => quote!(#reject),
                value => quote_spanned!(value.span()=> |_| #value),
            };
            quote!(#resilience::reject_as::<#output, _>(#value, #reject))
        }
    }
}
