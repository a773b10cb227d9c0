//! What must not be shown: values of some keys, and texts of some forms.
//!
//! Keys are looked at where a value is captured: what is denied never enters a record. Forms are
//! looked for where records leave the recorder, in every text, whatever its key: a token within an
//! error's message, a password within a URL. [`Pattern`] lists them, [`Patterns`] chooses.
//!
//! ```
//! use spandrel::redact;
//!
//! let shown = redact::text("GET https://ann:hunter2@shop/orders?api_key=k1&page=2");
//! assert_eq!(shown, "GET https://[REDACTED]@shop/orders?api_key=[REDACTED]&page=2");
//! ```
//!
//! Keys that are denied from the start end with `password`, `passwd`, `passphrase`, `pwd`, `secret`,
//! `token`, `api_key`, `access_key`, `private_key`, `secret_key`, `authorization`, `cookie`,
//! `session_id`, `credit_card`, `card_number`, `cvv`, `otp` or `ssn`, in any spelling:
//! `db.password`, `newPassword`, `PGPASSWORD`. `next_token`, `page_token`, `continuation_token` and
//! `cancellation_token` are shown. Keys that the program adds or takes off are compared whole.
//!
//! All of it is one pass over the text, in linear time, and allocates nothing unless it finds
//! something. A secret that looks like nothing in particular cannot be found in a text: give it a
//! key that is denied ([`Builder::redact_keys`](crate::Builder::redact_keys)), or wrap it in
//! [`Sensitive`](crate::Sensitive).

mod card;
mod credential;
mod keys;
mod own;
mod pair;
mod patterns;
mod prefixed;
mod scan;
mod spelled;
#[cfg(test)]
mod tests;
mod url;

use std::{borrow::Cow, sync::OnceLock};

pub(crate) use keys::{allow, deny, hides, is_denied, is_denied_here};
pub use own::InvalidPattern;
pub use patterns::{Pattern, Patterns};

/// What stands in place of whatever is not shown.
pub(crate) const REDACTED: &str = "[REDACTED]";

static CHOSEN: OnceLock<Patterns> = OnceLock::new();

/// The patterns of the program from now on, unless some were chosen before.
pub(crate) fn choose(patterns: Patterns) {
    let _ = CHOSEN.set(patterns);
}

/// The patterns in force.
pub(crate) fn patterns() -> &'static Patterns {
    static DEFAULT: Patterns = Patterns::new();
    CHOSEN.get().unwrap_or(&DEFAULT)
}

/// Hides what the patterns in force find in a text; borrowed if they find nothing.
///
/// This is what every exporter's texts go through. Call it for texts that go elsewhere.
///
/// ```
/// use std::borrow::Cow;
/// use spandrel::redact;
///
/// assert!(matches!(redact::text("paid order 42"), Cow::Borrowed(_)));
/// assert_eq!(redact::text("paid with 4111 1111 1111 1111"), "paid with [REDACTED]");
/// ```
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    patterns().redact(text)
}
