//! API keys that begin with their issuer's mark.

use std::ops::Range;

use super::scan::{before, byte, is_word, run};

/// What a key begins with, and how many characters follow at least.
struct Issuer {
    prefix: &'static [u8],
    /// Where its first character is that is no letter or digit.
    mark: usize,
    least: usize,
    /// Only capitals and digits follow, exactly so many.
    capitals: bool,
}

const fn issuer(prefix: &'static str, least: usize) -> Issuer {
    Issuer { prefix: prefix.as_bytes(), mark: mark(prefix.as_bytes()), least, capitals: false }
}

const fn capitals(prefix: &'static str, least: usize) -> Issuer {
    Issuer { prefix: prefix.as_bytes(), mark: 0, least, capitals: true }
}

/// Found by their first character.
const STARTS: &[Issuer] = &[
    capitals("AKIA", 16),
    capitals("ASIA", 16),
    capitals("ABIA", 16),
    capitals("ACCA", 16),
    capitals("AGE-SECRET-KEY-1", 58),
    issuer("AIza", 35),
    issuer("SG.", 60),
];

/// Found by the first character of theirs that is no letter or digit.
const MARKS: &[Issuer] = &[
    issuer("dop_v1_", 60),
    issuer("figd_", 30),
    issuer("ghp_", 30),
    issuer("gho_", 30),
    issuer("ghu_", 30),
    issuer("ghs_", 30),
    issuer("ghr_", 30),
    issuer("github_pat_", 30),
    issuer("glpat-", 18),
    issuer("hf_", 30),
    issuer("hvs.", 24),
    issuer("lin_api_", 30),
    issuer("npm_", 30),
    issuer("pypi-", 40),
    issuer("rk_live_", 16),
    issuer("rk_test_", 16),
    issuer("sk-", 20),
    issuer("sk_live_", 16),
    issuer("sk_test_", 16),
    issuer("sntryu_", 40),
    issuer("sntrys_", 40),
    issuer("shpat_", 30),
    issuer("shpss_", 30),
    issuer("sq0atp-", 20),
    issuer("sq0csp-", 20),
    issuer("whsec_", 20),
    issuer("xapp-", 20),
    issuer("xoxa-", 20),
    issuer("xoxb-", 20),
    issuer("xoxp-", 20),
    issuer("xoxr-", 20),
    issuer("xoxs-", 20),
    issuer("ya29.", 20),
];

/// Where the mark of a prefix is.
const fn mark(prefix: &[u8]) -> usize {
    let mut at = 0;
    while at < prefix.len() && prefix[at].is_ascii_alphanumeric() {
        at += 1;
    }
    at
}

/// The pairs of characters that stand in front of each mark, bit by bit: six bits of each.
const NEIGHBOURS: [[u64; 64]; 3] = {
    let (mut pairs, mut at) = ([[0; 64]; 3], 0);
    while at < MARKS.len() {
        let Issuer { prefix, mark, .. } = MARKS[at];
        let pair = pair(prefix[mark - 2], prefix[mark - 1]);
        pairs[kind(prefix[mark])][pair / 64] |= 1 << (pair % 64);
        at += 1;
    }
    pairs
};

const fn kind(mark: u8) -> usize {
    match mark {
        b'_' => 0,
        b'-' => 1,
        _ => 2,
    }
}

const fn pair(one: u8, other: u8) -> usize {
    const fn six(byte: u8) -> usize {
        (byte & 31 | (byte & 64) >> 1) as usize
    }
    six(one) * 64 + six(other)
}

/// The key whose first character stands at `at`.
pub(super) fn from_start(text: &[u8], at: usize) -> Option<Range<usize>> {
    if is_word(before(text, at))
        || !matches!(byte(text, at + 1), b'B' | b'C' | b'G' | b'I' | b'K' | b'S')
    {
        return None;
    }
    STARTS.iter().find_map(|issuer| issuer.find(text, at))
}

/// The key whose mark stands at `at`.
pub(super) fn from_mark(text: &[u8], at: usize) -> Option<Range<usize>> {
    let pair = pair(before(text, at.checked_sub(1)?), before(text, at));
    if NEIGHBOURS[kind(byte(text, at))][pair / 64] >> (pair % 64) & 1 == 0 {
        return None;
    }
    find_mark(text, at)
}

#[cold]
fn find_mark(text: &[u8], at: usize) -> Option<Range<usize>> {
    MARKS.iter().find_map(|issuer| issuer.find(text, at.checked_sub(issuer.mark)?))
}

impl Issuer {
    fn find(&self, text: &[u8], start: usize) -> Option<Range<usize>> {
        let rest = text.get(start..)?.strip_prefix(self.prefix)?;
        if is_word(before(text, start)) {
            return None;
        }
        let belongs = |byte: u8| {
            if self.capitals {
                byte.is_ascii_uppercase() || byte.is_ascii_digit()
            } else {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
            }
        };
        // No more is looked at than what decides, for there may be many that are none.
        let head = rest.get(..self.least)?;
        if !head.iter().all(|byte| belongs(*byte)) {
            return None;
        }
        let end = start + self.prefix.len() + self.least;
        if self.capitals {
            return (!text.get(end).is_some_and(|byte| is_word(*byte))).then_some(start..end);
        }
        // A name in kebab case may begin like a key; it has no digits.
        head.iter().any(u8::is_ascii_digit).then(|| start..run(text, end, belongs))
    }
}
