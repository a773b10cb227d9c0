//! Parameters: the names they bind, and `#[field]` on them.

use syn::{Attribute, FnArg, Ident, LitStr, Meta, Pat, Signature, spanned::Spanned as _};

use crate::{
    args::{self, Assign, Given, Options as _},
    errors::Errors,
};

/// One parameter.
pub(crate) struct Param {
    /// The names its pattern binds.
    pub(crate) names: Vec<Ident>,
    /// The `#[cfg]`s on it, which rustc resolves after we ran.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) field: Option<FieldMark>,
}

args::options! {
    /// `#[field(name = "…", redact)]`.
    struct FieldMark {
        name = "name": Assign<LitStr>,
        redact = "redact": RedactMark,
    }
}

/// `redact`, or `redact = hash`.
#[derive(Clone, Debug)]
pub(crate) struct RedactMark(pub(crate) Option<args::Redaction>);

impl args::Value for RedactMark {
    fn parse(_key: &Ident, input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::Token![=]) {
            return Ok(Self(None));
        }
        input.parse::<syn::Token![=]>()?;
        Ok(Self(Some(input.parse::<args::Word<args::Redaction>>()?.0)))
    }
}

impl FieldMark {
    /// The key, if it is not the parameter's name.
    pub(crate) fn key(&self) -> Option<&LitStr> {
        self.name.as_ref().map(|Given { value: Assign(name), .. }| name)
    }
}

/// Reads the parameters and strips our marks from them.
pub(crate) fn take(sig: &mut Signature, errors: &mut Errors) -> Vec<Param> {
    sig.inputs.iter_mut().map(|arg| take_one(arg, errors)).collect()
}

fn take_one(arg: &mut FnArg, errors: &mut Errors) -> Param {
    let (attrs, names) = match arg {
        FnArg::Receiver(receiver) => {
            (&mut receiver.attrs, vec![Ident::new("self", receiver.self_token.span)])
        }
        FnArg::Typed(typed) => {
            let mut names = Vec::new();
            bound_names(&typed.pat, &mut names);
            (&mut typed.attrs, names)
        }
    };
    let mut field = None;
    attrs.retain(|attr| {
        if attr.path().is_ident("cfg_attr") && mentions_field(attr) {
            errors.at(
                attr,
                "`cfg_attr` on a parameter is resolved after this macro ran; write `#[field]` \
                 and a `#[cfg_attr(…, traced(skip(…)))]` on the function",
            );
            return false;
        }
        if !is_field(attr) {
            return true;
        }
        if field.is_some() {
            errors.at(attr, "`#[field]` is given twice; keep one");
        }
        field = Some((attr.path().span(), mark(attr, errors)));
        false
    });
    let field = field.and_then(|(span, mark)| {
        if names.len() == 1 {
            return Some(mark);
        }
        errors.push(syn::Error::new(
            span,
            "`#[field]` needs a parameter with one name; write `fields(key = expr)` on the function",
        ));
        None
    });
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
    Param { names, cfgs, field }
}

fn mark(attr: &Attribute, errors: &mut Errors) -> FieldMark {
    match &attr.meta {
        Meta::Path(_) => FieldMark::default(),
        Meta::List(list) => FieldMark::parse(list.tokens.clone(), errors),
        Meta::NameValue(pair) => {
            errors.at(pair, "`field` takes options in parentheses; write `#[field(name = \"…\")]`");
            FieldMark::default()
        }
    }
}

/// `#[field]`, or `#[spandrel::field]`.
fn is_field(attr: &Attribute) -> bool {
    let mut segments = attr.path().segments.iter().rev().map(|segment| &segment.ident);
    segments.next().is_some_and(|last| last == "field") && segments.all(|first| first == "spandrel")
}

fn mentions_field(attr: &Attribute) -> bool {
    let Meta::List(list) = &attr.meta else { return false };
    list.tokens.clone().into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "field",
        _ => false,
    })
}

/// The names a pattern binds, from left to right.
fn bound_names(pattern: &Pat, names: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(ident) => {
            names.push(ident.ident.clone());
            if let Some((_, inner)) = &ident.subpat {
                bound_names(inner, names);
            }
        }
        Pat::Or(or) => or.cases.iter().take(1).for_each(|case| bound_names(case, names)),
        Pat::Paren(inner) => bound_names(&inner.pat, names),
        Pat::Reference(inner) => bound_names(&inner.pat, names),
        Pat::Slice(slice) => slice.elems.iter().for_each(|inner| bound_names(inner, names)),
        Pat::Struct(fields) => {
            fields.fields.iter().for_each(|field| bound_names(&field.pat, names));
        }
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|inner| bound_names(inner, names)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|inner| bound_names(inner, names)),
        Pat::Type(inner) => bound_names(&inner.pat, names),
        _ => {}
    }
}
