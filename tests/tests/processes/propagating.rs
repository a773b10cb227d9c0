//! Headers in, headers out, by the formats that the environment names.

use crate::probe::{Outcome, Probe};

const IDS: &str = "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312";

fn propagate(formats: &str, headers: &str) -> Outcome {
    propagate_with(formats, "parentbased_always_on", headers)
}

fn propagate_with(formats: &str, sampler: &str, headers: &str) -> Outcome {
    let probe = Probe::new("propagating", headers).env("OTEL_PROPAGATORS", formats);
    let outcome = probe.env("OTEL_TRACES_SAMPLER", sampler).run();
    outcome.assert_success();
    outcome
}

#[test]
fn a_trace_of_zipkin_goes_on_in_the_form_that_was_chosen() {
    let caller = format!("b3={IDS}-1");

    let single = propagate("b3", &caller);
    single.assert_said(&[("through", &caller), ("exported", "2")]);
    let served = single.said("served");
    assert!(served.starts_with("b3=463ac35c9f6413ad48485a3953bb6124-"), "{served}");
    assert!(served.ends_with("-1") && served != caller, "{served}");

    let several = "x-b3-sampled=1;x-b3-spanid=a2fb4a1d1a96d312;\
                   x-b3-traceid=463ac35c9f6413ad48485a3953bb6124";
    propagate("b3multi", &caller).assert_said(&[("through", several), ("exported", "2")]);
    propagate("b3", several).assert_said(&[("through", &caller), ("exported", "2")]);
}

#[test]
fn a_decision_without_a_span_rules_the_traces_of_its_request() {
    let denied = propagate("b3", "b3=0");
    denied.assert_said(&[("through", "b3=0"), ("exported", "0")]);
    let served = denied.said("served");
    assert!(served.starts_with("b3=") && served.ends_with("-0"), "{served}");

    let forced = propagate_with("b3multi", "parentbased_always_off", "x-b3-flags=1");
    forced.assert_said(&[("through", "x-b3-flags=1"), ("exported", "2")]);
    let served = forced.said("served");
    assert!(served.contains("x-b3-flags=1") && !served.contains("x-b3-sampled"), "{served}");

    let accepted = propagate_with("b3", "parentbased_always_off", "b3=1");
    accepted.assert_said(&[("through", "b3=1"), ("exported", "2")]);
}

#[test]
fn a_public_endpoint_lets_nobody_force_or_forbid_recording() {
    propagate("b3", "public;b3=0").assert_said(&[("through", ""), ("exported", "2")]);
    let off = propagate_with("b3", "parentbased_always_off", "public;b3=d");
    off.assert_said(&[("through", ""), ("exported", "0")]);
    let linked = propagate("b3", &format!("public;b3={IDS}-0"));
    linked.assert_said(&[("through", ""), ("exported", "2")]);
}

#[test]
fn a_sampler_that_obeys_nobody_does_not_obey_a_decision_without_a_span() {
    propagate_with("b3", "always_on", "b3=0").assert_said(&[("exported", "2")]);
    propagate_with("b3", "always_off", "b3=1").assert_said(&[("exported", "0")]);
}

#[test]
fn jaeger_is_read_and_the_trace_goes_on_in_another_format() {
    let caller = "uber-trace-id=48485a3953bb6124%3Aa2fb4a1d1a96d312%3A0%3A1;uberctx-user=alice";

    let outcome = propagate("jaeger,tracecontext,baggage", caller);

    let through =
        "baggage=user=alice;traceparent=00-000000000000000048485a3953bb6124-a2fb4a1d1a96d312-01";
    outcome.assert_said(&[("through", through), ("exported", "2")]);
}

#[test]
fn jaeger_alone_is_read_and_the_user_is_told_what_is_missing() {
    let outcome = propagate("jaeger", "uber-trace-id=1:2:0:0");

    outcome.assert_said(&[("through", ""), ("served", ""), ("exported", "0")]);
    assert_eq!(outcome.lines_with("`OTEL_PROPAGATORS=jaeger,tracecontext`"), 1, "{outcome:?}");
}

#[test]
fn of_two_formats_the_later_is_believed_and_both_are_sent() {
    let w3c = "traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let caller = format!("{w3c};tracestate=a=1;b3={IDS}-1");

    let last_b3 = propagate("tracecontext,b3", &caller);
    let last_w3c = propagate("b3,tracecontext", &caller);

    let of_b3 =
        format!("b3={IDS}-1;traceparent=00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01");
    last_b3.assert_said(&[("through", &of_b3)]);
    let of_w3c =
        format!("b3=4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1;{w3c};tracestate=a=1");
    last_w3c.assert_said(&[("through", &of_w3c)]);
}

#[test]
fn the_threshold_is_sent_from_the_environments_ratio() {
    let probe = Probe::new("propagating", "").env("OTEL_TRACES_SAMPLER", "traceidratio");

    let outcome = probe.env("OTEL_TRACES_SAMPLER_ARG", "1").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "2")]);
    assert!(outcome.said("served").ends_with(";tracestate=ot=th:0"), "{outcome:?}");
}
