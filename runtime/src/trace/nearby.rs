//! Spans that began on this thread a short while ago, read back from its current chunk.
//!
//! For what is rare or for people, as the names of the spans around a log record: nothing is kept
//! for it. A span that began elsewhere, or long ago, is not found.

use std::{cell::RefCell, sync::atomic::Ordering::Relaxed};

use super::{
    drain::Sites,
    local::Local,
    record::{
        layout::{Kind, SPAN_WORDS},
        value::Entries,
    },
};
use crate::{site::Site, sync::shared::AtomicU64};

/// Spans around a record that are named, at most.
const MOST: usize = 16;
/// What stands between two names.
const SEPARATOR: char = ':';

thread_local! {
    static SITES: RefCell<Sites> = RefCell::default();
}

/// A span, where it stands in the chunk.
#[derive(Clone, Copy)]
struct Seen {
    id: u64,
    parent: u64,
    words: &'static [AtomicU64],
}

/// The site of a span, if the span is found.
#[cold]
pub(crate) fn site_of(span: u64) -> Option<&'static Site> {
    spans().into_iter().find(|seen| seen.id == span)?.site()
}

/// The names of a span and those around it, the outermost first; `None`: not one is found.
#[cold]
pub(crate) fn path(span: u64) -> Option<String> {
    let spans = spans();
    let find = |id| spans.iter().rev().find(|seen| seen.id == id);
    let around = std::iter::successors(find(span), |seen| find(seen.parent)).take(MOST);
    let names: Vec<_> = around.map(Seen::name).collect();
    let mut path = String::new();
    for name in names.iter().rev() {
        if !path.is_empty() {
            path.push(SEPARATOR);
        }
        path.push_str(name);
    }
    (!path.is_empty()).then_some(path)
}

/// The spans in the thread's chunk, in the order in which they began.
fn spans() -> Vec<Seen> {
    let mut spans = Vec::new();
    let mut rest = Local.written();
    while let Some(head) = rest.first().map(|head| head.load(Relaxed)) {
        let length = (head >> 16 & 0xffff) as usize;
        let Some((words, after)) = rest.split_at_checked(length.max(1)) else { break };
        if let (Kind::SPAN, [_, id, parent, ..]) = (head as u8, words) {
            spans.push(Seen { id: id.load(Relaxed), parent: parent.load(Relaxed), words });
        }
        rest = after;
    }
    spans
}

impl Seen {
    fn site(&self) -> Option<&'static Site> {
        let index = (self.words.first()?.load(Relaxed) >> 32) as u32;
        let find = |sites: &RefCell<Sites>| {
            let mut sites = sites.try_borrow_mut().ok()?;
            sites.refresh();
            sites.get(index)
        };
        SITES.try_with(find).ok().flatten()
    }

    fn name(&self) -> String {
        let Some(site) = self.site() else { return "?".to_owned() };
        if !site.has_dynamic_name() {
            return site.name().to_owned();
        }
        let tail = self.words.get(SPAN_WORDS..).unwrap_or_default();
        let bytes: Vec<_> = tail.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect();
        let named = Entries::new(&bytes, site.field_table()).name().map(str::to_owned);
        named.unwrap_or_else(|| site.name().to_owned())
    }
}
