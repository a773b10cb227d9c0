//! Any bytes: the readers of records and of headers refuse them and never panic.

use std::collections::HashMap;

use spandrel::trace::propagation;

/// Cases of each test; the same ones in each run.
const CASES: u32 = 200_000;

/// `SplitMix64`: the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Words that are often nearly records: heads and attribute heads with wrong lengths and numbers.
fn words(numbers: &mut Numbers) -> Vec<u8> {
    // Half of them begin with the head of a span that holds all the rest, or nearly.
    let (length, is_span) = (numbers.below(24), numbers.below(2) == 0);
    let head = 1 | (5 + numbers.below(20)) << 16;
    let start = if is_span { vec![head, 1, 2, 3, numbers.below(700)] } else { vec![] };
    let word = |numbers: &mut Numbers| match numbers.below(6) {
        0 => numbers.next(),
        1 => u64::MAX,
        2 => numbers.below(256),
        // A record's head: kind, flags, words, number.
        3 => {
            numbers.below(10)
                | numbers.below(2) << 8
                | numbers.below(12) << 16
                | numbers.pick(&[0, 1, 7, u64::from(u32::MAX)]) << 32
        }
        // An attribute's head: key, tag, words, inline.
        _ => {
            numbers.pick(&[0, 1, 254, 255])
                | numbers.below(13) << 8
                | numbers.below(4) << 16
                | numbers.pick(&[0, 3, 8, 16, 7 << 24 | 9, 6 << 24 | 2, u64::from(u32::MAX)]) << 32
        }
    };
    let words: Vec<u64> = start.into_iter().chain((0..length).map(|_| word(numbers))).collect();
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_ne_bytes).collect();
    if numbers.below(8) == 0 {
        bytes.pop();
    }
    bytes
}

#[test]
fn whatever_stands_in_a_chunk_is_read_without_a_panic() {
    let mut numbers = Numbers(1);

    let spans: usize = (0..CASES).map(|_| spandrel::bench::decode(&words(&mut numbers))).sum();

    assert!(spans > 20_000, "the cases get somewhere: {spans}");
}

/// Headers that are often nearly right.
fn header(numbers: &mut Numbers) -> String {
    const PIECES: &[&str] = &[
        "00",
        "01",
        "ff",
        "-",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00f067aa0ba902b7",
        "=",
        ",",
        ";",
        " ",
        "\t",
        "congo",
        "t61rcWkgMzE",
        "@",
        "%",
        "%2",
        "%2C",
        "é",
        "\u{0}",
        "0",
        "F",
        "\"",
        "\\",
        "00000000000000000000000000000000",
        "0000000000000000",
    ];
    if numbers.below(2) == 0 {
        let mut text = String::from("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let at = numbers.below(text.len() as u64) as usize;
        match numbers.below(4) {
            0 => text.truncate(at),
            1 => text.replace_range(at..=at, numbers.pick::<&str>(PIECES)),
            2 => text.insert_str(at, numbers.pick::<&str>(PIECES)),
            _ => {}
        }
        return text;
    }
    (0..numbers.below(12)).map(|_| *numbers.pick(PIECES)).collect()
}

#[test]
fn whatever_stands_in_headers_is_read_without_a_panic() {
    let mut numbers = Numbers(2);

    let understood = (0..CASES)
        .filter(|_| {
            let names = ["traceparent", "tracestate", "baggage"];
            let headers = names.map(|name| (name.to_owned(), header(&mut numbers)));
            propagation::extract(&HashMap::from(headers)).is_active()
        })
        .count();

    // Of the traceparents one in eight is untouched.
    assert!((20_000..CASES as usize / 2).contains(&understood), "{understood}");
}
