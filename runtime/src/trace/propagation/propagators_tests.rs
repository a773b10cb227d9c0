use std::{collections::HashMap, process::Command};

use super::{
    super::{Environment, Extractor},
    Baggage, Propagators, RemoteContext, TraceParent, TraceState,
};

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03";

fn context() -> RemoteContext {
    RemoteContext::from(TraceParent::parse(HEADER).unwrap())
}

fn full_context() -> RemoteContext {
    let state = TraceState::parse("congo=1").unwrap();
    context().with_trace_state(state).with_baggage(Baggage::parse("user=alice"))
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn lists_of_names_choose_the_propagators() {
    let both = "tracecontext,baggage";
    let table = [
        ("tracecontext,baggage", both, None),
        ("baggage , TraceContext,,baggage", both, None),
        ("", both, None),
        ("baggage", "baggage", None),
        ("none", "none", None),
        ("none,none", "none", None),
        ("b3", "b3", None),
        ("B3Multi,tracecontext,b3multi,b3,baggage", "b3multi,tracecontext,b3,baggage", None),
        ("baggage,jaeger", "baggage,jaeger", None),
        ("jaeger,baggage,jaeger", "jaeger,baggage", None),
        ("baggage,b3,jaeger,b3multi,tracecontext", "baggage,b3,jaeger,b3multi,tracecontext", None),
        (
            "tracecontext,xray",
            "tracecontext",
            Some("propagator `xray` is known but not supported;"),
        ),
        ("xray,ottrace", both, Some("`xray` is known but not supported, propagator `ottrace` is")),
        ("xray", both, Some("`xray` is known")),
        ("ottrace,b3", "b3", Some("`ottrace` is known")),
        ("w3c", both, Some("unknown propagator `w3c`; valid are `tracecontext`")),
        ("none,baggage", "baggage", Some("`none` stands alone, or not at all")),
        ("none,xray", "none", Some("`none` stands alone, or not at all")),
    ];

    for (names, chosen, complaint) in table {
        let (propagators, warning) = Propagators::from_names(names);

        assert_eq!(propagators.to_string(), chosen, "{names}");
        assert_eq!(Propagators::parse(chosen), Ok(propagators), "{names}");
        assert_eq!(Propagators::parse(names).err(), warning, "{names}");
        let warning = warning.map(|warning| warning.to_string());
        match complaint {
            Some(part) => assert!(warning.as_deref().unwrap().contains(part), "{warning:?}"),
            None => assert_eq!(warning, None),
        }
    }
}

#[test]
fn a_chosen_propagator_touches_no_header_of_another() {
    let carrier = map(&[("traceparent", HEADER), ("tracestate", "congo=1"), ("baggage", "a=1")]);
    let baggage = Propagators::parse("baggage").unwrap();
    let trace = Propagators::parse("tracecontext").unwrap();

    assert_eq!(baggage.extract(&carrier), None);
    assert_eq!(baggage.extract_baggage(&carrier).as_str(), "a=1");
    assert!(trace.extract(&carrier).unwrap().baggage().is_empty());
    assert_eq!(Propagators::none().extract(&carrier), None);

    let inject = |propagators: Propagators| {
        let mut carrier = HashMap::<String, String>::new();
        propagators.inject(&full_context(), &mut carrier);
        let mut keys: Vec<_> = carrier.into_keys().collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(inject(baggage), ["baggage"]);
    assert_eq!(inject(trace), ["traceparent", "tracestate"]);
    assert!(inject(Propagators::none()).is_empty());
}

#[test]
fn injected_context_is_extracted_again_from_a_map() {
    let mut carrier = HashMap::<String, String>::new();

    Propagators::default().inject(&full_context(), &mut carrier);

    assert_eq!(Propagators::default().extract(&carrier), Some(full_context()));
}

#[test]
fn a_map_finds_keys_in_any_case_and_sees_them_as_several_headers() {
    let propagators = Propagators::default();
    let one = map(&[("TraceParent", HEADER), ("TRACESTATE", "a=1"), ("tracestate", "b=2")]);
    let two = map(&[("TraceParent", HEADER), ("traceparent", HEADER)]);

    assert_eq!(propagators.extract(&one).unwrap().trace_state().as_str(), "a=1,b=2");
    assert_eq!(propagators.extract(&two), None);
}

#[test]
fn stale_headers_do_not_go_with_a_new_context() {
    let mut carrier = map(&[("TraceParent", "x"), ("TraceState", "old=1"), ("Baggage", "own=1")]);

    Propagators::default().inject(&context(), &mut carrier);

    assert_eq!(carrier, map(&[("traceparent", HEADER), ("Baggage", "own=1")]));
}

#[test]
fn a_child_process_gets_upper_case_variables_and_no_inherited_tracestate() {
    let mut child = Command::new("true");

    Propagators::default().inject(&context().with_baggage(Baggage::parse("a=1")), &mut child);

    let variables: HashMap<_, _> = child.get_envs().collect();
    assert_eq!(variables["TRACEPARENT".as_ref() as &std::ffi::OsStr], Some(HEADER.as_ref()));
    assert_eq!(variables["TRACESTATE".as_ref() as &std::ffi::OsStr], None);
    assert_eq!(variables["BAGGAGE".as_ref() as &std::ffi::OsStr], Some("a=1".as_ref()));
}

#[test]
fn environment_reads_its_four_variables_only() {
    let single = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
    let variables = map(&[
        ("TRACEPARENT", HEADER),
        ("BAGGAGE", "a=1"),
        ("B3", single),
        ("traceparent", "x"),
        ("X-B3-SAMPLED", "0"),
    ]);

    let environment = Environment::from_lookup(|name| variables.get(name).cloned());

    assert_eq!(environment.keys(), ["TRACEPARENT", "BAGGAGE", "B3"]);
    let zipkin = Propagators::parse("b3").unwrap().extract(&environment).unwrap();
    assert!(zipkin.trace_id() == context().trace_id() && zipkin.flags().is_sampled());
    let extracted = Propagators::default().extract(&environment);
    assert_eq!(extracted, Some(context().with_baggage(Baggage::parse("a=1"))));
}

#[cfg(feature = "http")]
mod header_map {
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::trace::propagation::Injector;

    #[test]
    fn injected_context_is_extracted_again() {
        let mut headers = HeaderMap::new();
        headers.append("tracestate", HeaderValue::from_static("old=1"));
        headers.append("tracestate", HeaderValue::from_static("older=1"));

        Propagators::default().inject(&full_context(), &mut headers);

        assert_eq!(headers.len(), 3);
        assert_eq!(Propagators::default().extract(&headers), Some(full_context()));
        assert_eq!(Extractor::keys(&headers).len(), 3);
    }

    #[test]
    fn several_headers_are_seen_in_their_order() {
        let mut headers = HeaderMap::new();
        headers.append("traceparent", HeaderValue::from_static(HEADER));
        headers.append("tracestate", HeaderValue::from_static("b=1"));
        headers.append("tracestate", HeaderValue::from_static("a=2"));

        let read = Propagators::default().extract(&headers).unwrap();
        headers.append("traceparent", HeaderValue::from_static(HEADER));

        assert_eq!(read.trace_state().as_str(), "b=1,a=2");
        assert_eq!(Propagators::default().extract(&headers), None);
    }

    #[test]
    fn headers_are_found_in_any_case_among_few_and_many() {
        let mut headers = HeaderMap::new();
        headers.append("traceparent", HeaderValue::from_static(HEADER));
        headers.append("traceparent", HeaderValue::from_static("second"));

        for other in 0..20_u16 {
            assert_eq!(Extractor::get(&headers, "TraceParent"), Some(HEADER), "beside {other}");
            assert_eq!(Extractor::get_all(&headers, "TraceParent"), [HEADER, "second"]);
            let name = http::HeaderName::try_from(format!("x-other-{other}")).unwrap();
            headers.append(name, HeaderValue::from(other));
        }
    }

    #[test]
    fn a_header_outside_ascii_counts_as_malformed_not_as_absent() {
        let unreadable = HeaderValue::from_bytes(b"\xff").unwrap();
        let mut headers = HeaderMap::new();
        headers.append("traceparent", HeaderValue::from_static(HEADER));
        headers.append("tracestate", HeaderValue::from_static("a=1"));
        headers.append("tracestate", unreadable.clone());

        let read = Propagators::default().extract(&headers).unwrap();
        headers.append("traceparent", unreadable);

        assert!(read.trace_state().is_empty());
        assert_eq!(Propagators::default().extract(&headers), None);
    }

    #[test]
    fn what_is_no_header_is_not_sent() {
        let mut headers = HeaderMap::new();

        Injector::set(&mut headers, "no name", "1".to_owned());
        Injector::set(&mut headers, "name", "a\r\nb: c".to_owned());

        assert!(headers.is_empty());
    }
}
