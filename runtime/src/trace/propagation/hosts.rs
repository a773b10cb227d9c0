//! The sending side of the trust boundary: to whom context, and baggage with it, is sent.

use std::{error, fmt};

/// The hosts that context is sent to: trace, baggage and correlation id alike.
///
/// A pattern is a host (`api.example.com`), all below a domain (`*.example.com`, which is not
/// `example.com` itself) or everything (`*`); with a port (`localhost:8080`) only that port. The
/// default is everything.
///
/// ```
/// use spandrel::trace::propagation::PropagateTo;
///
/// let ours = PropagateTo::parse("*.example.com, localhost:8080, [::1]")?;
/// assert!(ours.allows("API.example.com", Some(443)) && ours.allows("::1", None));
/// assert!(!ours.allows("example.com", None) && !ours.allows("evil-example.com", None));
/// assert!(ours.allows("localhost", Some(8080)) && !ours.allows("localhost", Some(80)));
/// # Ok::<(), spandrel::trace::propagation::InvalidHost>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropagateTo {
    patterns: Box<[Pattern]>,
}

/// Says which pattern of a list of hosts cannot be read.
///
/// ```
/// use spandrel::trace::propagation::PropagateTo;
///
/// let error = PropagateTo::parse("https://example.com").unwrap_err();
/// assert!(error.to_string().starts_with("`https://example.com` is no host pattern"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidHost {
    pattern: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    host: Host,
    port: Option<u16>,
}

/// Texts are in lower case and without the dot of a fully qualified name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    Below(Box<str>),
    Exactly(Box<str>),
}

impl PropagateTo {
    /// Sends to everyone.
    ///
    /// ```
    /// use spandrel::trace::propagation::PropagateTo;
    ///
    /// assert!(PropagateTo::everyone().allows("example.com", None));
    /// ```
    #[must_use]
    pub fn everyone() -> Self {
        Self { patterns: Box::new([Pattern { host: Host::Any, port: None }]) }
    }

    /// Sends to no one.
    ///
    /// ```
    /// use spandrel::trace::propagation::PropagateTo;
    ///
    /// assert!(!PropagateTo::no_one().allows("localhost", None));
    /// ```
    #[must_use]
    pub fn no_one() -> Self {
        Self { patterns: Box::new([]) }
    }

    /// Takes patterns.
    ///
    /// ```
    /// use spandrel::trace::propagation::PropagateTo;
    ///
    /// assert!(PropagateTo::new(["orders", "*.svc:8080"])?.allows("a.svc", Some(8080)));
    /// # Ok::<(), spandrel::trace::propagation::InvalidHost>(())
    /// ```
    ///
    /// # Errors
    /// A pattern is none of the forms above.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidHost> {
        let patterns = patterns.into_iter().map(|text| {
            Pattern::parse(text).ok_or_else(|| InvalidHost { pattern: text.to_owned() })
        });
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Takes patterns separated by commas; an empty list is no one.
    ///
    /// # Errors
    /// A pattern is none of the forms above.
    pub fn parse(patterns: &str) -> Result<Self, InvalidHost> {
        Self::new(patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()))
    }

    /// Whether context is sent to a host, given with the port that the request goes to.
    ///
    /// Without a port, only patterns without one match: give the scheme's default port if the
    /// address has none. Allocates nothing.
    #[must_use]
    pub fn allows(&self, host: &str, port: Option<u16>) -> bool {
        let host = canonical(host);
        self.patterns.iter().any(|pattern| pattern.matches(host, port))
    }
}

impl Default for PropagateTo {
    fn default() -> Self {
        Self::everyone()
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // The last colon of `::1` is within the address, that of `[::1]:80` is not.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok().filter(|port| *port > 0)?))
            }
            _ => (text, None),
        };
        let host = match host.strip_prefix("*.") {
            Some(domain) => Host::Below(name(domain)?),
            None if host == "*" => Host::Any,
            None => Host::Exactly(name(host)?),
        };
        Some(Self { host, port })
    }

    fn matches(&self, host: &str, port: Option<u16>) -> bool {
        if self.port.is_some() && self.port != port {
            return false;
        }
        match &self.host {
            Host::Any => true,
            Host::Exactly(name) => name.eq_ignore_ascii_case(host),
            Host::Below(domain) => {
                let Some(dot) = host.len().checked_sub(domain.len() + 1) else { return false };
                let below = host
                    .split_at_checked(dot)
                    .and_then(|(sub, rest)| (!sub.is_empty()).then_some(rest)?.strip_prefix('.'));
                below.is_some_and(|rest| rest.eq_ignore_ascii_case(domain))
            }
        }
    }
}

impl fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no host pattern; write a host, `*.domain` or `*`, and `:port` if only that \
             port is meant",
            self.pattern
        )
    }
}

impl error::Error for InvalidHost {}

/// Checks a name in a pattern. A wildcard elsewhere than in front is refused, not taken literally.
fn name(text: &str) -> Option<Box<str>> {
    let text = canonical(text);
    let host_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    (!text.is_empty() && text.bytes().all(host_char)).then(|| text.to_ascii_lowercase().into())
}

/// Removes what does not distinguish hosts: the brackets of an address, the dot of the root.
fn canonical(host: &str) -> &str {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    address.unwrap_or_else(|| host.strip_suffix('.').unwrap_or(host))
}

#[cfg(test)]
#[path = "hosts_tests.rs"]
mod tests;
