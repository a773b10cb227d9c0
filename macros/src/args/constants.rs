//! The numbers of policies: literals are checked here, constants by the constructors they go into.

use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitBool, LitStr, UnOp, parse::ParseStream};

use super::{
    forms::Assigned,
    quantities::{self, Lapse},
    words::{Jitter, Word},
};
use crate::{errors::bail, plan::policies::Setting};

/// What a setting of a policy is given: a value that was checked, or a constant expression.
#[derive(Clone)]
pub(crate) enum Constant {
    /// What a constructor makes, changed by these settings.
    Built(Box<Constant>, Vec<Setting>),
    /// `Type::function(values)`.
    Call(&'static str, &'static str, Vec<Constant>),
    Count(u32),
    Expr(Expr),
    Float(f64),
    /// So many nanoseconds.
    Lapse(u64),
    /// A name; none is that of the function.
    Text(Option<LitStr>),
    Truth(bool),
    /// `Type::Variant`.
    Variant(&'static str, &'static str),
}

impl Constant {
    /// `Type::A.or(Type::B)`.
    pub(crate) fn any_of(key: &Ident, mut values: impl Iterator<Item = Self>) -> Self {
        let Some(first) = values.next() else { return Self::Variant("RejectedKinds", "NONE") };
        let or = |value| Setting { key: key.clone(), name: "or", values: vec![value] };
        let others: Vec<_> = values.map(or).collect();
        if others.is_empty() { first } else { Self::Built(Box::new(first), others) }
    }
}

/// A count of at least so many.
#[derive(Clone)]
pub(crate) struct Count<const LEAST: u32>(pub(crate) Constant);

/// A share: more than nothing, and everything at most.
#[derive(Clone)]
pub(crate) struct Portion(pub(crate) Constant);

/// A factor that makes nothing smaller.
#[derive(Clone)]
pub(crate) struct Factor(pub(crate) Constant);

/// A number that may be nothing.
#[derive(Clone)]
pub(crate) struct Amount(pub(crate) Constant);

/// `true` or `false`.
#[derive(Clone)]
pub(crate) struct Truth(pub(crate) bool);

/// `"100/s"`, `"5/10m"`.
#[derive(Clone)]
pub(crate) struct Rate(pub(crate) Constant);

/// `"100ms..10s"`, or `"1s"` for waits that do not grow.
#[derive(Clone)]
pub(crate) struct Backoff(pub(crate) Constant);

/// `full`, `none`, `equal`, `decorrelated`, or a share: `0.2`, `"±0.2"`.
#[derive(Clone)]
pub(crate) struct Spread(pub(crate) Constant);

/// `100` calls, or `"60s"`.
#[derive(Clone)]
pub(crate) struct Window(pub(crate) Constant);

/// The name of something that several functions share.
#[derive(Clone)]
pub(crate) struct Shared(pub(crate) LitStr);

/// What stands behind `=`.
enum Given {
    Literal(Lit),
    Negative(ExprUnary),
    Other(Expr),
}

fn given(input: ParseStream<'_>) -> syn::Result<Given> {
    Ok(match input.parse::<Expr>()? {
        Expr::Lit(ExprLit { lit, .. }) => Given::Literal(lit),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Given::Negative(unary),
        other => Given::Other(other),
    })
}

impl From<Lapse> for Constant {
    fn from(lapse: Lapse) -> Self {
        match lapse {
            Lapse::Nanos(nanos) => Self::Lapse(nanos),
            Lapse::Const(expr) => Self::Expr(expr),
        }
    }
}

impl<const LEAST: u32> From<Count<LEAST>> for Constant {
    fn from(count: Count<LEAST>) -> Self {
        count.0
    }
}

macro_rules! is_constant {
    ($($Type:ident),*) => {
        $(impl From<$Type> for Constant {
            fn from(value: $Type) -> Self {
                value.0
            }
        })*
    };
}

is_constant!(Amount, Portion, Factor, Rate, Backoff, Spread, Window);

impl From<Truth> for Constant {
    fn from(truth: Truth) -> Self {
        Self::Truth(truth.0)
    }
}

