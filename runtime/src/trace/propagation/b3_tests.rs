use std::collections::HashMap;

use proptest::prelude::*;

use super::{
    super::{Extractor, Propagators, RemoteContext, SamplingState},
    Found, extract,
};
use crate::trace::id::{SpanId, TraceFlags, TraceId};

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SHORT: &str = "64fe8b2a57d3eff7";
const SPAN: &str = "e457b5a2e4d86bd1";
const PARENT: &str = "05e3ac9a4f6e3b90";

fn headers(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn context(trace: &str, state: SamplingState) -> RemoteContext {
    let trace = TraceId::from_hex(&format!("{trace:0>32}")).unwrap();
    let span = SpanId::from_hex(SPAN).unwrap();
    RemoteContext::new(trace, span, TraceFlags::default()).with_sampling_state(state)
}

fn injected(names: &str, context: &RemoteContext, stale: &[(&str, &str)]) -> Vec<String> {
    let mut carrier = headers(stale);
    Propagators::parse(names).unwrap().inject(context, &mut carrier);
    let mut lines: Vec<_> =
        carrier.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn every_form_of_the_single_header_is_read() {
    use SamplingState::{Accept, Debug, Defer, Deny};
    let table = [
        (format!("{TRACE}-{SPAN}"), TRACE, Defer),
        (format!("{TRACE}-{SPAN}-0"), TRACE, Deny),
        (format!("{TRACE}-{SPAN}-1"), TRACE, Accept),
        (format!("{TRACE}-{SPAN}-d"), TRACE, Debug),
        (format!("{TRACE}-{SPAN}-0-{PARENT}"), TRACE, Deny),
        (format!("{TRACE}-{SPAN}-1-{PARENT}"), TRACE, Accept),
        (format!("{TRACE}-{SPAN}-d-{PARENT}"), TRACE, Debug),
        (format!("{TRACE}-{SPAN}-{PARENT}"), TRACE, Defer),
        (format!("{SHORT}-{SPAN}-1"), SHORT, Accept),
        (format!("0000000000000000{SHORT}-{SPAN}-1"), SHORT, Accept),
        (format!(" \t{TRACE}-{SPAN}-1 "), TRACE, Accept),
        (format!("{TRACE}-{SPAN}-1").to_uppercase(), TRACE, Accept),
    ];

    for (header, trace, state) in table {
        let found = extract(&headers(&[("b3", &header)]));

        assert_eq!(found, Some(Found::Context(context(trace, state))), "{header}");
    }
    for (header, state) in [("0", Deny), ("1", Accept), ("d", Debug), (" 0\t", Deny)] {
        let found = extract(&headers(&[("b3", header)]));

        assert_eq!(found, Some(Found::Decision(state)), "{header}");
    }
}

#[test]
fn a_single_header_that_breaks_the_grammar_counts_as_absent() {
    let zero = "0".repeat(16);
    let table = [
        String::new(),
        "-".to_owned(),
        "2".to_owned(),
        "D".to_owned(),
        "true".to_owned(),
        TRACE.to_owned(),
        format!("{TRACE}-"),
        format!("{TRACE}-{SPAN}-"),
        format!("{TRACE}-{SPAN}-2"),
        format!("{TRACE}-{SPAN}-true"),
        format!("{TRACE}-{SPAN}-1-"),
        format!("{TRACE}-{SPAN}-1-{}", &PARENT[1..]),
        format!("{TRACE}-{SPAN}-1-{PARENT}-"),
        format!("{TRACE}-{SPAN}-1-{PARENT}-1"),
        format!("{TRACE}-{SPAN}-{PARENT}-1"),
        format!("{}-{SPAN}-1", &TRACE[1..]),
        format!("{TRACE}0-{SPAN}-1"),
        format!("{}-{SPAN}-1", &SHORT[1..]),
        format!("{TRACE}-{}-1", &SPAN[1..]),
        format!("{TRACE}-{SPAN}0-1"),
        format!("{zero}{zero}-{SPAN}-1"),
        format!("{zero}-{SPAN}-1"),
        format!("{TRACE}-{zero}-1"),
        format!("{}-{SPAN}-1", TRACE.replacen('8', "g", 1)),
        format!("{}-{SPAN}-1", TRACE.replacen('8', "+", 1)),
        format!("{TRACE}-{}-1", SPAN.replacen('e', " ", 1)),
        format!("{TRACE}-{SPAN}-1,{TRACE}-{SPAN}-1"),
        "é".repeat(16),
    ];

    for header in table {
        assert_eq!(extract(&headers(&[("b3", &header)])), None, "{header}");
    }
}

#[test]
fn several_headers_are_read_with_every_decision() {
    use SamplingState::{Accept, Debug, Defer, Deny};
    let table: [(&[(&str, &str)], _); 13] = [
        (&[], Defer),
        (&[("x-b3-sampled", "0")], Deny),
        (&[("x-b3-sampled", "1")], Accept),
        (&[("x-b3-sampled", "true")], Accept),
        (&[("x-b3-sampled", "False")], Deny),
        (&[("x-b3-sampled", "d")], Debug),
        (&[("x-b3-sampled", "maybe")], Defer),
        (&[("x-b3-flags", "1")], Debug),
        (&[("x-b3-flags", "0")], Defer),
        (&[("x-b3-flags", "1"), ("x-b3-sampled", "0")], Debug),
        (&[("x-b3-flags", "0"), ("x-b3-sampled", "1")], Accept),
        (&[("x-b3-parentspanid", PARENT), ("x-b3-sampled", "1")], Accept),
        (&[("x-b3-parentspanid", "nonsense"), ("x-b3-sampled", "1")], Accept),
    ];

    for (others, state) in table {
        for trace in [TRACE, SHORT] {
            let mut carrier = headers(&[("X-B3-TraceId", trace), ("X-B3-SpanId", SPAN)]);
            carrier.extend(headers(others));
            assert_eq!(
                extract(&carrier),
                Some(Found::Context(context(trace, state))),
                "{others:?}"
            );
        }
        let expected = (state != Defer).then_some(Found::Decision(state));
        assert_eq!(extract(&headers(others)), expected, "without ids: {others:?}");
    }
}

#[test]
fn ids_that_cannot_be_read_leave_the_decision() {
    for (trace, span) in [("", SPAN), (TRACE, ""), (TRACE, "0"), ("xyz", SPAN), (&TRACE[2..], SPAN)]
    {
        let mut carrier =
            headers(&[("x-b3-traceid", trace), ("x-b3-spanid", span), ("x-b3-sampled", "0")]);

        assert_eq!(extract(&carrier), Some(Found::Decision(SamplingState::Deny)));

        carrier.remove("x-b3-sampled");
        assert_eq!(extract(&carrier), None);
    }
}

#[test]
fn the_single_header_is_believed_before_the_several() {
    let mut carrier = headers(&[
        ("x-b3-traceid", SHORT),
        ("x-b3-spanid", SPAN),
        ("x-b3-sampled", "1"),
        ("b3", &format!("{TRACE}-{SPAN}-0")),
    ]);
    let single = Some(Found::Context(context(TRACE, SamplingState::Deny)));
    assert_eq!(extract(&carrier), single);

    carrier.insert("b3".to_owned(), "0".to_owned());
    assert_eq!(extract(&carrier), Some(Found::Decision(SamplingState::Deny)));

    carrier.insert("b3".to_owned(), "nonsense".to_owned());
    let several = Some(Found::Context(context(SHORT, SamplingState::Accept)));
    assert_eq!(extract(&carrier), several);
}

#[test]
fn of_several_single_headers_the_first_counts() {
    struct Two;
    impl Extractor for Two {
        fn get(&self, key: &str) -> Option<&str> {
            self.get_all(key).first().copied()
        }

        fn get_all(&self, key: &str) -> Vec<&str> {
            if key == "b3" { vec!["0", "1"] } else { Vec::new() }
        }

        fn keys(&self) -> Vec<&str> {
            vec!["b3"]
        }
    }

    assert_eq!(extract(&Two), Some(Found::Decision(SamplingState::Deny)));
}

#[test]
fn what_is_sent_is_strict_and_names_no_parent() {
    use SamplingState::{Accept, Debug, Defer, Deny};
    let ids = [format!("x-b3-spanid: {SPAN}"), format!("x-b3-traceid: {TRACE}")];
    let table = [
        (Accept, "-1", Some("x-b3-sampled: 1")),
        (Debug, "-d", Some("x-b3-flags: 1")),
        (Defer, "", None),
        (Deny, "-0", Some("x-b3-sampled: 0")),
    ];

    for (state, ending, decision) in table {
        let context = context(TRACE, state);
        let single = format!("b3: {TRACE}-{SPAN}{ending}");
        let mut several: Vec<_> = decision.map(str::to_owned).into_iter().collect();
        several.extend(ids.clone());
        several.sort_unstable();

        assert_eq!(injected("b3", &context, &[]), [single.as_str()]);
        assert_eq!(injected("b3multi", &context, &[]), several);
        several.insert(0, single);
        assert_eq!(injected("b3,b3multi", &context, &[]), several);
        assert_eq!(injected("b3multi,b3", &context, &[]), several);
    }
}

#[test]
fn a_short_trace_id_is_sent_at_full_length() {
    let sent = injected("b3", &context(SHORT, SamplingState::Accept), &[]);

    assert_eq!(sent, [format!("b3: 0000000000000000{SHORT}-{SPAN}-1")]);
}

#[test]
fn stale_headers_of_the_other_form_do_not_go_along() {
    let stale = [
        ("B3", "0"),
        ("X-B3-TraceId", SHORT),
        ("X-B3-SpanId", SPAN),
        ("X-B3-ParentSpanId", PARENT),
        ("X-B3-Sampled", "0"),
        ("X-B3-Flags", "1"),
    ];
    let context = context(TRACE, SamplingState::Accept);

    for names in ["b3", "b3multi", "b3,b3multi"] {
        assert_eq!(injected(names, &context, &stale), injected(names, &context, &[]), "{names}");
    }
    assert_eq!(injected("tracecontext", &context, &stale[..1])[0], "B3: 0");
}

#[test]
fn a_decision_without_a_span_is_passed_on() {
    let table = [
        ("b3", SamplingState::Deny, vec!["b3: 0"]),
        ("b3", SamplingState::Debug, vec!["b3: d"]),
        ("b3", SamplingState::Defer, vec![]),
        ("b3multi", SamplingState::Deny, vec!["x-b3-sampled: 0"]),
        ("b3multi", SamplingState::Debug, vec!["x-b3-flags: 1"]),
        ("b3multi", SamplingState::Defer, vec![]),
        ("tracecontext", SamplingState::Deny, vec![]),
    ];

    for (names, state, expected) in table {
        let mut carrier = HashMap::new();
        Propagators::parse(names).unwrap().inject_sampling_state(state, &mut carrier);

        let mut sent: Vec<_> =
            carrier.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        sent.sort_unstable();
        assert_eq!(sent, expected, "{names} {state:?}");
    }
}

fn any_state() -> impl Strategy<Value = SamplingState> {
    use SamplingState::{Accept, Debug, Defer, Deny};
    prop::sample::select(vec![Accept, Debug, Defer, Deny])
}

/// Headers of the right names with anything in them, often nearly right.
fn any_header() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[0-9a-fA-F]{15,33}-[0-9a-f]{15,17}(-[01dx])?(-[0-9a-f]{15,17})?",
        1 => "[0-9a-f]{16}|[0-9a-f]{32}",
        1 => "[01d]|true|false|-{0,5}",
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn what_is_sent_is_read_again(trace in 1_u128.., span in 1_u64.., state in any_state()) {
        let (trace, span) =
            (TraceId::from_u128(trace).unwrap(), SpanId::from_u64(span).unwrap());
        let context =
            RemoteContext::new(trace, span, TraceFlags::default()).with_sampling_state(state);

        for names in ["b3", "b3multi", "b3multi,b3"] {
            let propagators = Propagators::parse(names).unwrap();
            let mut carrier = HashMap::new();
            propagators.inject(&context, &mut carrier);

            prop_assert_eq!(propagators.extract(&carrier), Some(context.clone()));
        }
    }

    #[test]
    fn whatever_stands_in_the_headers_is_read_without_harm_and_sent_clean(
        single in prop::option::of(any_header()),
        several in prop::collection::vec(prop::option::of(any_header()), 5),
    ) {
        let names =
            ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "x-b3-parentspanid"];
        let several = names.into_iter().zip(several);
        let all = [("b3", single)].into_iter().chain(several);
        let carrier: HashMap<String, String> =
            all.filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let propagators = Propagators::parse("b3multi,b3").unwrap();

        if let Some(context) = propagators.extract(&carrier) {
            prop_assert_eq!(propagators.extract_sampling_state(&carrier), None);
            let mut sent = HashMap::new();
            propagators.inject(&context, &mut sent);
            let clean = |byte| b"0123456789abcdef-".contains(&byte);
            let all_clean = sent.values().all(|value| value.len() <= 51 && value.bytes().all(clean));
            prop_assert!(all_clean);
            prop_assert_eq!(propagators.extract(&sent), Some(context));
        }
    }
}
