//! What the program says about its secrets, and about its errors.

use super::Builder;
use crate::{redact::Patterns, sensitive::Sensitive};

impl Builder {
    /// Redacts the values of further keys, beside `password`, `token` and the like.
    ///
    /// The last part of a dotted key is compared, without case, `-` and `_`; so does
    /// `SPANDREL_REDACT_KEYS`.
    pub fn redact_keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.code.redact_keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Shows the values of keys that are redacted by default, such as `token` in a parser.
    ///
    /// The whole last part of a dotted key is compared: `token` shows no `github_token`. What an
    /// attribute itself redacts stays so; so does `SPANDREL_REDACT_ALLOW_KEYS`.
    pub fn allow_keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.code.allow_keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Chooses the forms of secrets that are hidden in every text; all that are known by default.
    ///
    /// `SPANDREL_REDACT_PATTERNS` does the same.
    pub fn redact_patterns(mut self, patterns: Patterns) -> Self {
        self.code.redact_patterns = Some(patterns);
        self
    }

    /// Hashes under this key what `redact(… = hash)` and [`Sensitive::hashed`] print.
    ///
    /// Programs that share it print the same hashes; by default each process draws its own. So does
    /// `SPANDREL_REDACT_HASH_KEY`.
    pub fn redact_hash_key(mut self, key: &str) -> Self {
        self.code.redact_hash_key = Some(Sensitive::new(key.to_owned()));
        self
    }

    /// Tracks errors with Sentry, as said here; without a DSN, here or in `SENTRY_DSN`, nothing is.
    #[cfg(feature = "sentry")]
    pub fn sentry(mut self, sentry: crate::export::sentry::Sentry) -> Self {
        self.sentry = Some(sentry);
        self
    }
}
