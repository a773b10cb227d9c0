//! Options of attributes, typed while they are parsed: no string travels further than this folder.

mod constants;
pub(crate) mod conventions;
mod forms;
pub(crate) mod known;
mod nearest;
mod quantities;
mod theirs;
mod words;

use proc_macro2::{Punct, Spacing, TokenStream, TokenTree};
use syn::{
    Ident, Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use crate::errors::{self, Errors};

pub(crate) use constants::{
    Amount, Backoff, Constant, Count, Factor, Portion, Rate, Shared, Spread, Truth, Window,
};
pub(crate) use forms::{Assign, Assigned, Flag, Group, List, Many, Switch};
pub(crate) use nearest::{message, nearest, unknown};
pub(crate) use quantities::{Lapse, Positive, Share};
pub(crate) use theirs::{Telling, Verbosity, is_empty, is_none};
pub(crate) use words::{
    Adaptive, Kind, Level, Name, OnCancel, Redaction, Refusal, Shown, Sync, Waitable, WhileAway,
    Word,
};

/// What stands behind the name of an option.
pub(crate) trait Value: Sized {
    /// Whether it may be given more than once; each further one is added.
    const REPEATS: bool = false;

    /// Parses what follows `key`.
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self>;

    /// This one, given that a block around the function said `outer`.
    fn over(self, outer: Self) -> Self {
        let _ = outer;
        self
    }
}

/// The options of one attribute; implemented by [`options!`].
pub(crate) trait Options: Sized {
    /// What there is to be given.
    const NAMES: &'static [&'static str] = &[];

    /// Parses what stands in the parentheses.
    fn parse(args: TokenStream, errors: &mut Errors) -> Self;

    /// These options, given those of a block around the function.
    fn over(self, outer: Self) -> Self;
}

/// An option that was given, with its name as typed: for errors that concern it.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// Declares the options of one attribute: the only list of their names there is.
macro_rules! options {
    ($(#[$meta:meta])* struct $Options:ident { $($field:ident = $name:literal: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(crate) struct $Options {
            $(pub(crate) $field: Option<crate::args::Given<$type>>,)*
        }

        impl crate::args::Options for $Options {
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn parse(
                args: proc_macro2::TokenStream,
                errors: &mut crate::errors::Errors,
            ) -> Self {
                let mut options = Self::default();
                crate::args::each(args, Self::NAMES, errors, &mut |key, input| {
                    match syn::ext::IdentExt::unraw(key).to_string().as_str() {
                        $($name => crate::args::set(&mut options.$field, key, input),)*
                        _ => Err(crate::args::unknown("option", key, Self::NAMES)),
                    }
                });
                options
            }

            fn over(self, outer: Self) -> Self {
                Self { $($field: crate::args::over(self.$field, outer.$field),)* }
            }
        }
    };
}
pub(crate) use options;

/// Writes `name =` in front of a first value that stands there without a name.
pub(crate) fn positional<O: Options>(name: &str, args: TokenStream) -> TokenStream {
    let mut tokens = args.clone().into_iter();
    let (first, second) = (tokens.next(), tokens.next());
    let is_option = match (&first, &second) {
        (None, _) => true,
        (Some(TokenTree::Ident(word)), None) => is_option::<O>(word),
        (Some(TokenTree::Ident(word)), Some(TokenTree::Punct(punct))) => match punct.as_char() {
            '=' => true,
            ',' => is_option::<O>(word),
            _ => false,
        },
        (Some(TokenTree::Ident(_)), Some(TokenTree::Group(_))) => true,
        _ => false,
    };
    let Some(first) = first.filter(|_| !is_option) else { return args };
    let mut named = TokenStream::from_iter([
        TokenTree::Ident(Ident::new(name, first.span())),
        TokenTree::Punct(Punct::new('=', Spacing::Alone)),
    ]);
    named.extend(args);
    named
}

/// A word that is meant as an option: constants and statics have capitals.
fn is_option<O: Options>(word: &Ident) -> bool {
    let word = word.to_string();
    O::NAMES.contains(&word.as_str()) || !word.starts_with(char::is_uppercase)
}

/// Parses `option, option = value, option(…)`; after an error it goes on behind the next comma.
pub(crate) fn each(
    args: TokenStream,
    names: &[&str],
    errors: &mut Errors,
    option: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let parsed = one(input, names, option);
            if let Err(error) = parsed {
                errors.push(error);
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let parsed = parser.parse2(args);
    errors.ok(parsed);
}

fn one(
    input: ParseStream<'_>,
    names: &[&str],
    option: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        let first = names.first().map_or("option", |name| *name);
        let text = format!("expected the name of an option in front, as in `{first} = …`");
        return Err(input.error(format!("{text}; {}", nearest::valid(names))));
    }
    let key = input.call(Ident::parse_any)?;
    option(&key, input)?;
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error(format!("unexpected after option `{key}`; expected `,`")));
    }
    Ok(())
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Parses an option into its place; a second time is an error.
pub(crate) fn set<T: Value>(
    place: &mut Option<Given<T>>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    let value = T::parse(key, input)?;
    *place = Some(match place.take() {
        None => Given { key: key.clone(), value },
        Some(before) if T::REPEATS => Given { key: before.key, value: before.value.over(value) },
        Some(before) => {
            *place = Some(before);
            return Err(errors::at(key, format!("option `{key}` is given twice; keep one")));
        }
    });
    Ok(())
}

/// What holds of one option, given a function's own and that of the block around it.
pub(crate) fn over<T: Value>(own: Option<Given<T>>, outer: Option<Given<T>>) -> Option<Given<T>> {
    match (own, outer) {
        (Some(own), Some(outer)) => {
            Some(Given { key: own.key, value: own.value.over(outer.value) })
        }
        (own, outer) => own.or(outer),
    }
}
