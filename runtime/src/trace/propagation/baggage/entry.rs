//! One entry of baggage: reading it, writing it in canonical form.

use std::borrow::Cow;

use super::percent;

/// One entry of [`Baggage`](super::Baggage), borrowed from it.
///
/// ```
/// use spandrel::trace::propagation::Baggage;
///
/// let baggage = Baggage::parse("node=DF%2028;ttl=30;sticky");
/// let entry = baggage.iter().next().unwrap();
/// assert_eq!((entry.name(), entry.value().as_ref()), ("node", "DF 28"));
/// let properties: Vec<_> = entry.properties().collect();
/// assert_eq!(properties, [("ttl", Some("30".into())), ("sticky", None)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaggageEntry<'a> {
    name: &'a str,
    value: &'a str,
    properties: &'a str,
}

impl<'a> BaggageEntry<'a> {
    /// Takes a canonical entry apart.
    pub(super) fn from_canonical(text: &'a str) -> Option<Self> {
        let (pair, properties) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=')?;
        Some(Self { name, value, properties })
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The value, decoded.
    #[must_use]
    pub fn value(&self) -> Cow<'a, str> {
        percent::decode(self.value)
    }

    /// The properties: names, and values where they have one, decoded.
    pub fn properties(&self) -> impl Iterator<Item = (&'a str, Option<Cow<'a, str>>)> + use<'a> {
        let properties = self.properties.split(';').filter(|property| !property.is_empty());
        properties.map(|property| match property.split_once('=') {
            Some((name, value)) => (name, Some(percent::decode(value))),
            None => (property, None),
        })
    }
}

/// Writes a received entry in canonical form behind `header`; `None` if it breaks the grammar.
pub(super) fn normalize(text: &str, header: &mut String) -> Option<()> {
    let (pair, properties) = text.split_once(';').unwrap_or((text, ""));
    let (name, value) = pair.split_once('=')?;
    header.push_str(token(trim(name))?);
    header.push('=');
    percent::copy(trim(value), header)?;
    for property in properties.split(';').map(trim).filter(|property| !property.is_empty()) {
        header.push(';');
        match property.split_once('=') {
            Some((name, value)) => {
                header.push_str(token(trim(name))?);
                header.push('=');
                percent::copy(trim(value), header)?;
            }
            None => header.push_str(token(property)?),
        }
    }
    Some(())
}

/// Writes an entry of our own behind `header`; `None` if a name is no token.
pub(super) fn write(
    name: &str,
    value: &str,
    properties: &[(&str, Option<&str>)],
    header: &mut String,
) -> Option<()> {
    header.push_str(token(name)?);
    header.push('=');
    percent::encode(value, header);
    for (name, value) in properties {
        header.push(';');
        header.push_str(token(name)?);
        if let Some(value) = value {
            header.push('=');
            percent::encode(value, header);
        }
    }
    Some(())
}

/// Removes optional white space.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Lets through what HTTP calls a token (RFC 9110, section 5.6.2).
fn token(text: &str) -> Option<&str> {
    let token_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (!text.is_empty() && text.bytes().all(token_char)).then_some(text)
}
