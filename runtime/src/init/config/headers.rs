//! Headers of requests. What they hold is usually a key to something.

use std::fmt;

use crate::init::env::parse;

/// Headers in order; their values appear in no output.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    pairs: Vec<(String, String)>,
}

impl Headers {
    /// Reads `name=value,name=value`, and says of each other member what is wrong with it.
    ///
    /// Values may be percent-encoded, as in W3C baggage.
    pub(super) fn parse(text: &str) -> (Self, Vec<String>) {
        let mut headers = Self::default();
        let mut wrong = Vec::new();
        for (index, member) in parse::list(text).enumerate() {
            let number = index + 1;
            let Some((name, value)) = member.split_once('=') else {
                wrong.push(format!("a member (number {number}) without `=`"));
                continue;
            };
            let value = parse::percent_decoded_where_it_is_encoded(value.trim());
            if !value.is_some_and(|value| headers.push(name.trim(), &value)) {
                wrong.push(format!("a member (number {number}) that is no header"));
            }
        }
        (headers, wrong)
    }

    /// Adds a header; false if HTTP does not allow it.
    pub(crate) fn push(&mut self, name: &str, value: &str) -> bool {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        // Bytes beyond ASCII are allowed but mean nothing that both sides agree on.
        let is_text = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t';
        let is_header =
            !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(is_text);
        if is_header {
            self.pairs.push((name.to_owned(), value.to_owned()));
        }
        is_header
    }

    #[cfg(any(test, feature = "otlp", feature = "prometheus-remote-write"))]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The names only.
impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, _)) in self.pairs.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}=…")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_decoded_and_keep_their_order() {
        let (headers, wrong) =
            Headers::parse("x-b=1, authorization = Basic%20YTpi ,x-pct=100%25%,q=a=b");

        let pairs: Vec<_> = headers.iter().collect();

        let expected =
            [("x-b", "1"), ("authorization", "Basic YTpi"), ("x-pct", "100%%"), ("q", "a=b")];
        assert_eq!(pairs, expected);
        assert!(wrong.is_empty());
    }

    #[test]
    fn what_is_no_header_is_named_by_its_number_only() {
        let (headers, wrong) =
            Headers::parse("ok=1,hunter2,bad name=x,inject=a%0d%0ab: c,=v,k=%ff");

        assert_eq!(headers.iter().len(), 1);
        assert_eq!(wrong.len(), 5);
        assert!(wrong[0].contains("number 2") && !wrong.concat().contains("hunter2"), "{wrong:?}");
    }

    #[test]
    fn no_output_shows_a_value() {
        let (headers, _) = Headers::parse("authorization=hunter2");

        assert_eq!(format!("{headers} {headers:?}"), "authorization=… Headers(authorization=…)");
    }
}
