//! What kind of function it is, and so how its body is wrapped.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{GenericArgument, Ident, PathArguments, ReturnType, Type, TypeParamBound};

use crate::parse::Function;

/// The way a body is wrapped.
pub(crate) enum Shape {
    /// Only a guard: the function never returns, or its caller's place must survive.
    Guard,
    /// A closure, called once.
    Sync { output: Type },
    /// An async block in place of the body.
    Async { output: Type, is_never: bool },
    /// The async block at the end of a function that returns a future.
    Tail { tail: Tail, output: Type },
    /// A future that the body makes in some other way.
    Value { returned: Type, output: Type, boxed: bool },
    /// A stream.
    Stream { returned: Type, boxed: bool },
}

/// `lead; Box::pin(async move { block })`.
pub(crate) struct Tail {
    /// The statements in front.
    pub(crate) lead: TokenStream,
    /// `Box::pin`, as written.
    pub(crate) wrapper: Option<TokenStream>,
    pub(crate) moves: Option<Ident>,
    pub(crate) block: Group,
}

impl Tail {
    /// The block in two: what it takes over from its function, and the rest, which can run again.
    ///
    /// `#[async_trait]` begins its blocks with `let x = x;` for each argument.
    pub(crate) fn split(&self) -> (TokenStream, Group) {
        let tokens: Vec<TokenTree> = self.block.stream().into_iter().collect();
        let mut taken = skip_pin(&tokens);
        let start = taken;
        while let Some(length) = tokens.get(taken..).and_then(takes_over) {
            taken += length;
        }
        if taken == start {
            taken = 0;
        }
        let (lead, rest) = tokens.split_at_checked(taken).unwrap_or((&[], &tokens));
        let mut block = Group::new(Delimiter::Brace, rest.iter().cloned().collect());
        block.set_span(self.block.span());
        (lead.iter().cloned().collect(), block)
    }
}

/// The length of `if let … = … { return … }` at the beginning, by which `#[async_trait]` names the
/// type of the block.
fn skip_pin(tokens: &[TokenTree]) -> usize {
    let is_if = matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == "if");
    let is_let = matches!(tokens.get(1), Some(TokenTree::Ident(word)) if word == "let");
    let is_block = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    match tokens.iter().position(is_block) {
        Some(end) if is_if && is_let => end + 1,
        _ => 0,
    }
}

/// The length of `let a = b;`, if that is what stands there.
fn takes_over(tokens: &[TokenTree]) -> Option<usize> {
    let is_word = |token: Option<&TokenTree>, word: &str| matches!(token, Some(TokenTree::Ident(ident)) if ident == word);
    let is_punct = |token: Option<&TokenTree>, punct: char| matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct);
    let at = 1 + usize::from(is_word(tokens.get(1), "mut"));
    let is_statement = is_word(tokens.first(), "let")
        && matches!(tokens.get(at), Some(TokenTree::Ident(_)))
        && is_punct(tokens.get(at + 1), '=')
        && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)))
        && is_punct(tokens.get(at + 3), ';');
    is_statement.then_some(at + 4)
}

impl Shape {
    pub(crate) fn of(function: &Function, says_future: bool) -> Self {
        let sig = &function.sig;
        let returned = match &sig.output {
            ReturnType::Default => unit(function.body_span()),
            ReturnType::Type(_, returned) => (**returned).clone(),
        };
        let is_never = matches!(returned, Type::Never(_));
        if sig.asyncness.is_some() {
            return Self::Async { output: inferred(returned), is_never };
        }
        if let Some(future) = future_of(&returned, says_future) {
            return match tail(function.body.stream()) {
                Some(tail) => Self::Tail { tail, output: inferred(future.output) },
                None => Self::Value {
                    returned: inferred(returned),
                    output: inferred(future.output),
                    boxed: future.boxed,
                },
            };
        }
        if let Some(boxed) = stream(&returned) {
            return Self::Stream { returned: inferred(returned), boxed };
        }
        if is_never || function.has_attribute("track_caller") {
            return Self::Guard;
        }
        Self::Sync { output: inferred(returned) }
    }

    /// The shape that covers the making of a stream in place of the stream.
    pub(crate) fn around_making(self) -> Self {
        match self {
            Self::Stream { returned, .. } => Self::Sync { output: returned },
            other => other,
        }
    }
}

/// Whether the body ends in an async block, boxed or not.
pub(crate) fn ends_in_future(function: &Function) -> bool {
    tail(function.body.stream()).is_some()
}

struct Future {
    output: Type,
    boxed: bool,
}

/// Whether a function visibly returns a stream, and if so whether in a box.
fn stream(returned: &Type) -> Option<bool> {
    match returned {
        Type::ImplTrait(stream) => has_bound(&stream.bounds, "Stream").then_some(false),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match last.ident.to_string().as_str() {
                "BoxStream" | "LocalBoxStream" => Some(true),
                "Pin" => boxed_object(type_arguments(last).next()?)
                    .filter(|object| has_bound(&object.bounds, "Stream"))
                    .map(|_| true),
                _ => None,
            }
        }
        Type::Paren(inner) => stream(&inner.elem),
        Type::Group(inner) => stream(&inner.elem),
        _ => None,
    }
}

