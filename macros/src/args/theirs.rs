//! What the options of `#[instrument]` take, which `tracing` laid down.

use syn::{Expr, Ident, LitInt, LitStr, Path, Token, parenthesized, parse::ParseStream};

use super::{
    Value,
    forms::Assigned,
    words::{Level, Set, Shown},
};
use crate::errors::bail;

/// How verbose something is: a word, a number, or a constant.
#[derive(Clone)]
pub(crate) enum Verbosity {
    Word(Level),
    /// A path, and the level that its last word names.
    Const(Path, Option<Level>),
}

/// What is told when a function ends: `err`, `err(Debug)`, `err(level = "info", Display)`.
#[derive(Clone, Default)]
pub(crate) struct Telling {
    pub(crate) how: Option<Shown>,
    pub(crate) level: Option<Verbosity>,
}

const LEVELS: &str = "`\"trace\"` to `\"error\"`, 1 to 5, or a constant such as `Level::DEBUG`";

impl Assigned for Verbosity {
    const EXAMPLE: &'static str = "\"debug\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            let word = input.parse::<LitStr>()?;
            match level(&word.value()) {
                Some(level) => Ok(Self::Word(level)),
                None => bail!(&word, "`{}` is no level; write {LEVELS}", word.value()),
            }
        } else if input.peek(LitInt) {
            let number = input.parse::<LitInt>()?;
            let index = number.base10_parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            match index.and_then(|index| Level::WORDS.get(index)) {
                Some((_, level)) => Ok(Self::Word(*level)),
                None => bail!(&number, "`{number}` is no level; write {LEVELS}"),
            }
        } else if input.peek(Ident) || input.peek(Token![::]) || input.peek(Token![crate]) {
            let path = input.call(Path::parse_mod_style)?;
            // One word of the set is the word: as `#[traced]` takes it.
            if let Some(word) = path.get_ident().and_then(|word| exact(&word.to_string())) {
                return Ok(Self::Word(word));
            }
            let named = path.segments.last().and_then(|last| level(&last.ident.to_string()));
            Ok(Self::Const(path, named))
        } else {
            bail!(key, "`{key}` is no level; write {LEVELS}")
        }
    }
}

fn level(word: &str) -> Option<Level> {
    exact(&word.to_lowercase())
}

fn exact(word: &str) -> Option<Level> {
    Level::WORDS.iter().find(|(known, _)| *known == word).map(|(_, level)| *level)
}

impl Value for Telling {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![=]) {
            bail!(
                key,
                "`{key}` takes no value; write `{key}`, `{key}(Debug)` or `{key}(level = …)`"
            );
        }
        let mut telling = Self::default();
        if !input.peek(syn::token::Paren) {
            return Ok(telling);
        }
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            if content.peek(Ident) && content.peek2(Token![=]) {
                let option = content.parse::<Ident>()?;
                if option != "level" || telling.level.is_some() {
                    bail!(&option, "`{key}` takes one `level = …` and one of `Debug`, `Display`");
                }
                content.parse::<Token![=]>()?;
                telling.level = Some(<Verbosity as Assigned>::parse(&option, &content)?);
            } else {
                let word = content.parse::<Ident>()?;
                telling.how = match (telling.how, word.to_string().as_str()) {
                    (None, "Debug") => Some(Shown::Debug),
                    (None, "Display") => Some(Shown::Display),
                    _ => {
                        bail!(&word, "`{key}` takes one `level = …` and one of `Debug`, `Display`")
                    }
                };
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(telling)
    }
}

/// Whether an expression is the path to the value of a field that has none yet.
pub(crate) fn is_empty(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Empty"))
}

/// Whether an expression is `None`.
pub(crate) fn is_none(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "None"))
}
