//! What stands there, as the user wrote it; this folder knows no `quote!`.

pub(crate) mod block;
pub(crate) mod classify;
pub(crate) mod fields;
pub(crate) mod function;
pub(crate) mod groups;
pub(crate) mod labels;
pub(crate) mod params;
pub(crate) mod policy;
pub(crate) mod siblings;
pub(crate) mod span;

use proc_macro2::TokenStream;
use syn::{
    Attribute, Ident, Token, Visibility,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

pub(crate) use block::Block;
pub(crate) use function::Function;

/// What an attribute stands on.
pub(crate) enum Item {
    Function(Box<Function>),
    Block(Block),
}

/// The name that our static has in every expansion: how we know that one took place.
pub(crate) const MARKER: &str = "__SPANDREL";

/// Parses the item an attribute stands on; `name` is the attribute's, for errors.
pub(crate) fn item(name: &str, tokens: TokenStream) -> syn::Result<Item> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let ahead = input.fork();
        ahead.parse::<Visibility>()?;
        if is_function(&ahead) {
            return Ok(Item::Function(Box::new(function::parse(name, attrs, input)?)));
        }
        if ahead.peek(Token![unsafe]) || ahead.peek(Ident) && ahead.peek2(Token![unsafe]) {
            // `unsafe impl`, `unsafe trait`
            ahead.call(Ident::parse_any)?;
        }
        if ahead.peek(Token![impl]) || ahead.peek(Token![trait]) || ahead.peek(Token![mod]) {
            return Ok(Item::Block(block::parse(name, attrs, input)?));
        }
        let what = describe(&ahead);
        let token = ahead.parse::<proc_macro2::TokenTree>()?;
        Err(syn::Error::new(
            token.span(),
            format!(
                "`#[{name}]` belongs on a function, or on an `impl`, `trait` or inline `mod` \
                 whose functions it is to cover; this is {what}"
            ),
        ))
    };
    parser.parse2(tokens)
}

/// Whether a function starts here, behind its visibility.
pub(crate) fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        if ahead.peek(syn::LitStr) {
            // The ABI of `extern "C"`.
            if ahead.parse::<syn::LitStr>().is_err() {
                return false;
            }
            continue;
        }
        match ahead.call(Ident::parse_any).map(|word| word.to_string()).as_deref() {
            Ok("const" | "async" | "unsafe" | "safe" | "extern" | "default") => {}
            _ => return false,
        }
    }
}

fn describe(input: ParseStream<'_>) -> &'static str {
    match input.fork().call(Ident::parse_any).map(|word| word.to_string()).as_deref() {
        Ok("struct") => "a struct",
        Ok("enum") => "an enum",
        Ok("union") => "a union",
        Ok("static") => "a static",
        Ok("const") => "a constant",
        Ok("type") => "a type",
        Ok("use") => "an import",
        Ok("let") => "a statement",
        Ok("macro_rules") => "a macro",
        Ok("extern") => "an `extern` block",
        _ => "something else",
    }
}
