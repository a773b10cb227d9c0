//! The rules that the public conformance suite of W3C Trace Context checks, as cases of our own.
//!
//! The suite talks to a server; what it demands of one comes down to what is read from the headers
//! of a request and sent with the next, which is what a case here does.

use super::{Extractor, Injector, Propagators};

/// Headers as a request has them: names in any case, several of one name.
struct Headers<'a>(Vec<(&'a str, &'a str)>);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).first().copied()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| *value).collect()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}

#[derive(Default)]
struct Sent(Vec<(String, String)>);

impl Injector for Sent {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }

    fn remove(&mut self, _key: &str) {}
}

/// What is sent on: `None` if the trace is not continued, else `traceparent` and `tracestate`.
fn forward(headers: &[(&str, &str)]) -> Option<(String, String)> {
    let propagators = Propagators::parse("tracecontext").unwrap();
    let context = propagators.extract(&Headers(headers.to_vec()))?;
    let mut sent = Sent::default();
    propagators.inject(&context, &mut sent);
    let mut values = sent.0.into_iter();
    let (name, parent) = values.next().unwrap();
    assert_eq!(name, "traceparent");
    let state = values.next().map(|(name, state)| {
        assert_eq!(name, "tracestate");
        assert!(!state.is_empty(), "an empty `tracestate` should not be sent");
        state
    });
    Some((parent, state.unwrap_or_default()))
}

const TRACE: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
const SPAN: &str = "1f2e3d4c5b6a7988";
const PARENT: &str = "00-a1b2c3d4e5f60718293a4b5c6d7e8f90-1f2e3d4c5b6a7988-01";

/// The `tracestate` sent on for these headers; the trace goes on whatever they say.
fn state_of(headers: &[&str]) -> String {
    let parent = ("traceparent", PARENT);
    let states = headers.iter().map(|state| ("tracestate", *state));
    let headers: Vec<_> = std::iter::once(parent).chain(states).collect();
    let (sent, state) = forward(&headers).expect("`tracestate` must not affect `traceparent`");
    assert_eq!(sent, PARENT);
    state
}

