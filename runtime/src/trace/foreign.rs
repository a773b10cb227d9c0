//! Other tracing APIs in the process, whose current span may be nearer than ours.
//!
//! A library that uses such an API keeps its own idea of what is current. Each of our spans notes
//! the identity of the foreign span that was current when ours began. If another one is current
//! when the next span begins, it became current later, within ours: it is the parent. If it is the
//! same, ours is nearer. So neither side has to tell the other when its current span changes, and
//! our spans cost nothing while nobody uses the other API: until [`in_use`] nobody looks.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use super::context::Context;
use crate::site;

/// Another tracing API.
pub(crate) trait Foreign: Send + Sync {
    /// The identity of its current span on this thread; 0: it has none.
    ///
    /// Asked for each span that begins, so it must be cheap.
    fn key(&self) -> u64;

    /// Its current span, to begin under; asked if that became current within ours.
    fn context(&self) -> Option<Context>;
}

/// How many such APIs one process may have: versions of one API count each.
pub(crate) const MOST: usize = 4;

/// What was current elsewhere when a span of ours began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noted([u64; MOST]);

static FOREIGN: [OnceLock<&'static dyn Foreign>; MOST] = [const { OnceLock::new() }; MOST];
static IN_USE: AtomicBool = AtomicBool::new(false);

/// Makes another API known; `false`: there are too many.
#[cfg_attr(
    not(any(test, feature = "opentelemetry-0-33")),
    expect(dead_code, reason = "the bridges call it")
)]
pub(crate) fn install(foreign: &'static dyn Foreign) -> bool {
    FOREIGN.iter().any(|slot| {
        let known = *slot.get_or_init(|| foreign);
        std::ptr::addr_eq(known, foreign)
    })
}

/// Somebody uses another API: from now on each span of ours looks there.
#[cfg_attr(
    not(any(test, feature = "opentelemetry-0-33")),
    expect(dead_code, reason = "the bridges call it")
)]
pub(crate) fn in_use() {
    if !IN_USE.load(Relaxed) && !IN_USE.swap(true, Relaxed) {
        site::look_elsewhere();
    }
}

/// The context to begin under, if it is not simply the current one.
///
/// It is the foreign span that became current within ours, or ours with a fresh note.
#[cold]
#[inline(never)]
pub(crate) fn adopt() -> Option<Context> {
    if !IN_USE.load(Relaxed) {
        return None;
    }
    nearest(|foreign| foreign)
}

/// The same, where somebody may speak for one of the APIs.
fn nearest<'a>(speaks: impl Fn(&'static dyn Foreign) -> &'a dyn Foreign) -> Option<Context> {
    let current = Context::peek();
    let noted = current.noted();
    let mut seen = noted;
    let mut nearer = None;
    for ((slot, seen), noted) in FOREIGN.iter().zip(&mut seen.0).zip(noted.0) {
        let Some(foreign) = slot.get() else { break };
        let foreign = speaks(*foreign);
        let key = foreign.key();
        if key != 0 && key != noted {
            *seen = key;
            nearer = foreign.context().or(nearer);
        }
    }
    if seen == noted {
        return None;
    }
    Some(match nearer {
        Some(foreign) => foreign.within(&current, seen),
        None => current.noting(seen),
    })
}

/// The parent of something that begins now: a foreign span if one is nearer, else our current one.
#[inline]
pub(crate) fn parent() -> Context {
    let foreign = if IN_USE.load(Relaxed) { adopt() } else { None };
    foreign.unwrap_or_else(Context::peek)
}

/// The same for something that begins in another API, under the span that its caller names: what is
/// current there by now may be another one.
#[cfg(feature = "opentelemetry-0-33")]
pub(crate) fn parent_of_call(api: &'static dyn Foreign, named: &dyn Foreign) -> Context {
    let speaks =
        |known: &'static dyn Foreign| if std::ptr::addr_eq(known, api) { named } else { known };
    nearest(speaks).unwrap_or_else(Context::peek)
}

