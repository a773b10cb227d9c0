//! That the call which ends next was refused by a policy, and did not fail by itself.
//!
//! By then the rejection is an error of the function's own type. So the policy leaves a mark for
//! whoever looks at the returned value, on the same thread and in the same poll. It names its call:
//! a mark that nobody took, as the call is not watched, says nothing about any other one.

use std::cell::Cell;

use crate::{
    site::{self, Site},
    trace::local::Local,
};

#[derive(Clone, Copy)]
struct Mark {
    site: &'static Site,
    /// 0: the site has no spans.
    span: u64,
}

thread_local! {
    static MARK: Cell<Option<Mark>> = const { Cell::new(None) };
}

/// The present call of this site is refused.
#[inline]
pub(crate) fn mark(site: &'static Site) {
    let word = site.word();
    if word & (site::TRACED | site::METERED) != 0 {
        let span = if word & site::TRACED != 0 { Local.span() } else { 0 };
        MARK.set(Some(Mark { site, span }));
    }
}

/// Something else is returned in place of the rejection.
pub(crate) fn forget() {
    MARK.set(None);
}

/// Whether the call that has this span, and is counted there, was refused.
#[inline]
pub(super) fn take(span: u64, cell: Option<&'static site::Cell>) -> bool {
    let Some(mark) = MARK.get() else { return false };
    let is_same = (span != 0 && span == mark.span)
        || cell.is_some_and(|cell| mark.site.metered().is_some_and(|own| own.has(cell)));
    if is_same {
        MARK.set(None);
    }
    is_same
}
