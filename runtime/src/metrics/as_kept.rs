//! Labels looked up as they would be written down: of those that differ from what is kept of them,
//! because a key is on the deny-list or given twice, or a text is too long, the series is found, too,
//! without writing anything down.

use super::{
    hash,
    label_set::{self, Known, MOST},
    labels::{LabelValue, LabelVisitor, Labels, Ref, sealed::Sealed},
};

/// The hash of what would be kept of labels.
pub(super) fn hash(labels: &(impl Labels + ?Sized)) -> u64 {
    /// Hashes of keys, each with that of its label.
    struct Hashes {
        all: [(u64, u64); MOST],
        count: usize,
    }
    impl Sealed for Hashes {}
    impl LabelVisitor for Hashes {
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            let value = label_set::kept(key, value.label().0);
            let Some(label) = label_set::hash_of(key, value) else { return };
            let key = hash::of_bits(key, 0, 0);
            let known = self.all[..self.count].iter_mut().find(|(known, _)| *known == key);
            if let Some((_, known)) = known {
                *known = label;
            } else if let Some(place) = self.all.get_mut(self.count) {
                *place = (key, label);
                self.count += 1;
            }
        }
    }

    let mut visitor = Hashes { all: [(0, 0); MOST], count: 0 };
    labels.visit(&mut visitor);
    let labels = visitor.all[..visitor.count].iter();
    labels.fold(0, |sum, (_, label)| sum.wrapping_add(*label))
}

/// Whether this is what would be kept of labels, in whatever order.
pub(crate) fn are(labels: &(impl Labels + ?Sized), known: &[Known]) -> bool {
    /// Which of the known ones were found, and which with their value, bit by bit.
    struct Found<'k> {
        known: &'k [Known],
        keys: u64,
        labels: u64,
        are: bool,
    }
    impl Sealed for Found<'_> {}
    impl LabelVisitor for Found<'_> {
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            let value = label_set::kept(key, value.label().0);
            if value == Ref::Absent {
                return;
            }
            let Some(at) = self.known.iter().position(|(known, _)| known.as_ref() == key) else {
                // Left out, if there is no room for it.
                self.are &= self.keys.count_ones() as usize == MOST;
                return;
            };
            let bit = 1_u64 << at;
            self.keys |= bit;
            // Of two with the same key the latter counts.
            self.labels &= !bit;
            if label_set::equals(&self.known[at].1, value) {
                self.labels |= bit;
            }
        }
    }

    let mut visitor = Found { known, keys: 0, labels: 0, are: known.len() <= MOST };
    if visitor.are {
        labels.visit(&mut visitor);
    }
    visitor.are && visitor.labels.count_ones() as usize == known.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_are_looked_up_as_they_would_be_written_down(
            given in prop::collection::vec((0..90_usize, 0..3_usize), 0..100),
            other in prop::collection::vec((0..3_usize, 0..3_usize), 0..4),
        ) {
            let long = "x".repeat(2_000);
            let values = ["a", long.as_str(), &long[1..]];
            let keys: Vec<_> = (0..90).map(|at| format!("k{at}.{}", ["password", "name"][at % 2])).collect();
            let labels = |of: &[(usize, usize)]| -> Vec<_> {
                of.iter().map(|(key, value)| (keys[*key].as_str(), values[*value])).collect()
            };
            let (given, other) = (labels(&given), labels(&other));
            let known = label_set::write(given.as_slice());

            prop_assert_eq!(hash(given.as_slice()), label_set::hash(known.as_slice()));
            prop_assert!(are(given.as_slice(), &known));
            let is_same = label_set::are(label_set::write(other.as_slice()).as_slice(), &known);
            prop_assert_eq!(are(other.as_slice(), &known), is_same);
        }
    }
}
