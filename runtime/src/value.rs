//! Attribute values as exporters read them.

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a> {
    /// The elements as a record carries them; the recorder's decoder knows their form.
    pub(crate) bytes: &'a [u8],
    pub(crate) element: u8,
    pub(crate) len: u32,
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
            Self::Array(array) => write!(f, "{} values", array.len),
        }
    }
}
