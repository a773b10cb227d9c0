//! The texts of records, and records with other texts.

use std::borrow::Cow;

use super::{
    layout::{self, Kind, SPAN_WORDS, Tag},
    read::{Record, word},
};
use crate::value::Array;

/// What a record may hold that says something in its own words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    Number(u64),
    Text(&'a [u8]),
}

/// The entry at the front of a tail: its head, what follows it, and the rest.
fn entry(tail: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let head = word(tail, 0)?;
    let (payload, rest) = tail.get(8..)?.split_at_checked(layout::length(head) * 8)?;
    Some((head, payload, rest))
}

/// The words in front of a record's attributes; `None` if it has none.
fn fixed_words(record: &Record<'_>) -> Option<usize> {
    match record.kind() {
        Kind::SPAN => Some(SPAN_WORDS),
        Kind::ATTRS | Kind::STATUS | Kind::NAME => Some(2),
        Kind::EVENT => Some(3),
        Kind::LINK => Some(6 + layout::text_words(record.aux() as usize)),
        _ => None,
    }
}

/// Whether `is` is true of any text or large number of these records.
#[inline]
pub(crate) fn any(records: &[u8], mut is: impl FnMut(Piece<'_>) -> bool) -> bool {
    let mut rest = records;
    while let Some((record, after)) = Record::take(rest) {
        rest = after;
        let Some(fixed) = fixed_words(&record) else { continue };
        if any_of_tail(record.tail(fixed), &mut is) {
            return true;
        }
    }
    false
}

/// The same of attributes without a record's head.
#[inline]
pub(crate) fn any_of_tail(mut tail: &[u8], mut is: impl FnMut(Piece<'_>) -> bool) -> bool {
    while let Some((head, payload, after)) = entry(tail) {
        tail = after;
        let found = match layout::tag(head) {
            Tag::STR | Tag::FORMATTED | Tag::NAME => is(Piece::Text(text(payload, head))),
            Tag::I64 | Tag::U64 => is(Piece::Number(word(payload, 0).unwrap_or_default())),
            Tag::ARRAY if element(head) == Array::STR => any_element(payload, head, &mut is),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Appends the records, with each text and number as `change` has it.
pub(crate) fn rewrite(
    records: &[u8],
    out: &mut Vec<u8>,
    change: &mut dyn FnMut(Piece<'_>) -> Option<String>,
) {
    let mut rest = records;
    while let Some((record, after)) = Record::take(rest) {
        rest = after;
        let start = out.len();
        let Some(fixed) = fixed_words(&record) else {
            out.extend_from_slice(record.bytes);
            continue;
        };
        let tail = record.tail(fixed);
        out.extend_from_slice(&record.bytes[..record.bytes.len() - tail.len()]);
        rewrite_tail(tail, out, change);
        let words = (out.len() - start) / 8;
        let head = record.word(0) & !(0xffff << 16) | (words as u64) << 16;
        out[start..start + 8].copy_from_slice(&head.to_ne_bytes());
    }
}

/// The same of attributes without a record's head.
pub(crate) fn rewrite_tail(
    mut tail: &[u8],
    out: &mut Vec<u8>,
    change: &mut dyn FnMut(Piece<'_>) -> Option<String>,
) {
    while let Some((_, _, after)) = entry(tail) {
        let (this, after) = tail.split_at(tail.len() - after.len());
        tail = after;
        rewrite_entry(this, out, change);
    }
}

fn rewrite_entry(
    this: &[u8],
    out: &mut Vec<u8>,
    change: &mut dyn FnMut(Piece<'_>) -> Option<String>,
) {
    let Some((head, payload, _)) = entry(this) else { return };
    let (key, tag) = (head as u8, layout::tag(head));
    match tag {
        Tag::STR | Tag::FORMATTED | Tag::NAME => {
            if let Some(changed) = change(Piece::Text(text(payload, head))) {
                return put_text(key, tag, &changed, out);
            }
        }
        Tag::I64 | Tag::U64 => {
            if let Some(changed) = change(Piece::Number(word(payload, 0).unwrap_or_default())) {
                return put_text(key, Tag::STR, &changed, out);
            }
        }
        Tag::ARRAY if element(head) == Array::STR => {
            return put_array(key, payload, head, out, change);
        }
        _ => {}
    }
    out.extend_from_slice(this);
}

fn text(payload: &[u8], head: u64) -> &[u8] {
    payload.get(..(head >> 32) as usize).unwrap_or_default()
}

fn element(head: u64) -> u8 {
    (head >> 56) as u8
}

fn elements(payload: &[u8], head: u64) -> impl Iterator<Item = &[u8]> {
    let mut rest = payload;
    let count = (head >> 32) as usize & 0xff_ffff;
    (0..count).map_while(move |_| {
        let bytes = word(rest, 0)? as usize;
        let text = rest.get(8..)?.get(..bytes)?;
        rest = rest.get(8 + layout::text_words(bytes) * 8..)?;
        Some(text)
    })
}

#[cold]
fn any_element(payload: &[u8], head: u64, is: &mut dyn FnMut(Piece<'_>) -> bool) -> bool {
    elements(payload, head).any(|text| is(Piece::Text(text)))
}

fn put_array(
    key: u8,
    payload: &[u8],
    head: u64,
    out: &mut Vec<u8>,
    change: &mut dyn FnMut(Piece<'_>) -> Option<String>,
) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    let mut count = 0;
    for text in elements(payload, head) {
        let changed = change(Piece::Text(text));
        let text = changed.as_deref().map_or(Cow::Borrowed(text), |text| text.as_bytes().into());
        out.extend_from_slice(&(text.len() as u64).to_ne_bytes());
        put_padded(&text, out);
        count += 1;
    }
    let words = (out.len() - start) / 8 - 1;
    let head = layout::attribute(key, Tag::ARRAY, words, u32::from(Array::STR) << 24 | count);
    out[start..start + 8].copy_from_slice(&head.to_ne_bytes());
}

fn put_text(key: u8, tag: u8, text: &str, out: &mut Vec<u8>) {
    let words = layout::text_words(text.len());
    out.extend_from_slice(&layout::attribute(key, tag, words, text.len() as u32).to_ne_bytes());
    put_padded(text.as_bytes(), out);
}

fn put_padded(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(text);
    out.resize(out.len() + (text.len().next_multiple_of(8) - text.len()), 0);
}
