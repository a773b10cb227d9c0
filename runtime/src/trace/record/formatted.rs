//! Text from a formatter, written piece by piece to where it is to stand.

use std::{fmt, sync::atomic::Ordering::Relaxed};

use super::layout::MAX_TEXT_BYTES;
use crate::sync::shared::AtomicU64;

/// Text that arrives in pieces.
pub(super) struct Formatted<'w> {
    words: &'w [AtomicU64],
    bytes: usize,
    chars_left: usize,
    partial: [u8; 8],
    /// The text reached its limit: what follows is left out, on purpose.
    pub(super) cut: bool,
    /// The chunk has no room for it.
    pub(super) full: bool,
}

impl<'w> Formatted<'w> {
    /// Of so many characters at most.
    pub(super) fn new(words: &'w [AtomicU64], chars_left: usize) -> Self {
        Self { words, bytes: 0, chars_left, partial: [0; 8], cut: false, full: false }
    }

    /// Text of which nothing is cut, eight bytes at a time.
    fn copy(&mut self, mut bytes: &[u8]) {
        while !self.bytes.is_multiple_of(8)
            && let Some((first, rest)) = bytes.split_first()
        {
            self.push(*first);
            bytes = rest;
        }
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.partial = *word;
            self.bytes += 8;
            self.flush_word();
        }
        rest.iter().for_each(|byte| self.push(*byte));
    }

    fn push(&mut self, byte: u8) {
        self.partial[self.bytes % 8] = byte;
        self.bytes += 1;
        if self.bytes.is_multiple_of(8) {
            self.flush_word();
        }
    }

    fn flush_word(&mut self) {
        match self.words.get((self.bytes - 1) / 8) {
            Some(word) => word.store(u64::from_ne_bytes(self.partial), Relaxed),
            None => self.full = true,
        }
        self.partial = [0; 8];
    }

    /// How many bytes it has.
    pub(super) fn finish(&mut self) -> usize {
        if !self.bytes.is_multiple_of(8) {
            self.flush_word();
        }
        self.bytes
    }
}

impl fmt::Write for Formatted<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_TEXT_BYTES.min(self.words.len() * 8);
        // It has at least as many bytes as characters.
        if text.len() <= self.chars_left && self.bytes + text.len() <= room {
            if self.chars_left <= MAX_TEXT_BYTES {
                self.chars_left -= text.chars().count();
            }
            self.copy(text.as_bytes());
            return Ok(());
        }
        for char in text.chars() {
            if self.chars_left == 0 || self.bytes + char.len_utf8() > MAX_TEXT_BYTES {
                self.cut = true;
                return Err(fmt::Error);
            }
            if self.bytes + char.len_utf8() > self.words.len() * 8 {
                self.full = true;
                return Err(fmt::Error);
            }
            self.chars_left -= 1;
            char.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.push(byte));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const WORDS: usize = 6;

    /// What stands there, whether it was cut, and whether it found no room.
    fn write(pieces: &[&str], chars: usize) -> (String, bool, bool) {
        let words: [_; WORDS] = std::array::from_fn(|_| AtomicU64::new(u64::MAX));
        let mut text = Formatted::new(&words, chars);
        for piece in pieces {
            if text.write_str(piece).is_err() {
                break;
            }
        }
        let length = text.finish();
        let bytes: Vec<u8> =
            words.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect();
        let padding = &bytes[length..length.next_multiple_of(8)];
        assert!(padding.iter().all(|byte| *byte == 0), "{padding:?}");
        (String::from_utf8(bytes[..length].to_vec()).unwrap(), text.cut, text.full)
    }

    #[test]
    fn pieces_of_every_length_stand_side_by_side() {
        let text = "abcdefghijklmnöpqrstuvwxyz";
        for (first, _) in text.char_indices() {
            for (second, _) in text.char_indices().filter(|(at, _)| *at >= first) {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(write(&pieces, usize::MAX), (text.to_owned(), false, false));
                assert_eq!(write(&pieces, 26), (text.to_owned(), false, false));
            }
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let text = "abcdefghijklmnöpqrstuvwxyz";
        for chars in 0..26 {
            let expected: String = text.chars().take(chars).collect();
            for (at, _) in text.char_indices() {
                let pieces = [&text[..at], &text[at..]];
                assert_eq!(write(&pieces, chars), (expected.clone(), true, false));
            }
        }
    }

    #[test]
    fn what_has_no_room_says_so() {
        let room = WORDS * 8;
        for length in [room - 1, room, room + 1, room * 2] {
            let text = "x".repeat(length);
            let (written, cut, full) = write(&[&text[..5], &text[5..]], usize::MAX);
            assert_eq!((written.len(), cut, full), (length.min(room), false, length > room));
        }
    }
}
