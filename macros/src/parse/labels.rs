//! The item of `#[derive(Labels)]` or `#[derive(LabelValue)]`, and what stands on its parts.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Generics, Ident, ItemEnum, ItemStruct, LitStr, Path, Token, Type,
    ext::IdentExt as _, parse::ParseStream,
};

use super::siblings;
use crate::errors::{Errors, bail};

/// What is derived for.
pub(crate) struct Labelled {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) parts: Vec<Part>,
}

/// A field or a variant.
pub(crate) struct Part {
    pub(crate) ident: Ident,
    /// The key of a field, the value of a variant.
    pub(crate) text: LitStr,
    /// Of a field.
    pub(crate) ty: Option<Type>,
}

/// What `#[label(…)]` says.
enum Said {
    Skip,
    Text(LitStr),
}

/// A structure, each field of which is a label.
pub(crate) fn structure(input: TokenStream, errors: &mut Errors) -> syn::Result<Labelled> {
    let Ok(item) = syn::parse2::<ItemStruct>(input.clone()) else {
        bail!(
            head(input),
            "`#[derive(Labels)]` belongs on a structure; derive `LabelValue` for an enumeration"
        );
    };
    let krate = krate(&item.attrs, errors);
    let mut parts = Vec::<Part>::new();
    for field in item.fields {
        let Some(ident) = field.ident else {
            errors.at(&field.ty, "a label needs a key; give the field a name");
            continue;
        };
        let text = match said(&field.attrs, errors) {
            Some(Said::Skip) => continue,
            Some(Said::Text(text)) => text,
            None => LitStr::new(&ident.unraw().to_string(), ident.span()),
        };
        if parts.iter().any(|part| part.text.value() == text.value()) {
            errors.at(&text, format_args!("`{}` is the key of two labels", text.value()));
        }
        parts.push(Part { ident, text, ty: Some(field.ty) });
    }
    Ok(Labelled { krate, ident: item.ident, generics: item.generics, parts })
}

/// An enumeration, each variant of which is a value.
pub(crate) fn enumeration(input: TokenStream, errors: &mut Errors) -> syn::Result<Labelled> {
    let Ok(item) = syn::parse2::<ItemEnum>(input.clone()) else {
        bail!(
            head(input),
            "`#[derive(LabelValue)]` belongs on an enumeration; derive `Labels` for a structure"
        );
    };
    let krate = krate(&item.attrs, errors);
    let mut parts = Vec::new();
    for variant in item.variants {
        if !variant.fields.is_empty() {
            errors.at(
                &variant.fields,
                "a value of a label carries no data; what varies without end is no label",
            );
        }
        let ident = variant.ident;
        let text = match said(&variant.attrs, errors) {
            Some(Said::Text(text)) => text,
            Some(Said::Skip) => {
                errors.at(&ident, "a value cannot be skipped; write `#[label(\"other\")]`");
                continue;
            }
            None => LitStr::new(&snake_case(&ident.unraw().to_string()), ident.span()),
        };
        parts.push(Part { ident, text, ty: None });
    }
    Ok(Labelled { krate, ident: item.ident, generics: item.generics, parts })
}

/// What the user wrote up to the body.
fn head(input: TokenStream) -> TokenStream {
    let is_body = |token: &proc_macro2::TokenTree| {
        matches!(token, proc_macro2::TokenTree::Group(group)
            if group.delimiter() == proc_macro2::Delimiter::Brace)
    };
    input.into_iter().take_while(|token| !is_body(token)).collect()
}

/// `#[label("key")]` or `#[label(skip)]`.
fn said(attrs: &[Attribute], errors: &mut Errors) -> Option<Said> {
    let parse = |input: ParseStream<'_>| {
        let said = if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            if text.value().is_empty() {
                bail!(text, "a label cannot be empty; write `#[label(\"http.route\")]`");
            }
            Said::Text(text)
        } else {
            let word: Ident = input.parse().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "write `#[label(\"http.route\")]` or `#[label(skip)]`",
                )
            })?;
            if word != "skip" {
                bail!(
                    &word,
                    "`{word}` is no option; write `#[label(\"http.route\")]` or `#[label(skip)]`"
                );
            }
            Said::Skip
        };
        input.parse::<Option<Token![,]>>()?;
        Ok(said)
    };
    let mut all = attrs.iter().filter(|attr| attr.path().is_ident("label"));
    let first = all.next()?;
    if let Some(second) = all.next() {
        errors.at(second, "`label` is given twice");
    }
    errors.ok(first.parse_args_with(parse))
}

/// `#[labels(crate = path)]`.
fn krate(attrs: &[Attribute], errors: &mut Errors) -> Path {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>().map_err(|error| {
            syn::Error::new(error.span(), "the one option is `#[labels(crate = path)]`")
        })?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    let attr = attrs.iter().find(|attr| attr.path().is_ident("labels"));
    attr.and_then(|attr| errors.ok(attr.parse_args_with(parse)))
        .unwrap_or_else(siblings::default_crate)
}

/// `InTransit` as `in_transit`, `HTTPError` as `http_error`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let ends_capitals = after.is_some_and(|after| after.is_lowercase());
        let begins = letter.is_uppercase()
            && before
                .is_some_and(|before| *before != '_' && (!before.is_uppercase() || ends_capitals));
        if begins {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_of_variants_become_words() {
        for (name, words) in [
            ("Eu", "eu"),
            ("InTransit", "in_transit"),
            ("HTTPError", "http_error"),
            ("Http2", "http2"),
            ("A", "a"),
            ("Big_One", "big_one"),
        ] {
            assert_eq!(snake_case(name), words);
        }
    }
}
