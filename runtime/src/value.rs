//! Attribute values: what can be recorded, and what exporters read.

mod attribute;
mod from;

pub use attribute::Attribute;
pub(crate) use attribute::Element;

/// A typed attribute value, borrowed from a record.
///
/// An unsigned integer is [`Value::I64`] whenever it fits: backends can then compare and sum it.
///
/// ```
/// use spandrel::Value;
///
/// let value = Value::Str("eu-west-1");
/// assert_eq!(value.to_string(), "eu-west-1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A truth value.
    Bool(bool),
    /// A signed integer, and every unsigned one up to `i64::MAX`.
    I64(i64),
    /// An unsigned integer above `i64::MAX`.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(&'a str),
    /// Several values of one type.
    Array(Array<'a>),
}

/// An array value: elements of one type, in order.
///
/// ```
/// use spandrel::{Span, Value, testing};
///
/// let capture = testing::capture();
/// capture.run(|| {
///     let span = Span::start("resize");
///     span.set("sizes", [64, 128].as_slice());
/// });
/// let span = &capture.spans()[0];
/// assert_eq!(span.attribute("sizes").unwrap().to_string(), "[64, 128]");
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Array<'a> {
    /// Elements of one word each, or texts of one length word and their padded bytes.
    bytes: &'a [u8],
    element: u8,
    len: u32,
}

impl<'a> Value<'a> {
    /// An unsigned integer as the type that backends compare and sum, where it fits.
    pub(crate) fn unsigned(value: u64) -> Self {
        i64::try_from(value).map_or(Self::U64(value), Self::I64)
    }
}

impl<'a> Array<'a> {
    pub(crate) const BOOL: u8 = 1;
    pub(crate) const I64: u8 = 2;
    pub(crate) const U64: u8 = 3;
    pub(crate) const F64: u8 = 4;
    pub(crate) const STR: u8 = 5;

    pub(crate) fn new(bytes: &'a [u8], element: u8, len: u32) -> Self {
        Self { bytes, element, len }
    }

    /// What [`Array::new`] takes, to keep an array longer than its record.
    pub(crate) fn parts(&self) -> (&'a [u8], u8, u32) {
        (self.bytes, self.element, self.len)
    }

    /// How many elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements, in order; all are of one kind and none is an array.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (mut rest, element) = (self.bytes, self.element);
        (0..self.len).map_while(move |_| {
            let (word, after) = rest.split_first_chunk::<8>()?;
            let word = u64::from_ne_bytes(*word);
            rest = after;
            Some(match element {
                Self::BOOL => Value::Bool(word != 0),
                Self::I64 => Value::I64(word.cast_signed()),
                Self::U64 => Value::unsigned(word),
                Self::F64 => Value::F64(f64::from_bits(word)),
                Self::STR => {
                    let len = usize::try_from(word).ok()?;
                    let text = str::from_utf8(rest.get(..len)?).ok()?;
                    rest = rest.get(len.checked_next_multiple_of(8)?..)?;
                    Value::Str(text)
                }
                _ => return None,
            })
        })
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
            Self::Array(array) => {
                f.write_str("[")?;
                for (index, value) in array.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl std::fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
