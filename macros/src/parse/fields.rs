//! The grammar of attributes of spans: `key = expr`, `key = %expr`, `key = ?expr`, `arg`.

use syn::{
    Expr, Ident, LitStr, Member, Token, braced,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
};

use crate::{
    args,
    errors::{self, bail},
};

/// One attribute of a span.
#[derive(Clone)]
pub(crate) struct FieldArg {
    pub(crate) key: LitStr,
    pub(crate) form: Form,
    pub(crate) value: Expr,
    /// The argument that a bare `arg` or `arg.member` begins with.
    pub(crate) bare: Option<Ident>,
}

/// One attribute of a span as `tracing` declares it, maybe without a value yet.
#[derive(Clone)]
pub(crate) struct DeclaredField {
    pub(crate) key: Key,
    pub(crate) form: Form,
    pub(crate) value: Option<Expr>,
}

/// What an attribute is called.
#[derive(Clone)]
pub(crate) enum Key {
    Text(LitStr),
    /// A constant: `{NAME}`.
    Const(Expr),
}

/// How a value is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As what its type can be.
    Auto,
    Debug,
    Display,
    /// As a statement of this database (empty: of one that is not known), without its literals.
    Statement(&'static str),
    /// As a typed attribute.
    Typed,
    /// As a typed attribute, or as `tracing` would.
    Declared,
    /// Later.
    Empty,
}

impl Key {
    /// The text, if it is known.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.value()),
            Self::Const(_) => None,
        }
    }
}

impl Parse for DeclaredField {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = form(input)?;
        let (key, own) = if input.peek(syn::token::Brace) {
            let content;
            braced!(content in input);
            (Key::Const(content.parse()?), None)
        } else {
            let (key, path) = key(input)?;
            (Key::Text(key), path.map(|(_, value)| value))
        };
        if !input.peek(Token![=]) {
            return match (first, own) {
                (Form::Typed, _) => Ok(Self { key, form: Form::Empty, value: None }),
                (form, Some(value)) => Ok(Self { key, form, value: Some(value) }),
                (_, None) => Err(input.error("expected `=` and a value")),
            };
        }
        input.parse::<Token![=]>()?;
        let form = match (form(input)?, first) {
            (Form::Typed, Form::Typed) => Form::Declared,
            (Form::Typed, first) => first,
            (form, _) => form,
        };
        let value = input.parse::<Expr>()?;
        let is_empty = form == Form::Declared && args::is_empty(&value);
        let form = if is_empty { Form::Empty } else { form };
        Ok(Self { key, form, value: Some(value) })
    }
}

impl Parse for FieldArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let bare_form = form(input)?;
        let (key, path) = key(input)?;
        if input.peek(Token![=]) {
            if bare_form != Form::Typed {
                bail!(
                    &key,
                    "the sigil belongs to the value; write `{0} = %…` or `{0} = ?…`",
                    key.value()
                );
            }
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                bail!(&key, "`{0}` needs a value; write `{0} = …`", key.value());
            }
            let form = form(input)?;
            return Ok(Self { key, form, value: input.parse()?, bare: None });
        }
        match path {
            Some((first, value)) => Ok(Self { key, form: bare_form, value, bare: Some(first) }),
            None => bail!(&key, "`{0}` needs a value; write `\"{0}\" = …`", key.value()),
        }
    }
}

/// The sigil in front of a value.
pub(super) fn form(input: ParseStream<'_>) -> syn::Result<Form> {
    Ok(if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        Form::Display
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        Form::Debug
    } else {
        Form::Typed
    })
}

/// A quoted key, or a dotted one with the expression that it would be if it stood alone.
pub(crate) fn key(input: ParseStream<'_>) -> syn::Result<(LitStr, Option<(Ident, Expr)>)> {
    if input.peek(LitStr) {
        let key = input.parse::<LitStr>()?;
        if key.value().is_empty() {
            bail!(&key, "an attribute needs a key");
        }
        return Ok((key, None));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(
            "expected an attribute: `key = value`, `key = %value`, `key = ?value` or an argument",
        ));
    }
    let first = input.call(Ident::parse_any)?;
    let mut text = first.unraw().to_string();
    let mut span = first.span();
    let mut value =
        Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: first.clone().into() });
    while input.peek(Token![.]) {
        let dot = input.parse::<Token![.]>()?;
        let part = input.call(Ident::parse_any).map_err(|error| {
            errors::at(
                dot,
                format!("{error}; quote a key that is no dotted name: `\"{text}.…\" = …`"),
            )
        })?;
        text.push('.');
        text.push_str(&part.unraw().to_string());
        span = span.join(part.span()).unwrap_or(span);
        value = Expr::Field(syn::ExprField {
            attrs: Vec::new(),
            base: Box::new(value),
            dot_token: dot,
            member: Member::Named(part),
        });
    }
    Ok((LitStr::new(&text, span), Some((first, value))))
}
