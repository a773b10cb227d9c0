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

/// One entry of a tail.
pub(crate) enum Entry<'a> {
    Attribute(&'a str, Value<'a>),
    Name,
    Dropped(u32),
}

/// Reads entries until the end, or until something that is none.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
    fields: &'static [Field],
}

impl<'a> Entries<'a> {
    pub(crate) fn new(tail: &'a [u8], fields: &'static [Field]) -> Self {
        Self { rest: tail, fields }
    }

    /// Attributes alone.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'a str, Value<'a>)> + Clone {
        self.filter_map(|entry| match entry {
            Entry::Attribute(key, value) => Some((key, value)),
            _ => None,
        })
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
            let before = self.clone();
            let (key, tag, ..) = self.take_entry()?;
            if key == field && !matches!(tag, Tag::KEY | Tag::NAME | Tag::DROPPED) {
                return before.attributes().next().map(|(_, value)| value);
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
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
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
                Tag::NAME => return Some(Entry::Name),
                Tag::DROPPED => return Some(Entry::Dropped(inline)),
                _ => return None,
            };
            let key = match key {
                KEY_INLINE => inline_key,
                index => self.fields.get(usize::from(index)).map_or("", Field::key),
            };
            return Some(Entry::Attribute(key, value));
        }
    }
}

fn text(payload: &[u8], bytes: u32) -> &str {
    let text = payload.get(..bytes as usize).unwrap_or_default();
    // Cut by a limit inside a character at worst; then what is whole remains.
    str::from_utf8(text)
        .unwrap_or_else(|error| str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default())
}
