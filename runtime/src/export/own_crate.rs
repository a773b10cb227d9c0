//! Whose version is known: modules of the crate that initialised Spandrel.

/// The crate that initialised Spandrel.
#[derive(Clone, Debug)]
pub(crate) struct OwnCrate {
    /// As it stands in module paths.
    pub(crate) name: String,
    pub(crate) version: String,
}

impl OwnCrate {
    /// The version of a module; nothing is known of other crates.
    pub(crate) fn version_of(&self, module: &str) -> Option<&str> {
        let rest = module.strip_prefix(&self.name)?;
        (rest.is_empty() || rest.starts_with("::")).then_some(&self.version)
    }
}
