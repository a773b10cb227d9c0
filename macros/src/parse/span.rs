//! The input of `span!`: `"name", key = value, …`.

use syn::{
    LitStr, Path, Token,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::fields::FieldArg;

/// What `span!` was given.
pub(crate) struct SpanInput {
    pub(crate) krate: Option<Path>,
    pub(crate) name: LitStr,
    pub(crate) fields: Vec<FieldArg>,
}

impl Parse for SpanInput {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut krate = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            krate = Some(input.call(Path::parse_mod_style)?);
            input.parse::<Token![,]>()?;
        }
        let name = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "a span needs a name; write `span!(\"name\", …)`")
        })?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let fields = Punctuated::<FieldArg, Token![,]>::parse_terminated(input)?;
        Ok(Self { krate, name, fields: fields.into_iter().collect() })
    }
}
