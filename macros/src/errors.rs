//! Errors of one item, collected: the user sees all of them at once.

use proc_macro2::{Span, TokenStream};

/// Returns an error at the tokens the user typed.
macro_rules! bail {
    ($tokens:expr, $($message:tt)+) => {
        return Err(crate::errors::at($tokens, format!($($message)+)))
    };
}
pub(crate) use bail;

/// Makes an error that covers these tokens.
pub(crate) fn at(tokens: impl quote::ToTokens, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(tokens, message)
}

/// Everything that is wrong with one item.
#[derive(Debug, Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds one.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// Adds an error about these tokens.
    pub(crate) fn at(&mut self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.push(at(tokens, message));
    }

    /// Adds an error at a place.
    pub(crate) fn here(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// The value, or its error noted.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |errors| errors.clone().into_iter().count())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// As one error, if anything is wrong.
    pub(crate) fn into_result(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }

    /// As `compile_error!`s; empty if nothing is wrong.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(|errors| errors.to_compile_error()).unwrap_or_default()
    }
}
