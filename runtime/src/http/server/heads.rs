//! The headers that each request is asked for, all found in one pass.
//!
//! A request has few, and to look at each of them takes less time than the hash of one name.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::http::correlation::X_REQUEST_ID;

/// Of each name the first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads<'r> {
    pub(super) host: Option<&'r HeaderValue>,
    pub(super) user_agent: Option<&'r HeaderValue>,
    pub(super) content_length: Option<&'r HeaderValue>,
    /// What names the request across services: the program's own header, or else the usual one.
    pub(super) correlation: Option<&'r HeaderValue>,
}

impl<'r> Heads<'r> {
    pub(super) fn of(headers: &'r HeaderMap, correlation: &HeaderName) -> Self {
        let (mut heads, mut request_id) = (Self::default(), None);
        for (name, value) in headers {
            if name == correlation {
                heads.correlation.get_or_insert(value);
            }
            let slot = if *name == header::HOST {
                &mut heads.host
            } else if *name == header::USER_AGENT {
                &mut heads.user_agent
            } else if *name == header::CONTENT_LENGTH {
                &mut heads.content_length
            } else if *name == X_REQUEST_ID {
                &mut request_id
            } else {
                continue;
            };
            slot.get_or_insert(value);
        }
        heads.correlation = heads.correlation.or(request_id);
        heads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(headers: &[(&'static str, &'static str)], correlation: &'static str) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let heads = Heads::of(&map, &HeaderName::from_static(correlation));
        format!("{:?}", heads.correlation)
    }

    #[test]
    fn the_header_of_the_program_s_choice_names_a_request_wherever_it_stands() {
        let both = [("x-request-id", "usual"), ("x-order", "chosen"), ("x-order", "second")];

        assert_eq!(named(&both, "x-order"), r#"Some("chosen")"#);
        assert_eq!(named(&both, "x-other"), r#"Some("usual")"#);
        assert_eq!(named(&both, "x-request-id"), r#"Some("usual")"#);
        assert_eq!(named(&both[1..], "x-other"), "None");
    }

    #[test]
    fn a_program_may_name_requests_by_any_header_that_is_read_anyway() {
        let map = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("shop.example"))]);

        let heads = Heads::of(&map, &header::HOST);

        assert_eq!(heads.host, heads.correlation);
    }
}
