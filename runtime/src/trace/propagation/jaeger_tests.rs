use std::collections::HashMap;

use proptest::prelude::*;

use super::super::{Propagators, RemoteContext, SamplingState};
use crate::trace::id::{SpanId, TraceFlags, TraceId};

fn headers(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn read(header: &str) -> Option<RemoteContext> {
    Propagators::parse("jaeger").unwrap().extract(&headers(&[("Uber-Trace-Id", header)]))
}

fn context(trace: u128, span: u64, state: SamplingState) -> RemoteContext {
    let (trace, span) = (TraceId::from_u128(trace).unwrap(), SpanId::from_u64(span).unwrap());
    RemoteContext::new(trace, span, TraceFlags::default()).with_sampling_state(state)
}

#[test]
fn every_form_of_the_header_is_read() {
    use SamplingState::{Accept, Debug, Deny};
    let table = [
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1", Accept),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:05e3ac9a4f6e3b90:01", Accept),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:0", Deny),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:3", Debug),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:2", Debug),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:9", Accept),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:8", Deny),
        ("80F198EE56343BA864FE8B2A57D3EFF7:E457B5A2E4D86BD1:0:1", Accept),
        ("80f198ee56343ba864fe8b2a57d3eff7%3Ae457b5a2e4d86bd1%3a0%3A1", Accept),
        ("%380f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1", Accept),
        (" 80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1\t", Accept),
        ("80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1::1", Accept),
    ];

    for (header, state) in table {
        let expected =
            context(0x80f1_98ee_5634_3ba8_64fe_8b2a_57d3_eff7, 0xe457_b5a2_e4d8_6bd1, state);
        assert_eq!(read(header), Some(expected), "{header}");
    }
}

#[test]
fn ids_without_leading_zeros_are_padded() {
    let expected = |trace, span| Some(context(trace, span, SamplingState::Accept));

    assert_eq!(read("1:2:0:1"), expected(1, 2));
    assert_eq!(read("64fe8b2a57d3eff7:abc:0:1"), expected(0x64fe_8b2a_57d3_eff7, 0xabc));
    assert_eq!(read("00000000000000000000000000000001:0000000000000002:0:1"), expected(1, 2));
}

#[test]
fn what_breaks_the_grammar_counts_as_absent() {
    let long = "1".repeat(33);
    let table = [
        String::new(),
        ":::".to_owned(),
        "1:2:0".to_owned(),
        "1:2:0:".to_owned(),
        "1:2:0:1:".to_owned(),
        "1:2:0:1:1".to_owned(),
        "0:2:0:1".to_owned(),
        "1:0:0:1".to_owned(),
        ":2:0:1".to_owned(),
        "1::0:1".to_owned(),
        "x:2:0:1".to_owned(),
        "1:x:0:1".to_owned(),
        "1:2:0:x".to_owned(),
        "1:2:0:001".to_owned(),
        "-1:2:0:1".to_owned(),
        "+1:2:0:1".to_owned(),
        "0x1:2:0:1".to_owned(),
        format!("{long}:2:0:1"),
        format!("1:{}:0:1", &long[..17]),
        format!("1:2:{}:1", "0".repeat(300)),
        "1%:2:0:1".to_owned(),
        "%ff:2:0:1".to_owned(),
        "é:2:0:1".to_owned(),
    ];

    for header in table {
        assert_eq!(read(&header), None, "{header}");
    }
}

#[test]
fn two_headers_are_as_good_as_none() {
    let carrier = headers(&[("uber-trace-id", "1:2:0:1"), ("Uber-Trace-Id", "1:2:0:1")]);

    assert_eq!(Propagators::parse("jaeger").unwrap().extract(&carrier), None);
}

#[test]
fn nothing_is_sent() {
    let mut carrier = HashMap::new();
    let context = context(1, 2, SamplingState::Accept);

    Propagators::parse("jaeger").unwrap().inject(&context, &mut carrier);

    assert!(carrier.is_empty());
}

#[test]
fn each_entry_of_the_baggage_is_a_header() {
    let carrier = headers(&[
        ("uber-trace-id", "1:2:0:1"),
        ("Uberctx-user", "Am%C3%A9lie"),
        ("uberctx-note", "50% off"),
        ("uberctx-", "nameless"),
        ("uberctx-no token", "1"),
        ("uberctx", "1"),
        ("uberctx-long", &"x".repeat(9_000)),
    ]);

    let context = Propagators::parse("jaeger").unwrap().extract(&carrier).unwrap();

    assert_eq!(context.baggage().get("user").as_deref(), Some("Amélie"));
    assert_eq!(context.baggage().get("note").as_deref(), Some("50% off"));
    assert_eq!(context.baggage().len(), 2);
}

#[test]
fn of_the_baggage_of_two_formats_the_later_counts() {
    let carrier = headers(&[("baggage", "user=w3c,a=1"), ("uberctx-user", "jaeger")]);
    let user = |names: &str| {
        let baggage = Propagators::parse(names).unwrap().extract_baggage(&carrier);
        assert_eq!(baggage.get("a").as_deref(), Some("1"), "{names}");
        baggage.get("user").unwrap().into_owned()
    };

    assert_eq!(user("baggage"), "w3c");
    assert_eq!(user("jaeger,baggage"), "w3c");
    assert_eq!(user("baggage,jaeger"), "jaeger");
}

proptest! {
    #[test]
    fn what_a_jaeger_client_sends_is_read(
        trace in 1_u128..,
        span in 1_u64..,
        parent: u64,
        flags: u8,
        encoded: bool,
        padded: bool,
    ) {
        let header = if padded {
            format!("{trace:032x}:{span:016x}:{parent:016x}:{flags:02x}")
        } else {
            format!("{trace:x}:{span:x}:{parent:x}:{flags:x}")
        };
        let header = if encoded { header.replace(':', "%3A") } else { header };

        let found = read(&header).unwrap();

        prop_assert_eq!(found.trace_id().to_u128(), trace);
        prop_assert_eq!(found.span_id().to_u64(), span);
        prop_assert_eq!(found.flags().is_sampled(), flags & 3 != 0);
        prop_assert_eq!(found.sampling_state() == SamplingState::Debug, flags & 2 != 0);
    }

    #[test]
    fn whatever_stands_in_the_headers_is_read_without_harm(
        header in prop_oneof!["[0-9a-f:%]{0,80}", any::<String>()],
        entries in prop::collection::hash_map("[uU]berctx-[a-z =é]{0,4}", any::<String>(), 0..100),
    ) {
        let mut carrier: HashMap<String, String> = entries;
        carrier.insert("uber-trace-id".to_owned(), header);
        let propagators = Propagators::parse("jaeger,baggage").unwrap();

        let _ = propagators.extract(&carrier);
        let baggage = propagators.extract_baggage(&carrier);

        prop_assert!(baggage.len() <= 64 && baggage.as_str().len() <= 8192);
        prop_assert_eq!(baggage, propagators.extract_baggage(&carrier));
    }
}
