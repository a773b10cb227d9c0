//! How generated code hands over the attributes of a span.

use crate::{
    site::Site,
    trace::{Writer, active::Open, local::Local},
};

/// The right to begin one span; generated code spends it after evaluating the attribute values.
#[derive(Debug)]
pub struct Fields {
    site: &'static Site,
    word: u32,
}

/// Proof that a span has begun, or could not.
#[derive(Debug)]
pub struct Begun(pub(crate) Option<Open>);

impl Fields {
    #[inline(always)]
    pub(crate) fn new(site: &'static Site, word: u32) -> Self {
        Self { site, word }
    }

    /// Begins without attributes.
    #[inline(always)]
    pub fn none(self) -> Begun {
        Begun(Local.begin_bare(self.word))
    }

    /// Begins with attributes; the closure runs a second time if the chunk turns out to be full.
    #[inline(always)]
    pub fn write(self, write: impl Fn(&mut Writer)) -> Begun {
        Begun(Local.begin(self.site, self.word, write))
    }
}
