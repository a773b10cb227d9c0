//! Keys whose values never enter a record.
//!
//! The list that is compiled in costs nothing: it is asked in constants. A program may add to it
//! when it starts; then the sites whose fields it names are marked, and those that no site knows
//! are looked up as they come. It may also take keys off the list: what a site knows to be denied
//! is then asked about once more.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// What makes a value secret if its key ends so, whatever stands in front: `PGPASSWORD`, `csrfToken`.
///
/// Compared without case, `-` and `_`, as all of these.
const ENDS: [&str; 14] = [
    "accesskey",
    "apikey",
    "cardnumber",
    "creditcard",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proxyauthorization",
    "secret",
    "secretkey",
    "sessionid",
    "setcookie",
    "token",
];

/// The same where a word begins with it: other words end so, too.
const WORDS: [&str; 9] =
    ["authorization", "cookie", "cvc", "cvv", "otp", "pwd", "sessid", "ssn", "totp"];

/// Keys that end so have no secret: they lead to a page, stop a task, or count what a model says.
const INNOCENT: [&str; 7] = [
    "cancellationtoken",
    "canceltoken",
    "continuationtoken",
    "firsttoken",
    "nexttoken",
    "outputtoken",
    "pagetoken",
];

/// Whether the last part of a dotted key ends like one on the deny-list.
///
/// `db.password`, `PASSWORD`, `api-key`, `newPassword` and `user.github_token` do; `token_count`
/// and `next_token` do not.
pub(crate) const fn is_denied(key: &str) -> bool {
    let key = key.as_bytes();
    let mut start = key.len();
    while start > 0 && key[start - 1] != b'.' {
        start -= 1;
    }
    may_be_denied(key, start)
        && (ends_with_any(key, start, &ENDS, false) || ends_with_any(key, start, &WORDS, true))
        && !ends_with_any(key, start, &INNOCENT, false)
}

/// How denied keys end, none of which is shorter: by the last letter and the one before, bit by bit
/// the third from the end.
const LAST_THREE: [[u32; 26]; 26] = add_last_three(&WORDS, add_last_three(&ENDS, [[0; 26]; 26]));

const fn add_last_three(ends: &[&str], mut last: [[u32; 26]; 26]) -> [[u32; 26]; 26] {
    let mut at = 0;
    while at < ends.len() {
        let end = ends[at].as_bytes();
        if let [.., third, second, first] = *end
            && let (Some(first), Some(second), Some(third)) =
                (letter(first), letter(second), letter(third))
        {
            last[first][second] |= 1 << third;
        }
        at += 1;
    }
    last
}

/// Looks at the last three letters alone: most keys are innocent, and are asked about as they come.
///
/// In constants, too, where each step takes the compiler as long as a thousand do at run time.
const fn may_be_denied(key: &[u8], start: usize) -> bool {
    let (mut at, mut found, mut last) = (key.len(), 0, [0; 3]);
    while at > start && found < 3 {
        at -= 1;
        if matches!(key[at], b'_' | b'-') {
            continue;
        }
        let Some(letter) = letter(key[at]) else { return false };
        last[found] = letter;
        found += 1;
    }
    found == 3 && LAST_THREE[last[0]][last[1]] & 1 << last[2] != 0
}

const fn letter(byte: u8) -> Option<usize> {
    if byte.is_ascii_alphabetic() {
        Some((byte.to_ascii_lowercase() - b'a') as usize)
    } else {
        None
    }
}

/// Whether what begins at `start` ends with one of them, or with one that begins a word.
const fn ends_with_any(key: &[u8], start: usize, ends: &[&str], as_word: bool) -> bool {
    let mut at = 0;
    while at < ends.len() {
        if let Some(found) = ending(key, start, ends[at].as_bytes())
            && (!as_word || begins_word(key, start, found))
        {
            return true;
        }
        at += 1;
    }
    false
}

/// Where the end begins with which the key ends, if it does.
const fn ending(key: &[u8], start: usize, end: &[u8]) -> Option<usize> {
    let (mut at, mut left) = (key.len(), end.len());
    while left > 0 {
        if at == start {
            return None;
        }
        at -= 1;
        if matches!(key[at], b'_' | b'-') {
            continue;
        }
        left -= 1;
        if key[at].to_ascii_lowercase() != end[left] {
            return None;
        }
    }
    Some(at)
}

/// Whether `at` is behind a mark, or where `camelCase` has a capital.
const fn begins_word(key: &[u8], start: usize, at: usize) -> bool {
    if at == start || !key[at - 1].is_ascii_alphabetic() {
        return true;
    }
    let is_last = at + 1 == key.len();
    let precedes_small = !is_last && key[at + 1].is_ascii_lowercase();
    key[at].is_ascii_uppercase() && (key[at - 1].is_ascii_lowercase() || precedes_small)
}

