//! What `#[derive(Labels)]` and `#[derive(LabelValue)]` add beside their items.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Generics, parse_quote, spanned::Spanned as _};

use super::local;
use crate::parse::labels::{Labelled, Part};

/// ```text
/// impl Labels for Sale {
///     fn visit(&self, visitor: &mut impl LabelVisitor) {
///         LabelVisitor::label(visitor, "region", &self.region);
///     }
/// }
/// ```
pub(crate) fn labels(item: &Labelled) -> TokenStream {
    let labels = private_labels(item);
    let Labelled { ident, generics, parts, .. } = item;
    let generics = bounded(generics, parts, &labels);
    let (of, types, bounds) = generics.split_for_impl();
    let visitor = local("visitor");
    let visits = parts.iter().map(|Part { ident, text, ty }| {
        // A type that is no value of a label is an error at that type.
        quote_spanned! {ty.span()=>
            #labels::LabelVisitor::label(#visitor, #text, &self.#ident);
        }
    });
    quote! {
        #[automatically_derived]
        impl #of #labels::Labels for #ident #types #bounds {
            #[inline]
            fn visit(&self, #visitor: &mut impl #labels::LabelVisitor) {
                let _ = &#visitor;
                #(#visits)*
            }
        }
    }
}

/// ```text
/// impl LabelValue for Region {
///     fn label(&self) -> LabelRef<'_> {
///         text(match *self { Self::Eu { .. } => "eu", … })
///     }
/// }
/// ```
pub(crate) fn value(item: &Labelled) -> TokenStream {
    let labels = private_labels(item);
    let Labelled { ident, generics, parts, .. } = item;
    let (of, types, bounds) = generics.split_for_impl();
    // Also of a variant that is an error already: one message is enough.
    let arms = parts.iter().map(|Part { ident, text, .. }| quote!(Self::#ident { .. } => #text,));
    quote! {
        #[automatically_derived]
        impl #of #labels::LabelValue for #ident #types #bounds {
            #[inline]
            fn label(&self) -> #labels::LabelRef<'_> {
                #labels::text(match *self { #(#arms)* })
            }
        }
    }
}

/// A type parameter of which there are labels has to be a value of one.
fn bounded(generics: &Generics, parts: &[Part], labels: &TokenStream) -> Generics {
    let mut bounded = generics.clone();
    for parameter in bounded.type_params_mut() {
        let ident = parameter.ident.clone();
        let types = parts.iter().filter_map(|part| part.ty.as_ref());
        if types.into_iter().any(|ty| mentions(ty.to_token_stream(), &ident)) {
            parameter.bounds.push(parse_quote!(#labels::LabelValue));
        }
    }
    bounded
}

/// Whether a name stands in these tokens.
pub(super) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn private_labels(item: &Labelled) -> TokenStream {
    let private = super::private(&item.krate);
    quote!(#private::labels)
}
