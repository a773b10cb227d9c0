//! A parent that the function chooses for itself, and links.

use crate::trace::{SpanHandle, context::Context, foreign, link};

/// Under which context a span begins.
#[derive(Debug)]
pub struct Origin(Context);

impl Origin {
    /// None: a trace of its own.
    #[must_use]
    pub fn root() -> Self {
        Self(Context::of_current_scope())
    }

    /// The given one.
    pub fn parent(parent: &(impl IntoParent + ?Sized)) -> Self {
        match parent.parent_context() {
            Some(context) => Self(context),
            None => Self::root(),
        }
    }

    pub(crate) fn into_context(self) -> Context {
        foreign::note(self.0)
    }
}

/// What `parent = …` takes: a context, a span, or an `Option` of one (`None`: a new trace).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    note = "write a `spandrel::trace::Context`, a `spandrel::SpanHandle` or an `Option` of one"
)]
pub trait IntoParent {
    /// The context to begin under.
    fn parent_context(&self) -> Option<Context>;
}

impl IntoParent for Context {
    fn parent_context(&self) -> Option<Context> {
        Some(self.clone())
    }
}

impl IntoParent for SpanHandle {
    fn parent_context(&self) -> Option<Context> {
        Some(self.context())
    }
}

impl<P: IntoParent + ?Sized> IntoParent for &P {
    fn parent_context(&self) -> Option<Context> {
        P::parent_context(self)
    }
}

impl<P: IntoParent> IntoParent for Option<P> {
    fn parent_context(&self) -> Option<Context> {
        self.as_ref()?.parent_context()
    }
}

/// What `links = …` takes: a context, or anything that yields some.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a span can be linked to",
    note = "write a `spandrel::trace::Context`, an `Option` of one or a `Vec` of them"
)]
pub trait IntoLinks {
    /// Links the span with this id.
    #[doc(hidden)]
    fn add_to(self, span: u64);
}

impl IntoLinks for &Context {
    fn add_to(self, span: u64) {
        link::write(span, self, &[]);
    }
}

impl IntoLinks for Context {
    fn add_to(self, span: u64) {
        (&self).add_to(span);
    }
}

impl IntoLinks for &SpanHandle {
    fn add_to(self, span: u64) {
        self.context().add_to(span);
    }
}

macro_rules! many {
    ($([$($generics:tt)*] $type:ty),*) => {$(
        impl<$($generics)*> IntoLinks for $type {
            fn add_to(self, span: u64) {
                self.into_iter().for_each(|link| link.add_to(span));
            }
        }
    )*};
}

many!([L: IntoLinks] Vec<L>, [L: IntoLinks] Option<L>, [L: IntoLinks, const N: usize] [L; N], ['a] &'a [Context], ['a] &'a Vec<Context>);
