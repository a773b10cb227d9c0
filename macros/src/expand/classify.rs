//! What `#[derive(Classify)]` adds beside its item.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Generics, parse_quote, spanned::Spanned as _};

use super::{labels::mentions, local};
use crate::parse::classify::{Case, Classified, Means};

/// ```text
/// impl Classify for PayError {
///     fn classify(&self) -> Class {
///         match self {
///             Self::Declined { .. } => Class::Permanent,
///             Self::Busy { after: __field, .. } => throttled(__field),
///             Self::Io { 0: __field, .. } => Classify::classify(__field),
///         }
///     }
/// }
/// ```
pub(crate) fn expand(item: &Classified) -> TokenStream {
    let resilience = {
        let private = super::private(&item.krate);
        quote!(#private::resilience)
    };
    let Classified { ident, generics, cases, .. } = item;
    let generics = bounded(generics, cases, &resilience);
    let (of, types, bounds) = generics.split_for_impl();
    let arms = cases.iter().map(|case| arm(&resilience, case));
    // Of an enumeration without variants there is no value.
    let matched = if cases.is_empty() { quote!(*self) } else { quote!(self) };
    quote! {
        #[automatically_derived]
        impl #of #resilience::Classify for #ident #types #bounds {
            fn classify(&self) -> #resilience::Class {
                match #matched { #(#arms)* }
            }
        }
    }
}

/// A source whose type is a parameter has to say what it means.
fn bounded(generics: &Generics, cases: &[Case], resilience: &TokenStream) -> Generics {
    let mut bounded = generics.clone();
    let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    for case in cases {
        if let Means::Source(_, ty) = &case.means
            && parameters.iter().any(|parameter| mentions(ty.to_token_stream(), parameter))
        {
            let bound = parse_quote!(#ty: #resilience::Classify);
            bounded.make_where_clause().predicates.push(bound);
        }
    }
    bounded
}

fn arm(resilience: &TokenStream, Case { variant, means }: &Case) -> TokenStream {
    let variant = variant.as_ref().map(|variant| quote!(::#variant));
    let field = local("__field");
    match means {
        Means::Word(word) => {
            let word = local(word);
            quote!(Self #variant { .. } => #resilience::Class::#word,)
        }
        Means::Throttled(None) => quote! {
            Self #variant { .. } => #resilience::Class::Throttled {
                retry_after: ::core::option::Option::None,
            },
        },
        Means::Throttled(Some(member)) => {
            let at = Span::mixed_site().located_at(member.span());
            // A duration, or one that may be missing.
            let after = quote_spanned! {at=>
                ::core::convert::Into::into(::core::clone::Clone::clone(#field))
            };
            quote! {
                Self #variant { #member: #field, .. } => #resilience::Class::Throttled {
                    retry_after: #after,
                },
            }
        }
        Means::Source(member, ty) => {
            // A type that does not say is an error at that type.
            let class = quote_spanned! {ty.span()=>
                <#ty as #resilience::Classify>::classify(#field)
            };
            quote!(Self #variant { #member: #field, .. } => #class,)
        }
    }
}
