//! Which entries of baggage become attributes of spans: none unless named.

use std::borrow::Cow;

use super::Baggage;

/// Names of the baggage entries that are copied to span attributes.
///
/// Baggage comes from outside and may hold what must not be stored, so nothing is copied unasked.
///
/// ```
/// use spandrel::trace::propagation::{Baggage, BaggageAllowList};
///
/// let allowed = BaggageAllowList::parse("tenant, region");
/// let baggage = Baggage::parse("tenant=acme,card=4111");
/// let copied: Vec<_> = allowed.select(&baggage).collect();
/// assert_eq!(copied, [("tenant", "acme".into())]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaggageAllowList {
    names: Box<[Box<str>]>,
}

impl BaggageAllowList {
    /// Takes names; an empty one is nothing, a repeated one counts once.
    ///
    /// ```
    /// use spandrel::trace::propagation::BaggageAllowList;
    ///
    /// assert!(!BaggageAllowList::new(["tenant"]).is_empty());
    /// assert!(BaggageAllowList::default().is_empty());
    /// ```
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut unique: Vec<Box<str>> = Vec::new();
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            if !unique.iter().any(|known| **known == *name) {
                unique.push(name.into());
            }
        }
        Self { names: unique.into() }
    }

    /// Takes names separated by commas.
    ///
    /// ```
    /// use spandrel::trace::propagation::BaggageAllowList;
    ///
    /// assert_eq!(BaggageAllowList::parse("a, b,"), BaggageAllowList::new(["a", "b"]));
    /// ```
    #[must_use]
    pub fn parse(names: &str) -> Self {
        Self::new(names.split(','))
    }

    /// The allowed entries of `baggage`, in the order of the list, values decoded.
    pub fn select<'a>(
        &'a self,
        baggage: &'a Baggage,
    ) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let names = self.names.iter().filter(|_| !baggage.is_empty());
        names.filter_map(|name| Some((&**name, baggage.get(name)?)))
    }

    /// Whether nothing is copied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
