//! How bodies are packed.

/// How requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With gzip, at its fastest: about a fifth of the bytes.
    Gzip,
}
