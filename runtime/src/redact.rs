//! Keys whose values never enter a record.

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
    fn keys_that_only_resemble_secrets_pass() {
        for key in ["token_count", "tokens", "secretary", "password.length", "cookies", ""] {
            assert!(!is_denied(key), "{key}");
        }
    }
}
