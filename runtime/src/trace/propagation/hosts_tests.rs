use proptest::prelude::*;

use super::PropagateTo;

#[test]
fn only_listed_hosts_are_told() {
    let table = [
        ("api.example.com", "api.example.com", None, true),
        ("api.example.com", "API.Example.COM.", Some(443), true),
        ("API.example.com.", "api.example.com", None, true),
        ("api.example.com", "example.com", None, false),
        ("api.example.com", "xapi.example.com", None, false),
        ("api.example.com", "api.example.com.evil.net", None, false),
        ("*.example.com", "api.example.com", None, true),
        ("*.example.com", "a.b.example.com", Some(1), true),
        ("*.example.com", "example.com", None, false),
        ("*.example.com", ".example.com", None, false),
        ("*.example.com", "evilexample.com", None, false),
        ("*.example.com", "api.example.com.evil.net", None, false),
        ("*.example.com:8443", "api.example.com", Some(8443), true),
        ("*.example.com:8443", "api.example.com", Some(443), false),
        ("localhost:8080", "localhost", Some(8080), true),
        ("localhost:8080", "localhost", None, false),
        ("*:4317", "anything", Some(4317), true),
        ("*:4317", "anything", Some(80), false),
        ("127.0.0.1", "127.0.0.1", Some(80), true),
        ("::1", "[::1]", Some(80), true),
        ("[::1]:80", "::1", Some(80), true),
        ("[::1]:80", "::1", Some(81), false),
        ("*", "", None, true),
        ("", "localhost", None, false),
        ("*.é.com", "a.b.com", None, false),
        ("*.example.com", "é.example.com", None, true),
        ("*.ab", "xé", None, false),
    ];

    for (patterns, host, port, told) in table {
        let list = PropagateTo::parse(patterns).unwrap_or(PropagateTo::no_one());

        assert_eq!(list.allows(host, port), told, "{patterns} {host} {port:?}");
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    let refused = [
        "http://a", "a/b", "a:", "a:x", "a:0", "a:65536", "a:+-1", "*a.com", "a.*.com", "*.", "**",
        "u@a", "a b", "*.*.a", ".", "[]",
    ];

    for pattern in refused {
        assert!(PropagateTo::parse(pattern).is_err(), "{pattern}");
        assert!(PropagateTo::new(["a", pattern]).is_err(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(patterns: String, host: String, port: Option<u16>) {
        if let Ok(list) = PropagateTo::parse(&patterns) {
            let _ = list.allows(&host, port);
        }
        let _ = PropagateTo::parse("*.example.com").unwrap().allows(&host, port);
    }
}
