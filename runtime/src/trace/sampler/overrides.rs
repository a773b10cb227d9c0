//! Samplers of single functions, by their path.

use std::fmt;

use super::{InvalidSampler, Sampler};

/// Samplers that replace the program's own for some functions.
///
/// A pattern is the path of a function, `module::*` for everything below a module, or `*`. Of
/// several that match a function, the longest decides, and a path before a pattern with `*`.
///
/// ```
/// use spandrel::trace::sampler::{Overrides, Sampler};
///
/// let overrides = Overrides::parse("shop::health=always_off, shop::orders::*=traceidratio(0.1)")?;
/// assert_eq!(overrides.find("shop::health"), Some(Sampler::always_off()));
/// assert_eq!(overrides.find("shop::orders::place"), Some(Sampler::ratio(0.1)?));
/// assert_eq!(overrides.find("shop::pay"), None);
/// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The first that matches decides: longest first.
    rules: Box<[Override]>,
}

#[derive(Clone, Debug, PartialEq)]
struct Override {
    /// What a path starts with, `::` included; all of it if `exact`.
    path: Box<str>,
    exact: bool,
    sampler: Sampler,
}

impl Overrides {
    /// Reads `pattern=sampler` separated by commas; a ratio or rate stands in parentheses.
    ///
    /// # Errors
    /// A pattern or a sampler cannot be read, or a pattern is given twice.
    pub fn parse(text: &str) -> Result<Self, InvalidSampler> {
        let mut rules: Vec<Override> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let rule = Override::parse(part)?;
            if rules.iter().any(|other| other.key() == rule.key()) {
                return Err(InvalidSampler::new(format!("the pattern of `{part}` is given twice")));
            }
            rules.push(rule);
        }
        rules.sort_by_key(|rule| std::cmp::Reverse((rule.path.len(), rule.exact)));
        Ok(Self { rules: rules.into() })
    }

    /// The sampler of a function, if one is set for it.
    ///
    /// Allocates nothing, but compares texts: ask once per site and keep the answer.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Sampler> {
        self.rules.iter().find(|rule| rule.matches(path, "", "")).map(|rule| rule.sampler)
    }

    /// Where in [`Self::samplers`] the sampler of a function is: of a name in a module.
    pub(crate) fn position(&self, module: &str, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.matches(module, "::", name))
    }

    /// The samplers, in the order in which they are tried.
    pub(crate) fn samplers(&self) -> impl Iterator<Item = Sampler> {
        self.rules.iter().map(|rule| rule.sampler)
    }

    /// Whether no function has a sampler of its own.
    ///
    /// ```
    /// use spandrel::trace::sampler::Overrides;
    ///
    /// assert!(Overrides::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// In the form that [`Overrides::parse`] reads; the first that matches first.
impl fmt::Display for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Override { path, exact, sampler }) in self.rules.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let star = if *exact { "" } else { "*" };
            write!(f, "{comma}{path}{star}={sampler}")?;
        }
        Ok(())
    }
}

impl Override {
    fn parse(part: &str) -> Result<Self, InvalidSampler> {
        let Some((pattern, sampler)) = part.split_once('=') else {
            let message = format!("`{part}` sets no sampler; write `{part}=always_off`");
            return Err(InvalidSampler::new(message));
        };
        let pattern = pattern.trim();
        let (path, exact) = match pattern.strip_suffix('*') {
            Some(path) => (path, false),
            None => (pattern, true),
        };
        let whole_module = path.is_empty() || path.ends_with("::");
        if exact == whole_module || path.contains('*') || path == "::" {
            let message = format!(
                "`{pattern}` is no pattern; write the path of a function, `module::*` or `*`"
            );
            return Err(InvalidSampler::new(message));
        }
        Ok(Self { path: path.into(), exact, sampler: Sampler::parse_call(sampler.trim())? })
    }

    fn key(&self) -> (&str, bool) {
        (&self.path, self.exact)
    }

    /// Takes the path in three parts, so that nobody has to put them together for each root.
    fn matches(&self, module: &str, separator: &str, name: &str) -> bool {
        let length = module.len() + separator.len() + name.len();
        let path = [module, separator, name].into_iter().flat_map(str::bytes);
        let fits = if self.exact { length == self.path.len() } else { length >= self.path.len() };
        fits && path.zip(self.path.bytes()).all(|(one, other)| one == other)
    }
}