#[test]
fn traceparent_rules() {
    let of = |version: &str, trace: &str, span: &str, flags: &str| {
        format!("{version}-{trace}-{span}-{flags}")
    };
    let ok = PARENT.to_owned();
    let continued = [
        ("plain", ok.clone()),
        ("white space around", format!(" \t{ok}\t ")),
        ("not sampled", of("00", TRACE, SPAN, "00")),
        ("random", of("00", TRACE, SPAN, "02")),
        ("higher version", of("cc", TRACE, SPAN, "01")),
        ("higher version with more", of("cc", TRACE, SPAN, "01-what-comes")),
        ("higher version with `-`", of("01", TRACE, SPAN, "01-")),
        ("highest version", of("fe", TRACE, SPAN, "01")),
    ];
    let ignored = [
        ("empty", String::new()),
        ("version 00 with a character more", format!("{ok}.")),
        ("version 00 with more", format!("{ok}-what-comes")),
        ("higher version, more without `-`", of("cc", TRACE, SPAN, "01.what-comes")),
        ("higher version, longer flags", of("cc", TRACE, SPAN, "010")),
        ("higher version, too short", of("cc", TRACE, SPAN, "1")),
        ("version ff", of("ff", TRACE, SPAN, "01")),
        ("version not hex", of(".0", TRACE, SPAN, "01")),
        ("version not hex", of("0.", TRACE, SPAN, "01")),
        ("version upper case", of("CC", TRACE, SPAN, "01")),
        ("version too long", of("000", TRACE, SPAN, "01")),
        ("version far too long", of("0000", TRACE, SPAN, "01")),
        ("version too short", of("0", TRACE, SPAN, "01")),
        ("no version", format!("{TRACE}-{SPAN}-01")),
        ("trace id zero", of("00", &"0".repeat(32), SPAN, "01")),
        ("trace id zero, higher version", of("cc", &"0".repeat(32), SPAN, "01")),
        ("trace id not hex", of("00", &TRACE.replacen('a', ".", 1), SPAN, "01")),
        ("trace id not hex", of("00", &format!("{}.", &TRACE[1..]), SPAN, "01")),
        ("trace id upper case", of("00", &TRACE.to_uppercase(), SPAN, "01")),
        ("trace id too long", of("00", &format!("{TRACE}1"), SPAN, "01")),
        ("trace id too short", of("00", &TRACE[1..], SPAN, "01")),
        ("parent id zero", of("00", TRACE, &"0".repeat(16), "01")),
        ("parent id not hex", of("00", TRACE, &SPAN.replacen('1', ".", 1), "01")),
        ("parent id not hex", of("00", TRACE, &format!("{}.", &SPAN[1..]), "01")),
        ("parent id upper case", of("00", TRACE, &SPAN.to_uppercase(), "01")),
        ("parent id too long", of("00", TRACE, &format!("{SPAN}1"), "01")),
        ("parent id too short", of("00", TRACE, &SPAN[1..], "01")),
        ("flags not hex", of("00", TRACE, SPAN, ".0")),
        ("flags not hex", of("00", TRACE, SPAN, "0.")),
        ("flags upper case", of("00", TRACE, SPAN, "0A")),
        ("flags too long", of("00", TRACE, SPAN, "001")),
        ("flags too short", of("00", TRACE, SPAN, "1")),
        ("white space within", of("00", &format!(" {}", &TRACE[1..]), SPAN, "01")),
        ("two joined by a proxy", format!("{ok},{ok}")),
    ];

    for (rule, header) in continued {
        let (parent, _) = forward(&[("traceparent", &header)]).expect(rule);
        assert!(parent.starts_with(&format!("00-{TRACE}-{SPAN}-")), "{rule}: {parent}");
        assert_eq!(parent[53..], header.trim()[53..55], "{rule}");
    }
    for (rule, header) in ignored {
        assert_eq!(forward(&[("traceparent", &header), ("tracestate", "a=1")]), None, "{rule}");
    }
}

#[test]
fn header_name_rules() {
    for name in ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert!(forward(&[(name, PARENT)]).is_some(), "{name}");
    }
    for name in ["trace-parent", "trace.parent", "trace_parent"] {
        assert_eq!(forward(&[(name, PARENT)]), None, "{name}");
    }
    for (name, kept) in
        [("TraceState", "foo=1"), ("TRACESTATE", "foo=1"), ("trace-state", ""), ("trace.state", "")]
    {
        let (_, state) = forward(&[("traceparent", PARENT), (name, "foo=1")]).unwrap();
        assert_eq!(state, kept, "{name}");
    }
}

#[test]
fn presence_rules() {
    let other = PARENT.replace("a1b2", "b2c3");

    assert_eq!(forward(&[]), None);
    assert_eq!(forward(&[("tracestate", "foo=1")]), None);
    assert_eq!(forward(&[("traceparent", PARENT), ("traceparent", &other)]), None);
    assert_eq!(forward(&[("traceparent", PARENT), ("traceparent", PARENT)]), None);
    assert_eq!(forward(&[("traceparent", PARENT)]), Some((PARENT.to_owned(), String::new())));
}

