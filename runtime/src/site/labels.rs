//! The sets of labels that occurred in the calls of one function, each with a cell.
//!
//! A table of fixed size, filled as sets occur and never emptied: a look-up takes no lock. Sets
//! beyond the bound share a cell, so that a label whose values never end costs a number.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::metered::Cell;

/// Longer texts are cut: a label is a name.
const MOST_BYTES: usize = 128;

/// The value of a label, as a call has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label<'v> {
    /// There is no value.
    Absent,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    I64(i64),
    /// Text.
    Str(&'v str),
}

/// The labels of one set, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnedLabel {
    Absent,
    Bool(bool),
    I64(i64),
    Str(Box<str>),
}

/// One set of labels with its cell.
#[derive(Debug)]
pub(crate) struct LabelSet {
    hash: u64,
    /// None: the set of all that came too late.
    values: Option<Box<[OwnedLabel]>>,
    cell: Cell,
}

/// All sets of one function.
#[derive(Debug)]
pub(crate) struct LabelSets {
    table: OnceLock<Box<[OnceLock<Box<LabelSet>>]>>,
    taken: AtomicUsize,
    others: OnceLock<Box<LabelSet>>,
}

impl LabelSets {
    pub(crate) const fn new() -> Self {
        Self { table: OnceLock::new(), taken: AtomicUsize::new(0), others: OnceLock::new() }
    }

    /// The cell of a set; of those that are one too many they share one.
    pub(crate) fn find(&self, labels: &[Label<'_>], most: usize, make: impl Fn() -> Cell) -> &Cell {
        let hash = hash(labels);
        let table = self
            .table
            .get_or_init(|| (0..(most * 2).next_power_of_two()).map(|_| OnceLock::new()).collect());
        let begin = hash as usize & (table.len() - 1);
        let (before, from) = table.split_at(begin);
        for place in from.iter().chain(before) {
            if let Some(set) = place.get() {
                if set.is(hash, labels) {
                    return &set.cell;
                }
                continue;
            }
            // Read first: once all are taken, nobody writes here any more.
            if self.taken.load(Relaxed) >= most {
                break;
            }
            if self.taken.fetch_add(1, Relaxed) >= most {
                self.taken.fetch_sub(1, Relaxed);
                break;
            }
            let values = Some(labels.iter().copied().map(Label::into_owned).collect());
            let mut made = false;
            let set = place.get_or_init(|| {
                made = true;
                Box::new(LabelSet { hash, values, cell: make() })
            });
            if !made {
                self.taken.fetch_sub(1, Relaxed);
            }
            // Another thread may have taken the place for another set.
            if made || set.is(hash, labels) {
                return &set.cell;
            }
        }
        let others = || Box::new(LabelSet { hash: 0, values: None, cell: make() });
        &self.others.get_or_init(others).cell
    }

    /// All sets, and the one of those that were too many.
    pub(crate) fn each(&'static self, read: impl FnMut(&'static LabelSet)) {
        let sets = self.table.get().into_iter().flat_map(|table| table.iter());
        let sets = sets.chain([&self.others]).filter_map(OnceLock::get);
        sets.map(Box::as_ref).for_each(read);
    }
}

impl LabelSet {
    fn is(&self, hash: u64, labels: &[Label<'_>]) -> bool {
        self.hash == hash
            && self.values.as_ref().is_some_and(|values| {
                values.len() == labels.len()
                    && values.iter().zip(labels).all(|(own, label)| own.as_label() == label.cut())
            })
    }

    /// The values, in the order of the keys; `None`: the set of all that were too many.
    pub(crate) fn values(&self) -> Option<&[OwnedLabel]> {
        self.values.as_deref()
    }

    pub(super) fn cell(&self) -> &Cell {
        &self.cell
    }
}

/// Eight bytes at a time; nobody gains by colliding within a bound.
fn hash(labels: &[Label<'_>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut mix = |word: u64| {
        hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
    };
    for label in labels {
        match label.cut() {
            Label::Absent => mix(u64::MAX),
            Label::Bool(value) => mix(u64::from(value)),
            Label::I64(value) => mix(value.cast_unsigned()),
            Label::Str(text) => {
                let (words, rest) = text.as_bytes().as_chunks();
                words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
                let rest = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
                mix(rest << 8 | text.len() as u64 & 0xff);
            }
        }
    }
    hash
}

impl Label<'_> {
    /// Not longer than a name.
    fn cut(&self) -> Self {
        match *self {
            Self::Str(text) if text.len() > MOST_BYTES => {
                Self::Str(&text[..text.floor_char_boundary(MOST_BYTES)])
            }
            label => label,
        }
    }

    fn into_owned(self) -> OwnedLabel {
        match self.cut() {
            Label::Absent => OwnedLabel::Absent,
            Label::Bool(value) => OwnedLabel::Bool(value),
            Label::I64(value) => OwnedLabel::I64(value),
            Label::Str(text) => OwnedLabel::Str(text.into()),
        }
    }
}

impl OwnedLabel {
    fn as_label(&self) -> Label<'_> {
        match self {
            Self::Absent => Label::Absent,
            Self::Bool(value) => Label::Bool(*value),
            Self::I64(value) => Label::I64(*value),
            Self::Str(text) => Label::Str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::outcome::Outcome;

    fn find<'s>(sets: &'s LabelSets, labels: &[Label<'_>]) -> &'s Cell {
        sets.find(labels, 4, || Cell::new(&[], u64::MAX))
    }

    fn sets() -> &'static LabelSets {
        Box::leak(Box::new(LabelSets::new()))
    }

    fn found(sets: &'static LabelSets) -> Vec<(Option<Vec<OwnedLabel>>, u64)> {
        let mut found = Vec::new();
        sets.each(|set| {
            let count = set.cell().calls.read().ended(Outcome::Ok);
            found.push((set.values().map(<[_]>::to_vec), count));
        });
        found
    }

    #[test]
    fn equal_labels_share_a_cell_and_others_have_their_own() {
        let sets = sets();
        let eu = find(sets, &[Label::Str("eu"), Label::I64(1)]);

        assert!(std::ptr::eq(eu, find(sets, &[Label::Str("eu"), Label::I64(1)])));
        assert!(!std::ptr::eq(eu, find(sets, &[Label::Str("eu"), Label::I64(2)])));
        assert!(!std::ptr::eq(eu, find(sets, &[Label::Str("us"), Label::I64(1)])));
    }

    #[test]
    fn sets_beyond_the_bound_are_counted_together() {
        let sets = sets();

        for value in 0..100 {
            find(sets, &[Label::I64(value)]).calls.end(Outcome::Ok);
        }

        let found = found(sets);
        assert_eq!(found.len(), 5);
        assert_eq!(found.last(), Some(&(None, 96)));
    }

    #[test]
    fn a_long_text_is_cut_to_a_name() {
        let sets = sets();
        let long = "ä".repeat(1_000);

        let cell = find(sets, &[Label::Str(&long)]);

        assert!(std::ptr::eq(cell, find(sets, &[Label::Str(&long)])));
        let kept = found(sets).remove(0).0.unwrap_or_default();
        assert_eq!(kept, [OwnedLabel::Str(long[..MOST_BYTES].into())]);
    }

    #[test]
    fn threads_that_bring_the_same_sets_at_once_lose_no_call() {
        let sets = sets();

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for value in 0..1_000 {
                        find(sets, &[Label::I64(value % 4)]).calls.end(Outcome::Ok);
                    }
                });
            }
        });

        let counts: u64 = found(sets).iter().map(|(_, count)| count).sum();
        assert_eq!(counts, 8_000);
    }
}
