//! The plan as tokens; this folder knows no `syn::parse`.
//!
//! Our locals have mixed-site spans, which the body cannot see. The outer braces of a function keep
//! the span of the user's, or lints on the function itself (`dead_code`, clippy's) would vanish; all
//! inner ones are ours, located there.

pub(crate) mod block;
pub(crate) mod call;
pub(crate) mod classify;
pub(crate) mod function;
pub(crate) mod labels;
pub(crate) mod policies;
pub(crate) mod run;
pub(crate) mod site;
pub(crate) mod span;
pub(crate) mod test;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};

use crate::{
    errors::Errors,
    parse::{Function, siblings::Written},
    plan::Draft,
};

/// A local of ours: no name of the user's can meet it.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The path of everything that generated code names.
pub(crate) fn private(krate: &syn::Path) -> TokenStream {
    quote!(#krate::__private)
}

/// The line of what the user typed; 0 outside of the compiler.
pub(crate) fn line(span: Span) -> proc_macro2::Literal {
    let line = if proc_macro::is_available() { span.unwrap().line() } else { 0 };
    proc_macro2::Literal::usize_unsuffixed(line)
}

/// An item as it was, with the error beside it: names that others use must not vanish.
pub(crate) fn beside(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}

/// The user's function without us, so that nothing else breaks, and all that is wrong.
pub(crate) fn fallback(function: &Function, written: &[Written], errors: Errors) -> TokenStream {
    let body = function.body.stream();
    let witnesses = site::witnesses(written);
    let mut output = with_body(function, &[], quote!(#witnesses #body));
    output.extend(errors.into_tokens());
    output
}

/// The function around another body.
pub(crate) fn with_body(
    function: &Function,
    docs: &[TokenStream],
    body: TokenStream,
) -> TokenStream {
    let Function { attrs, vis, default, sig, .. } = function;
    let body = braces(body, function.body_span());
    quote!(#(#attrs)* #(#docs)* #vis #default #sig #body)
}

/// The body behind what a test may have said in its place.
///
/// ```text
/// {
///     script!();
///     { body }
/// }
/// ```
pub(crate) fn scripted(draft: &Draft, function: &Function) -> Group {
    let (private, body) = (private(&draft.krate), &function.body);
    let at = Span::mixed_site().located_at(function.body_span());
    let ask = located(quote!(#private::testing::script!();), at);
    let mut group = Group::new(Delimiter::Brace, quote!(#ask #body));
    group.set_span(function.body_span());
    group
}

/// Braces with a span of their own.
pub(crate) fn braces(content: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(Delimiter::Brace, content);
    group.set_span(span);
    group.into_token_stream()
}

/// Tokens of ours that errors shall place where the user wrote something.
pub(crate) fn located(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}

/// Prints an expansion where `SPANDREL_MACROS_DEBUG=1` asks for it.
#[expect(clippy::print_stderr, reason = "a macro has no other place to say something")]
pub(crate) fn debug(name: &str, output: &TokenStream) {
    if std::env::var_os("SPANDREL_MACROS_DEBUG").is_some_and(|value| value == "1") {
        eprintln!("// {name}\n{output}\n");
    }
}