#[test]
fn tracestate_list_rules() {
    let table: [(&[&str], &str); 18] = [
        (&["foo=1,bar=2"], "foo=1,bar=2"),
        (&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (&[""], ""),
        (&["foo=1", ""], "foo=1"),
        (&["", "foo=1"], "foo=1"),
        (&["foo=1,", ",bar=2"], "foo=1,bar=2"),
        (&["foo=1, \t ,bar=2"], "foo=1,bar=2"),
        (&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        (&[" foo=1"], "foo=1"),
        (&["\tfoo=1"], "foo=1"),
        (&["foo=1 "], "foo=1"),
        (&["foo=1\t"], "foo=1"),
        (&["\t foo=1 \t"], "foo=1"),
        (&["foo=1,foo=1"], "foo=1"),
        (&["foo=1,bar=2,foo=3"], "foo=1,bar=2"),
        (&["foo=1", "foo=1"], "foo=1"),
        (&["foo=1", "foo=2"], "foo=1"),
    ];

    for (headers, sent) in table {
        assert_eq!(state_of(headers), sent, "{headers:?}");
    }
}

#[test]
fn tracestate_member_rules() {
    let keys = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let values: String = (' '..='~').filter(|c| *c != ',' && *c != '=').collect();
    let (longest, too_long) = ("z".repeat(256), "z".repeat(257));
    let kept = [
        format!("{keys}={values}"),
        format!("{keys}@a-z0-9_-*/={values}"),
        "0key=1".to_owned(),
        "foo@=1,bar=2".to_owned(),
        "foo@@bar=1,bar=2".to_owned(),
        "foo@bar@baz=1,bar=2".to_owned(),
        "foo= 1".to_owned(),
        format!("foo=1,{longest}=1"),
        format!("foo=1,bar={longest}"),
        format!("foo=1,{}@{}=1", "t".repeat(241), "v".repeat(14)),
        format!("foo=1,{}@v=1", "t".repeat(242)),
        format!("foo=1,t@{}=1", "v".repeat(15)),
    ];
    let discarded = [
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "@foo=1,bar=2",
        "_foo=1,bar=2",
        "foo=bar=baz",
        "foo=,bar=3",
        "foo= ,bar=3",
        "foo",
        "=1,bar=2",
        "foo=\u{e9}",
        "foo=a\tb",
        "foo=a\u{7f}",
    ];

    for header in kept {
        assert_eq!(state_of(&[&header]), header);
    }
    for header in discarded {
        assert_eq!(state_of(&["first=1", header]), "", "{header}");
    }
    for header in [format!("{too_long}=1"), format!("bar={too_long}")] {
        assert_eq!(state_of(&["foo=1", &header]), "");
    }
}

#[test]
fn tracestate_holds_32_members() {
    let members = |count: usize| {
        let members: Vec<_> =
            (1..=count).map(|number| format!("bar{number:02}={number:02}")).collect();
        [members[..10].join(","), members[10..20].join(","), members[20..].join(",")]
    };
    let (most, more) = (members(32), members(33));

    assert_eq!(state_of(&most.each_ref().map(String::as_str)), most.join(","));
    assert_eq!(state_of(&more.each_ref().map(String::as_str)), "");
}

#[test]
fn one_hundred_thousand_mangled_headers_are_read_without_harm() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let seeds = [PARENT, "foo=1,bar=2, baz@t=3", "user=alice;p=1,note=50%25%20off", ""];
    let propagators = Propagators::default();
    let mut continued = 0;

    for _ in 0..100_000 {
        let mut headers = [PARENT, seeds[1], seeds[2]].map(|header| header.as_bytes().to_vec());
        for _ in 0..random(4) {
            let header = &mut headers[random(3)];
            let at = random(header.len() + 1);
            match random(4) {
                0 => header.truncate(at),
                1 => header.insert(at, random(256) as u8),
                2 => header.splice(at..at, seeds[random(4)].bytes()).for_each(drop),
                _ if at < header.len() => header[at] = random(256) as u8,
                _ => header.extend_from_slice(b",,;;==%%%-"),
            }
        }
        let headers = headers.map(|header| String::from_utf8_lossy(&header).into_owned());
        let names = ["traceparent", "tracestate", "baggage"].into_iter();
        let carrier = Headers(names.zip(headers.iter().map(String::as_str)).collect());

        if let Some(context) = propagators.extract(&carrier) {
            let mut sent = Sent::default();
            propagators.inject(&context, &mut sent);
            let sent = sent.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let again = propagators.extract(&Headers(sent.collect())).unwrap();
            assert_eq!(again.trace_parent().to_string(), context.trace_parent().to_string());
            assert_eq!(again.trace_state(), context.trace_state());
            assert_eq!(again.baggage(), context.baggage());
            continued += 1;
        }
    }

    assert!((30_000..100_000).contains(&continued), "{continued}");
}
