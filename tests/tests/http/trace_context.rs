//! The rules of W3C Trace Context, level 2, as the next service sees them.
//!
//! `scripts/w3c` runs the public conformance suite; this table plays the same rules with each run of
//! the tests: a request comes in, its handler sends one on, and what arrives there is looked at.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use spandrel::{http, trace::propagation::TraceParent};
use tower::{Layer as _, Service as _, ServiceBuilder, service_fn};

use crate::setting::{client, get, run, serve};

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";

/// What the second service was sent.
#[derive(Clone, Debug, Default)]
struct Sent {
    parents: Vec<String>,
    states: String,
}

/// Sends a request with these headers through a service, and returns what it sends on.
fn through(headers: &str) -> Sent {
    run(async |_capture| {
        let seen = Arc::new(Mutex::new(Sent::default()));
        let looking = Arc::clone(&seen);
        let second = service_fn(move |request: ::http::Request<Incoming>| {
            let all = |name: &str| -> Vec<String> {
                let values = request.headers().get_all(name).iter();
                values.map(|value| value.to_str().unwrap().to_owned()).collect()
            };
            *looking.lock().unwrap() =
                Sent { parents: all("traceparent"), states: all("tracestate").join(",") };
            async { Ok::<_, Infallible>(::http::Response::new(String::new())) }
        });
        let next = serve(second).await;
        let first = service_fn(move |_: ::http::Request<Incoming>| async move {
            let mut client = http::client().layer(client());
            let request = ::http::Request::get(format!("http://{next}/"));
            client.call(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
            Ok::<_, Infallible>(::http::Response::new(String::new()))
        });
        let address = serve(ServiceBuilder::new().layer(http::server()).service(first)).await;
        get(address, "/", headers).await;
        let sent = seen.lock().unwrap().clone();
        assert_eq!(sent.parents.len(), 1, "{headers}");
        sent
    })
}

#[test]
fn a_valid_parent_is_continued_under_an_id_of_our_own() {
    let long = format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like");
    let valid = [
        format!("00-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-00"),
        format!("00-{TRACE}-{SPAN}-02"),
        format!("00-{TRACE}-{SPAN}-03"),
        format!("00-{TRACE}-{SPAN}-ff"),
        format!("cc-{TRACE}-{SPAN}-01"),
        format!("  00-{TRACE}-{SPAN}-01\t"),
        long,
    ];
    for header in valid {
        for name in ["traceparent", "TraceParent", "TRACEPARENT"] {
            let sent = through(&format!("{name}: {header}\r\n"));

            let parent = TraceParent::parse(&sent.parents[0]).unwrap();
            assert_eq!(parent.trace_id().to_string(), TRACE, "{header}");
            assert_ne!(parent.span_id().to_string(), SPAN, "{header}");
        }
    }
}

#[test]
fn the_flags_that_came_are_those_that_are_sent() {
    for flags in ["00", "01", "02", "03"] {
        let sent = through(&format!("traceparent: 00-{TRACE}-{SPAN}-{flags}\r\n"));

        assert!(sent.parents[0].ends_with(&format!("-{flags}")), "{flags}: {:?}", sent.parents);
    }
}

#[test]
fn a_malformed_parent_begins_another_trace_and_its_state_goes() {
    let invalid = [
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01-what"),
        format!("00-{TRACE}-{SPAN}-01."),
        format!("cc-{TRACE}-{SPAN}-01.what"),
        format!("0-{TRACE}-{SPAN}-01"),
        format!("000-{TRACE}-{SPAN}-01"),
        format!(".0-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{TRACE}0-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", TRACE.replacen('1', ".", 1)),
        format!("00-{}-{SPAN}-01", TRACE.replacen('1', "A", 1)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{TRACE}-{}-01", &SPAN[1..]),
        format!("00-{TRACE}-{SPAN}0-01"),
        format!("00-{TRACE}-{}-01", SPAN.replacen('1', ".", 1)),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-001"),
        format!("00-{TRACE}-{SPAN}-.0"),
        format!("00-{TRACE}-{SPAN}"),
        String::new(),
    ];
    for header in invalid {
        let sent = through(&format!("traceparent: {header}\r\ntracestate: foo=1\r\n"));

        let parent = TraceParent::parse(&sent.parents[0]).unwrap();
        assert_ne!(parent.trace_id().to_string(), TRACE, "{header}");
        assert!(!sent.states.contains("foo"), "{header}");
    }
}

#[test]
fn of_several_parents_none_is_believed() {
    for second in [format!("00-{TRACE}-{SPAN}-01"), "nonsense".to_owned()] {
        let headers = format!("traceparent: 00-{TRACE}-{SPAN}-01\r\ntraceparent: {second}\r\n");

        let parent = TraceParent::parse(&through(&headers).parents[0]).unwrap();

        assert_ne!(parent.trace_id().to_string(), TRACE);
    }
}

#[test]
fn headers_of_similar_names_mean_nothing() {
    for name in ["trace-parent", "trace.parent"] {
        let sent = through(&format!("{name}: 00-{TRACE}-{SPAN}-01\r\ntracestate: foo=1\r\n"));

        assert_ne!(TraceParent::parse(&sent.parents[0]).unwrap().trace_id().to_string(), TRACE);
        assert!(!sent.states.contains("foo"), "a state without a parent is nobody's");
    }
}

#[test]
fn what_the_state_says_is_sent_on_or_dropped_whole() {
    let many = |count: usize| -> String {
        (0..count).map(|at| format!("bar{at:02}={at}")).collect::<Vec<_>>().join(",")
    };
    let (key_256, key_257) = ("z".repeat(256), "z".repeat(257));
    let kept = [
        ("tracestate: foo=1".to_owned(), "foo=1"),
        ("TraceState: foo=1,bar=2".to_owned(), "foo=1,bar=2"),
        ("tracestate: foo=1\r\ntracestate: bar=2".to_owned(), "foo=1,bar=2"),
        ("tracestate: foo=1 \t , \t bar=2, \t baz=3".to_owned(), "foo=1,bar=2,baz=3"),
        ("tracestate: foo=1\r\ntracestate: ".to_owned(), "foo=1"),
        ("tracestate: foo@=1,bar=2".to_owned(), "bar=2"),
        (format!("tracestate: foo=1,{key_256}=1"), &key_256),
        (
            "tracestate: 0a-_*/b@c-_*/d=!#$%&'()*+-./:;<>?@[]^_`{|}~".to_owned(),
            "=!#$%&'()*+-./:;<>?@[]^_`{|}~",
        ),
        (format!("tracestate: {}", many(32)), "bar31=31"),
    ];
    for (headers, part) in kept {
        let sent = through(&format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n{headers}\r\n"));

        let is_illegal_for_level_1 = headers.contains("foo@");
        assert!(sent.states.contains(part) || is_illegal_for_level_1, "{headers}: {}", sent.states);
    }
    let dropped = [
        "tracestate: foo =1".to_owned(),
        "tracestate: FOO=1".to_owned(),
        "tracestate: foo.bar=1".to_owned(),
        "tracestate: foo=bar=baz".to_owned(),
        "tracestate: foo=,bar=3".to_owned(),
        format!("tracestate: foo=1,{key_257}=1"),
        format!("tracestate: {}", many(33)),
    ];
    for headers in dropped {
        let sent = through(&format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n{headers}\r\n"));

        assert!(
            !sent.states.contains("foo") && !sent.states.contains("bar32"),
            "{headers}: {}",
            sent.states
        );
        assert!(sent.parents[0].contains(TRACE), "the parent beside it stays valid");
    }
}
