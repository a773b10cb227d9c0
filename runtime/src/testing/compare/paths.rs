//! Where spans stand: the names from the root to them.

use std::collections::{BTreeMap, HashMap};

use super::Observed;

/// No tree of calls is deeper; it also ends a circle of parents.
const DEEPEST: usize = 1_000;

/// The spans by their paths, those of one path in the order of their beginning.
pub(super) fn by_path(spans: &[Observed]) -> BTreeMap<String, Vec<&Observed>> {
    let known: HashMap<_, _> = spans.iter().map(|span| ((span.trace, span.span), span)).collect();
    let mut paths: BTreeMap<String, Vec<&Observed>> = BTreeMap::new();
    for span in spans {
        paths.entry(path(span, &known)).or_default().push(span);
    }
    for spans in paths.values_mut() {
        spans.sort_by_key(|span| span.start);
    }
    paths
}

fn path(span: &Observed, known: &HashMap<(u128, u64), &Observed>) -> String {
    let parent = |span: &&Observed| known.get(&(span.trace, span.parent?)).copied();
    let mut names: Vec<&str> =
        std::iter::successors(Some(span), parent).take(DEEPEST).map(|span| &*span.name).collect();
    names.reverse();
    names.join(" > ")
}
