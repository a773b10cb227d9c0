//! A body behind its policies: run, judged, and run again where they say so.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
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
    /// A closure that runs on a thread of its own.
    Sent(TokenStream),
}

/// Prints one call: statements, and the value that the function returns.
///
/// ```text
/// let mut __run = begin!(Run Only, __site, __policy, RETRY);
/// let mut __last = Last::NONE;
/// let __value = loop {
///     let order = Clone::clone(&order);
///     let __ended = __run.attempt(async { let order = order; … }).await;
///     settle!(awaits, __run, __ended, last = __last)
/// };
/// rejectable::<R>(__value)
/// ```
///
/// What was returned last is kept only where a further attempt may be refused. A panic is caught
/// around all of it, if a fallback stands in for that. What runs once needs no loop:
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
    let (clones, judge) = (clones(policies), judge(policies));
    let (waits, attempt) = match body {
        Body::Future(future) if policies.hedges() => {
            let made =
                if clones.is_empty() { quote!(#future) } else { quote!({ #clones #future }) };
            let judge = quote!(|#ended| #resilience::judge!(#run, *#ended #judge));
            (Waits::Awaits, quote!(let #ended = #run.hedged(|| #made, #judge).await;))
        }
        Body::Future(future) => {
            (Waits::Awaits, quote!(#clones let #ended = #run.attempt(#future).await;))
        }
        Body::Closure(closure) => {
            (Waits::Blocks, quote!(#clones let #ended = #run.attempt(#closure);))
        }
        Body::Sent(closure) => {
            (Waits::Blocks, quote!(#clones let #ended = #run.attempt_on_thread(#closure);))
        }
    };
    let begin = begin(private, policies, waits);
    let ran = if policies.runs_again() {
        let (how, last) = (waits.word(), local("__last"));
        let keeps = policies.keeps();
        let keep = keeps.then(|| quote!(let mut #last = #resilience::Last::NONE;));
        let kept = keeps.then(|| quote!(, last = #last));
        quote! {
            #keep
            let #value = loop {
                #attempt
                #resilience::settle!(#how, #run, #ended #kept #judge)
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
    let catches = policies.fallback.as_ref().is_some_and(|fallback| fallback.catches);
    if !catches {
        return quote!(#begin #ran #fallback #end);
    }
    let (source, site) = (source(&resilience, policies, waits), local("__site"));
    let caught = match waits {
        Waits::Awaits => quote!(#resilience::caught(async { #begin #ran #value }).await),
        Waits::Blocks => quote!(#resilience::caught_here(|| { #begin #ran #value })),
    };
    quote! {
        let #value = #caught;
        let #value = #resilience::on_panic!(#value; #site, #value => { #fallback #value }, #source);
        #end
    }
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

/// `let mut __run = begin!(Run Only, __site, __policy, RETRY);`
fn begin(private: &TokenStream, policies: &Policies, waits: Waits) -> TokenStream {
    let resilience = quote!(#private::resilience);
    let (run, site, policy) = (local("__run"), local("__site"), local("__policy"));
    let ty = local(match waits {
        Waits::Awaits => "Run",
        Waits::Blocks => "SyncRun",
    });
    let (found, given) = instances(&resilience, policies);
    let given = match (&policies.bundle, given) {
        (_, Some(given)) => quote!(&#given),
        (Some(bundle), None) => borrowed(&bundle.value.0),
        (None, None) => quote!(#policy),
    };
    let begin = match mechanisms(policies) {
        Some((waits, parts)) => {
            quote!(#private::begin!(#ty #waits, #site, #given #(, #parts)*))
        }
        None => quote!(#private::begin!(#ty, #site, #given)),
    };
    match &policies.faults.when {
        None => quote!(#found let mut #run = #begin;),
        Some(when) => {
            let (is_meant, when) = (local("__is_meant"), &when.value.0);
            quote!(#found let #is_meant: bool = #when; let mut #run = #begin.chaos_when(#is_meant);)
        }
    }
}

/// What the function can have and what it can wait for, so that nothing else is compiled.
fn mechanisms(policies: &Policies) -> Option<(Ident, Vec<Ident>)> {
    if policies.bundle.is_some() {
        // Only the bundle knows.
        return None;
    }
    let has = |names: &[&str]| names.iter().any(|name| policies.has(name));
    let waits = if has(&["rate_limit", "bulkhead", "chaos"]) {
        "Waiting"
    } else if has(&["timeout"]) {
        "Timed"
    } else {
        "Only"
    };
    let parts = policies.parts.iter().map(|part| local(&part.name.to_uppercase()));
    Some((local(waits), parts.collect()))
}

/// What takes the place of parts of the policy: objects, and instances for keys.
///
/// ```text
/// let __rate_limit = __rate_limit.get(&(order.tenant));
/// let __given = Given::new(__policy).rate_limit(&__rate_limit);
/// ```
fn instances(resilience: &TokenStream, policies: &Policies) -> (TokenStream, Option<Ident>) {
    let policy = local("__policy");
    let name = local("__given");
    if let (Some(bundle), Some(key)) = (&policies.bundle, &policies.key) {
        let (bundle, key) = (&bundle.value.0, borrowed(&key.value.0));
        return (quote!(let #name = #bundle.for_key(#key);), Some(name));
    }
    let mut found = TokenStream::new();
    let mut given = Vec::new();
    for part in policies.parts.iter().filter(|part| !part.is_own()) {
        let method = local(part.name);
        if let Some(redis) = &part.redis {
            let (_, name) = super::policies::names(part.name);
            let link = borrowed(&redis.link);
            let key = part.keyed.as_ref().map(|keyed| borrowed(&keyed.key));
            let ask = match key {
                Some(key) => quote!(#name.ask_for(#link, #key)),
                None => quote!(#name.ask(#link)),
            };
            found.extend(quote!(let #name = #ask;));
            given.push(quote!(.shared_limit(&#name)));
            continue;
        }
        let instance = match (&part.instance, &part.keyed) {
            (Some(instance), _) => borrowed(instance),
            (None, Some(keyed)) => {
                let (_, name) = super::policies::names(part.name);
                let key = borrowed(&keyed.key);
                found.extend(quote!(let #name = #name.get(#key);));
                quote!(&#name)
            }
            (None, None) => continue,
        };
        given.push(quote!(.#method(#instance)));
    }
    if given.is_empty() {
        return (found, None);
    }
    found.extend(quote!(let #name = #resilience::Given::new(#policy) #(#given)*;));
    (found, Some(name))
}

/// `&(expr)`, which no lint takes for the user's.
fn borrowed(expr: &Expr) -> TokenStream {
    let at = Span::mixed_site().located_at(expr.span());
    quote_spanned!(at=> &(#expr))
}

/// `, ignore_if = |result| …, classify = true`, in the order in which they are asked.
fn judge(policies: &Policies) -> TokenStream {
    let judge = &policies.judge;
    let ask = |name: &str, ask: &Option<Expr>| {
        let (name, ask) = (local(name), ask.as_ref()?);
        Some(quote!(, #name = #ask))
    };
    let ignore_if = ask("ignore_if", &judge.ignore_if);
    let failure_if = ask("failure_if", &judge.failure_if);
    let (retry, breaker) = judge.classify;
    // Who has a predicate of its own has decided already what a failure is.
    let breaker = breaker && judge.failure_if.is_none();
    let classify = (retry || breaker).then(|| quote!(, classify = (#retry, #breaker)));
    let retry_if = ask("retry_if", &judge.retry_if);
    let retry_after = ask("retry_after", &judge.retry_after);
    quote!(#ignore_if #failure_if #classify #retry_if #retry_after)
}

/// `let order = Clone::clone(&order);`: outside, so that it is not part of the attempt.
fn clones(policies: &Policies) -> TokenStream {
    let clone = |name: &Ident| {
        let at = Span::mixed_site().located_at(name.span());
        quote_spanned!(at=> let #name = ::core::clone::Clone::clone(&#name);)
    };
    policies.clones.iter().map(clone).collect()
}

/// `let order = order;`: what was cloned moves in, and nothing else does.
pub(crate) fn moves(policies: &Policies) -> TokenStream {
    let moved = |name: &Ident| {
        let at = Span::mixed_site().located_at(name.span());
        let mutable = policies.changed.contains(name).then(|| quote_spanned!(at=> mut));
        quote_spanned!(at=> let #mutable #name = #name;)
    };
    policies.clones.iter().map(moved).collect()
}

/// `outcome!(__policy, true, Err(Error::Busy));`: what some calls return in place of the body.
pub(crate) fn outcome(private: &TokenStream, policies: &Policies) -> Option<TokenStream> {
    let outcome = &policies.faults.outcome.as_ref()?.value.0;
    let policy = local("__policy");
    let is_meant = match policies.faults.when {
        Some(_) => local("__is_meant").to_token_stream(),
        None => quote!(true),
    };
    Some(quote!(#private::resilience::outcome!(#policy, #is_meant, #outcome);))
}

/// ```text
/// let __value = stale!(__stale, __value; __site, &(id));
/// let __value = fallback!(__value; __site, __failure => cached(&id, __failure), on = …);
/// ```
fn fallback(resilience: &TokenStream, policies: &Policies, waits: Waits) -> Option<TokenStream> {
    let fallback = policies.fallback.as_ref()?;
    let (value, site) = (local("__value"), local("__site"));
    let on = fallback.on.as_ref().map(|on| {
        let on = super::policies::constant(resilience, on);
        quote!(, on = #on)
    });
    let when = fallback.when.as_ref().map(|when| quote!(, when = #when));
    let stale = fallback.stale.as_ref().map(|_| {
        let key = fallback.key.as_ref().map_or_else(|| quote!(""), borrowed);
        let stale = local("__stale");
        quote!(let #value = #resilience::stale!(#stale, #value; #site, #key #on #when);)
    });
    let source = source(resilience, policies, waits).map(
        |source| quote!(let #value = #resilience::fallback!(#value; #site, #source #on #when);),
    );
    Some(quote!(#stale #source))
}

/// `value = 0`, or `__failure => cached(&id, __failure)`.
fn source(resilience: &TokenStream, policies: &Policies, waits: Waits) -> Option<TokenStream> {
    let failure = local("__failure");
    Some(match policies.fallback.as_ref()?.source.as_ref()? {
        Source::Value(value) => quote_spanned!(value.span()=> value = #value),
        Source::With(path, arguments) => {
            let arguments = arguments.iter().map(|(name, passed)| match passed {
                Passed::AsIs => quote!(#name),
                Passed::ByReference => quote!(&#name),
            });
            let at = Span::mixed_site().located_at(path.span());
            let call = quote_spanned!(at=> (#(#arguments,)* #failure));
            let call = quote!(#path #call);
            let answer = match waits {
                Waits::Awaits => quote_spanned!(at=> #resilience::answer!(#call).await),
                Waits::Blocks => call,
            };
            quote!(#failure => #answer)
        }
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
        return plain("accepted");
    }
    match &policies.ending {
        Ending::From => plain("rejectable"),
        Ending::MapErr(map) => {
            let map = &map.value.0;
            quote_spanned!(map.span()=> #resilience::rejected_by(#value, #map))
        }
        Ending::Reject(reject) => {
            let reject = &reject.value.0;
            let reject = match reject {
                Expr::Closure(ExprClosure { .. }) => quote!(#reject),
                value => quote_spanned!(value.span()=> |_| #value),
            };
            quote!(#resilience::rejected_as::<#output>(#value, #reject))
        }
    }
}
