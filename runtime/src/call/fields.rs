//! How generated code hands over the attributes of a span.

use crate::{
    site::Site,
    trace::{Writer, active::Open, local::Local},
};

/// The right to begin one span; generated code spends it after evaluating the attribute values.
#[derive(Debug)]
pub struct Fields<'l> {
    local: &'l LocalRef<'l>,
    site: &'static Site,
    word: u32,
}

/// Hides the thread's state from the public signature.
pub(crate) struct LocalRef<'l>(pub(crate) &'l Local);

impl std::fmt::Debug for LocalRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Local")
    }
}

/// Proof that a span has begun, or could not.
#[derive(Debug)]
pub struct Begun(pub(crate) Option<Open>);

impl<'l> Fields<'l> {
    #[inline(always)]
    pub(crate) fn new(local: &'l LocalRef<'l>, site: &'static Site, word: u32) -> Self {
        Self { local, site, word }
    }

    /// Begins without attributes.
    #[inline(always)]
    pub fn none(self) -> Begun {
        Begun(self.local.0.begin_bare(self.word))
    }

    /// Begins with attributes; the closure runs a second time if the chunk turns out to be full.
    #[inline(always)]
    pub fn write(self, write: impl Fn(&mut Writer)) -> Begun {
        Begun(self.local.0.begin(self.site, self.word, write))
    }
}
