//! W3C Baggage: names and values that travel with a request.
//!
//! Kept as one canonical header text of at most 8,192 bytes, values still percent-encoded: what a
//! hostile header can make us hold is bounded by that, what we do not look at is never decoded, and
//! sending it on costs nothing. An entry that breaks the grammar is left out whole, the others stay;
//! so is one that does not fit into what is left of the limits.

mod allow_list;
mod entry;
pub(super) mod percent;

use std::{borrow::Cow, fmt, sync::Arc};

use super::malformed::Malformed;

pub use allow_list::BaggageAllowList;
pub use entry::BaggageEntry;

/// Names and values that travel with a request.
///
/// A clone shares the text. Everyone on the way can read and change baggage: put no secret into it
/// and trust none that comes from outside.
///
/// ```
/// use spandrel::trace::propagation::Baggage;
///
/// let mut baggage = Baggage::parse("user=alice, region = eu");
/// baggage.insert("note", "50% off")?;
/// assert_eq!(baggage.get("region").as_deref(), Some("eu"));
/// assert_eq!(baggage.as_str(), "user=alice,region=eu,note=50%25%20off");
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Baggage {
    /// Canonical entries joined by `,`; never empty.
    text: Option<Arc<str>>,
}

impl Baggage {
    /// How many entries are kept and sent on.
    pub const MAX_ENTRIES: usize = 64;

    /// How many bytes of a header are kept and sent on.
    pub const MAX_LEN: usize = 8192;

    /// Makes empty baggage.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// assert!(Baggage::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { text: None }
    }

    /// Reads one header value; malformed entries are left out.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// assert_eq!(Baggage::parse("user=alice, no value, a=1").as_str(), "user=alice,a=1");
    /// ```
    #[must_use]
    pub fn parse(header: &str) -> Self {
        Self::from_headers([header])
    }

    /// Reads all `baggage` headers of a request, which together are one list.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// assert_eq!(Baggage::from_headers(["a=1", "b=2;p"]).as_str(), "a=1,b=2;p");
    /// ```
    #[must_use]
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        let mut entries = 0;
        let mut unread = MAX_INPUT;
        for header in headers {
            for entry in header.split(',') {
                let Some(left) = unread.checked_sub(entry.len() + 1) else {
                    return Self::from_text(&text);
                };
                unread = left;
                // A longer one cannot fit, so it is not even copied.
                if entries == Self::MAX_ENTRIES || entry::trim(entry).len() > Self::MAX_LEN {
                    continue;
                }
                let end = text.len();
                if end > 0 {
                    text.push(',');
                }
                let valid = entry::normalize(entry, &mut text).is_some();
                if valid && text.len() <= Self::MAX_LEN {
                    entries += 1;
                } else {
                    text.truncate(end);
                }
            }
        }
        Self::from_text(&text)
    }

    /// Sets an entry; others with that name are replaced.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// let mut baggage = Baggage::parse("user=alice");
    /// baggage.insert("user", "Amélie")?;
    /// assert_eq!(baggage.as_str(), "user=Am%C3%A9lie");
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// The name is no token of HTTP, or the baggage would grow beyond its limits; it stays as it was.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), Malformed> {
        self.insert_with_properties(name, value, &[])
    }

    /// Sets an entry that has properties, with or without values.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// let mut baggage = Baggage::new();
    /// baggage.insert_with_properties("node", "7", &[("ttl", Some("30")), ("sticky", None)])?;
    /// assert_eq!(baggage.as_str(), "node=7;ttl=30;sticky");
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// As for [`insert`](Self::insert); the names of properties are tokens too.
    pub fn insert_with_properties(
        &mut self,
        name: &str,
        value: &str,
        properties: &[(&str, Option<&str>)],
    ) -> Result<(), Malformed> {
        let mut text = self.text_without(name);
        if !text.is_empty() {
            text.push(',');
        }
        entry::write(name, value, properties, &mut text)
            .ok_or(malformed("a name that is no token of HTTP"))?;
        if text.len() > Self::MAX_LEN {
            return Err(malformed("longer than 8192 bytes"));
        }
        if text.split(',').count() > Self::MAX_ENTRIES {
            return Err(malformed("more than 64 entries"));
        }
        *self = Self::from_text(&text);
        Ok(())
    }

    /// Deletes all entries with a name; says whether there was one.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// let mut baggage = Baggage::parse("user=alice,region=eu");
    /// assert!(baggage.remove("user") && !baggage.remove("user"));
    /// assert_eq!(baggage.as_str(), "region=eu");
    /// ```
    pub fn remove(&mut self, name: &str) -> bool {
        let text = self.text_without(name);
        let removed = text != self.as_str();
        if removed {
            *self = Self::from_text(&text);
        }
        removed
    }

    /// The value of an entry, decoded; of several with that name, the last.
    ///
    /// ```
    /// use spandrel::trace::propagation::Baggage;
    ///
    /// let baggage = Baggage::parse("node=DF%2028");
    /// assert_eq!(baggage.get("node").as_deref(), Some("DF 28"));
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let entries = self.iter().filter(|entry| entry.name() == name);
        entries.last().map(|entry| entry.value())
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = BaggageEntry<'_>> {
        self.as_str().split(',').filter_map(BaggageEntry::from_canonical)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no entry; empty baggage is not sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_none()
    }

    /// The header value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    fn text_without(&self, name: &str) -> String {
        let mut text = String::with_capacity(self.as_str().len());
        for entry in self.as_str().split(',') {
            let parsed = BaggageEntry::from_canonical(entry);
            if parsed.is_some_and(|parsed| parsed.name() != name) {
                if !text.is_empty() {
                    text.push(',');
                }
                text.push_str(entry);
            }
        }
        text
    }

    fn from_text(text: &str) -> Self {
        Self { text: (!text.is_empty()).then(|| text.into()) }
    }
}

impl fmt::Display for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Baggage({self})")
    }
}

/// How much of the input is looked at: white space and malformed entries do not count otherwise.
const MAX_INPUT: usize = 4 * Baggage::MAX_LEN;

const fn malformed(reason: &'static str) -> Malformed {
    Malformed::new("baggage", reason)
}

#[cfg(test)]
mod tests;
