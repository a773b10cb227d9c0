//! The formats by their names: `OTEL_PROPAGATORS`.

use std::{error, fmt};

/// One format of propagation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    B3,
    B3Multi,
    Baggage,
    Jaeger,
    TraceContext,
}

/// Formats in the order in which they were named, each once.
pub(super) type Formats = [Option<Format>; Format::COUNT];

/// Says which names of a list of propagators cannot be used, and which can.
///
/// ```
/// use spandrel::trace::propagation::Propagators;
///
/// let error = Propagators::parse("tracecontext,xray").unwrap_err();
/// assert!(error.to_string().starts_with("propagator `xray` is known but not supported; valid are"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPropagator {
    complaints: Vec<String>,
}

impl Format {
    pub(super) const COUNT: usize = 5;

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Baggage => "baggage",
            Self::Jaeger => "jaeger",
            Self::TraceContext => "tracecontext",
        }
    }
}

impl UnknownPropagator {
    fn new(complaints: Vec<String>) -> Option<Self> {
        (!complaints.is_empty()).then_some(Self { complaints })
    }
}

/// Reads what can be used of a list of names; `None`: the list names nothing.
pub(super) fn read(names: &str) -> (Option<Formats>, Option<UnknownPropagator>) {
    let mut formats = Formats::default();
    let mut none = false;
    let mut complaints = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name.to_ascii_lowercase().as_str() {
            "b3" => push(&mut formats, Format::B3),
            "b3multi" => push(&mut formats, Format::B3Multi),
            "baggage" => push(&mut formats, Format::Baggage),
            "jaeger" => push(&mut formats, Format::Jaeger),
            "tracecontext" => push(&mut formats, Format::TraceContext),
            "none" => none = true,
            "ottrace" | "xray" => {
                complaints.push(format!("propagator `{name}` is known but not supported"));
            }
            _ => complaints.push(format!("unknown propagator `{name}`")),
        }
    }
    let is_empty = formats == Formats::default();
    if none && (!is_empty || !complaints.is_empty()) {
        complaints.push("`none` stands alone, or not at all".to_owned());
    }
    ((none || !is_empty).then_some(canonical(formats)), UnknownPropagator::new(complaints))
}

/// Adds a format that is not there yet.
fn push(formats: &mut Formats, format: Format) {
    let place = formats.iter_mut().find(|place| place.is_none_or(|known| known == format));
    if let Some(place) = place {
        *place = Some(format);
    }
}

/// Where the order of baggage means nothing, it comes last: so equal choices are equal values.
fn canonical(formats: Formats) -> Formats {
    if formats.contains(&Some(Format::Jaeger)) || !formats.contains(&Some(Format::Baggage)) {
        return formats;
    }
    let mut sorted = Formats::default();
    let others = formats.into_iter().flatten().filter(|format| *format != Format::Baggage);
    others.chain([Format::Baggage]).for_each(|format| push(&mut sorted, format));
    sorted
}

impl fmt::Display for UnknownPropagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complaints = self.complaints.join(", ");
        write!(
            f,
            "{complaints}; valid are `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` and \
             `none`"
        )
    }
}

impl error::Error for UnknownPropagator {}
