//! Blocks whose functions an attribute is to cover: `impl`, `trait` and inline `mod`.
//!
//! Nothing in them is interpreted that need not be: a `#[cfg]` on a member is resolved by rustc only
//! after this macro ran, so members are told apart and the attribute is handed on to them.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{
    Attribute, Ident, Item, Signature, Token, Visibility,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use crate::errors::bail;

/// A block and its members.
pub(crate) struct Block {
    pub(crate) attrs: Vec<Attribute>,
    /// Everything between the attributes and the braces.
    pub(crate) head: TokenStream,
    /// The braces: only their span counts.
    pub(crate) braces: Group,
    pub(crate) inner: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

/// One member of a block.
pub(crate) struct Member {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) rest: TokenStream,
    /// Whether the block's attribute is handed on to it.
    pub(crate) takes_part: bool,
}

/// Parses a block behind its outer attributes.
pub(crate) fn parse(
    name: &str,
    attrs: Vec<Attribute>,
    input: ParseStream<'_>,
) -> syn::Result<Block> {
    let mut head = Vec::new();
    let is_mod = {
        let ahead = input.fork();
        ahead.parse::<Visibility>()?;
        ahead.peek(Token![mod]) || ahead.peek(Token![unsafe]) && ahead.peek2(Token![mod])
    };
    while !(input.is_empty() || input.peek(syn::token::Brace) && is_last(input)) {
        if input.peek(Token![;]) {
            let semicolon = input.parse::<Token![;]>()?;
            if is_mod {
                bail!(
                    semicolon,
                    "`#[{name}]` cannot see into another file; write `mod … {{ … }}` here, or \
                     the attribute on the functions there"
                );
            }
            bail!(semicolon, "expected the block whose functions `#[{name}]` is to cover");
        }
        head.push(input.parse::<TokenTree>()?);
    }
    let braces = input.parse::<Group>()?;
    let (inner, members) = members.parse2(braces.stream())?;
    Ok(Block { attrs, head: head.into_iter().collect(), braces, inner, members })
}

/// Whether one group is all that is left: braces in the head (`[(); { N }]`) are not the block.
fn is_last(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<TokenTree>().is_ok() && ahead.is_empty()
}

fn members(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Member>)> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut members = Vec::new();
    while !input.is_empty() {
        members.push(member(input)?);
    }
    Ok((inner, members))
}

fn member(input: ParseStream<'_>) -> syn::Result<Member> {
    let attrs = input.call(Attribute::parse_outer)?;
    let mut cursor = input.cursor();
    let takes_part = skip_member(input)?;
    let mut rest = TokenStream::new();
    while cursor != input.cursor()
        && let Some((token, next)) = cursor.token_tree()
    {
        rest.extend([token]);
        cursor = next;
    }
    Ok(Member { attrs, rest, takes_part })
}

/// Moves behind a member; says whether it is, or holds, functions with bodies.
fn skip_member(input: ParseStream<'_>) -> syn::Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    if super::is_function(&ahead) {
        input.parse::<Visibility>()?;
        super::function::parse_default(input)?;
        let sig = input.parse::<Signature>()?;
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            return Ok(false);
        }
        input.parse::<Group>()?;
        // A constant function cannot be instrumented; in a block that is no mistake of the user.
        return Ok(sig.constness.is_none());
    }
    if ahead.peek(Ident::peek_any)
        && let Ok(item) = input.fork().parse::<Item>()
    {
        input.parse::<Item>()?;
        return Ok(match item {
            Item::Impl(item) => item.items.iter().any(|item| matches!(item, syn::ImplItem::Fn(_))),
            Item::Trait(item) => item.items.iter().any(
                |item| matches!(item, syn::TraitItem::Fn(function) if function.default.is_some()),
            ),
            Item::Mod(item) => item.content.is_some(),
            _ => false,
        });
    }
    // Associated items of other kinds (`const N: usize;`, `type T: Bound;`, `make!{}`).
    loop {
        let is_end = input.peek(Token![;]) || input.peek(syn::token::Brace);
        input.parse::<TokenTree>()?;
        if is_end {
            return Ok(false);
        }
    }
}
