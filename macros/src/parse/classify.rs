//! The item of `#[derive(Classify)]`, and what stands on its parts.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Fields, Generics, Ident, Item, ItemEnum, Member, Path, Token, Type,
    ext::IdentExt as _, parse::ParseStream, spanned::Spanned as _,
};

use super::siblings;
use crate::errors::{self, Errors, bail};

/// What is derived for.
pub(crate) struct Classified {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// Of a structure one, without a variant.
    pub(crate) cases: Vec<Case>,
}

/// One kind of error.
pub(crate) struct Case {
    pub(crate) variant: Option<Ident>,
    pub(crate) means: Means,
}

/// What an error means.
#[derive(Clone)]
pub(crate) enum Means {
    /// A variant of `Class`.
    Word(&'static str),
    /// As long as this field says, if one is named.
    Throttled(Option<Member>),
    /// What the error in this field means.
    Source(Member, Box<Type>),
}

const WORDS: [(&str, &str); 6] = [
    ("transient", "Transient"),
    ("throttled", "Throttled"),
    ("timeout", "Timeout"),
    ("not_sent", "NotSent"),
    ("permanent", "Permanent"),
    ("source", ""),
];

/// Parses the item.
pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> syn::Result<Classified> {
    match syn::parse2::<Item>(input)? {
        Item::Struct(item) => {
            let krate = krate(&item.attrs, errors);
            let means = means(&item.attrs, &item.fields, &item.ident, errors);
            let cases = means.map(|means| Case { variant: None, means }).into_iter().collect();
            Ok(Classified { krate, ident: item.ident, generics: item.generics, cases })
        }
        Item::Enum(item) => {
            let krate = krate(&item.attrs, errors);
            let cases = variants(&item, errors);
            Ok(Classified { krate, ident: item.ident, generics: item.generics, cases })
        }
        other => bail!(other, "`#[derive(Classify)]` belongs on an error"),
    }
}

/// What the variants of an enumeration mean; what it says itself holds for those that are silent.
fn variants(item: &ItemEnum, errors: &mut Errors) -> Vec<Case> {
    let rest = said(&item.attrs).map(|_| means(&item.attrs, &Fields::Unit, &item.ident, errors));
    let mut cases = Vec::new();
    for variant in &item.variants {
        let means = match (said(&variant.attrs), &rest) {
            (None, Some(rest)) => rest.clone(),
            _ => means(&variant.attrs, &variant.fields, &variant.ident, errors),
        };
        let variant = Some(variant.ident.clone());
        cases.extend(means.map(|means| Case { variant, means }));
    }
    cases
}

/// The attribute that says what an error means.
fn said(attrs: &[Attribute]) -> Option<&Attribute> {
    let mut own = attrs.iter().filter(|attr| attr.path().is_ident("classify"));
    own.find(|attr| attr.parse_args_with(Ident::parse_any).is_ok() || !is_crate(attr))
}

/// `#[classify(crate = path)]`.
fn is_crate(attr: &Attribute) -> bool {
    attr.parse_args_with(|input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<TokenStream>()
    })
    .is_ok()
}

fn krate(attrs: &[Attribute], errors: &mut Errors) -> Path {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    let attr = attrs.iter().find(|attr| attr.path().is_ident("classify") && is_crate(attr));
    attr.and_then(|attr| errors.ok(attr.parse_args_with(parse)))
        .unwrap_or_else(siblings::default_crate)
}

/// `#[classify(permanent)]`, `#[classify(throttled(retry_after = after))]`.
fn means(
    attrs: &[Attribute],
    fields: &Fields,
    ident: &Ident,
    errors: &mut Errors,
) -> Option<Means> {
    let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
    let Some(attr) = said(attrs) else {
        let message = unsaid(ident, &words);
        errors.at(ident, message);
        return None;
    };
    let mut others =
        attrs.iter().filter(|attr| attr.path().is_ident("classify") && !is_crate(attr));
    if let Some(second) = others.nth(1) {
        errors.at(second, "an error means one thing; keep one `classify`");
    }
    let parse = |input: ParseStream<'_>| {
        let word = input.call(Ident::parse_any)?;
        let text = word.to_string();
        let means = match WORDS.iter().find(|(known, _)| *known == text) {
            Some(("throttled", _)) => Means::Throttled(retry_after(input, fields)?),
            Some(("source", _)) => source(&word, fields)?,
            Some((_, variant)) => Means::Word(variant),
            None => bail!(&word, "{}", crate::args::message("meaning", &text, &words)),
        };
        input.parse::<Option<Token![,]>>()?;
        Ok(means)
    };
    errors.ok(attr.parse_args_with(parse))
}

fn unsaid(ident: &Ident, words: &[&str]) -> String {
    let all = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    format!(
        "what does `{ident}` mean to whoever might try again? Write `#[classify(…)]` with one of \
         {all}; on the enumeration it holds for all that say nothing"
    )
}

/// `(retry_after = field)`.
fn retry_after(input: ParseStream<'_>, fields: &Fields) -> syn::Result<Option<Member>> {
    if !input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let content;
    syn::parenthesized!(content in input);
    let key = content.parse::<Ident>()?;
    if key != "retry_after" {
        bail!(&key, "the one option is `throttled(retry_after = field)`");
    }
    content.parse::<Token![=]>()?;
    let member = content.parse::<Member>()?;
    if !members(fields).any(|(known, _)| known == member) {
        bail!(&member, "there is no such field here");
    }
    Ok(Some(member))
}

/// The field with the error behind this one: marked, named `source`, or the only one.
fn source(word: &Ident, fields: &Fields) -> syn::Result<Means> {
    let is_marked = |field: &syn::Field| {
        field
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("source") || attr.path().is_ident("from"))
    };
    let is_named = |member: &Member| matches!(member, Member::Named(name) if name == "source");
    let marked = members(fields).find(|(_, field)| is_marked(field));
    let named = || members(fields).find(|(member, _)| is_named(member));
    let only = || members(fields).next().filter(|_| fields.len() == 1);
    match marked.or_else(named).or_else(only) {
        Some((member, field)) => Ok(Means::Source(member, Box::new(field.ty.clone()))),
        None => Err(errors::at(
            word,
            "which field is the source? Mark it: `#[source]` or `#[from]`, or call it `source`",
        )),
    }
}

fn members(fields: &Fields) -> impl Iterator<Item = (Member, &syn::Field)> {
    fields.iter().enumerate().map(|(index, field)| {
        let member = match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(syn::Index {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                span: field.ty.span(),
            }),
        };
        (member, field)
    })
}
