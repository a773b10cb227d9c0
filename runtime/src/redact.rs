//! Keys whose values never enter a record.
//!
//! The list that is compiled in costs nothing: it is asked in constants. A program may add to it
//! when it starts; then the sites whose fields it names are marked, and those that no site knows
//! are looked up as they come.

use std::sync::{
    RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Parts of a key that make its value secret; compared without case, `-` and `_`.
const DENIED: [&str; 16] = [
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
    let mut at = 0;
    while at < DENIED.len() {
        if matches_folded(key, start, DENIED[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

static HAS_OWN: AtomicBool = AtomicBool::new(false);
static OWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Adds keys of the program's own to the list.
pub(crate) fn deny(keys: impl IntoIterator<Item = String>) {
    let mut own = OWN.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    own.extend(keys);
    HAS_OWN.store(!own.is_empty(), Relaxed);
}

/// Whether the program itself has put the last part of a dotted key on the list.
#[inline]
pub(crate) fn is_denied_here(key: &str) -> bool {
    HAS_OWN.load(Relaxed) && is_among_own(key)
}

#[cold]
fn is_among_own(key: &str) -> bool {
    let start = key.rfind('.').map_or(0, |dot| dot + 1);
    let own = OWN.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    own.iter().any(|denied| {
        let denied: String = denied
            .chars()
            .filter(|char| !matches!(char, '-' | '_'))
            .map(|char| char.to_ascii_lowercase())
            .collect();
        matches_folded(key.as_bytes(), start, denied.as_bytes())
    })
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
        for key in ["password", "db.password", "Set-Cookie", "API_KEY", "user.access_token"] {
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
    fn keys_that_only_resemble_secrets_pass() {
        for key in ["token_count", "tokens", "secretary", "password.length", "cookies", ""] {
            assert!(!is_denied(key), "{key}");
        }
    }
}