/// A context that somebody chose: whatever is current elsewhere was so before, and is not nearer.
#[inline]
pub(crate) fn note(context: Context) -> Context {
    if is_in_use() { note_all(context) } else { context }
}

/// Whether anybody uses another API.
#[inline(always)]
pub(crate) fn is_in_use() -> bool {
    IN_USE.load(Relaxed)
}

#[cold]
fn note_all(context: Context) -> Context {
    let mut seen = context.noted();
    for (slot, seen) in FOREIGN.iter().zip(&mut seen.0) {
        let Some(foreign) = slot.get() else { break };
        let key = foreign.key();
        if key != 0 {
            *seen = key;
        }
    }
    if seen == context.noted() { context } else { context.noting(seen) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{Span, testing};

    thread_local! {
        static CURRENT: Cell<Option<(u64, &'static str)>> = const { Cell::new(None) };
    }

    /// Another API whose current span each test sets by hand.
    struct Elsewhere;

    impl Foreign for Elsewhere {
        fn key(&self) -> u64 {
            CURRENT.get().map_or(0, |(key, _)| key)
        }

        fn context(&self) -> Option<Context> {
            let (key, _) = CURRENT.get()?;
            Some(HANDLES.with_borrow(|handles| handles[key as usize - 1].context()))
        }
    }

    thread_local! {
        static HANDLES: std::cell::RefCell<Vec<crate::SpanHandle>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    static ELSEWHERE: Elsewhere = Elsewhere;

    /// Begins a span that is current in the other API only.
    fn enter_elsewhere(name: &'static str) -> Option<(u64, &'static str)> {
        let handle = SpanUnder::begin(name);
        let key = HANDLES.with_borrow_mut(|handles| {
            handles.push(handle);
            handles.len() as u64
        });
        CURRENT.replace(Some((key, name)))
    }

    struct SpanUnder;

    impl SpanUnder {
        fn begin(name: &str) -> crate::SpanHandle {
            crate::SpanHandle::start_under(name, &adopt().unwrap_or_else(Context::peek))
        }
    }

    fn in_span(name: &str, run: impl FnOnce()) {
        let _entered = Span::start(name).enter();
        run();
    }

    #[test]
    fn a_span_is_the_child_of_whichever_became_current_last() {
        assert!(install(&ELSEWHERE));
        in_use();
        let capture = testing::capture();

        capture.run(|| {
            in_span("ours", || {
                let before = enter_elsewhere("theirs");
                in_span("inner", || {
                    in_span("innermost", || {});
                    let before = enter_elsewhere("their inner");
                    in_span("last", || {});
                    CURRENT.set(before);
                    in_span("after", || {});
                });
                CURRENT.set(before);
                in_span("sibling", || {});
            });
            HANDLES.take();
        });

        let spans = capture.spans();
        let parent = |name: &str| {
            let span = spans.iter().find(|span| span.name == name).unwrap();
            let parent = spans.iter().find(|other| Some(other.span_id) == span.parent_span_id);
            parent.map_or("", |parent| &parent.name)
        };
        let tree = [
            ("ours", ""),
            ("theirs", "ours"),
            ("inner", "theirs"),
            ("innermost", "inner"),
            ("their inner", "inner"),
            ("last", "their inner"),
            ("after", "inner"),
            ("sibling", "ours"),
        ];
        for (name, expected) in tree {
            assert_eq!(parent(name), expected, "the parent of {name}");
        }
    }

    #[test]
    fn a_chosen_parent_is_nearer_than_a_foreign_span() {
        assert!(install(&ELSEWHERE));
        in_use();
        let capture = testing::capture();

        capture.run(|| {
            let chosen = Span::start("chosen");
            let before = enter_elsewhere("theirs");
            let _attached = chosen.context().attach();
            in_span("child", || {});
            CURRENT.set(before);
            HANDLES.take();
        });

        let spans = capture.spans();
        let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
        assert_eq!(find("child").parent_span_id, Some(find("chosen").span_id));
    }
}
