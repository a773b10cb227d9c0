//! What the answer of a service means to the policies around it.

use std::fmt;

use crate::resilience::{Class, Classify, run::Judged};

/// Says what an answer means; made by the methods of a layer.
pub trait Judges<T, E>: Clone + Send + Sync + 'static {
    /// What it means.
    #[doc(hidden)]
    fn judge(&self, answer: &Result<T, E>) -> Judged;
}

/// Every `Err` is a failure, and worth another attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryError;

/// An error says itself what it means.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByClass;

/// A function says what an answer means.
#[derive(Clone, Copy)]
pub struct ByAnswer<F>(pub(super) F);

impl<T, E> Judges<T, E> for EveryError {
    fn judge(&self, answer: &Result<T, E>) -> Judged {
        if answer.is_ok() { Judged::SUCCESS } else { Judged::ERROR }
    }
}

impl<T, E: Classify> Judges<T, E> for ByClass {
    fn judge(&self, answer: &Result<T, E>) -> Judged {
        of_class(answer.as_ref().err().map(Classify::classify))
    }
}

impl<T, E, F> Judges<T, E> for ByAnswer<F>
where
    F: Fn(&Result<T, E>) -> Option<Class> + Clone + Send + Sync + 'static,
{
    fn judge(&self, answer: &Result<T, E>) -> Judged {
        of_class((self.0)(answer))
    }
}

fn of_class(class: Option<Class>) -> Judged {
    let mut judged = if class.is_some() { Judged::ERROR } else { Judged::SUCCESS };
    judged.classify(class, (true, true));
    judged
}

impl<F> fmt::Debug for ByAnswer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByAnswer")
    }
}
