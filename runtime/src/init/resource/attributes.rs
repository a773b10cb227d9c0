//! `OTEL_RESOURCE_ATTRIBUTES`: pairs of keys and texts.

use crate::init::env::{Rejected, parse};

/// Reads `key=value,key=value`, both sides percent-decoded.
///
/// One mistake discards everything, as the specification has it: half a description of a
/// service could pass for another service.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, Rejected> {
    parse::list(text).enumerate().map(|(index, member)| pair(index + 1, member)).collect()
}

fn pair(number: usize, member: &str) -> Result<(String, String), Rejected> {
    let wrong = |what: &str| Rejected::because(format!("has a member (number {number}) {what}"));
    let (key, value) = member.split_once('=').ok_or_else(|| wrong("without `=`"))?;
    if key.trim().is_empty() {
        return Err(wrong("without a key"));
    }
    let decoded = |text: &str| {
        parse::percent_decoded(text.trim()).ok_or_else(|| {
            wrong("that is not percent-encoded UTF-8").instead("`%25` for a percent sign")
        })
    };
    Ok((decoded(key)?, decoded(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_percent_decoded() {
        let pairs = parse("a=1, b%2Cc = x%3Dy%20%F0%9F%A6%80 ,,d=,e=f=g").unwrap();

        let expected = [("a", "1"), ("b,c", "x=y 🦀"), ("d", ""), ("e", "f=g")];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn one_mistake_discards_everything() {
        for text in ["a=1,b", "a=1,=2", "a=1,b=%zz", "a=1,b=%ff"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
