//! The protobuf wire format: just what our requests need, written into a `Vec` and read from a slice.

/// Field number and wire type of a length-delimited field below 16: one byte.
pub(super) const fn bytes_tag(field: u8) -> u8 {
    field << 3 | 2
}

/// Field number and wire type of a varint field below 16: one byte.
pub(super) const fn varint_tag(field: u8) -> u8 {
    field << 3
}

/// Field number and wire type of an eight-byte field below 16: one byte.
pub(super) const fn fixed64_tag(field: u8) -> u8 {
    field << 3 | 1
}

/// Bytes that a varint takes.
#[inline]
pub(super) const fn varint_len(value: u64) -> usize {
    // ceil(bits / 7) without a division; exact for 1 to 64 bits.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) / 64
}

/// Writes a varint.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that a length-delimited field with a one-byte tag takes.
#[cfg(any(test, feature = "otlp"))]
#[inline]
pub(super) const fn field_len(content: usize) -> usize {
    1 + varint_len(content as u64) + content
}

/// Writes a length-delimited field.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u8, content: &[u8]) {
    if let Ok(len @ 0..0x80) = u8::try_from(content.len()) {
        out.extend_from_slice(&[bytes_tag(field), len]);
    } else {
        out.push(bytes_tag(field));
        varint(out, content.len() as u64);
    }
    out.extend_from_slice(content);
}

/// Writes a text field, unless it is empty: that is its default.
#[inline]
pub(super) fn text(out: &mut Vec<u8>, field: u8, content: &str) {
    if !content.is_empty() {
        bytes(out, field, content.as_bytes());
    }
}

/// Writes a varint field, unless it is 0: that is its default.
#[cfg(feature = "otlp")]
#[inline]
pub(super) fn count(out: &mut Vec<u8>, field: u8, value: u32) {
    if value != 0 {
        out.push(varint_tag(field));
        varint(out, value.into());
    }
}

/// Writes a varint field, also if it is 0.
#[cfg(feature = "prometheus")]
#[inline]
pub(super) fn varint_field(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(varint_tag(field));
    varint(out, value);
}

/// Writes a signed number such that small ones are short.
#[cfg(feature = "prometheus")]
#[inline]
pub(super) fn zigzag_varint(out: &mut Vec<u8>, value: i64) {
    varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Writes a field of such a number.
#[cfg(feature = "prometheus")]
#[inline]
pub(super) fn zigzag(out: &mut Vec<u8>, field: u8, value: i64) {
    out.push(varint_tag(field));
    zigzag_varint(out, value);
}

/// Writes a floating-point field.
#[cfg(feature = "prometheus")]
#[inline]
pub(super) fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    out.push(fixed64_tag(field));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a message whose length is known only when it is written.
///
/// One byte is set aside for the length; a message that needs more is moved by the difference.
#[inline]
pub(super) fn message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(bytes_tag(field));
    framed(out, write);
}

/// Writes the length and the content of a message behind a tag that is there.
#[inline]
pub(super) fn framed(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(0);
    let start = out.len();
    write(out);
    let len = out.len() - start;
    if let Ok(short @ 0..0x80) = u8::try_from(len) {
        out[start - 1] = short;
        return;
    }
    let more = varint_len(len as u64) - 1;
    out.resize(out.len() + more, 0);
    out.copy_within(start..start + len, start + more);
    let mut rest = len;
    for byte in &mut out[start - 1..start + more] {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    out[start + more - 1] &= 0x7f;
}

/// A field that was read.
#[cfg(any(test, feature = "otlp"))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of a wire type that nobody here asks for.
    Other,
}

/// Reads fields with their numbers, until the end or until something that is no field.
#[cfg(any(test, feature = "otlp"))]
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = (u64, Field<'_>)> {
    std::iter::from_fn(move || {
        let tag = read_varint(&mut rest)?;
        let field = match tag & 7 {
            0 => Field::Varint(read_varint(&mut rest)?),
            1 => {
                rest = rest.get(8..)?;
                Field::Other
            }
            2 => {
                let len = usize::try_from(read_varint(&mut rest)?).ok()?;
                let (content, after) = rest.split_at_checked(len)?;
                rest = after;
                Field::Bytes(content)
            }
            5 => {
                rest = rest.get(4..)?;
                Field::Other
            }
            _ => return None,
        };
        Some((tag >> 3, field))
    })
}

#[cfg(any(test, feature = "otlp"))]
fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (at, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (at * 7);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_length_of_a_varint_is_what_it_takes() {
        for bits in 0..64 {
            for value in [1_u64 << bits, (1 << bits) - 1, u64::MAX >> bits] {
                let mut out = Vec::new();
                varint(&mut out, value);
                assert_eq!(out.len(), varint_len(value), "{value}");
                assert_eq!(
                    fields(&[&[0][..], &out].concat()).next(),
                    Some((0, Field::Varint(value)))
                );
            }
        }
    }

    #[test]
    fn a_message_has_the_shortest_length_whatever_its_size() {
        for len in [0, 1, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152] {
            let mut out = vec![9];
            message(&mut out, 2, |out| out.resize(out.len() + len, 7));

            let mut expected = vec![9];
            bytes(&mut expected, 2, &vec![7; len]);
            assert_eq!(out, expected, "{len}");
            assert_eq!(out.len(), 1 + field_len(len));
        }
    }

    proptest! {
        #[test]
        fn reading_survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let read: usize = fields(&bytes)
                .map(|(_, field)| if let Field::Bytes(bytes) = field { bytes.len() } else { 0 })
                .sum();
            prop_assert!(read <= bytes.len());
        }
    }
}
