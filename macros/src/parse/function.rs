//! A function: everything but its body, which stays tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{
    AttrStyle, Attribute, Ident, Signature, Token, Visibility,
    parse::{ParseStream, Parser as _},
};

use super::{
    MARKER,
    params::{self, Param},
};
use crate::errors::{Errors, bail};

/// A function with our marks stripped and everything else as it was written.
pub(crate) struct Function {
    /// The attributes of others, in order; those inside of the body follow.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) default: Option<Ident>,
    pub(crate) sig: Signature,
    pub(crate) params: Vec<Param>,
    /// The body with its braces, without inner attributes.
    pub(crate) body: Group,
    /// What is wrong with the parameters' marks.
    pub(crate) errors: Errors,
}

impl Function {
    /// The span of the body's braces: lints of the user's own function depend on it.
    pub(crate) fn body_span(&self) -> Span {
        self.body.span()
    }

    /// Whether one of our attributes went over the function before.
    pub(crate) fn is_expanded(&self) -> bool {
        contains_marker(self.body.stream())
    }

    /// Whether the function has documentation to which a line can be added.
    pub(crate) fn is_documented(&self) -> bool {
        self.attrs
            .iter()
            .any(|attr| attr.path().is_ident("doc") && matches!(attr.meta, syn::Meta::NameValue(_)))
    }

    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }
}

/// Parses a function behind its outer attributes.
pub(crate) fn parse(
    name: &str,
    mut attrs: Vec<Attribute>,
    input: ParseStream<'_>,
) -> syn::Result<Function> {
    let vis = input.parse()?;
    let default = parse_default(input)?;
    let mut sig = input.parse::<Signature>()?;
    if input.peek(Token![;]) {
        bail!(
            &sig.ident,
            "`{}` has no body here; write `#[{name}]` on the functions that implement it",
            sig.ident
        );
    }
    let body = input.parse::<Group>()?;
    if body.delimiter() != Delimiter::Brace {
        return Err(syn::Error::new(body.span(), "expected the body of the function"));
    }
    if !input.is_empty() {
        return Err(input.error("unexpected behind the function"));
    }
    let mut errors = Errors::default();
    let params = params::take(&mut sig, &mut errors);
    let (inner, stream) = split_inner.parse2(body.stream())?;
    attrs.extend(inner);
    let mut group = Group::new(Delimiter::Brace, stream);
    group.set_span(body.span());
    Ok(Function { attrs, vis, default, sig, params, body: group, errors })
}

/// The `default` of specialisation.
pub(crate) fn parse_default(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    let ahead = input.fork();
    match ahead.parse::<Ident>() {
        Ok(word) if word == "default" && !ahead.peek(Token![!]) => input.parse().map(Some),
        _ => Ok(None),
    }
}

/// Inner attributes of a body, as outer ones, and the rest.
fn split_inner(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, TokenStream)> {
    let mut inner = input.call(Attribute::parse_inner)?;
    for attr in &mut inner {
        attr.style = AttrStyle::Outer;
    }
    Ok((inner, input.parse()?))
}

/// Looks for our static at any depth; printed text is no marker.
fn contains_marker(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == MARKER,
        TokenTree::Group(group) => contains_marker(group.stream()),
        _ => false,
    })
}
