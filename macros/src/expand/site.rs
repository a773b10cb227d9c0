//! The static of a site, in a block so that none of its items leaks into the body.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Lit, LitStr, spanned::Spanned as _};

use super::{line, local, policies::Statics};
use crate::{
    args::{Lapse, Level, Verbosity},
    parse::{fields::Key, siblings::Written},
    plan::{
        groups::{Constant, Convention},
        metered::MeteredSite,
        site::{Field, Name, TracedSite},
    },
};

/// Where a site comes from: the macro of the runtime that knows.
pub(crate) enum Of {
    Function,
    Block,
}

/// The expression that gives the site.
///
/// ```text
/// {
///     static __POLICY: Policy = …;
///     static __SPANDREL: Site = Site::new(meta!("charge", 12)).traced(…).policy(&__POLICY);
///     register!(__SPANDREL);
///     (&__SPANDREL, &__POLICY)
/// }
/// ```
pub(crate) fn expand(
    krate: &syn::Path,
    of: &Of,
    name: &str,
    span: Span,
    parts: &[TokenStream],
    witnesses: &TokenStream,
    statics: &Statics,
) -> TokenStream {
    let private = super::private(krate);
    let site = local(crate::parse::MARKER);
    let meta = match of {
        Of::Function => local("meta"),
        Of::Block => local("block"),
    };
    let (name, line) = (LitStr::new(name, span), line(span));
    let Statics { items, parts: more, names } = statics;
    let names = names.iter().map(|(name, _)| name);
    let borrowed = match names.len() {
        0 => quote!(&#site),
        _ => quote!((&#site #(, &#names)*)),
    };
    quote! {{
        #witnesses
        #items
        static #site: #private::Site = #private::Site::new(#private::#meta!(#name, #line)) #(#parts)* #more;
        #private::register!(#site);
        #borrowed
    }}
}

/// `.traced(Traced::new().kind(…).fields(&[…]))`.
pub(crate) fn traced(private: &TokenStream, site: &TracedSite) -> TokenStream {
    let traced = spans(private, site);
    quote!(.traced(#traced))
}

/// `.instrument(Traced::new().name("charge").fields(&[…]), REFLECTION)`.
pub(crate) fn instrument(private: &TokenStream, site: &TracedSite) -> TokenStream {
    let traced = spans(private, site);
    quote!(.instrument(#traced, #private::instrument::REFLECTION))
}

/// `.timed(metered!(Metered::new(&[250_000_000]).latency(&[0.99]).labels(&["region"])))`.
pub(crate) fn metered(private: &TokenStream, attribute: &str, site: &MeteredSite) -> TokenStream {
    let goals =
        site.latency.iter().map(|(goal, _)| goal).chain(&site.slow).map(|goal| match goal {
            Lapse::Nanos(nanos) => quote!(#nanos),
            Lapse::Const(duration) => {
                quote_spanned!(duration.span()=> #private::nanos(#duration))
            }
        });
    let goals = quote!(&[#(#goals),*]);
    let name = site.name.as_ref().map(|name| quote!(.name(#name)));
    let targets = site.latency.iter().map(|(_, target)| &target.0);
    let latency = (!site.latency.is_empty()).then(|| quote!(.latency(&[#(#targets),*])));
    let errors = site.errors.as_ref().map(|target| {
        let target = &target.0;
        quote!(.errors(#target))
    });
    let slow = site.slow.as_ref().map(|_| quote!(.slow()));
    let keys = &site.keys;
    // The compiler says there which keys are refused.
    let labels = keys.first().map(|key| {
        let labels = quote_spanned!(Span::mixed_site().located_at(key.span())=> labels);
        quote!(.#labels(&[#(#keys),*]))
    });
    let most_sets = site.most_sets.as_ref().map(|most| {
        let most = &most.0;
        quote!(.most_sets(#most))
    });
    let attribute = local(attribute);
    quote! {
        .#attribute(#private::metered!(
            #private::Metered::new(#goals) #name #latency #errors #slow #labels #most_sets
        ))
    }
}

fn spans(private: &TokenStream, site: &TracedSite) -> TokenStream {
    let kind = site.kind.map(|kind| {
        let kind = local(kind.variant());
        quote!(.kind(#private::SpanKind::#kind))
    });
    let level = site.level.as_ref().map(|level| {
        let level = verbosity(private, level);
        quote!(.level(#level))
    });
    let target =
        site.target.as_ref().map(|target| quote_spanned!(target.span()=> .target(#target)));
    let name = site.name.as_ref().map(|name| match name {
        Name::Fixed(name) => quote!(.name(#name)),
        Name::Pattern(name) => quote!(.dynamic_name(#name)),
    });
    let follows = site.follows.as_ref().map(|Convention { name, labels }| {
        let (name, labels) = (local(name), Literal::usize_unsuffixed(*labels));
        quote!(.follows(#private::Follows::new(#private::Convention::#name, #labels)))
    });
    let constants = constants(private, &site.constants);
    let fields = fields(private, &site.fields);
    quote!(#private::Traced::new() #kind #level #target #name #follows #constants #fields)
}

/// `.constants(&[text("db.system.name", "postgresql")])`.
fn constants(private: &TokenStream, constants: &[Constant]) -> Option<TokenStream> {
    if constants.is_empty() {
        return None;
    }
    let constants = constants.iter().map(|Constant { key, value }| {
        let (of, value) = match value {
            Lit::Bool(value) => ("truth", quote!(#value)),
            Lit::Int(number) => {
                let number = number.base10_parse::<i64>().unwrap_or_default();
                ("integer", Literal::i64_unsuffixed(number).into_token_stream())
            }
            Lit::Float(number) => {
                let number = number.base10_parse::<f64>().unwrap_or_default();
                ("float", Literal::f64_unsuffixed(number).into_token_stream())
            }
            value => ("text", quote!(#value)),
        };
        let of = local(of);
        quote!(#private::#of(#key, #value))
    });
    Some(quote!(.constants(&[#(#constants),*])))
}

/// A level, as an expression; what the user wrote as a path is resolved in any case.
pub(crate) fn verbosity(private: &TokenStream, level: &Verbosity) -> TokenStream {
    let word = |level: Level| {
        let level = local(level.variant());
        quote!(#private::Level::#level)
    };
    match level {
        Verbosity::Word(level) => word(*level),
        Verbosity::Const(path, Some(level)) => {
            let level = word(*level);
            quote!(#private::instrument::level(&#path, #level))
        }
        Verbosity::Const(path, None) => quote!(#private::instrument::LevelOf(#path).level()),
    }
}

fn key(key: &Key) -> TokenStream {
    match key {
        Key::Text(text) => quote!(#text),
        Key::Const(name) => quote!({ #name }),
    }
}

/// `.fields(&Field::list(["order.id", "total"]))`, or one by one where some are redacted.
fn fields(private: &TokenStream, fields: &[Field]) -> Option<TokenStream> {
    if fields.is_empty() {
        return None;
    }
    if fields.iter().all(|field| field.constructor == "new") {
        let keys = fields.iter().map(|field| key(&field.key));
        return Some(quote!(.fields(&#private::Field::list([#(#keys),*]))));
    }
    let fields = fields.iter().map(|field| {
        let (key, constructor) = (key(&field.key), local(field.constructor));
        quote!(#private::Field::#constructor(#key))
    });
    Some(quote!(.fields(&[#(#fields),*])))
}

/// One constant for each gathered attribute, by which rustc resolves its name.
///
/// ```text
/// #[counted(__witness)]
/// const _: () = ::core::compile_error!("…");
/// ```
///
/// Our own macro removes it. Another crate's attribute of that name leaves it, and it says so.
pub(crate) fn witnesses(written: &[Written]) -> TokenStream {
    let siblings = written.iter().filter(|written| !written.is_block);
    siblings
        .filter_map(|written| Some((written.entry.name, written.path.as_ref()?)))
        .map(|(name, path)| {
            let message = format!(
                "`#[{name}]` was taken for the one of spandrel, and it is not: import it \
                 (`use spandrel::{name};`), or write another crate's attribute under its path"
            );
            let witness = Ident::new(crate::parse::siblings::WITNESS, Span::mixed_site());
            quote_spanned! {path.span()=>
                #[#path(#witness)]
                const _: () = ::core::compile_error!(#message);
            }
        })
        .collect()
}
