//! The policies of a function as constants: what stands in its statics.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned as _};

use super::local;
use crate::{
    args::Constant,
    errors::Errors,
    plan::{
        policies::{Part, Policies, Setting},
        policy::PolicyPlan,
    },
};

/// What a site's block declares beside its own static, and what is known of it outside.
#[derive(Default)]
pub(crate) struct Statics {
    pub(crate) items: TokenStream,
    /// `.policy(&__POLICY)`, on the site.
    pub(crate) parts: TokenStream,
    /// The names of the statics, and of the locals that borrow them.
    pub(crate) names: Vec<(Ident, Ident)>,
}

/// ```text
/// static __POLICY: Policy =
///     Policy::new("").retry(Retry::new("").max_attempts(3)).of_keys(&__RATE_LIMIT);
/// static __RATE_LIMIT: Keyed<RateLimiter> = Keyed::new(RateLimiter::new("", …));
/// static __STALE: Stale = Stale::new(Duration::from_nanos(…));
/// ```
pub(crate) fn statics(private: &TokenStream, policies: &Policies, function: &Ident) -> Statics {
    // The site names what stands in its policy; what is kept for keys is named here.
    let function = function.unraw().to_string();
    let resilience = quote!(#private::resilience);
    let mut statics = Statics::default();
    if let Some(bundle) = policies.static_bundle() {
        statics.parts.extend(quote!(.policy(&#bundle)));
    }
    if policies.bundle.is_none() {
        let name = local("__POLICY");
        let policy = policy(private, &quote!(""), &policies.parts);
        let keyed = policies.parts.iter().filter(|part| part.keyed.is_some());
        let keyed = keyed.map(|part| names(part.name).0);
        let policy = quote!(#policy #(.of_keys(&#keyed))*);
        statics.items.extend(quote!(static #name: #resilience::Policy = #policy;));
        statics.parts.extend(quote!(.policy(&#name)));
        statics.names.push((name, local("__policy")));
    }
    let keyed = policies.parts.iter().filter_map(|part| Some((part, part.keyed.as_ref()?)));
    for (declared, keyed) in keyed {
        let names = names(declared.name);
        let (ty, name) = (local(declared.ty), &names.0);
        let part = part(&resilience, declared, &quote!(#function));
        let most = keyed.max_keys.as_ref().map(|most| {
            let most = constant(&resilience, most);
            quote!(.max_keys(#most))
        });
        statics.items.extend(quote! {
            static #name: #resilience::Keyed<#resilience::#ty> = #resilience::Keyed::new(#part) #most;
        });
        statics.names.push(names);
    }
    if let Some(stale) = policies.fallback.as_ref().and_then(|fallback| fallback.stale.clone()) {
        let name = local("__STALE");
        let stale = constant(&resilience, &stale.into());
        statics
            .items
            .extend(quote!(static #name: #resilience::Stale = #resilience::Stale::new(#stale);));
        statics.names.push((name, local("__stale")));
    }
    statics
}

/// Prints `policy!`.
///
/// ```text
/// Policy::new("src/payments.rs:12").timeout(…).retry(…)
/// ```
///
/// Without a name it is called after where it stands.
pub(crate) fn expand(plan: &PolicyPlan) -> TokenStream {
    let private = super::private(&plan.krate);
    let name = match &plan.name {
        Some(name) => quote!(#name),
        None => quote!(::core::concat!(::core::file!(), ":", ::core::line!())),
    };
    policy(&private, &name, &plan.policies.parts)
}

/// Where the policy would be, all that is wrong with it.
pub(crate) fn refuse(errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    // Of any type: no second wave of errors follows.
    quote!({ #errors loop {} })
}

/// The static of a mechanism that has one of its own, and the local that borrows it.
pub(crate) fn names(mechanism: &str) -> (Ident, Ident) {
    (local(&format!("__{}", mechanism.to_uppercase())), local(&format!("__{mechanism}")))
}

/// `Policy::new("name").retry(…).circuit_breaker(…)`.
fn policy(private: &TokenStream, name: &TokenStream, parts: &[Part]) -> TokenStream {
    let resilience = quote!(#private::resilience);
    let mut policy = quote!(#resilience::Policy::new(#name));
    for declared in parts.iter().filter(|part| part.is_own()) {
        let method = local(declared.name);
        let part = part(&resilience, declared, name);
        policy = match declared.name {
            // The innermost; without its feature there is none, and the runtime says so.
            "chaos" => quote!(#resilience::chaos!(#policy, #part)),
            _ => quote!(#policy.#method(#part)),
        };
    }
    policy
}

/// `CircuitBreaker::new("payments").failure_rate(0.5).shared()`.
fn part(resilience: &TokenStream, part: &Part, name: &TokenStream) -> TokenStream {
    let ty = local(part.ty);
    let name = part.shared.as_ref().map_or_else(|| quote!(#name), |shared| quote!(#shared));
    let given = part.given.iter().map(|given| {
        let given = constant(resilience, given);
        quote!(, #given)
    });
    let settings = settings(resilience, &part.settings);
    let shared = part.shared.as_ref().map(|_| quote!(.shared()));
    quote!(#resilience::#ty::new(#name #(#given)*) #settings #shared)
}

fn settings(resilience: &TokenStream, settings: &[Setting]) -> TokenStream {
    settings
        .iter()
        .map(|setting| {
            let at = Span::mixed_site().located_at(setting.key.span());
            let name = Ident::new(setting.name, at);
            let values = setting.values.iter().map(|value| constant(resilience, value));
            quote!(.#name(#(#values),*))
        })
        .collect()
}

pub(crate) fn constant(resilience: &TokenStream, value: &Constant) -> TokenStream {
    let list = |values: &[Constant]| -> Vec<_> {
        values.iter().map(|value| constant(resilience, value)).collect()
    };
    match value {
        Constant::Built(base, changed) => {
            let (base, changed) = (constant(resilience, base), settings(resilience, changed));
            quote!(#base #changed)
        }
        Constant::Call(ty, function, values) => {
            let (ty, function, values) = (local(ty), local(function), list(values));
            quote!(#resilience::#ty::#function(#(#values),*))
        }
        Constant::Count(count) => {
            let count = Literal::u32_unsuffixed(*count);
            quote!(#count)
        }
        Constant::Expr(expr) => quote_spanned!(expr.span()=> #expr),
        Constant::Float(number) => {
            let number = Literal::f64_unsuffixed(*number);
            quote!(#number)
        }
        Constant::Lapse(nanos) => {
            let nanos = Literal::u64_unsuffixed(*nanos);
            quote!(::core::time::Duration::from_nanos(#nanos))
        }
        // Nothing is the name of the function.
        Constant::Text(text) => text.as_ref().map_or_else(|| quote!(""), |text| quote!(#text)),
        Constant::Truth(truth) => quote!(#truth),
        Constant::Variant(ty, variant) => {
            let (ty, variant) = (local(ty), local(variant));
            quote!(#resilience::#ty::#variant)
        }
    }
}
