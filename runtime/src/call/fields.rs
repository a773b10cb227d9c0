//! How generated code hands over the attributes of a span.

use crate::{
    site::{self, MIRRORED, Site},
    trace::{Writer, active::Open, local::Local, mirror},
};

/// In a copy of a site's word, where nothing says so otherwise: nothing is recorded.
pub(crate) const UNRECORDED: u32 = site::UNKNOWN;

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
        if self.word & (MIRRORED | UNRECORDED) != 0 {
            return self.mirrored(&|_| {});
        }
        Begun(Local.begin_bare(self.word))
    }

    /// Begins with attributes; the closure runs a second time if the chunk turns out to be full.
    #[inline(always)]
    pub fn write(self, write: impl Fn(&mut Writer)) -> Begun {
        if self.word & (MIRRORED | UNRECORDED) != 0 {
            return self.mirrored(&write);
        }
        Begun(Local.begin(self.site, self.word, write))
    }

    /// The same for a span that began at another time.
    #[cfg(feature = "tracing")]
    pub(crate) fn write_at(self, start: u64, write: impl Fn(&mut Writer)) -> Begun {
        Begun(Local.begin_at(self.site, self.word, || start, write))
    }

    /// Shows the span to other APIs, whether or not it is recorded here.
    #[cold]
    #[inline(never)]
    fn mirrored(self, write: &dyn Fn(&mut Writer)) -> Begun {
        if self.word & MIRRORED != 0 {
            mirror::begin(self.site, write);
        }
        if self.word & UNRECORDED != 0 {
            return Begun(None);
        }
        Begun(Local.begin(self.site, self.word, write))
    }
}
