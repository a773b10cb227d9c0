//! Reads attributes back from a record's tail.

use super::{
    layout::{KEY_INLINE, Tag},
    read,
};
use crate::{
    mirror::Form,
    redact::REDACTED,
    site::Field,
    value::{Array, Value},
};

/// Reads the attributes of a tail, until its end or until something that is no entry of one.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
    fields: &'static [Field],
}

impl<'a> Entries<'a> {
    pub(crate) fn new(tail: &'a [u8], fields: &'static [Field]) -> Self {
        Self { rest: tail, fields }
    }

    /// How the values of the attributes were given, in the same order.
    pub(crate) fn forms(mut self) -> impl Iterator<Item = Form> {
        std::iter::from_fn(move || {
            loop {
                let (_, tag, ..) = self.take_entry()?;
                match tag {
                    Tag::KEY | Tag::NAME | Tag::DROPPED => {}
                    Tag::FORMATTED => return Some(Form::Formatted),
                    Tag::U31 | Tag::U64 => return Some(Form::Unsigned),
                    _ => return Some(Form::Plain),
                }
            }
        })
    }

    /// The first attribute whose key is this one of the table.
    pub(crate) fn of_field(mut self, field: u8) -> Option<Value<'a>> {
        loop {
            let mut here = self.clone();
            let (key, tag, ..) = self.take_entry()?;
            if key == field && !matches!(tag, Tag::KEY | Tag::NAME | Tag::DROPPED) {
                return here.next().map(|(_, value)| value);
            }
        }
    }

    /// The name or description, if one stands there.
    pub(crate) fn name(mut self) -> Option<&'a str> {
        // The texts in front of it are passed over, not read.
        while let Some((_, tag, inline, payload)) = self.take_entry() {
            if tag == Tag::NAME {
                return Some(text(payload, inline));
            }
        }
        None
    }

    /// How many attributes found no room.
    pub(crate) fn dropped(mut self) -> u32 {
        let mut dropped = 0_u32;
        while let Some((_, tag, inline, _)) = self.take_entry() {
            if tag == Tag::DROPPED {
                dropped = dropped.saturating_add(inline);
            }
        }
        dropped
    }

    /// The next attribute; those that found no room in front of it are added to `dropped`.
    pub(super) fn next_attribute(&mut self, dropped: &mut u32) -> Option<(&'a str, Value<'a>)> {
        let mut inline_key = "";
        loop {
            let (key, tag, inline, payload) = self.take_entry()?;
            let value = match tag {
                Tag::BOOL => Value::Bool(inline != 0),
                Tag::I32 | Tag::U31 => Value::I64(i64::from(inline.cast_signed())),
                Tag::I64 => Value::I64(read::word(payload, 0)?.cast_signed()),
                Tag::U64 => Value::unsigned(read::word(payload, 0)?),
                Tag::F64 => Value::F64(f64::from_bits(read::word(payload, 0)?)),
                Tag::STR | Tag::FORMATTED => Value::Str(text(payload, inline)),
                Tag::ARRAY => {
                    Value::Array(Array::new(payload, (inline >> 24) as u8, inline & 0xff_ffff))
                }
                Tag::REDACTED => Value::Str(REDACTED),
                Tag::KEY => {
                    inline_key = text(payload, inline);
                    continue;
                }
                Tag::NAME => continue,
                Tag::DROPPED => {
                    *dropped = dropped.saturating_add(inline);
                    continue;
                }
                _ => return None,
            };
            let key = match key {
                KEY_INLINE => inline_key,
                index => self.fields.get(usize::from(index)).map_or("", Field::key),
            };
            return Some((key, value));
        }
    }

    #[inline]
    fn take_entry(&mut self) -> Option<(u8, u8, u32, &'a [u8])> {
        let head = read::word(self.rest, 0)?;
        let words = (head >> 16 & 0xffff) as usize;
        let (payload, rest) = self.rest.get(8..)?.split_at_checked(words * 8)?;
        self.rest = rest;
        Some((head as u8, (head >> 8) as u8, (head >> 32) as u32, payload))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.next_attribute(&mut 0)
    }
}

fn text(payload: &[u8], bytes: u32) -> &str {
    let text = payload.get(..bytes as usize).unwrap_or_default();
    // Cut by a limit inside a character at worst; then what is whole remains.
    str::from_utf8(text)
        .unwrap_or_else(|error| str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default())
}