fn has_bound<'b>(bounds: impl IntoIterator<Item = &'b TypeParamBound>, name: &str) -> bool {
    bounds.into_iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| last.ident == name)
        }
        _ => false,
    })
}

/// What the future that a function returns gives, if it visibly returns one.
fn future_of(returned: &Type, says_future: bool) -> Option<Future> {
    match returned {
        Type::ImplTrait(future) => {
            Some(Future { output: output_of(&future.bounds)?, boxed: false })
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            let types = || type_arguments(last).next();
            match name.as_str() {
                "BoxFuture" | "LocalBoxFuture" => {
                    Some(Future { output: types()?.clone(), boxed: true })
                }
                "Pin" => Some(Future { output: output_of_box(types()?)?, boxed: true }),
                _ if says_future => Some(Future { output: anything(), boxed: true }),
                _ => None,
            }
        }
        Type::Paren(inner) => future_of(&inner.elem, says_future),
        Type::Group(inner) => future_of(&inner.elem, says_future),
        _ => None,
    }
}

/// `Box<dyn Future<Output = T>>`.
fn output_of_box(boxed: &Type) -> Option<Type> {
    output_of(&boxed_object(boxed)?.bounds)
}

/// The `dyn …` in `Box<dyn …>`.
fn boxed_object(boxed: &Type) -> Option<&syn::TypeTraitObject> {
    let Type::Path(path) = boxed else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    type_arguments(last).find_map(|argument| match argument {
        Type::TraitObject(object) => Some(object),
        _ => None,
    })
}

/// The types between `<` and `>`.
fn type_arguments(segment: &syn::PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

fn output_of<'b>(bounds: impl IntoIterator<Item = &'b TypeParamBound>) -> Option<Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => {
                Some(output.ty.clone())
            }
            _ => None,
        })
    })
}

/// Splits a body that ends in `async { … }` or `Box::pin(async { … })`.
fn tail(body: TokenStream) -> Option<Tail> {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let (last, before) = tokens.split_last()?;
    let TokenTree::Group(group) = last else { return None };
    match group.delimiter() {
        Delimiter::Brace => {
            let (moves, before) = async_keywords(before)?;
            let lead = statements(before)?;
            Some(Tail { lead, wrapper: None, moves, block: group.clone() })
        }
        Delimiter::Parenthesis => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let (last, block) = match inner.split_last()? {
                (TokenTree::Punct(comma), rest) if comma.as_char() == ',' => rest.split_last()?,
                other => other,
            };
            let TokenTree::Group(async_block) = last else { return None };
            let (moves, []) = async_keywords(block)? else { return None };
            let start = box_pin(before)?;
            let (lead, wrapper) = before.split_at_checked(start)?;
            Some(Tail {
                lead: statements(lead)?,
                wrapper: Some(wrapper.iter().cloned().collect()),
                moves,
                block: async_block.clone(),
            })
        }
        Delimiter::Bracket | Delimiter::None => None,
    }
}

/// `async` or `async move` at the end.
fn async_keywords(tokens: &[TokenTree]) -> Option<(Option<Ident>, &[TokenTree])> {
    match tokens {
        [before @ .., TokenTree::Ident(keyword), TokenTree::Ident(moves)]
            if keyword == "async" && moves == "move" =>
        {
            Some((Some(moves.clone()), before))
        }
        [before @ .., TokenTree::Ident(keyword)] if keyword == "async" => Some((None, before)),
        _ => None,
    }
}

/// Where `…::Box::pin` starts at the end of the tokens.
fn box_pin(tokens: &[TokenTree]) -> Option<usize> {
    let is_path = |token: &TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(colon) => colon.as_char() == ':',
        _ => false,
    };
    let start = tokens.iter().rposition(|token| !is_path(token)).map_or(0, |at| at + 1);
    let path = tokens.get(start..)?;
    let mut words = path.iter().rev().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    (words.next()? == "pin" && words.next()? == "Box" && words.all(|word| word != "return"))
        .then_some(start)
}

/// The statements in front of a tail expression; none if it only ends what stands there.
fn statements(tokens: &[TokenTree]) -> Option<TokenStream> {
    let ends = match tokens.last() {
        None => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(_) => false,
    };
    ends.then(|| tokens.iter().cloned().collect())
}

/// The type with `_` for each `impl Trait`, which could not be named in the body.
fn inferred(mut ty: Type) -> Type {
    infer(&mut ty);
    ty
}

fn infer(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = anything(),
        Type::Array(inner) => infer(&mut inner.elem),
        Type::Group(inner) => infer(&mut inner.elem),
        Type::Paren(inner) => infer(&mut inner.elem),
        Type::Ptr(inner) => infer(&mut inner.elem),
        Type::Reference(inner) => infer(&mut inner.elem),
        Type::Slice(inner) => infer(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(infer),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            infer(inner);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

fn anything() -> Type {
    Type::Infer(syn::TypeInfer { underscore_token: syn::Token![_](Span::mixed_site()) })
}

fn unit(span: Span) -> Type {
    Type::Tuple(syn::TypeTuple {
        paren_token: syn::token::Paren(Span::mixed_site().located_at(span)),
        elems: syn::punctuated::Punctuated::new(),
    })
}
