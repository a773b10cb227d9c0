//! Groups of options that follow a convention: `db(system = postgresql, collection = "orders")`.

use syn::{
    Expr, Ident, Lit, LitBool, LitStr, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse as _, ParseStream},
};

use super::fields::{self, Form};
use crate::{
    args::{
        self, Value,
        conventions::{Entry, Table, Takes},
        known::Known,
    },
    errors::{Errors, bail},
};

/// The options of one group, as given.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) table: &'static Table,
    pub(crate) members: Vec<Member>,
}

/// One option.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) key: Ident,
    pub(crate) entry: &'static Entry,
    pub(crate) value: MemberValue,
}

/// What was said of it.
#[derive(Clone)]
pub(crate) enum MemberValue {
    /// The same for all calls.
    Constant(Lit),
    /// Looked up when the call begins.
    Captured(Form, Expr),
    /// A closure that is asked when the call ends.
    Returned(Expr),
}

impl Group {
    /// The option of this name, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.entry.name == name)
    }
}

impl Member {
    /// The text, if it is the same for all calls.
    pub(crate) fn constant_text(&self) -> Option<String> {
        match &self.value {
            MemberValue::Constant(Lit::Str(text)) => Some(text.value()),
            _ => None,
        }
    }
}

impl Value for Group {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let Some(table) = Table::of(&key.unraw().to_string()) else {
            bail!(key, "`{key}` is no group of options");
        };
        if !input.peek(syn::token::Paren) {
            let first = table.required.first().copied().unwrap_or("…");
            bail!(key, "`{key}` needs its options; write `{key}({first} = …)`");
        }
        let content;
        parenthesized!(content in input);
        let mut members: Vec<Member> = Vec::new();
        let mut errors = Errors::default();
        let names: Vec<_> = table.entries.iter().map(|entry| entry.name).collect();
        args::each(content.parse()?, &names, &mut errors, &mut |key, input| {
            let Some(entry) = table.entry(&key.unraw().to_string()) else {
                return Err(args::unknown(&format!("`{}` option", table.name), key, &names));
            };
            let value = member(key, entry, input)?;
            if let Some(other) = members.iter().find(|other| is_same(other.entry, entry)) {
                let message = match other.entry.name == entry.name {
                    true => format!("option `{key}` is given twice; keep one"),
                    false => format!("`{key}` is another name of `{}`; keep one", other.key),
                };
                bail!(key, "{message}");
            }
            members.push(Member { key: key.clone(), entry, value });
            Ok(())
        });
        errors.into_result()?;
        Ok(Self { table, members })
    }

    /// What a block says of all its functions holds where they do not say otherwise.
    fn over(mut self, outer: Self) -> Self {
        for member in outer.members {
            if !self.members.iter().any(|own| is_same(own.entry, member.entry)) {
                self.members.push(member);
            }
        }
        self
    }
}

/// Whether two options say the same; the service of a call is a part of its method.
fn is_same(one: &Entry, other: &Entry) -> bool {
    one.name == other.name
        || one.key == other.key
            && !matches!(one.takes, Takes::Literal)
            && !matches!(other.takes, Takes::Literal)
}

fn member(key: &Ident, entry: &Entry, input: ParseStream<'_>) -> syn::Result<MemberValue> {
    if matches!(entry.takes, Takes::Flag) && !input.peek(Token![=]) {
        let on = LitBool::new(true, key.span());
        return Ok(MemberValue::Constant(Lit::Bool(on)));
    }
    if !input.peek(Token![=]) || input.peek2(Token![,]) {
        bail!(key, "`{key}` needs a value; write `{key} = {}`", example(entry.takes));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() {
        bail!(key, "`{key}` needs a value; write `{key} = {}`", example(entry.takes));
    }
    match entry.takes {
        Takes::Known(known) => word(known, input),
        Takes::Literal => match Lit::parse(input) {
            Ok(text @ Lit::Str(_)) => Ok(MemberValue::Constant(text)),
            _ => bail!(
                key,
                "`{key}` is a text; of what is known at run time only, write the whole name as \
                 `method`"
            ),
        },
        Takes::Result => Ok(MemberValue::Returned(input.parse()?)),
        Takes::Flag | Takes::Number | Takes::Statement | Takes::Text => {
            let value = captured(input)?;
            if let MemberValue::Constant(constant) = &value
                && !fits(entry.takes, constant)
            {
                bail!(
                    constant,
                    "`{key}` is {}; write `{key} = {}`",
                    what(entry.takes),
                    example(entry.takes)
                );
            }
            Ok(value)
        }
    }
}

/// A literal, or any expression with its form.
fn captured(input: ParseStream<'_>) -> syn::Result<MemberValue> {
    let form = fields::form(input)?;
    let value: Expr = input.parse()?;
    Ok(match value {
        Expr::Lit(literal) if form == Form::Typed => MemberValue::Constant(literal.lit),
        value => MemberValue::Captured(form, value),
    })
}

/// A word of a set, bare or quoted; or `other(…)` with any text.
fn word(known: &'static Known, input: ParseStream<'_>) -> syn::Result<MemberValue> {
    if input.peek(Ident) && input.peek2(syn::token::Paren) {
        let other = input.parse::<Ident>()?;
        if other != "other" {
            bail!(&other, "write `other(…)` for a {} that has no name of its own here", known.what);
        }
        let content;
        parenthesized!(content in input);
        return captured(&content);
    }
    let word = if input.peek(LitStr) { input.parse()? } else { fields::key(input)?.0 };
    if known.words.contains(&word.value().as_str()) {
        return Ok(MemberValue::Constant(Lit::Str(word)));
    }
    let message = args::message(known.what, &word.value(), known.words);
    bail!(&word, "{message}; write `other(\"…\")` for any other")
}

fn fits(takes: Takes, constant: &Lit) -> bool {
    match takes {
        Takes::Flag => matches!(constant, Lit::Bool(_)),
        Takes::Number => match constant {
            Lit::Int(number) => number.base10_parse::<i64>().is_ok(),
            Lit::Float(number) => number.base10_parse::<f64>().is_ok(),
            _ => false,
        },
        _ => matches!(constant, Lit::Str(_)),
    }
}

fn what(takes: Takes) -> &'static str {
    match takes {
        Takes::Flag => "`true` or `false`",
        Takes::Number => "a number",
        _ => "a text",
    }
}

fn example(takes: Takes) -> &'static str {
    match takes {
        Takes::Flag => "true",
        Takes::Known(known) => known.words.first().copied().unwrap_or("…"),
        Takes::Number => "10",
        Takes::Result => "|result| …",
        Takes::Literal | Takes::Statement | Takes::Text => "\"…\"",
    }
}
