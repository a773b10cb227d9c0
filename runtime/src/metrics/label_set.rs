//! Labels hashed, compared and written down.

use std::borrow::Cow;

use super::{
    data::Label,
    hash,
    labels::{LabelRef, LabelValue, LabelVisitor, Labels, Ref, sealed::Sealed},
};
use crate::redact;

/// A label that was written down.
pub(crate) type Known = (Cow<'static, str>, Label);

/// More labels than these are left out, and so is what is longer of a text.
pub(super) const MOST: usize = 64;
const MOST_BYTES: usize = 1_024;

/// The hash of labels, in whatever order.
#[inline(always)]
pub(super) fn hash(labels: &(impl Labels + ?Sized)) -> u64 {
    struct Hash(u64);
    impl Sealed for Hash {}
    impl LabelVisitor for Hash {
        #[inline(always)]
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            if let Some(hash) = hash_of(key, value.label().0) {
                self.0 = self.0.wrapping_add(hash);
            }
        }
    }

    let mut visitor = Hash(0);
    labels.visit(&mut visitor);
    visitor.0
}

/// The hash of one label, if it has a value; those of a set are added up.
#[inline(always)]
pub(super) fn hash_of(key: &str, value: Ref<'_>) -> Option<u64> {
    Some(match value {
        Ref::Str(value) => hash::of_str(key, value),
        Ref::I64(value) => hash::of_bits(key, value as u64, 1),
        Ref::Bool(value) => hash::of_bits(key, u64::from(value), 2),
        Ref::F64(value) => hash::of_bits(key, value.to_bits(), 3),
        Ref::Absent => return None,
    })
}

/// Whether labels are these, in whatever order.
#[inline(always)]
pub(super) fn are(labels: &(impl Labels + ?Sized), known: &[Known]) -> bool {
    struct InOrder<'k> {
        rest: &'k [Known],
        are: bool,
    }
    impl Sealed for InOrder<'_> {}
    impl LabelVisitor for InOrder<'_> {
        #[inline(always)]
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            let value = value.label().0;
            if value == Ref::Absent || !self.are {
                return;
            }
            self.are = match self.rest.split_first() {
                Some(((known, label), rest)) => {
                    self.rest = rest;
                    same(known, key) && equals(label, value)
                }
                None => false,
            };
        }
    }

    let mut visitor = InOrder { rest: known, are: true };
    labels.visit(&mut visitor);
    visitor.are && visitor.rest.is_empty() || are_in_another_order(labels, known)
}

#[cold]
#[inline(never)]
fn are_in_another_order(labels: &(impl Labels + ?Sized), known: &[Known]) -> bool {
    struct Anywhere<'k> {
        known: &'k [Known],
        count: usize,
        /// Which of the known ones were found, bit by bit.
        found: u64,
    }
    impl Sealed for Anywhere<'_> {}
    impl LabelVisitor for Anywhere<'_> {
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            let value = value.label().0;
            if value == Ref::Absent {
                return;
            }
            let is = |(known, label): &Known| known.as_ref() == key && equals(label, value);
            let bit = self.known.iter().position(is).and_then(|at| 1_u64.checked_shl(at as u32));
            self.found |= bit.unwrap_or(0);
            self.count += 1;
        }
    }

    let mut visitor = Anywhere { known, count: 0, found: 0 };
    labels.visit(&mut visitor);
    visitor.count == known.len() && visitor.found.count_ones() as usize == known.len()
}

/// Whether two texts are the same; without a call where they are short, as labels are.
#[inline(always)]
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    if let (Some(first), Some(last)) = (one.first_chunk::<8>(), one.last_chunk::<8>()) {
        if other.len() > 16 {
            return one == other;
        }
        return other.first_chunk() == Some(first) && other.last_chunk() == Some(last);
    }
    if let (Some(first), Some(last)) = (one.first_chunk::<4>(), one.last_chunk::<4>()) {
        return other.first_chunk() == Some(first) && other.last_chunk() == Some(last);
    }
    match (one, other) {
        ([], []) => true,
        ([a], [b]) => a == b,
        ([a, c], [b, d]) => a == b && c == d,
        ([a, c, e], [b, d, f]) => a == b && c == d && e == f,
        _ => false,
    }
}

#[inline(always)]
pub(super) fn equals(label: &Label, value: Ref<'_>) -> bool {
    match (label, value) {
        (Label::Str(label), Ref::Str(value)) => same(label, value),
        (Label::I64(label), Ref::I64(value)) => *label == value,
        (Label::Bool(label), Ref::Bool(value)) => *label == value,
        (Label::F64(label), Ref::F64(value)) => label.to_bits() == value.to_bits(),
        _ => false,
    }
}

