//! What stands in the static of a site about its spans.

use syn::{Expr, Ident, LitStr};

use super::{
    CallName,
    groups::{Constant, Convention},
};
use crate::{
    args::{Kind, Verbosity, nearest},
    errors::bail,
    parse::{fields::Key, params::Param},
};

/// The span options of a site.
#[derive(Default)]
pub(crate) struct TracedSite {
    pub(crate) kind: Option<Kind>,
    pub(crate) level: Option<Verbosity>,
    pub(crate) target: Option<Expr>,
    pub(crate) name: Option<Name>,
    pub(crate) follows: Option<Convention>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) fields: Vec<Field>,
}

/// One key, and what the runtime is told about its redaction.
pub(crate) struct Field {
    pub(crate) key: Key,
    /// `new` (the deny-list decides), `redacted` or `clear`.
    pub(crate) constructor: &'static str,
}

/// The name of spans.
#[derive(Clone)]
pub(crate) enum Name {
    /// A text, or a constant.
    Fixed(Expr),
    /// With `{placeholders}`.
    Pattern(LitStr),
}

impl Name {
    /// Reads a name; its placeholders must be arguments.
    pub(crate) fn new(literal: LitStr, params: &[Param]) -> syn::Result<Self> {
        let text = literal.value();
        if text.is_empty() {
            bail!(&literal, "a span needs a name; leave `name` out for the function's own");
        }
        let names: Vec<_> = params.iter().flat_map(|param| &param.names).collect();
        let mut is_pattern = false;
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            let (brace, after) = rest.split_at(at).1.split_at(1);
            is_pattern = true;
            if let Some(escaped) = after.strip_prefix(brace) {
                rest = escaped;
                continue;
            }
            let Some((placeholder, after)) = after.split_once('}').filter(|_| brace == "{") else {
                bail!(
                    &literal,
                    "unbalanced `{brace}` in the name; write `{brace}{brace}` for the character"
                );
            };
            check_placeholder(&literal, placeholder, &names)?;
            rest = after;
        }
        Ok(if is_pattern { Self::Pattern(literal) } else { Self::fixed(literal) })
    }

    /// The same for all spans.
    pub(crate) fn fixed(name: LitStr) -> Self {
        Self::Fixed(Expr::Lit(syn::ExprLit { attrs: Vec::new(), lit: syn::Lit::Str(name) }))
    }

    /// The format string of a name that each span has of its own.
    pub(crate) fn into_dynamic(self) -> Option<CallName> {
        match self {
            Self::Fixed(_) => None,
            Self::Pattern(pattern) => Some(CallName::Pattern(pattern)),
        }
    }
}

fn check_placeholder(literal: &LitStr, placeholder: &str, names: &[&Ident]) -> syn::Result<()> {
    let name = placeholder.split(':').next().unwrap_or_default().trim();
    if names.iter().any(|known| unraw(known) == name) {
        return Ok(());
    }
    if name.is_empty() {
        bail!(
            literal,
            "an empty placeholder has no value; write the name of an argument: `{{id}}`"
        );
    }
    let names: Vec<_> = names.iter().map(|name| unraw(name)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    match nearest(name, &names) {
        Some(near) => {
            bail!(
                literal,
                "`{{{name}}}` is no argument of this function; did you mean `{{{near}}}`?"
            )
        }
        None => bail!(literal, "`{{{name}}}` is no argument of this function"),
    }
}

fn unraw(name: &Ident) -> String {
    syn::ext::IdentExt::unraw(name).to_string()
}
