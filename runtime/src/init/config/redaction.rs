//! What is not shown: keys, forms of secrets, and the key of hashes.

use super::{Code, Setting};
use crate::{
    init::env::{Reader, Rejected, Variable, table},
    redact::Patterns,
    sensitive::Sensitive,
};

/// What is not shown.
#[derive(Debug)]
pub(crate) struct Redaction {
    /// Keys that the program denies beside those that are always denied.
    pub(crate) keys: Setting<Vec<String>>,
    /// Keys that it does not deny.
    pub(crate) allowed: Setting<Vec<String>>,
    pub(crate) patterns: Setting<Patterns>,
    /// `None`: one is drawn.
    pub(crate) hash_key: Setting<Option<Sensitive<String>>>,
}

impl Redaction {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        let patterns = reader.read(table::REDACT_PATTERNS, |text| {
            Patterns::parse(text).map_err(|error| Rejected::told(&error))
        });
        let hash_key =
            reader.read(table::REDACT_HASH_KEY, |text| Ok(Some(Sensitive::new(text.to_owned()))));
        Self {
            keys: keys(reader, table::REDACT_KEYS, code.redact_keys.as_ref()),
            allowed: keys(reader, table::REDACT_ALLOW_KEYS, code.allow_keys.as_ref()),
            patterns: Setting::pick(code.redact_patterns.clone(), patterns, Patterns::new()),
            hash_key: Setting::pick(code.redact_hash_key.clone().map(Some), hash_key, None),
        }
    }
}

fn keys(
    reader: &mut Reader<'_>,
    variable: &'static Variable,
    code: Option<&Vec<String>>,
) -> Setting<Vec<String>> {
    let variable = reader.read(variable, |text| {
        let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
        Ok(keys.map(str::to_owned).collect())
    });
    Setting::pick(code.cloned(), variable, Vec::new())
}
