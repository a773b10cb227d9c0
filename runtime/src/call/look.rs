//! Asks a returned value what it means, by what its type can do.
//!
//! Autoref specialisation: method lookup takes the impl for the most references that applies, so
//! the traits below are tried from top to bottom. In a generic function only the declared bounds
//! count. `look!` and `ret!` make the lookup.

use std::{any::type_name, error::Error, fmt};

use super::{AsOutcome, Ending, ErrorInfo, error::Report};
use crate::{outcome::Outcome, value::Attribute};

/// A returned value under inspection.
#[derive(Debug)]
pub struct Look<'r, R>(pub &'r R);

/// A returned value under inspection, its error to be written by `Debug`.
#[derive(Debug)]
pub struct LookDebug<'r, R>(pub &'r R);

/// A returned value under inspection, its error not to be written.
#[derive(Debug)]
pub struct LookType<'r, R>(pub &'r R);

/// A returned value about to be recorded.
#[derive(Debug)]
pub struct Returned<'r, R: ?Sized>(pub &'r R);

/// The type itself says what it means.
pub trait ByAsOutcome {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<R: AsOutcome> ByAsOutcome for &&&&&&&Look<'_, R> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        ending.said(self.0.as_outcome(), type_name::<R>());
    }
}

/// The error names its type.
pub trait ByErrorInfo {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E: ErrorInfo> ByErrorInfo for &&&&&&Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            informed(&mut ending, error);
        }
    }
}

/// The error has a chain of sources.
pub trait ByError {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E: Error> ByError for &&&&&Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            failed(&mut ending, type_name::<E>(), format_args!("{error}"), error.source());
        }
    }
}

/// The error wraps any error, as `anyhow::Error` does.
pub trait ByAsRef {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E: AsRef<dyn Error + Send + Sync> + fmt::Display> ByAsRef for &&&&Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            let source = error.as_ref().source();
            failed(&mut ending, type_name::<E>(), format_args!("{error}"), source);
        }
    }
}

/// The error can be printed.
pub trait ByDisplay {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E: fmt::Display> ByDisplay for &&&Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            failed(&mut ending, type_name::<E>(), format_args!("{error}"), None);
        }
    }
}

/// The error can be printed for developers.
pub trait ByDebug {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E: fmt::Debug> ByDebug for &&Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            failed(&mut ending, type_name::<E>(), format_args!("{error:?}"), None);
        }
    }
}

/// The error has nothing but its type.
pub trait ByResult {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<T, E> ByResult for &Look<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if self.0.is_err() {
            ending.error(&Report { error_type: type_name::<E>(), message: None, source: None });
        }
    }
}

/// Anything else is fine.
pub trait ByNothing {
    /// Notes the outcome.
    fn look(&self, ending: Ending<'_>);
}

impl<R> ByNothing for Look<'_, R> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        ending.set(Outcome::Ok);
    }
}

impl<T, E: fmt::Debug> ByResult for &LookDebug<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if let Err(error) = self.0 {
            let message = Some(format_args!("{error:?}"));
            ending.error(&Report { error_type: type_name::<E>(), message, source: None });
        }
    }
}

impl<R> ByNothing for LookDebug<'_, R> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        ending.set(Outcome::Ok);
    }
}

impl<T, E> ByResult for &LookType<'_, Result<T, E>> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        if self.0.is_err() {
            let message = None;
            ending.error(&Report { error_type: type_name::<E>(), message, source: None });
        }
    }
}

impl<R> ByNothing for LookType<'_, R> {
    #[inline(always)]
    fn look(&self, mut ending: Ending<'_>) {
        ending.set(Outcome::Ok);
    }
}

/// Records a returned value in its own type.
pub trait ReturnAttribute {
    /// Records it.
    fn record(&self, ending: Ending<'_>);
}

impl<R: Attribute + ?Sized> ReturnAttribute for &&&Returned<'_, R> {
    fn record(&self, mut ending: Ending<'_>) {
        ending.returned(&|writer| writer.set_keyed("return", self.0));
    }
}

/// Records a returned value as `Display` prints it.
pub trait ReturnDisplay {
    /// Records it.
    fn record(&self, ending: Ending<'_>);
}

impl<R: fmt::Display + ?Sized> ReturnDisplay for &&Returned<'_, R> {
    fn record(&self, mut ending: Ending<'_>) {
        ending.returned_text(format_args!("{}", self.0));
    }
}

/// Records a returned value as `Debug` prints it.
pub trait ReturnDebug {
    /// Records it.
    fn record(&self, ending: Ending<'_>);
}

impl<R: fmt::Debug + ?Sized> ReturnDebug for &Returned<'_, R> {
    fn record(&self, mut ending: Ending<'_>) {
        ending.returned_text(format_args!("{:?}", self.0));
    }
}

/// What of a returned value is recorded: what is in `Ok` of a `Result`, else all of it.
#[derive(Debug)]
pub struct Produced<'r, R>(pub &'r R);

/// The type is a `Result`.
pub trait ProducedByResult<'r, T> {
    /// The value, if there is one.
    fn value(&self) -> Option<&'r T>;
}

impl<'r, T, E> ProducedByResult<'r, T> for &Produced<'r, Result<T, E>> {
    #[inline(always)]
    fn value(&self) -> Option<&'r T> {
        self.0.as_ref().ok()
    }
}

/// It is anything else.
pub trait ProducedByAny<'r, R> {
    /// The value.
    fn value(&self) -> Option<&'r R>;
}

impl<'r, R> ProducedByAny<'r, R> for Produced<'r, R> {
    #[inline(always)]
    fn value(&self) -> Option<&'r R> {
        Some(self.0)
    }
}

/// Asks the function's own predicate; its argument could not be inferred from a closure alone.
#[inline(always)]
pub fn ask<R, A, F: FnOnce(&R) -> A>(judge: F, result: &R) -> A {
    judge(result)
}

/// Overrides the outcome by the function's own predicate; an error keeps its message.
pub fn judge(mut ending: Ending<'_>, is_error: bool) {
    if is_error && ending.has_failed() {
        return;
    }
    if is_error {
        ending.error(&Report { error_type: "error_if", message: None, source: None });
    } else {
        ending.set(Outcome::Ok);
    }
}

fn failed(
    ending: &mut Ending<'_>,
    error_type: &str,
    message: fmt::Arguments<'_>,
    source: Option<&(dyn Error + 'static)>,
) {
    ending.error(&Report { error_type, message: Some(message), source });
}

#[cold]
fn informed(ending: &mut Ending<'_>, error: &dyn ErrorInfo) {
    let error_type = error.error_type();
    if error.is_expected() {
        ending.expected(&error_type);
    } else {
        failed(ending, &error_type, format_args!("{error}"), None);
    }
}
