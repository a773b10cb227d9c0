//! The others of our attributes on the same item.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Attribute, Ident, Meta, Path, Token,
    parse::{ParseStream, Parser as _},
};

use crate::engine::{self, Entry};

/// One of our attributes as it was written.
pub(crate) struct Written {
    pub(crate) entry: &'static Entry,
    pub(crate) args: TokenStream,
    /// What names it in errors: its path, or what was typed in it.
    pub(crate) span: Span,
    /// It came from the block around the function.
    pub(crate) is_block: bool,
    /// The path as typed, of an attribute that still stands on the item.
    pub(crate) path: Option<Path>,
}

/// The argument of an attribute that only proves that its name is ours.
pub(crate) const WITNESS: &str = "__witness";
/// The first argument of an attribute that a block gave to its functions.
pub(crate) const BLOCK: &str = "__block";

impl Written {
    /// The attribute that is being expanded.
    pub(crate) fn new(entry: &'static Entry, args: TokenStream) -> Self {
        let span = args.clone().into_iter().next().map_or_else(Span::call_site, |t| t.span());
        let (is_block, args) = strip_block(args);
        Self { entry, args, span, is_block, path: None }
    }

    fn sibling(entry: &'static Entry, attr: &Attribute) -> Self {
        let args = match &attr.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        let (is_block, args) = strip_block(args);
        let span = attr.path().segments.last().map_or_else(Span::call_site, |s| s.ident.span());
        Self { entry, args, span, is_block, path: Some(attr.path().clone()) }
    }
}

/// Whether the arguments are only a witness.
pub(crate) fn is_witness(args: &TokenStream) -> bool {
    matches!(args.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == WITNESS)
}

/// Takes our attributes from an item's; those of others stay, in order.
pub(crate) fn gather(attrs: &mut Vec<Attribute>, krate: &Path) -> Vec<Written> {
    let mut siblings = Vec::new();
    attrs.retain(|attr| match ours(attr.path(), krate) {
        Some(entry) => {
            siblings.push(Written::sibling(entry, attr));
            false
        }
        None => true,
    });
    siblings
}

/// An attribute that stands in `#[resilient(…)]`.
pub(crate) struct Nested {
    pub(crate) entry: &'static Entry,
    pub(crate) args: TokenStream,
    pub(crate) span: Span,
}

/// The attributes in the arguments of `#[resilient(…)]`.
pub(crate) fn nested(args: &TokenStream) -> Vec<Nested> {
    let mut found = Vec::new();
    let mut starts = true;
    let mut tokens = args.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let (TokenTree::Ident(name), true) = (&token, starts)
            && let Some(entry) = engine::entry(&name.to_string())
        {
            let (args, is_nested) = match tokens.peek() {
                Some(TokenTree::Group(group)) => (group.stream(), true),
                Some(TokenTree::Punct(punct)) => (TokenStream::new(), punct.as_char() == ','),
                None => (TokenStream::new(), true),
                Some(_) => (TokenStream::new(), false),
            };
            if is_nested {
                found.push(Nested { entry, args, span: name.span() });
            }
        }
        starts = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
    }
    found
}

/// Puts the attributes that stand in `#[resilient(…)]` beside it.
pub(crate) fn unfold(written: &mut Vec<Written>) {
    let says_skip = |args: &TokenStream| matches!(args.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "skip");
    let is_resilient = |written: &&Written| written.entry.name == "resilient";
    let is_skipped = written
        .iter()
        .filter(is_resilient)
        .any(|written| !written.is_block && says_skip(&written.args));
    if is_skipped {
        return;
    }
    let unfolded: Vec<_> = written
        .iter()
        .filter(is_resilient)
        .flat_map(|outer| {
            nested(&outer.args).into_iter().map(|Nested { entry, args, span }| Written {
                entry,
                args,
                span,
                is_block: outer.is_block,
                path: None,
            })
        })
        .collect();
    written.extend(unfolded);
}

/// Our attribute of this path: its bare name, or its name under the path of the crate.
fn ours(path: &Path, krate: &Path) -> Option<&'static Entry> {
    let last = path.segments.last()?;
    let entry = engine::entry(&last.ident.to_string())?;
    let prefix = path.segments.iter().rev().skip(1).map(|segment| &segment.ident);
    let is_bare = path.segments.len() == 1 && path.leading_colon.is_none();
    let is_qualified = prefix.eq(krate.segments.iter().rev().map(|segment| &segment.ident));
    (is_bare || is_qualified).then_some(entry)
}

/// The value of `crate = path` in the arguments of one of our attributes.
pub(crate) fn crate_path(args: &TokenStream) -> Option<Path> {
    let parser = |input: ParseStream<'_>| {
        let mut found = None;
        while !input.is_empty() {
            if input.peek(Token![crate]) && input.peek2(Token![=]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                found = Some(input.call(Path::parse_mod_style)?);
            } else {
                input.parse::<TokenTree>()?;
            }
        }
        Ok(found)
    };
    parser.parse2(args.clone()).ok().flatten()
}

/// `::spandrel`.
pub(crate) fn default_crate() -> Path {
    let mut path = Path::from(Ident::new("spandrel", Span::call_site()));
    path.leading_colon = Some(Token![::](Span::call_site()));
    path
}

fn strip_block(args: TokenStream) -> (bool, TokenStream) {
    let mut tokens = args.clone().into_iter();
    match tokens.next() {
        Some(TokenTree::Ident(word)) if word == BLOCK => (true, tokens.skip(1).collect()),
        _ => (false, args),
    }
}
