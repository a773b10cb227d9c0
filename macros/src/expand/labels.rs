//! What `#[derive(Labels)]` and `#[derive(LabelValue)]` add beside their items.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

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
///         text(match *self { Self::Eu => "eu", … })
///     }
/// }
/// ```
pub(crate) fn value(item: &Labelled) -> TokenStream {
    let labels = private_labels(item);
    let Labelled { ident, generics, parts, .. } = item;
    let (of, types, bounds) = generics.split_for_impl();
    let arms = parts.iter().map(|Part { ident, text, .. }| quote!(Self::#ident => #text,));
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

fn private_labels(item: &Labelled) -> TokenStream {
    let private = super::private(&item.krate);
    quote!(#private::labels)
}
