//! Percent-encoding of baggage values (RFC 3986, section 2.1).

use std::borrow::Cow;

/// Encodes what a value may not contain as it is.
pub(super) fn encode(value: &str, header: &mut String) {
    for byte in value.bytes() {
        if is_plain(byte) {
            header.push(byte.into());
        } else {
            push_encoded(byte, header);
        }
    }
}

/// Decodes a value; what is no UTF-8 becomes U+FFFD, as the specification demands.
pub(in crate::trace::propagation) fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if let (b'%', Some(decoded)) = (byte, octet(after)) {
            bytes.push(decoded);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Copies a received value as it is, but for a `%` that encodes nothing: that one is encoded.
///
/// `None` if the value has a character that baggage does not allow.
pub(super) fn copy(value: &str, header: &mut String) -> Option<()> {
    let bytes = value.as_bytes();
    for (position, &byte) in bytes.iter().enumerate() {
        match byte {
            b'%' if octet(&bytes[position + 1..]).is_none() => push_encoded(b'%', header),
            b'%' => header.push('%'),
            _ if is_plain(byte) => header.push(byte.into()),
            _ => return None,
        }
    }
    Some(())
}

/// `baggage-octet` of the specification, without the `%` of an encoded one.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'+' | b'-'..=b':' | b'<'..=b'[' | b']'..=b'~') && byte != b'%'
}

fn push_encoded(byte: u8, header: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    header.push('%');
    header.push(DIGITS[usize::from(byte >> 4)].into());
    header.push(DIGITS[usize::from(byte & 15)].into());
}

/// The byte that the two digits in front encode.
fn octet(digits: &[u8]) -> Option<u8> {
    let &[high, low, ..] = digits else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}
