//! Numbers of credit cards.
//!
//! Luhn's digit alone is right in a tenth of all numbers. So the first digits must be those of an
//! issuer, of cards of that length; separators must stand where they stand on cards; and nothing
//! that makes it part of something else, such as an id or a fraction, may be beside it.

use std::ops::Range;

use super::scan::{before, byte, is_word, run};

const MOST_DIGITS: usize = 19;

/// A card's number that begins with the digit at `at`.
pub(super) fn at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let previous = before(text, at);
    // Most digits are not the first of a number, and most numbers are short.
    if is_word(previous) || previous == b'+' {
        return None;
    }
    if previous == b'.' && before(text, at - 1).is_ascii_digit() {
        return None;
    }
    let first = run(text, at, |byte| byte.is_ascii_digit());
    let end = match first - at {
        13..=MOST_DIGITS => first,
        4 => grouped(text, first)?,
        _ => return None,
    };
    let fraction = byte(text, end) == b'.' && byte(text, end + 1).is_ascii_digit();
    if is_word(byte(text, end)) || fraction {
        return None;
    }
    let mut digits = [0; MOST_DIGITS];
    let number = text.get(at..end)?.iter().filter(|byte| byte.is_ascii_digit());
    let mut length = 0;
    for (digit, byte) in digits.iter_mut().zip(number) {
        *digit = byte - b'0';
        length += 1;
    }
    is_card(digits.get(..length)?).then_some(at..end)
}

/// The end of a number of which the first four digits end at `at`: `4 4 4 4`, `4 4 4 4 3`, `4 6 5`
/// or `4 6 4`, with the same separator between all.
fn grouped(text: &[u8], at: usize) -> Option<usize> {
    let separator = byte(text, at);
    if !matches!(separator, b' ' | b'-' | b'.') {
        return None;
    }
    let group = |at: usize| {
        let begin = at + usize::from(byte(text, at) == separator);
        let end = run(text, begin, |byte| byte.is_ascii_digit());
        if begin == at { (at, 0) } else { (end, end - begin) }
    };
    let (second, digits) = group(at);
    let (third, more) = group(second);
    match (digits, more) {
        (6, 4 | 5) => Some(third),
        (4, 4) => {
            let (fourth, digits) = group(third);
            let (fifth, more) = group(fourth);
            (digits == 4).then_some(if more == 3 { fifth } else { fourth })
        }
        _ => None,
    }
}

/// Whether a whole number is that of a card.
pub(super) fn is_number(mut number: u64) -> bool {
    let mut digits = [0; MOST_DIGITS];
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = (number % 10) as u8;
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    digits.get(MOST_DIGITS - length..).is_some_and(is_card)
}

fn is_card(digits: &[u8]) -> bool {
    is_issued(digits) && passes_luhn(digits)
}

/// Whether an issuer has cards of such a length whose numbers begin so.
fn is_issued(digits: &[u8]) -> bool {
    let Some([a, b, c, d]) = digits.first_chunk::<4>() else { return false };
    let first =
        [*a, *b, *c, *d].iter().fold(0_u16, |number, digit| number * 10 + u16::from(*digit));
    let lengths: &[usize] = match first {
        4000..=4999 => &[13, 16, 19],
        2221..=2720 | 5100..=5599 => &[16],
        3400..=3499 | 3700..=3799 => &[15],
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => &[14, 16, 19],
        3528..=3589 | 6011 | 6200..=6299 | 6440..=6599 | 8100..=8171 => &[16, 17, 18, 19],
        5018 | 5020 | 5038 | 5600..=5899 | 6304 | 6759 | 6761..=6763 => &[13, 15, 16, 18, 19],
        _ => &[],
    };
    lengths.contains(&digits.len())
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit < 5 => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    // Repeated zeros pass every check, and are no card.
    sum.is_multiple_of(10) && sum != 0
}
