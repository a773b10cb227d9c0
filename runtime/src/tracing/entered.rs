//! Which spans of other libraries are entered on this thread, and what was current before each.
//!
//! A span may be entered on several threads at once, several times on one, and left in any order.
//! So what was current before stands here and not in the span. Whatever is left in order restores
//! it; a span that is left while another one is entered above it hands it up.

use std::{cell::RefCell, thread};

use crate::{
    time,
    trace::{
        Context,
        local::{LATE, Local, SHARED},
    },
};

/// Which span: its layer and its id there.
pub(super) type Key = (u64, u64);

struct Entry {
    key: Key,
    /// Our span that became current.
    span: u64,
    previous: Context,
    failed: bool,
    /// Left while something that is not in this list was current above it.
    left: bool,
}

/// How a span was while it was entered.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) tick: u64,
    /// What was noted about it meanwhile.
    pub(super) flags: u16,
    pub(super) failed: bool,
    pub(super) panicked: bool,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Makes a span's context current.
pub(super) fn enter(key: Key, context: Context) {
    settle();
    let span = context.span;
    let mut previous = context.shown_as_current();
    previous.swap();
    let mut entry = Some(Entry { key, span, previous, failed: false, left: false });
    let _ = ENTERED.try_with(|entered| {
        if let Ok(mut entered) = entered.try_borrow_mut() {
            entered.extend(entry.take());
        }
    });
    // The list is gone while the thread ends; then nothing would restore what was current.
    if let Some(mut entry) = entry {
        entry.previous.swap();
    }
}

/// Makes current what was so before, if the span is entered on this thread.
pub(super) fn leave(key: Key) -> Option<Left> {
    let mut left =
        Left { tick: time::ticks(), flags: LATE, failed: false, panicked: thread::panicking() };
    let top = ENTERED.try_with(|entered| {
        let mut entered = entered.try_borrow_mut().ok()?;
        let at = entered.iter().rposition(|entry| entry.key == key && !entry.left)?;
        left.failed = entered[at].failed;
        let span = entered[at].span;
        let is_top = at + 1 == entered.len();
        if is_top && Local.span() == span {
            return Some(entered.pop());
        }
        match entered.get_mut(at + 1) {
            Some(above) if above.previous.span == span => {
                left.flags = above.previous.flags;
                let entry = entered.remove(at);
                if let Some(above) = entered.get_mut(at) {
                    above.previous = entry.previous;
                }
            }
            _ => entered[at].left = true,
        }
        Some(None)
    });
    if let Some(mut entry) = top.ok().flatten()? {
        entry.previous.swap();
        left.flags = entry.previous.flags;
        settle();
    }
    left.flags &= LATE | SHARED;
    Some(left)
}

/// The span that is current failed; `false`: it is not in this list.
pub(super) fn fail(span: u64) -> bool {
    let fail = |entered: &RefCell<Vec<Entry>>| {
        let mut entered = entered.try_borrow_mut().ok()?;
        entered.iter_mut().rfind(|entry| entry.span == span)?.failed = true;
        Some(())
    };
    ENTERED.try_with(fail).ok().flatten().is_some()
}

/// Restores what was current before spans that were left while something else was current.
fn settle() {
    let next = |entered: &RefCell<Vec<Entry>>| {
        let mut entered = entered.try_borrow_mut().ok()?;
        entered.pop_if(|entry| entry.left && entry.span == Local.span())
    };
    while let Ok(Some(mut entry)) = ENTERED.try_with(next) {
        entry.previous.swap();
    }
}
