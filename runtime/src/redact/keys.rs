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

/// Parts of a key that make its value secret; compared without case, `-` and `_`.
const DENIED: [&str; 25] = [
    "authorization",
    "proxyauthorization",
    "cookie",
    "setcookie",
    "xapikey",
    "apikey",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "token",
    "creditcard",
    "privatekey",
    "authtoken",
    "awssecretaccesskey",
    "bearertoken",
    "cardnumber",
    "idtoken",
    "pwd",
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
];

/// Whether the last part of a dotted key is on the deny-list.
///
/// `db.password`, `PASSWORD`, `api-key` and `user.access_token` are; `token_count` is not.
pub(crate) const fn is_denied(key: &str) -> bool {
    let key = key.as_bytes();
    let mut start = key.len();
    while start > 0 && key[start - 1] != b'.' {
        start -= 1;
    }
    if !may_be_denied(key, start) {
        return false;
    }
    let length = folded_length(key, start);
    if length >= 32 || LENGTHS >> length & 1 == 0 {
        return false;
    }
    let mut at = 0;
    while at < DENIED.len() {
        let denied = DENIED[at].as_bytes();
        if denied.len() == length && matches_folded(key, start, denied) {
            return true;
        }
        at += 1;
    }
    false
}

/// How long denied keys are, bit by bit.
const LENGTHS: u32 = {
    let (mut lengths, mut at) = (0, 0);
    while at < DENIED.len() {
        lengths |= 1 << DENIED[at].len();
        at += 1;
    }
    lengths
};

/// How long the key is without `-` and `_`.
const fn folded_length(key: &[u8], start: usize) -> usize {
    let (mut at, mut length) = (start, 0);
    while at < key.len() {
        length += !matches!(key[at], b'_' | b'-') as usize;
        at += 1;
    }
    length
}

/// The letters that a denied key begins with, and those that it ends with, bit by bit.
const BORDERS: (u32, u32) = {
    let (mut first, mut last, mut at) = (0, 0, 0);
    while at < DENIED.len() {
        let denied = DENIED[at].as_bytes();
        first |= letter(denied[0]);
        last |= letter(denied[denied.len() - 1]);
        at += 1;
    }
    (first, last)
};

/// Looks at the borders alone, for most keys are innocent and are asked about as they come.
const fn may_be_denied(key: &[u8], mut start: usize) -> bool {
    let mut end = key.len();
    while start < end && matches!(key[start], b'_' | b'-') {
        start += 1;
    }
    while start < end && matches!(key[end - 1], b'_' | b'-') {
        end -= 1;
    }
    start < end && letter(key[start]) & BORDERS.0 != 0 && letter(key[end - 1]) & BORDERS.1 != 0
}

const fn letter(byte: u8) -> u32 {
    if byte.is_ascii_alphabetic() { 1 << (byte.to_ascii_lowercase() - b'a') } else { 0 }
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
        for key in spelled.into_iter().chain(DENIED).chain(["_-TOKEN-_", "a.__p-a_s_s-w-d"]) {
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
        for key in ["token_count", "tokens", "secretary", "password.length", "cookies", ""] {
            assert!(!is_denied(key), "{key}");
        }
    }
}
