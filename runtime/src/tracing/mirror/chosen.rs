//! What `parent = …` and `follows_from = …` of `#[instrument]` take: spans of `tracing`, or ours.
//!
//! The type decides, as for returned values: method lookup takes the impl for the most references
//! that applies. What only `tracing` understands waits on the thread until the mirrored span
//! begins, a moment later.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use tracing_core::{dispatcher, span::Id};

use crate::{
    call::{IntoLinks, IntoParent, Origin},
    site::Site,
    trace::Context,
    tracing::install,
};

/// What was chosen for the next span of a site.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// `None`: whatever is current; `Some(None)`: none.
    pub(super) parent: Option<Option<Id>>,
    pub(super) causes: Vec<Id>,
}

thread_local! {
    static NEXT: RefCell<Option<(&'static Site, Chosen)>> = const { RefCell::new(None) };
}

/// What was chosen for the span of this site that begins now.
pub(super) fn take(site: &'static Site) -> Chosen {
    let mine = |(other, _): &mut (&'static Site, Chosen)| std::ptr::eq(*other, site);
    NEXT.try_with(|next| next.borrow_mut().take_if(mine))
        .ok()
        .flatten()
        .map(|(_, chosen)| chosen)
        .unwrap_or_default()
}

fn choose(site: &'static Site, choose: impl FnOnce(&mut Chosen)) {
    let mut chosen = take(site);
    choose(&mut chosen);
    let _ = NEXT.try_with(|next| next.replace(Some((site, chosen))));
}

/// What a span of `tracing` is here, if the default subscriber has a layer of ours.
fn context_of(span: &Id) -> Option<Context> {
    dispatcher::get_default(|dispatch| {
        install::layer_of(dispatch).and_then(|layer| layer.known_context(span))
    })
}

/// Something that was written behind `parent =` or `follows_from =`.
pub struct Given<G>(Cell<Option<G>>);

impl<G> Given<G> {
    /// Takes it, whatever it is.
    pub fn new(given: G) -> Self {
        Self(Cell::new(Some(given)))
    }
}

impl<G> fmt::Debug for Given<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(..)")
    }
}

/// The parent is ours.
pub trait OurParent {
    /// Where the span begins.
    fn parent(&self, site: &'static Site) -> Origin;
}

impl<P: IntoParent> OurParent for &&Given<P> {
    fn parent(&self, site: &'static Site) -> Origin {
        match self.0.take() {
            Some(parent) if parent.parent_context().is_some() => Origin::parent(&parent),
            _ => no_parent(site),
        }
    }
}

/// The parent is a span of `tracing`.
pub trait TheirParent {
    /// Where the span begins.
    fn parent(&self, site: &'static Site) -> Origin;
}

impl<P: Into<Option<Id>>> TheirParent for &Given<P> {
    fn parent(&self, site: &'static Site) -> Origin {
        let Some(parent) = self.0.take().and_then(Into::into) else { return no_parent(site) };
        let context = context_of(&parent).unwrap_or_else(Context::peek);
        choose(site, |chosen| chosen.parent = Some(Some(parent)));
        Origin::under(context.shown_as_current())
    }
}

/// The span begins a trace, there and here.
#[doc(hidden)]
pub fn no_parent(site: &'static Site) -> Origin {
    choose(site, |chosen| chosen.parent = Some(None));
    Origin::under(Context::of_current_scope().shown_as_current())
}

/// The spans it follows from are ours.
pub trait OurCauses {
    /// The origin, with references to them.
    fn causes(&self, site: &'static Site, origin: Origin) -> Origin;
}

impl<L: IntoLinks> OurCauses for &&Given<L> {
    fn causes(&self, _site: &'static Site, origin: Origin) -> Origin {
        match self.0.take() {
            Some(links) => origin.linked(links),
            None => origin,
        }
    }
}

/// The spans it follows from are of `tracing`.
pub trait TheirCauses {
    /// The origin, with references to them.
    fn causes(&self, site: &'static Site, origin: Origin) -> Origin;
}

impl<L: IntoIterator> TheirCauses for &Given<L>
where
    L::Item: Into<Option<Id>>,
{
    fn causes(&self, site: &'static Site, origin: Origin) -> Origin {
        let causes = self.0.take().into_iter().flatten().filter_map(Into::into);
        let causes: Vec<Id> = causes.collect();
        let links: Vec<_> = causes.iter().filter_map(context_of).collect();
        choose(site, |chosen| chosen.causes.extend(causes));
        origin.linked(links)
    }
}