/// The value of a label as it is kept: of bounded length, and no secret.
pub(super) fn kept<'v>(key: &str, value: Ref<'v>) -> Ref<'v> {
    match value {
        Ref::Absent => Ref::Absent,
        _ if redact::is_denied(key) || redact::is_denied_here(key) => Ref::Str("[REDACTED]"),
        Ref::Str(value) => Ref::Str(&value[..value.floor_char_boundary(MOST_BYTES)]),
        value => value,
    }
}

/// Writes labels down: in their order, each key once, of bounded length, without secrets.
pub(super) fn write(labels: &(impl Labels + ?Sized)) -> Vec<Known> {
    struct Write(Vec<Known>);
    impl Sealed for Write {}
    impl LabelVisitor for Write {
        fn label(&mut self, key: &str, value: &impl LabelValue) {
            let label = match kept(key, value.label().0) {
                Ref::Absent => return,
                Ref::Bool(value) => Label::Bool(value),
                Ref::F64(value) => Label::F64(value),
                Ref::I64(value) => Label::I64(value),
                Ref::Str(value) => Label::Str(Cow::Owned(value.to_owned())),
            };
            if let Some(known) = self.0.iter_mut().find(|(known, _)| known.as_ref() == key) {
                known.1 = label;
            } else if self.0.len() < MOST {
                self.0.push((Cow::Owned(key.to_owned()), label));
            }
        }
    }

    let mut visitor = Write(Vec::new());
    labels.visit(&mut visitor);
    visitor.0
}

/// Labels that were written down are labels, too.
impl Labels for [Known] {
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        for (key, label) in self {
            visitor.label(
                key,
                &LabelRef(match label {
                    Label::Str(value) => Ref::Str(value),
                    Label::I64(value) => Ref::I64(*value),
                    Label::F64(value) => Ref::F64(*value),
                    Label::Bool(value) => Ref::Bool(*value),
                }),
            );
        }
    }
}

/// What stands for all label sets that a metric has no room for.
pub(super) fn overflow() -> Vec<Known> {
    vec![(Cow::Borrowed("otel.metric.overflow"), Label::Bool(true))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_the_same_in_whatever_order() {
        let known = write(&(("a", 1), (("b", "x"), ("c", true))));
        let other = (("c", true), (("a", 1), ("b", "x")));

        assert!(are(&other, &known));
        assert_eq!(hash(&other), hash(known.as_slice()));
    }

    #[test]
    fn labels_that_differ_in_anything_are_others() {
        let known = write(&[("a", "1"), ("b", "2")]);

        for other in [
            &[("a", "1"), ("b", "3")][..],
            &[("a", "1"), ("c", "2")],
            &[("a", "1")],
            &[("a", "1"), ("b", "2"), ("c", "3")],
            &[("a", "1"), ("a", "1")],
            &[("a", "2"), ("b", "1")],
        ] {
            assert!(!are(other, &known), "{other:?}");
            assert_ne!(hash(other), hash(known.as_slice()), "{other:?}");
        }
        assert!(!are(&(("a", 1), ("b", "2")), &known));
    }

    #[test]
    fn texts_of_every_length_are_compared_whole() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        for end in 0..=text.len() {
            assert!(same(&text[..end], &text[..end]));
            assert!(!same(&text[..end], &text[..end.saturating_sub(1)]) || end == 0);
            for at in 0..end {
                let mut other = text[..end].to_owned();
                other.replace_range(at..=at, "X");
                assert!(!same(&text[..end], &other), "{other}");
                assert!(!same(&other, &text[..end]), "{other}");
            }
        }
    }

    #[test]
    fn absent_values_are_no_labels() {
        let labels = (("a", None::<&str>), ("b", Some("x")));

        let known = write(&labels);

        assert_eq!(known, write(&("b", "x")));
        assert!(are(&labels, &known));
    }

    #[test]
    fn what_is_written_is_bounded_and_holds_no_secrets() {
        let long = "ä".repeat(MOST_BYTES);
        let many: Vec<_> = (0..100).map(|at| format!("k{at}")).collect();
        let many: Vec<_> = many.iter().map(|key| (key.as_str(), 1)).collect();

        let known = write(&(("long", long.as_str()), (("password", "x"), ("password", "y"))));

        assert!(matches!(&known[0].1, Label::Str(text) if text.len() == MOST_BYTES));
        assert_eq!(known[1..], [("password".into(), Label::Str("[REDACTED]".into()))]);
        assert_eq!(write(many.as_slice()).len(), MOST);
    }
}