/// Keys that the program has named, folded.
struct Own {
    any: AtomicBool,
    keys: RwLock<Vec<String>>,
}

static OWN: Own = Own::new();
static ALLOWED: Own = Own::new();

/// Adds keys of the program's own to the list.
pub(crate) fn deny(keys: impl IntoIterator<Item = String>) {
    OWN.add(keys);
}

/// Takes keys off the list that is compiled in.
pub(crate) fn allow(keys: impl IntoIterator<Item = String>) {
    ALLOWED.add(keys);
}

/// Whether the value of a key is not to be shown, by either list.
#[inline]
pub(crate) fn hides(key: &str) -> bool {
    is_denied(key) && !ALLOWED.has(key) || is_denied_here(key)
}

/// Whether the program itself has put the last part of a dotted key on the list.
#[inline]
pub(crate) fn is_denied_here(key: &str) -> bool {
    OWN.has(key)
}

impl Own {
    const fn new() -> Self {
        Self { any: AtomicBool::new(false), keys: RwLock::new(Vec::new()) }
    }

    fn add(&self, keys: impl IntoIterator<Item = String>) {
        let fold = |key: String| {
            let letters = key.chars().filter(|char| !matches!(char, '-' | '_'));
            letters.map(|char| char.to_ascii_lowercase()).collect()
        };
        let mut own = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        own.extend(keys.into_iter().map(fold));
        self.any.store(!own.is_empty(), Relaxed);
    }

    /// Whether the last part of a dotted key is among them.
    #[inline]
    fn has(&self, key: &str) -> bool {
        self.any.load(Relaxed) && self.is_among(key)
    }

    #[cold]
    fn is_among(&self, key: &str) -> bool {
        let start = key.rfind('.').map_or(0, |dot| dot + 1);
        let own = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|own| matches_folded(key.as_bytes(), start, own.as_bytes()))
    }
}

const fn matches_folded(key: &[u8], start: usize, denied: &[u8]) -> bool {
    let (mut at, mut matched) = (start, 0);
    while at < key.len() {
        let byte = key[at].to_ascii_lowercase();
        at += 1;
        if byte == b'_' || byte == b'-' {
            continue;
        }
        if matched == denied.len() || byte != denied[matched] {
            return false;
        }
        matched += 1;
    }
    matched == denied.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_keys_are_denied_whatever_their_spelling() {
        let spelled = ["password", "db.password", "Set-Cookie", "API_KEY", "user.access_token"];
        let lists = ENDS.into_iter().chain(WORDS);
        for key in spelled.into_iter().chain(lists).chain(["_-TOKEN-_", "a.__p-a_s_s-w-d"]) {
            assert!(is_denied(key), "{key}");
        }
    }

    #[test]
    fn every_denied_key_is_found_by_its_last_three_letters() {
        for end in ENDS.into_iter().chain(WORDS) {
            assert!(end.len() >= 3 && end.bytes().all(|byte| byte.is_ascii_lowercase()), "{end}");
        }
    }

    #[test]
    fn the_last_words_of_a_key_make_it_secret() {
        for key in [
            "db_password",
            "user_password",
            "newPassword",
            "PGPASSWORD",
            "github_token",
            "csrfToken",
            "http.request.header.x-auth-token",
            "x-csrf-token",
            "stripe_api_key",
            "aws_secret_access_key",
            "tls_private_key",
            "client_secret",
            "session_id",
            "JSESSIONID",
            "user_otp",
            "loginOtp",
            "SMSOtp",
            "card_cvv",
            "customer-ssn",
            "db_pwd",
            "session_cookie",
            "X-Authorization",
        ] {
            assert!(is_denied(key), "{key}");
        }
    }

    #[test]
    fn a_program_may_add_keys_of_its_own() {
        assert!(!is_denied_here("customer.tax-number"));

        deny(["Tax_Number".to_owned()]);

        assert!(is_denied_here("customer.tax-number") && is_denied_here("TAXNUMBER"));
        assert!(!is_denied_here("tax_numbers") && !is_denied_here("number"));
    }

    #[test]
    fn a_program_may_take_keys_off_the_list() {
        assert!(hides("parser.privatekey"));

        allow(["private_KEY".to_owned()]);

        assert!(!hides("parser.privatekey") && !hides("private-key"));
        assert!(hides("password"));
    }

    #[test]
    fn keys_that_only_resemble_secrets_pass() {
        for key in [
            "",
            "-",
            "token_count",
            "tokens",
            "gen_ai.usage.input_tokens",
            "time_to_first_token",
            "secretary",
            "password.length",
            "password_length",
            "cookies",
            "next_token",
            "nextPageToken",
            "page-token",
            "continuation_token",
            "CancellationToken",
            "session.id",
            "secret_name",
            "hotp",
            "OLDPWD",
            "messn",
            "primary_key",
        ] {
            assert!(!is_denied(key), "{key}");
        }
    }
}
