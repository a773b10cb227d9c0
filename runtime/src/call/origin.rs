//! A parent that the function chooses for itself, and links.

use crate::trace::{SpanHandle, context::Context, foreign};

/// Under which context a span begins, and which others it refers to.
#[derive(Debug)]
pub struct Origin {
    context: Context,
    links: Vec<Context>,
}

impl Origin {
    /// None: a trace of its own.
    #[must_use]
    pub fn root() -> Self {
        Self::under(Context::of_current_scope())
    }

    /// What is current anyway.
    #[must_use]
    pub fn current() -> Self {
        Self::under(Context::peek())
    }

    /// This context.
    pub(crate) fn under(context: Context) -> Self {
        Self { context, links: Vec::new() }
    }

    /// The given one.
    pub fn parent(parent: &(impl IntoParent + ?Sized)) -> Self {
        match parent.parent_context() {
            Some(context) => Self::under(context),
            None => Self::root(),
        }
    }

    /// With references to others.
    #[must_use]
    pub fn linked(mut self, links: impl IntoLinks) -> Self {
        links.each(&mut |link| self.links.push(link.clone()));
        self
    }

    pub(crate) fn into_parts(self) -> (Context, Vec<Context>) {
        (foreign::note(self.context), self.links)
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
    /// Gives each of them.
    #[doc(hidden)]
    fn each(self, give: &mut dyn FnMut(&Context));
}

impl IntoLinks for &Context {
    fn each(self, give: &mut dyn FnMut(&Context)) {
        give(self);
    }
}

impl IntoLinks for Context {
    fn each(self, give: &mut dyn FnMut(&Context)) {
        give(&self);
    }
}

impl IntoLinks for &SpanHandle {
    fn each(self, give: &mut dyn FnMut(&Context)) {
        give(&self.context());
    }
}

macro_rules! many {
    ($([$($generics:tt)*] $type:ty),*) => {$(
        impl<$($generics)*> IntoLinks for $type {
            fn each(self, give: &mut dyn FnMut(&Context)) {
                self.into_iter().for_each(|link| link.each(give));
            }
        }
    )*};
}

many!([L: IntoLinks] Vec<L>, [L: IntoLinks] Option<L>, [L: IntoLinks, const N: usize] [L; N], ['a] &'a [Context], ['a] &'a Vec<Context>);
