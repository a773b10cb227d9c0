//! The head of a request, read strictly: what is ambiguous is refused.

/// The most headers.
const MOST_HEADERS: usize = 100;

/// A request without its body, as far as anybody asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'r> {
    pub(super) method: &'r str,
    /// Without its query.
    pub(super) path: &'r str,
    pub(super) query: &'r str,
    pub(super) host: &'r str,
    pub(super) authorization: Option<&'r str>,
    /// Several headers of that name are one list.
    pub(super) accept: String,
    pub(super) accept_encoding: String,
    pub(super) body: Body,
}

/// How the length of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Bytes(u64),
    /// It tells as it goes.
    Chunked,
}

impl<'r> Head<'r> {
    /// Reads everything up to the empty line; `None`: it is no HTTP/1, or ambiguous.
    pub(super) fn parse(bytes: &'r [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.strip_suffix("\r\n\r\n")?.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        // No proxy is asked for here, so a target begins with its path.
        if !is_method
            || !target.starts_with('/')
            || !target.bytes().all(|byte| byte.is_ascii_graphic())
            || !matches!(version, "HTTP/1.1" | "HTTP/1.0")
            || words.next().is_some()
        {
            return None;
        }
        let target = target.split('#').next()?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Head {
            method,
            path,
            query,
            host: "",
            authorization: None,
            accept: String::new(),
            accept_encoding: String::new(),
            body: Body::Bytes(0),
        };
        let (mut host, mut length) = (None, None);
        for (index, line) in lines.enumerate() {
            let (name, value) = line.split_once(':')?;
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let value = value.trim_matches([' ', '\t']);
            let is_clean = !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
            if index >= MOST_HEADERS || name.is_empty() || !name.bytes().all(is_token) || !is_clean
            {
                return None;
            }
            match name.to_ascii_lowercase().as_str() {
                "host" => once(&mut host, value)?,
                "authorization" => once(&mut head.authorization, value)?,
                "content-length" => {
                    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
                    once(&mut length, value.parse().ok().filter(|_| is_number)?)?;
                }
                "transfer-encoding" => head.body = Body::Chunked,
                "accept" => append(&mut head.accept, value),
                "accept-encoding" => append(&mut head.accept_encoding, value),
                _ => {}
            }
        }
        head.host = host?;
        match (head.body, length) {
            (Body::Chunked, Some(_)) => return None,
            (Body::Bytes(_), Some(length)) => head.body = Body::Bytes(length),
            (_, None) => {}
        }
        Some(head)
    }
}

/// Of two headers that allow but one, neither is right.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn append(list: &mut String, value: &str) {
    if !list.is_empty() {
        list.push(',');
    }
    list.push_str(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_is_read() {
        let request = b"GET /metrics?a=b HTTP/1.1\r\nHost: localhost:9464\r\naccept: a\r\n\
            AUTHORIZATION:Bearer x\r\nAccept: b \r\nAccept-Encoding: gzip\r\nX-Other: \xc3\xa9\r\n\
            Content-Length: 3\r\n\r\n";

        let head = Head::parse(request).unwrap();

        let expected = Head {
            method: "GET",
            path: "/metrics",
            query: "a=b",
            host: "localhost:9464",
            authorization: Some("Bearer x"),
            accept: "a,b".into(),
            accept_encoding: "gzip".into(),
            body: Body::Bytes(3),
        };
        assert_eq!(head, expected);
    }

    #[test]
    fn what_is_ambiguous_or_no_http_is_refused() {
        for (line, headers) in [
            ("GET /metrics HTTP/1.1", ""),
            ("GET /metrics HTTP/1.1", "Host: a\r\nHost: b\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\r\nContent-Length: +1\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\r\nContent-Length: 99999999999999999999\r\n"),
            (
                "GET /metrics HTTP/1.1",
                "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            ),
            ("GET /metrics HTTP/1.1", "Host: a\r\nAuthorization: a\r\nAuthorization: b\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\r\n folded: b\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\r\nno colon\r\n"),
            ("GET /metrics HTTP/1.1", "Host : a\r\n"),
            ("GET /metrics HTTP/1.1", "Host: a\nb\r\n"),
            ("GET http://evil/metrics HTTP/1.1", "Host: a\r\n"),
            ("OPTIONS * HTTP/1.1", "Host: a\r\n"),
            ("GET /metrics HTTP/2.0", "Host: a\r\n"),
            ("GET /metrics", "Host: a\r\n"),
            ("GET  /metrics HTTP/1.1", "Host: a\r\n"),
            ("GET /a b HTTP/1.1", "Host: a\r\n"),
            ("\x16\x03\x01", ""),
            ("", ""),
        ] {
            let request = format!("{line}\r\n{headers}\r\n");
            assert_eq!(Head::parse(request.as_bytes()), None, "{request:?}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(MOST_HEADERS));
        assert_eq!(Head::parse(many.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn reading_survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
            let _ = Head::parse(&bytes);
            let _ = Head::parse(format!("GET / HTTP/1.1\r\n{text}\r\n\r\n").as_bytes());
        }
    }
}
