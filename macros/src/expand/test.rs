//! `#[spandrel::test]`: the body in a scope of its own.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ReturnType;

use super::braces;
use crate::{parse::Function, plan::test::TestPlan};

/// ```text
/// #[::core::prelude::v1::test]
/// fn retries_twice() -> Result<(), Error> {
///     ::spandrel::testing::run_async(|t: Test| async move { body })
/// }
/// ```
pub(crate) fn expand(plan: &TestPlan, function: &Function) -> TokenStream {
    let Function { attrs, vis, sig, body, .. } = function;
    let krate = &plan.krate;
    let (name, output) = (&sig.ident, &sig.output);
    let param = plan.param.as_ref().map_or_else(|| quote!(_), |param| quote!(#param));
    let call = if sig.asyncness.is_some() {
        let private = super::private(krate);
        let returned = match output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, returned) => quote!(#returned),
        };
        let inner = Span::mixed_site().located_at(function.body_span());
        let block = quote!(if false { return #private::output::<#returned>(); } #body);
        let block = braces(block, inner);
        quote!(#krate::testing::run_async(|#param| async move #block))
    } else {
        quote!(#krate::testing::run(|#param| #output #body))
    };
    let outer = braces(call, function.body_span());
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() #output #outer
    }
}
