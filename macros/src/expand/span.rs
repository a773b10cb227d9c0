//! `span!`: a span of its own for a block or a future.

use proc_macro2::TokenStream;
use quote::quote;

use super::{call, local, policies::Statics, site};
use crate::plan::span::SpanPlan;

/// ```text
/// {
///     let __site = …;
///     SpanHandle::__start(__site, |__fields| …)
/// }
/// ```
pub(crate) fn expand(plan: &SpanPlan) -> TokenStream {
    let private = super::private(&plan.krate);
    let name = plan.name.value();
    let parts = [site::traced(&private, &plan.site)];
    let of = site::Of::Block;
    let span = plan.name.span();
    let (witnesses, statics) = (TokenStream::new(), Statics::default());
    let site = site::expand(&plan.krate, &of, &name, span, &parts, &witnesses, &statics);
    let fields = call::fields(&private, &plan.captures, None);
    let local = local("__site");
    quote! {{
        let #local = #site;
        #private::SpanHandle::__start(#local, #fields)
    }}
}
