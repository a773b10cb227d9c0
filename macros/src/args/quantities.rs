//! Durations, shares and counts: literals are validated here, constants by the compiler.

use syn::{
    Expr, ExprLit, Ident, Lit, LitFloat, LitInt, LitStr,
    parse::{Parse, ParseStream},
};

use super::forms::Assigned;
use crate::errors::bail;

/// A duration: `"250ms"`, or any constant expression of that type.
#[derive(Clone)]
pub(crate) enum Lapse {
    Nanos(u64),
    Const(Expr),
}

/// A share between nothing and all: `0.99`.
#[derive(Clone)]
pub(crate) struct Share(pub(crate) LitFloat);

/// A count of at least one.
#[derive(Clone)]
pub(crate) struct Positive(pub(crate) LitInt);

/// Units with their length in nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Assigned for Lapse {
    const EXAMPLE: &'static str = "\"250ms\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let value = input.parse::<Expr>()?;
        match &value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match nanos(&text.value()) {
                Some(nanos) => Ok(Self::Nanos(nanos)),
                None => bail!(text, "{}", not_a_duration(key, text)),
            },
            Expr::Lit(literal) => bail!(
                literal,
                "`{key}` is a duration, and that has a unit; write `{key} = \"250ms\"`, or a \
                 constant: `{key} = Duration::from_millis(250)`"
            ),
            _ => Ok(Self::Const(value)),
        }
    }
}

fn not_a_duration(key: &Ident, text: &LitStr) -> String {
    let text = text.value();
    match text.trim().trim_end_matches(char::is_alphabetic).parse::<f64>() {
        Ok(number) if number <= 0.0 => {
            format!("`{key}` must be longer than nothing; write `{key} = \"1ms\"`")
        }
        _ => format!(
            "`{text}` is no duration; write a number with `ns`, `us`, `ms`, `s`, `m` or `h`: \
             `{key} = \"250ms\"`"
        ),
    }
}

/// `250ms`, `1.5s`; more than nothing.
pub(super) fn nanos(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|character: char| character.is_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let (_, length) = UNITS.iter().find(|(known, _)| *known == unit)?;
    let (whole, part) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 12 {
        return None;
    }
    let part_length = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part = u128::from(part.parse::<u64>().ok()?) * u128::from(*length);
    let part = u64::try_from(part / u128::from(part_length)).ok()?;
    let nanos = whole.parse::<u64>().ok()?.checked_mul(*length)?.checked_add(part)?;
    (nanos > 0).then_some(nanos)
}

impl Assigned for Share {
    const EXAMPLE: &'static str = "0.99";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let share = match input.parse::<Lit>() {
            Ok(Lit::Float(share)) => share,
            Ok(other) => bail!(other, "{}", outside(key)),
            Err(error) => return Err(syn::Error::new(error.span(), outside(key))),
        };
        match share.base10_parse::<f64>() {
            Ok(value) if value > 0.0 && value < 1.0 => Ok(Self(share)),
            _ => bail!(share, "{}", outside(key)),
        }
    }
}

fn outside(key: &Ident) -> String {
    format!("`{key}` is a share between 0 and 1, and neither; write `{key} = 0.99`")
}

impl Assigned for Positive {
    const EXAMPLE: &'static str = "100";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        const MOST: u32 = 10_000;
        let explain = format!("`{key}` is a number from 1 to {MOST}; write `{key} = 100`");
        let number = match input.parse::<Lit>() {
            Ok(Lit::Int(number)) => number,
            Ok(other) => bail!(other, "{explain}"),
            Err(error) => return Err(syn::Error::new(error.span(), explain)),
        };
        match number.base10_parse::<u32>() {
            Ok(1..=MOST) => Ok(Self(number)),
            _ => bail!(number, "{explain}"),
        }
    }
}

/// `latency = "250ms", target = 0.99`, or `errors, target = 0.999`.
impl Parse for crate::plan::metered::Objective {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORMS: &str =
            "write `slo(latency = \"250ms\", target = 0.99)` or `slo(errors, target = 0.999)`";
        let mut latency = None;
        let mut errors = None;
        let mut target = None;
        while !input.is_empty() {
            let Ok(key) = input.call(<Ident as syn::ext::IdentExt>::parse_any) else {
                return Err(input.error(format!("expected an objective; {FORMS}")));
            };
            match key.to_string().as_str() {
                "latency" => super::set(&mut latency, &key, input)?,
                "errors" => super::set(&mut errors, &key, input)?,
                "target" => super::set(&mut target, &key, input)?,
                _ => {
                    return Err(super::unknown("part", &key, &["latency", "errors", "target"]));
                }
            }
            if !input.is_empty() {
                input.parse::<syn::Token![,]>()?;
            }
        }
        let target: Option<super::Given<super::Assign<Share>>> = target;
        let latency: Option<super::Given<super::Assign<Lapse>>> = latency;
        let errors: Option<super::Given<super::Flag>> = errors;
        let Some(target) = target.map(|target| target.value.0) else {
            return Err(missing(input, &format!("an objective needs a target; {FORMS}")));
        };
        match (latency, errors) {
            (Some(latency), None) => Ok(Self::Latency(latency.value.0, target)),
            (None, Some(_)) => Ok(Self::Errors(target)),
            (Some(latency), Some(_)) => {
                bail!(
                    latency.key,
                    "`latency` and `errors` are two objectives; write `slo(…)` for each"
                )
            }
            (None, None) => Err(missing(input, &format!("an objective of what? {FORMS}"))),
        }
    }
}

/// An error where something should stand: at the closing parenthesis.
fn missing(input: ParseStream<'_>, message: &str) -> syn::Error {
    syn::Error::new(input.span(), message)
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let cases = [
            ("250ms", Some(250_000_000)),
            ("1.5s", Some(1_500_000_000)),
            (" 2 h ", Some(7_200_000_000_000)),
            ("0.000000001s", Some(1)),
            ("0s", None),
            ("0.0000000001s", None),
            ("250", None),
            ("ms", None),
            ("-1s", None),
            ("1e3s", None),
            ("1 day", None),
            ("1.2.3s", None),
            ("99999999999999h", None),
        ];
        for (text, expected) in cases {
            assert_eq!(nanos(text), expected, "{text}");
        }
    }
}
