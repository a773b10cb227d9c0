//! The input of `policy!`: attributes without their brackets.

use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, Path, Token,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
};

use super::siblings::{self, Nested};
use crate::errors::bail;

/// `name = "payments", retry(max_attempts = 4), timeout("8s")`.
pub(crate) struct PolicyInput {
    pub(crate) krate: Option<Path>,
    pub(crate) name: Option<Expr>,
    pub(crate) parts: Vec<Nested>,
}

impl Parse for PolicyInput {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let parts = siblings::nested(&ahead.parse::<TokenStream>()?);
        let (mut krate, mut name) = (None, None);
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            match key.to_string().as_str() {
                "crate" => {
                    input.parse::<Token![=]>()?;
                    krate = Some(input.call(Path::parse_mod_style)?);
                }
                "name" => {
                    input.parse::<Token![=]>()?;
                    name = Some(input.parse()?);
                }
                known if parts.iter().any(|part| part.entry.name == known) => {
                    if input.peek(syn::token::Paren) {
                        input.parse::<proc_macro2::Group>()?;
                    }
                }
                other => bail!(
                    &key,
                    "`{other}` is no part of a policy; write `retry(…)`, `timeout(…)` and the like, \
                     or `name = \"…\"`"
                ),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self { krate, name, parts })
    }
}
