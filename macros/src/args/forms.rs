//! The forms an option can take: `flag`, `key = value`, `key(a, b)`.

use syn::{
    Expr, Ident, LitStr, Path, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::{Options, Value};
use crate::errors::{Errors, bail};

/// `flag`.
#[derive(Clone, Debug)]
pub(crate) struct Flag;

/// `key = value`.
#[derive(Clone, Debug)]
pub(crate) struct Assign<T>(pub(crate) T);

/// `key(a, b)`; what a block lists is added to what the function lists.
#[derive(Clone, Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

/// `key(…), key(…)`: each of them one thing; what a block says is added to what the function says.
#[derive(Clone, Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

/// `key`, or `key(a, b)`.
#[derive(Clone, Debug)]
pub(crate) enum Switch<T> {
    On,
    Of(Vec<T>),
}

/// `key(option = value, …)`.
#[derive(Clone, Debug)]
pub(crate) struct Group<O>(pub(crate) O);

/// What may stand behind `=`, with an example for the error.
pub(crate) trait Assigned: Sized {
    const EXAMPLE: &'static str;
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self>;
}

impl Value for Flag {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.is_empty() && !input.peek(Token![,]) {
            bail!(key, "`{key}` takes no value; write `{key}` alone");
        }
        Ok(Self)
    }
}

impl<T: Assigned> Value for Assign<T> {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![=]) {
            bail!(key, "`{key}` needs a value; write `{key} = {}`", T::EXAMPLE);
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            bail!(key, "`{key}` needs a value; write `{key} = {}`", T::EXAMPLE);
        }
        Ok(Self(T::parse(key, input)?))
    }
}

impl<T: Parse> Value for List<T> {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        match items(input)? {
            Some(items) => Ok(Self(items)),
            None => bail!(key, "`{key}` needs a list; write `{key}(…)`"),
        }
    }

    fn over(mut self, outer: Self) -> Self {
        self.0.extend(outer.0);
        self
    }
}

impl<T: Parse> Value for Many<T> {
    const REPEATS: bool = true;

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Paren) {
            bail!(key, "`{key}` needs its parts; write `{key}(…)`");
        }
        let content;
        parenthesized!(content in input);
        let one = content.parse();
        // What is left behind an error would be reported as another one.
        content.parse::<proc_macro2::TokenStream>()?;
        Ok(Self(vec![one?]))
    }

    fn over(mut self, outer: Self) -> Self {
        self.0.extend(outer.0);
        self
    }
}

impl<O: Options> Value for Group<O> {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Paren) {
            bail!(key, "`{key}` needs its parts; write `{key}(…)`");
        }
        let content;
        parenthesized!(content in input);
        let mut errors = Errors::default();
        let options = O::parse(content.parse()?, &mut errors);
        errors.into_result().map(|()| Self(options))
    }
}

impl<T: Parse> Switch<T> {
    pub(crate) fn parse_form(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![=]) {
            bail!(key, "`{key}` takes no value; write `{key}` or `{key}(…)`");
        }
        Ok(items(input)?.map_or(Self::On, Self::Of))
    }
}

impl Assigned for Expr {
    const EXAMPLE: &'static str = "…";

    fn parse(_key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse()
    }
}

impl Assigned for LitStr {
    const EXAMPLE: &'static str = "\"…\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse().map_err(|error| {
            syn::Error::new(error.span(), format!("`{key}` is a text; write `{key} = \"…\"`"))
        })
    }
}

impl Assigned for Path {
    const EXAMPLE: &'static str = "::path";

    fn parse(_key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Path::parse_mod_style)
    }
}

fn items<T: Parse>(input: ParseStream<'_>) -> syn::Result<Option<Vec<T>>> {
    if !input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let content;
    parenthesized!(content in input);
    let items = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
    Ok(Some(items.into_iter().collect()))
}
