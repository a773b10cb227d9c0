//! Headers of another SDK, read by ours, and ours read by the other.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead as _, BufReader, Lines, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use spandrel::trace::{
    id::{SpanId, TraceFlags, TraceId},
    propagation::{Baggage, Propagators, RemoteContext, TraceState},
};
use spandrel_tests::counterparts;

/// The propagators of OpenTelemetry for Python.
struct Reference {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Reference {
    fn start() -> Option<Self> {
        let mut child = Command::new(counterparts::installed()?.join("bin/python"))
            .arg(counterparts::script("propagators.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter of the counterparts starts");
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Some(Self { child, questions, answers })
    }

    fn ask(&mut self, question: &Value) -> Value {
        let stdin = self.questions.as_mut().expect("it is piped");
        writeln!(stdin, "{question}").expect("the reference listens");
        let answer = self.answers.next().expect("it answers").expect("its answer is text");
        serde_json::from_str(&answer).expect("its answer is JSON")
    }

    fn injects(&mut self, propagator: &str, span: &Span) -> HashMap<String, String> {
        let headers = self.ask(&json!({ "propagator": propagator, "inject": span.to_json() }));
        serde_json::from_value(headers).expect("headers are texts")
    }

    fn extracts(&mut self, propagator: &str, headers: &HashMap<String, String>) -> Value {
        self.ask(&json!({ "propagator": propagator, "extract": headers }))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // It ends when its stdin does.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

#[derive(Clone, Debug)]
struct Span {
    trace: u128,
    span: u64,
    sampled: bool,
    state: &'static str,
    baggage: BTreeMap<&'static str, &'static str>,
}

impl Span {
    fn to_json(&self) -> Value {
        json!({
            "trace_id": format!("{:032x}", self.trace),
            "span_id": format!("{:016x}", self.span),
            "sampled": self.sampled,
            "state": self.state,
            "baggage": self.baggage,
        })
    }

    fn context(&self) -> RemoteContext {
        let flags = if self.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let trace = TraceId::from_u128(self.trace).expect("it is not zero");
        let span = SpanId::from_u64(self.span).expect("it is not zero");
        let mut baggage = Baggage::new();
        for (name, value) in &self.baggage {
            baggage.insert(name, value).expect("it fits");
        }
        let state = TraceState::parse(self.state).expect("it is a state");
        RemoteContext::new(trace, span, flags).with_trace_state(state).with_baggage(baggage)
    }

    /// The same as a format shows it that knows no state, and perhaps no baggage.
    fn without(mut self, state: bool, baggage: bool) -> Self {
        if state {
            self.state = "";
        }
        if baggage {
            self.baggage.clear();
        }
        self
    }
}

/// Baggage that needs encoding. No spaces: the reference sends them as `+`, which W3C Baggage does
/// not know.
const BAGGAGE: [(&str, &str); 2] = [("user", "Amélie"), ("note", "50%off,today;or=not")];

fn spans() -> Vec<Span> {
    let ids = [
        (0x463a_c35c_9f64_13ad_4848_5a39_53bb_6124, 0xa2fb_4a1d_1a96_d312),
        (0x4848_5a39_53bb_6124, 1),
        (1, u64::MAX),
        (u128::MAX, 0x00f0_67aa_0ba9_02b7),
    ];
    let mut spans = Vec::new();
    for (trace, span) in ids {
        for sampled in [false, true] {
            for state in ["", "ot=th:e666;rv:ffffffffffffff,vendor=a b"] {
                let baggage = BTreeMap::from(BAGGAGE);
                spans.push(Span { trace, span, sampled, state, baggage });
            }
        }
    }
    spans
}

/// What a format cannot carry: state, baggage.
const FORMATS: [(&str, bool, bool); 4] = [
    ("tracecontext,baggage", false, false),
    ("b3", true, true),
    ("b3multi", true, true),
    ("jaeger", true, false),
];

#[test]
fn what_another_sdk_writes_is_read() {
    let Some(mut reference) = Reference::start() else { return };
    for (names, state, baggage) in FORMATS {
        let propagators = Propagators::parse(names).expect("they are known");
        for span in spans() {
            let headers = reference.injects(names, &span);

            let read = propagators.extract(&headers).unwrap_or_else(|| panic!("{headers:?}"));

            let expected = span.without(state, baggage).context();
            assert_eq!(read.trace_parent(), expected.trace_parent(), "{headers:?}");
            assert_eq!(read.trace_state(), expected.trace_state(), "{headers:?}");
            for (name, value) in BAGGAGE {
                let expected = (!baggage).then_some(value);
                assert_eq!(read.baggage().get(name).as_deref(), expected, "{headers:?}");
            }
        }
    }
}

#[test]
fn what_we_write_is_read_by_another_sdk() {
    let Some(mut reference) = Reference::start() else { return };
    // Nothing is written for Jaeger.
    for (names, state, baggage) in &FORMATS[..3] {
        let propagators = Propagators::parse(names).expect("they are known");
        for span in spans() {
            let mut headers = HashMap::new();
            propagators.inject(&span.context(), &mut headers);

            let read = reference.extracts(names, &headers);

            assert_eq!(read, span.without(*state, *baggage).to_json(), "{headers:?}");
        }
    }
}

#[test]
fn both_agree_about_headers_of_every_form() {
    let Some(mut reference) = Reference::start() else { return };
    let (trace, span) = ("463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312");
    let b3 = |value: String| ("b3", vec![("b3", value)]);
    let several = |trace: &str, others: &[(&'static str, &str)]| {
        let ids = [("x-b3-traceid", trace), ("x-b3-spanid", span)];
        let all = ids.into_iter().chain(others.iter().copied());
        ("b3multi", all.map(|(key, value)| (key, value.to_owned())).collect())
    };
    let jaeger = |value: String| ("jaeger", vec![("uber-trace-id", value)]);
    let table: Vec<(&str, Vec<(&str, String)>)> = vec![
        b3(format!("{trace}-{span}-1")),
        b3(format!("{trace}-{span}-0")),
        b3(format!("{trace}-{span}-d")),
        b3(format!("{trace}-{span}-1-{span}")),
        b3(format!("{}-{span}-1", &trace[16..])),
        b3(format!("{trace}-{span}-1").to_uppercase()),
        b3("0".to_owned()),
        b3("1".to_owned()),
        b3(format!("{trace}-{}-1", &span[1..])),
        b3(format!("{}-{span}-1", &trace[1..])),
        b3(format!("{trace}x-{span}-1")),
        b3("nonsense".to_owned()),
        several(trace, &[("x-b3-sampled", "1")]),
        several(trace, &[("x-b3-sampled", "0")]),
        several(trace, &[("x-b3-sampled", "true")]),
        several(trace, &[("x-b3-flags", "1")]),
        several(trace, &[("x-b3-parentspanid", span)]),
        several(&trace[16..], &[("x-b3-sampled", "1")]),
        several(&trace[1..], &[("x-b3-sampled", "1")]),
        several("", &[("x-b3-sampled", "1")]),
        jaeger(format!("{trace}:{span}:0:1")),
        jaeger(format!("{trace}:{span}:{span}:01")),
        jaeger(format!("{trace}:{span}:0:0")),
        jaeger(format!("{}:{span}:0:1", &trace[16..])),
        jaeger(format!("{trace}:abc:0:3")),
        jaeger(format!("{trace}:{span}:1")),
        jaeger(format!("{trace}:0:0:1")),
        jaeger(format!("0:{span}:0:1")),
        jaeger("nonsense".to_owned()),
    ];

    for (names, headers) in table {
        let headers: HashMap<String, String> =
            headers.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();

        let ours = Propagators::parse(names).expect("they are known").extract(&headers);
        let theirs = reference.extracts(names, &headers);

        let ours = ours.map(|context| {
            let parent = context.trace_parent();
            json!([
                parent.trace_id().to_string(),
                parent.span_id().to_string(),
                parent.flags().is_sampled()
            ])
        });
        let theirs = theirs
            .as_object()
            .map(|read| json!([read["trace_id"], read["span_id"], read["sampled"]]));
        assert_eq!(ours, theirs, "{headers:?}");
    }
}