impl<const LEAST: u32> Assigned for Count<LEAST> {
    const EXAMPLE: &'static str = "3";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let explain = match LEAST {
            0 => format!("`{key}` is a whole number; write `{key} = 10`"),
            least => {
                format!("`{key}` is a whole number of at least {least}; write `{key} = {least}`")
            }
        };
        match given(input)? {
            Given::Literal(Lit::Int(number)) => match number.base10_parse::<u32>() {
                Ok(count) if count >= LEAST => Ok(Self(Constant::Count(count))),
                _ => bail!(number, "{explain}"),
            },
            Given::Literal(other) => bail!(other, "{explain}"),
            Given::Negative(number) => bail!(number, "{explain}"),
            Given::Other(expr) => Ok(Self(Constant::Expr(expr))),
        }
    }
}

impl Assigned for Portion {
    const EXAMPLE: &'static str = "0.5";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let explain =
            format!("`{key}` is a share: more than 0, and 1 at most; write `{key} = 0.5`");
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        float(input, &explain, is_share).map(Self)
    }
}

impl Assigned for Factor {
    const EXAMPLE: &'static str = "2.0";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let explain = format!("`{key}` is a factor of at least 1; write `{key} = 2.0`");
        float(input, &explain, |factor| factor >= 1.0 && factor.is_finite()).map(Self)
    }
}

impl Assigned for Amount {
    const EXAMPLE: &'static str = "10";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let explain = format!("`{key}` is a number, and no less than 0; write `{key} = 10`");
        float(input, &explain, |amount| amount >= 0.0 && amount.is_finite()).map(Self)
    }
}

fn float(
    input: ParseStream<'_>,
    explain: &str,
    is_valid: impl Fn(f64) -> bool,
) -> syn::Result<Constant> {
    let given = given(input)?;
    let number = match &given {
        Given::Literal(Lit::Float(number)) => number.base10_parse::<f64>().ok(),
        Given::Literal(Lit::Int(number)) => number.base10_parse::<f64>().ok(),
        Given::Literal(_) | Given::Negative(_) => None,
        Given::Other(expr) => return Ok(Constant::Expr(expr.clone())),
    };
    match (number.filter(|number| is_valid(*number)), given) {
        (Some(number), _) => Ok(Constant::Float(number)),
        (None, Given::Literal(literal)) => bail!(literal, "{explain}"),
        (None, Given::Negative(number)) => bail!(number, "{explain}"),
        (None, Given::Other(expr)) => bail!(expr, "{explain}"),
    }
}

impl Assigned for Truth {
    const EXAMPLE: &'static str = "true";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        match input.parse::<LitBool>() {
            Ok(truth) => Ok(Self(truth.value)),
            Err(error) => {
                let message = format!("write `{key} = true` or `{key} = false`");
                Err(syn::Error::new(error.span(), message))
            }
        }
    }
}

impl Assigned for Rate {
    const EXAMPLE: &'static str = "\"100/s\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        const FORMS: &str = "write calls and a time: `\"100/s\"`, `\"5/10m\"`";
        match given(input)? {
            Given::Literal(Lit::Str(text)) => match rate(&text.value()) {
                Some((calls, nanos)) => {
                    let values = vec![Constant::Count(calls), Constant::Lapse(nanos)];
                    Ok(Self(Constant::Call("Rate", "new", values)))
                }
                None => bail!(&text, "`{}` is no rate; {FORMS}", text.value()),
            },
            Given::Literal(literal) => bail!(literal, "`{key}` is a rate; {FORMS}"),
            Given::Negative(number) => bail!(number, "`{key}` is a rate; {FORMS}"),
            Given::Other(expr) => Ok(Self(Constant::Expr(expr))),
        }
    }
}

/// `100/s`, `5/10m`; at least one call.
fn rate(text: &str) -> Option<(u32, u64)> {
    let (calls, time) = text.split_once('/')?;
    let calls = calls.trim().parse().ok().filter(|calls: &u32| *calls > 0)?;
    let time = time.trim();
    let nanos = match time.starts_with(char::is_alphabetic) {
        true => quantities::nanos(&format!("1{time}")),
        false => quantities::nanos(time),
    };
    Some((calls, nanos?))
}

