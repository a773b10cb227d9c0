//! Whether what people read has colours.

/// Whether text for people has colours.
///
/// ```
/// use spandrel::export::ColorChoice;
///
/// assert_eq!(ColorChoice::default(), ColorChoice::Auto);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColorChoice {
    /// Always, whatever the environment says.
    Always,
    /// As `NO_COLOR`, `FORCE_COLOR` and their like say, else on a terminal.
    #[default]
    Auto,
    /// Never, whatever the environment says.
    Never,
}
