//! A function with its call around its body.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, ext::IdentExt as _, spanned::Spanned as _};

use super::{
    braces, call, local, policies,
    run::{self, Body},
    site, with_body,
};
use crate::{
    parse::{Function, siblings::Written},
    plan::{Call, Draft, Policies, Shape, policies::Ending, shape::Tail},
};

/// Prints the function.
pub(crate) fn expand(draft: &Draft, function: &Function, written: &[Written]) -> TokenStream {
    let witnesses = site::witnesses(written);
    if draft.pipeline.is_empty() {
        // Every attribute was skipped.
        let body = function.body.stream();
        return with_body(function, &[], quote!(#witnesses #body));
    }
    let private = super::private(&draft.krate);
    let name = &function.sig.ident;
    let statics =
        draft.policies.as_ref().map(|policies| policies::statics(&private, policies, name));
    let statics = statics.unwrap_or_default();
    let site = site::expand(
        &draft.krate,
        &site::Of::Function,
        &name.unraw().to_string(),
        name.span(),
        &draft.site,
        &witnesses,
        &statics,
    );
    let body = ours(&function.body);
    let policies = draft.policies.as_ref();
    let wrapped = Wrapper { private, call: &draft.call, policies, function, body };
    let wrapped = wrapped.wrap(&draft.shape);
    let local = local("__site");
    let borrowed = statics.names.iter().map(|(_, local)| local);
    let locals = match borrowed.len() {
        0 => quote!(#local),
        _ => quote!((#local #(, #borrowed)*)),
    };
    let docs: Vec<_> = documentation(draft, function).into_iter().collect();
    with_body(function, &docs, quote!(let #locals = #site; #wrapped))
}

/// What a body is wrapped with.
struct Wrapper<'p> {
    private: TokenStream,
    call: &'p Call,
    policies: Option<&'p Policies>,
    function: &'p Function,
    body: Group,
}

impl Wrapper<'_> {
    fn wrap(&self, shape: &Shape) -> TokenStream {
        match shape {
            Shape::Guard => self.guard(),
            Shape::Sync { output } => self.sync(output),
            Shape::Async { is_never: true, .. } => self.never(),
            Shape::Async { output, .. } => {
                let moves = quote_spanned!(self.span()=> move);
                self.awaited(output, &moves, &self.body)
            }
            Shape::Tail { tail, output } => self.tail(tail, output),
            Shape::Value { returned, output, boxed } => self.value(returned, output, *boxed),
            Shape::Stream { returned, boxed } => self.stream(returned, *boxed),
        }
    }

    /// The span of everything of ours inside: it points at the body, and is not of the user.
    fn span(&self) -> Span {
        Span::mixed_site().located_at(self.function.body_span())
    }

    /// ```text
    /// let mut __guard = Guard::off();
    /// __guard.begin(__site, …);
    /// { body }
    /// ```
    fn guard(&self) -> TokenStream {
        let (guard, body) = (local("__guard"), &self.body);
        let says = self.says(&guard);
        let kinds = ("Guard", "guard");
        let begin = call::begin(&self.private, self.call, &guard, kinds, !says.is_empty());
        quote!(#begin #says #body)
    }

    /// ```text
    /// let mut __call = Call::off();
    /// __call.begin(__site, …);
    /// let __result = call_once::<R, _>(move || { body });
    /// look!(__call, __result);
    /// __call.finish();
    /// ```
    ///
    /// And around the body, where the call is measured as a convention has it:
    ///
    /// ```text
    /// let mut __operation = Operation::enter(__site, …);
    /// look!(__operation, __result);
    /// __operation.finish();
    /// __result
    /// ```
    fn sync(&self, output: &Type) -> TokenStream {
        let (call, result) = (local("__call"), local("__result"));
        let private = &self.private;
        let value = self.called(output);
        if !self.call.is_watched() {
            return value;
        }
        let begin = call::begin(private, self.call, &call, ("Call", "enter"), true);
        let says = self.says(&call);
        let value = if self.policies.is_some() { quote!({ #value }) } else { value };
        let end = call::end(private, self.call, &quote!(#result));
        let refused = self.refused(output);
        let operation = local("__operation");
        let measured = self.operation("enter").map(|begin| quote!(let mut #operation = #begin;));
        let judged = self.call.measured.as_ref().map(|_| {
            let judged = call::judged(private, self.call, &quote!(#result));
            quote!(#judged #operation.finish();)
        });
        quote! {
            #begin
            #says
            #measured
            let #result = #value;
            #judged
            #end
            #refused
            #call.finish();
            #result
        }
    }

    /// `call_once::<R, _>(move || { body })`, behind what guards it.
    ///
    /// What may run again borrows, and so does what leaves its arguments to a fallback.
    fn called(&self, output: &Type) -> TokenStream {
        let private = &self.private;
        let Some(policies) = self.policies else {
            let (closure, body) = (quote_spanned!(self.span()=> move ||), &self.body);
            return quote!(#private::call_once::<#output, _>(#closure #body));
        };
        let closure = match policies.borrows() && !policies.runs_on_thread() {
            true => quote_spanned!(self.span()=> ||),
            false => quote_spanned!(self.span()=> move ||),
        };
        let (moves, outcome) = (run::moves(policies), run::outcome(private, policies));
        let body = &self.body;
        let body = if moves.is_empty() && outcome.is_none() {
            quote!(#body)
        } else {
            braces(quote!(#moves #outcome #body), self.span())
        };
        let called = quote!(#closure #private::call_once::<#output, _>(#closure #body));
        let body =
            if policies.runs_on_thread() { Body::Sent(called) } else { Body::Closure(called) };
        run::guarded(private, policies, &body, output)
    }

    /// ```text
    /// AsyncCall::start(__site, …)
    ///     .run(
    ///         async move {
    ///             if false { return output::<R>(); }
    ///             { body }
    ///         },
    ///         |__call, __result| { look!(__call, *__result); },
    ///     )
    ///     .await
    /// ```
    fn awaited(&self, output: &Type, moves: &TokenStream, body: &Group) -> TokenStream {
        let private = &self.private;
        let at = Span::call_site().located_at(output.span());
        let pin = super::located(quote!(return #private::output::<#output>()), at);
        let keyword = quote_spanned!(self.span()=> async);
        let moved = self.policies.map(run::moves);
        let outcome = self.policies.and_then(|policies| run::outcome(private, policies));
        let block = braces(quote!(#moved if false { #pin; } #outcome #body), self.span());
        let future = match self.policies {
            None => quote!(#keyword #moves #block),
            Some(policies) => {
                let inside = (!policies.borrows()).then_some(moves);
                let body = Body::Future(quote!(#keyword #inside #block));
                let guarded = run::guarded(private, policies, &body, output);
                if !self.call.is_watched() {
                    return guarded;
                }
                let guarded = braces(guarded, self.span());
                quote!(#keyword #moves #guarded)
            }
        };
        let (begin, end) = (self.start(), self.end(Some(output)));
        let body = self.measured("run", future);
        quote!(#begin.run(#body, #end).await)
    }

    /// `Operation::begin(__site, …)`, where the call is measured as a convention has it.
    fn operation(&self, begin: &str) -> Option<TokenStream> {
        let (private, site, begin) = (&self.private, local("__site"), local(begin));
        let labels = self.call.measured.as_ref()?;
        let find = call::measured(private, labels);
        Some(quote!(#private::Operation::#begin(#site, #find)))
    }

    /// `Operation::begin(__site, …).run(body, |__operation, __result| { … })`, or the body alone.
    fn measured(&self, run: &str, body: TokenStream) -> TokenStream {
        let Some(begin) = self.operation("begin") else { return body };
        let (run, operation, result) = (local(run), local("__operation"), local("__result"));
        let judged = call::judged(&self.private, self.call, &quote!(*#result));
        quote!(#begin.#run(#body, |#operation, #result| { #judged }))
    }

    /// As above; the type that no value has stands in for `!`, which cannot be named.
    fn never(&self) -> TokenStream {
        let (begin, private, body) = (self.start(), &self.private, &self.body);
        let pin = quote!(#private::output::<::core::convert::Infallible>());
        let block = braces(quote!(if false { return #pin; } #body), self.span());
        let keywords = quote_spanned!(self.span()=> async move);
        quote!(match #begin.run(#keywords #block, |_, _| {}).await {})
    }

    /// ```text
    /// lead;
    /// Box::pin(async move { AsyncCall::start(…).run(async move { … }, …).await })
    /// ```
    fn tail(&self, tail: &Tail, output: &Type) -> TokenStream {
        let Tail { lead, wrapper, moves, block } = tail;
        let (taken, block) = match self.policies.is_some_and(Policies::borrows) {
            true => tail.split(),
            false => (TokenStream::new(), block.clone()),
        };
        let inner = self.awaited(output, &quote!(#moves), &ours(&block));
        let outer = braces(quote!(#taken #inner), self.span());
        let keyword = quote_spanned!(self.span()=> async);
        // The site, of which is told at the end, must not be borrowed from this function.
        let moves = match (moves, self.call.tells()) {
            (None, true) => quote_spanned!(self.span()=> move),
            (moves, _) => quote!(#moves),
        };
        match wrapper {
            Some(wrapper) => quote!(#lead #wrapper(#keyword #moves #outer)),
            None => quote!(#lead #keyword #moves #outer),
        }
    }

    /// ```text
    /// let __call = AsyncCall::start(__site, …);
    /// let __future = call_once::<R, _>(move || { body });
    /// __call.run(__future, …)
    /// ```
    fn value(&self, returned: &Type, output: &Type, boxed: bool) -> TokenStream {
        let (call, future) = (local("__call"), local("__future"));
        let (private, body) = (&self.private, &self.body);
        let closure = quote_spanned!(self.span()=> move ||);
        let guarded = match self.policies {
            None => quote!(#future),
            Some(policies) => {
                let body = Body::Future(quote!(#future));
                let guarded = braces(run::guarded(private, policies, &body, output), self.span());
                let keywords = quote_spanned!(self.span()=> async move);
                quote!(#keywords #guarded)
            }
        };
        let (begin, run) = if self.call.is_watched() {
            let (begin, end) = (self.start(), self.end(Some(output)));
            let measured = self.measured("run", guarded);
            (quote!(let #call = #begin;), quote!(#call.run(#measured, #end)))
        } else {
            (TokenStream::new(), guarded)
        };
        let run = if boxed { quote!(#private::Box::pin(#run)) } else { run };
        quote! {
            #begin
            let #future = #private::call_once::<#returned, _>(#closure #body);
            #run
        }
    }

    /// ```text
    /// stream!(
    ///     AsyncCall::start(__site, …),
    ///     || call_once::<R, _>(move || { body }),
    ///     |__call, __result| { look!(__call, *__result); },
    /// )
    /// ```
    fn stream(&self, returned: &Type, boxed: bool) -> TokenStream {
        let (private, body) = (&self.private, &self.body);
        let (begin, end) = (self.start(), self.end(None));
        let closure = quote_spanned!(self.span()=> move ||);
        let make = quote!(#private::call_once::<#returned, _>(#closure #body));
        let make = match self.call.measured {
            Some(_) => self.measured("stream", quote!(|| #make)),
            None => make,
        };
        let make = quote!(|| #make);
        let stream = quote!(#private::stream!(#begin, #make, #end));
        if boxed { quote!(#private::Box::pin(#stream)) } else { stream }
    }

    fn start(&self) -> TokenStream {
        let begin = call::start(&self.private, self.call);
        let links = self.call.links.iter().map(|links| quote!(.links(|| #links)));
        let site = local("__site");
        let metered = self.call.metered.as_ref().map(|labels| match labels.as_slice() {
            [] => quote!(.metered(#site)),
            labels => {
                let labels = call::labels(labels);
                quote!(.labelled(#site, #labels))
            }
        });
        quote!(#begin #metered #(#links)*)
    }

    /// `refused!(__call);`, where a rejection need not become what looks like an error.
    fn refused(&self, output: &Type) -> Option<TokenStream> {
        let policies =
            self.policies.filter(|policies| policies.rejects() && !policies.is_covered())?;
        let looks_failed = self.call.error_if.is_none()
            && (matches!(policies.ending, Ending::From | Ending::MapErr(_)) || is_result(output));
        let (private, call) = (&self.private, local("__call"));
        (!looks_failed).then(|| quote!(#private::refused!(#call);))
    }

    /// The closure that notes how the call ended, for what returns this.
    fn end(&self, output: Option<&Type>) -> TokenStream {
        let refused = output.and_then(|output| self.refused(output));
        let (call, result) = (local("__call"), local("__result"));
        let end = call::end(&self.private, self.call, &quote!(*#result));
        // What is told names the site, and the future outlives this function.
        let moves = self.call.tells().then(|| quote_spanned!(self.span()=> move));
        quote!(#moves |#call, #result| { #end #refused })
    }

    /// What is said about a call of a synchronous function before its body runs.
    fn says(&self, call: &proc_macro2::Ident) -> TokenStream {
        let links = self.call.links.iter().map(|links| quote!(#call.links(|| #links);));
        let labels = self.call.metered.as_deref().filter(|labels| !labels.is_empty());
        let labels = labels.map(|labels| {
            let (site, labels) = (local("__site"), call::labels(labels));
            quote!(#call.labels(#site, #labels);)
        });
        quote!(#(#links)* #labels)
    }
}

/// Whether the type is a `Result`, as far as its name tells.
fn is_result(output: &Type) -> bool {
    let Type::Path(path) = output else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}

/// The block with braces of ours: rustc would find fault with the user's in their new place.
fn ours(block: &Group) -> Group {
    let mut braces = Group::new(Delimiter::Brace, block.stream());
    braces.set_span(Span::mixed_site().located_at(block.span()));
    braces
}

/// The pipeline as written, for a function that is documented: elsewhere a line of ours would hide
/// `missing_docs`.
fn documentation(draft: &Draft, function: &Function) -> Option<TokenStream> {
    if !function.is_documented() {
        return None;
    }
    let stages: Vec<_> = draft
        .pipeline
        .iter()
        .map(|stage| match stage.args.is_empty() {
            true => format!("`#[{}]`", stage.name),
            false => format!("`#[{}({})]`", stage.name, flat(&stage.args)),
        })
        .collect();
    let line = format!(" Pipeline, outermost first: {}.", stages.join(" → "));
    Some(quote!(#[doc = ""] #[doc = #line]))
}

/// Tokens on one line, without what would end inline code.
fn flat(args: &TokenStream) -> String {
    let text = args.to_string().replace('`', "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
