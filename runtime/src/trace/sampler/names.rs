//! Samplers by name: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.

use super::{InvalidSampler, Sampler};

impl Sampler {
    /// Reads a sampler by its name in `OTEL_TRACES_SAMPLER`, in any case, and its argument.
    ///
    /// The argument is the ratio of `traceidratio`, 1 if there is none, or the traces a second of
    /// `rate_limited`, 100 if there are none; others have no argument. `rate_limited` is a name of
    /// our own: the specification has none for such a sampler.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// let sampler = Sampler::parse("parentbased_traceidratio", Some("0.1"))?;
    /// assert_eq!(sampler, Sampler::ratio(0.1)?.parent_based());
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    ///
    /// # Errors
    /// The name is unknown or not supported, the argument is no ratio or rate, or the sampler has
    /// none.
    pub fn parse(name: &str, argument: Option<&str>) -> Result<Self, InvalidSampler> {
        match read(name, argument) {
            (sampler, None) => Ok(sampler),
            (_, Some(complaint)) => Err(InvalidSampler::new(complaint)),
        }
    }

    /// Reads a sampler as the environment gives it: what cannot be used becomes a warning.
    ///
    /// As the specification demands, an unknown name means the default, and an argument that
    /// cannot be used counts as absent.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// let (sampler, warning) = Sampler::from_name("traceidratio", Some("lots"));
    /// assert_eq!(sampler, Sampler::ratio(1.0)?);
    /// assert_eq!(
    ///     warning.unwrap().to_string(),
    ///     "the ratio `lots` is not between 0 and 1; using `traceidratio(1)`"
    /// );
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    #[must_use]
    pub fn from_name(name: &str, argument: Option<&str>) -> (Self, Option<InvalidSampler>) {
        let (sampler, complaint) = read(name, argument);
        let warning = |complaint| InvalidSampler::new(format!("{complaint}; using `{sampler}`"));
        (sampler, complaint.map(warning))
    }

    /// Reads a sampler as an override writes it: `always_off`, `traceidratio(0.1)`.
    pub(super) fn parse_call(text: &str) -> Result<Self, InvalidSampler> {
        let Some((name, rest)) = text.split_once('(') else { return Self::parse(text, None) };
        match rest.strip_suffix(')') {
            Some(argument) => Self::parse(name, Some(argument)),
            None => Err(InvalidSampler::new(format!("`{text}` lacks a `)` at its end"))),
        }
    }
}

/// Reads what it can, and says what it cannot.
fn read(name: &str, argument: Option<&str>) -> (Sampler, Option<String>) {
    let name = name.trim();
    let lower = name.to_ascii_lowercase();
    let root = lower.strip_prefix("parentbased_").unwrap_or(&lower);
    let argument = argument.map(str::trim).filter(|argument| !argument.is_empty());
    let (sampler, complaint) = match root {
        "always_on" => (Sampler::always_on(), unused(name, argument)),
        "always_off" => (Sampler::always_off(), unused(name, argument)),
        "traceidratio" => ratio(argument),
        "rate_limited" => rate(argument),
        "jaeger_remote" | "xray" => {
            let complaint = format!("sampler `{name}` is known but not supported; {VALID}");
            return (Sampler::default(), Some(complaint));
        }
        _ => {
            let complaint = format!("unknown sampler `{name}`; {VALID}");
            return (Sampler::default(), Some(complaint));
        }
    };
    (if root == lower { sampler } else { sampler.parent_based() }, complaint)
}

fn ratio(argument: Option<&str>) -> (Sampler, Option<String>) {
    number(argument, 1.0, Sampler::ratio, "the ratio", "1")
}

fn rate(argument: Option<&str>) -> (Sampler, Option<String>) {
    number(argument, 100.0, Sampler::per_second, "the rate", "1000000")
}

fn number(
    argument: Option<&str>,
    default: f64,
    make: fn(f64) -> Result<Sampler, InvalidSampler>,
    what: &str,
    most: &str,
) -> (Sampler, Option<String>) {
    let otherwise = make(default).unwrap_or_default();
    let Some(argument) = argument else { return (otherwise, None) };
    match argument.parse().ok().and_then(|number| make(number).ok()) {
        Some(sampler) => (sampler, None),
        None => (otherwise, Some(format!("{what} `{argument}` is not between 0 and {most}"))),
    }
}

fn unused(name: &str, argument: Option<&str>) -> Option<String> {
    argument.map(|argument| format!("sampler `{name}` has no argument, but `{argument}` is given"))
}

const VALID: &str = "valid are `always_on`, `always_off`, `traceidratio`, `rate_limited`, \
                     `parentbased_always_on`, `parentbased_always_off`, \
                     `parentbased_traceidratio` and `parentbased_rate_limited`";
