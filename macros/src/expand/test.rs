//! `#[spandrel::test]`: the body in a scope of its own.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, spanned::Spanned as _};

use super::braces;
use crate::{parse::Function, plan::test::TestPlan};

/// How it begins.
fn setup(plan: &TestPlan) -> TokenStream {
    let krate = &plan.krate;
    let setup = quote!(#krate::testing::Setup::new());
    let setup = match plan.starts_paused {
        // Without the feature that it needs there is none, and the runtime says so.
        true => {
            let private = super::private(krate);
            quote!(#private::testing::start_paused!(#setup))
        }
        false => setup,
    };
    let seed = plan.seed.as_ref().map(|seed| quote_spanned!(seed.span()=> .seed(#seed)));
    quote!(#setup #seed)
}

/// ```text
/// #[::core::prelude::v1::test]
/// fn retries_twice() -> Result<(), Error> {
///     ::spandrel::testing::Setup::new().seed(7).run_async(|t: Test| async move { body })
/// }
/// ```
pub(crate) fn expand(plan: &TestPlan, function: &Function) -> TokenStream {
    let Function { attrs, vis, sig, body, .. } = function;
    let krate = &plan.krate;
    let (name, output) = (&sig.ident, &sig.output);
    let param = plan.param.as_ref().map_or_else(|| quote!(_), |param| quote!(#param));
    let setup = setup(plan);
    let call = if sig.asyncness.is_some() {
        let private = super::private(krate);
        let returned = match output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, returned) => quote!(#returned),
        };
        let inner = Span::mixed_site().located_at(function.body_span());
        let block = quote!(if false { return #private::output::<#returned>(); } #body);
        let block = braces(block, inner);
        quote!(#setup.run_async(|#param| async move #block))
    } else {
        quote!(#setup.run(|#param| #output #body))
    };
    let outer = braces(call, function.body_span());
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() #output #outer
    }
}
