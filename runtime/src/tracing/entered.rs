//! Which spans of other libraries are entered on this thread, and what was current before each.
//!
//! A span may be entered on several threads at once, several times on one, and left in any order.
//! So what was current before stands here and not in the span. Whatever is left in order restores
//! it; a span that is left while another one is entered above it hands it up.

use std::{cell::RefCell, thread};

use crate::{
    time,
    trace::{
        Context, foreign,
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

/// The spans that are entered, the last one last.
struct Entered(Vec<Entry>);

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
    static ENTERED: RefCell<Entered> = const { RefCell::new(Entered(Vec::new())) };
}

/// Makes a span's context current.
///
/// Inlined, a context that is plain numbers never leaves the processor's registers.
#[inline(always)]
pub(super) fn enter(key: Key, context: Context) {
    let span = context.span;
    let context = foreign::note(context.shown_as_current());
    // In a thread that is ending, nothing would restore what was current.
    let _ = ENTERED.try_with(|entered| {
        if let Ok(mut entered) = entered.try_borrow_mut() {
            settle(&mut entered.0);
            let previous = context.swapped();
            entered.0.push(Entry { key, span, previous, failed: false, left: false });
        }
    });
}

/// Makes current what was so before, if the span is entered on this thread.
#[inline(always)]
pub(super) fn leave(key: Key) -> Option<Left> {
    ENTERED.try_with(|entered| entered.try_borrow_mut().ok()?.leave(key)).ok()?
}

impl Entered {
    #[inline(always)]
    fn leave(&mut self, key: Key) -> Option<Left> {
        let tick = time::ticks();
        let panicked = thread::panicking();
        let top = self.0.pop_if(|top| top.key == key && top.span == Local.span() && !top.left);
        let Some(mut entry) = top else {
            return self.leave_below(key, tick, panicked);
        };
        entry.previous.swap();
        settle(&mut self.0);
        let flags = entry.previous.flags & (LATE | SHARED);
        Some(Left { tick, flags, failed: entry.failed, panicked })
    }

    /// The span is not what is current.
    #[cold]
    #[inline(never)]
    fn leave_below(&mut self, key: Key, tick: u64, panicked: bool) -> Option<Left> {
        let entries = &mut self.0;
        let at = entries.iter().rposition(|entry| entry.key == key && !entry.left)?;
        let (span, failed) = (entries[at].span, entries[at].failed);
        let mut flags = LATE;
        match entries.get_mut(at + 1) {
            Some(above) if above.previous.span == span => {
                flags = above.previous.flags & (LATE | SHARED);
                let entry = entries.remove(at);
                if let Some(above) = entries.get_mut(at) {
                    above.previous = entry.previous;
                }
            }
            _ => entries[at].left = true,
        }
        Some(Left { tick, flags, failed, panicked })
    }
}

/// The span that is current failed, if it is in this list.
pub(super) fn fail(span: u64) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.try_borrow_mut().ok()?;
        entered.0.iter_mut().rfind(|entry| entry.span == span)?.failed = true;
        Some(())
    });
}

/// Restores what was current before spans that were left while something else was current.
#[inline]
fn settle(entered: &mut Vec<Entry>) {
    while let Some(mut entry) = entered.pop_if(|top| top.left && top.span == Local.span()) {
        entry.previous.swap();
    }
}
