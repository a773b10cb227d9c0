//! A block whose functions get the attribute.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Path;

use super::braces;
use crate::{
    errors::Errors,
    parse::{
        Block,
        siblings::{BLOCK, Written},
    },
};

/// Prints the block.
///
/// ```text
/// impl Orders {
///     #[::spandrel::traced(__block, kind = server)]
///     pub async fn place(&self) { … }
/// }
/// ```
///
/// The attribute stands last on each function: one that was imported under another name, and is not
/// recognised as ours, then runs first and gathers it.
pub(crate) fn expand(
    written: &Written,
    block: &Block,
    krate: &Path,
    hand_on: bool,
    errors: Errors,
) -> TokenStream {
    let name = Ident::new(written.entry.name, Span::call_site());
    let mark = Ident::new(BLOCK, Span::call_site());
    let args = &written.args;
    let members = block.members.iter().map(|member| {
        let (attrs, rest) = (&member.attrs, &member.rest);
        let handed = (hand_on && member.takes_part).then(|| quote!(#[#krate::#name(#mark, #args)]));
        quote!(#(#attrs)* #handed #rest)
    });
    let (attrs, head, inner) = (&block.attrs, &block.head, &block.inner);
    let body = braces(quote!(#(#inner)* #(#members)*), block.braces.span());
    let errors = errors.into_tokens();
    quote!(#(#attrs)* #head #body #errors)
}