impl Assigned for Backoff {
    const EXAMPLE: &'static str = "\"100ms..10s\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        const FORMS: &str = "write the first wait and the longest: `\"100ms..10s\"`; or one that \
                             does not grow: `\"1s\"`";
        let text = match given(input)? {
            Given::Literal(Lit::Str(text)) => text,
            Given::Literal(literal) => bail!(literal, "`{key}` has units; {FORMS}"),
            Given::Negative(number) => bail!(number, "`{key}` has units; {FORMS}"),
            Given::Other(expr) => return Ok(Self(Constant::Expr(expr))),
        };
        let value = text.value();
        let Some((first, cap)) = value.split_once("..") else {
            return match quantities::nanos(&value) {
                Some(wait) => {
                    Ok(Self(Constant::Call("Backoff", "constant", vec![Constant::Lapse(wait)])))
                }
                None => bail!(text, "`{value}` is no backoff; {FORMS}"),
            };
        };
        match (quantities::nanos(first), quantities::nanos(cap)) {
            (Some(first), Some(cap)) if first <= cap => {
                let values = vec![Constant::Lapse(first), Constant::Lapse(cap)];
                Ok(Self(Constant::Call("Backoff", "exponential", values)))
            }
            (Some(_), Some(_)) => {
                bail!(text, "the first wait is longer than the longest; write `\"{cap}..{first}\"`")
            }
            _ => bail!(text, "`{value}` is no backoff; {FORMS}"),
        }
    }
}

impl Assigned for Spread {
    const EXAMPLE: &'static str = "full";

    fn parse(_key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let share = match ahead.parse::<Lit>() {
            Ok(Lit::Float(share)) => share.base10_parse::<f64>().ok(),
            Ok(Lit::Str(text)) => {
                text.value().strip_prefix('±').and_then(|s| s.trim().parse().ok())
            }
            _ => None,
        };
        let Some(share) = share else {
            let word = input.parse::<Word<Jitter>>()?.0.variant();
            return Ok(Self(Constant::Variant("Jitter", word)));
        };
        let literal = input.parse::<Lit>()?;
        if share <= 0.0 || share > 1.0 {
            bail!(literal, "a jitter is a share of the wait: more than 0, and 1 at most");
        }
        Ok(Self(Constant::Call("Jitter", "Proportional", vec![Constant::Float(share)])))
    }
}

impl Assigned for Window {
    const EXAMPLE: &'static str = "100";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let of = |of, value| Ok(Self(Constant::Call("Window", of, vec![value])));
        let explain = format!(
            "`{key}` is a number of calls or a time; write `{key} = 100` or `{key} = \"60s\"`"
        );
        match given(input)? {
            Given::Literal(Lit::Int(calls)) => match calls.base10_parse::<u32>() {
                Ok(number) if number > 0 => of("calls", Constant::Count(number)),
                _ => bail!(calls, "{explain}"),
            },
            Given::Literal(Lit::Str(text)) => match quantities::nanos(&text.value()) {
                Some(nanos) => of("time", Constant::Lapse(nanos)),
                None => bail!(text, "{explain}"),
            },
            Given::Literal(other) => bail!(other, "{explain}"),
            Given::Negative(number) => bail!(number, "{explain}"),
            Given::Other(expr) => Ok(Self(Constant::Expr(expr))),
        }
    }
}

impl Assigned for Shared {
    const EXAMPLE: &'static str = "\"payments\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let name = <LitStr as Assigned>::parse(key, input)?;
        if name.value().trim().is_empty() {
            return Err(syn::Error::new(name.span(), "what is shared needs a name"));
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_have_calls_and_a_time() {
        let cases = [
            ("100/s", Some((100, 1_000_000_000))),
            ("5 / 10m", Some((5, 600_000_000_000))),
            ("1/250ms", Some((1, 250_000_000))),
            ("0/s", None),
            ("-1/s", None),
            ("100", None),
            ("100/", None),
            ("100/0s", None),
            ("1.5/s", None),
            ("5000000000/s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(rate(text), expected, "{text}");
        }
    }
}
