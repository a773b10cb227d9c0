//! Each environment variable, from the environment to what a receiver sees.
//!
//! Names and values that the configuration accepts or refuses are the unit tests' matter; here is
//! what they bring about.

use std::time::Duration;

use crate::{
    probe::{Outcome, Probe},
    receiver::{Manner, Receiver, Request, text},
};

type Variables = &'static [(&'static str, &'static str)];

/// Variables, and what must be seen with them.
type Row = (Variables, fn(&Seen) -> bool);

/// What one run brought about.
struct Seen {
    outcome: Outcome,
    receiver: Receiver,
    first: Request,
}

fn run(how: &str, manner: Manner, variables: Variables) -> Seen {
    let receiver = Receiver::start(manner);
    let mut probe = Probe::new("showing", how).to(&receiver.url());
    for (name, value) in variables {
        probe = probe.env(name, &value.replace("$URL", &receiver.url()));
    }
    let outcome = probe.run();
    let first = receiver.requests().into_iter().next().unwrap_or_default();
    Seen { outcome, receiver, first }
}

/// Runs once for each row; the check sees what came of it.
fn each(how: &str, rows: &[Row]) {
    for (variables, holds) in rows {
        let seen = run(how, Manner::Answers, variables);
        seen.outcome.assert_success();
        let names: Vec<_> = seen.receiver.spans().into_iter().map(|span| span.name).collect();
        let resource = &seen.first.content.resource_spans.first().map(|r| &r.resource);
        assert!(
            holds(&seen),
            "{variables:?}: {:?} {} {names:.100?} {:?} {resource:?}",
            seen.outcome,
            seen.first.path,
            seen.first.headers
        );
    }
}

#[test]
fn where_spans_go() {
    each(
        "once",
        &[
            (&[], |seen| seen.first.path == "/v1/traces" && seen.receiver.count("shown") == 1),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "$URL/base/")], |seen| {
                seen.first.path == "/base/v1/traces"
            }),
            (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "$URL/as/it/is")], |seen| {
                seen.first.path == "/as/it/is"
            }),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTLP_ENDPOINT", "$URL/alias")], |seen| {
                seen.first.path == "/alias/v1/traces"
            }),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("JAEGER_ENDPOINT", "$URL/jaeger")], |seen| {
                seen.first.path == "/jaeger/v1/traces"
            }),
            (&[("OTEL_TRACES_EXPORTER", "none")], |seen| seen.receiver.requests().is_empty()),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")], |seen| seen.receiver.requests().is_empty()),
            (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], |seen| {
                seen.first.header("content-type") == Some("application/x-protobuf")
            }),
            (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], |seen| {
                // The receiver speaks HTTP/1.
                seen.receiver.spans().is_empty() && seen.outcome.stderr.contains("no HTTP/2")
            }),
            (&[("OTEL_TRACES_EXPORTER", "otlp,console"), ("SPANDREL_CONSOLE", "json")], |seen| {
                seen.receiver.count("shown") == 1 && seen.outcome.stderr.contains("\"shown\"")
            }),
            (&[("SPANDREL_CONSOLE", "tree"), ("OTEL_TRACES_EXPORTER", "console")], |seen| {
                seen.receiver.requests().is_empty() && seen.outcome.stderr.contains("shown")
            }),
            (&[("OTEL_SDK_DISABLED", "true")], |seen| seen.receiver.requests().is_empty()),
            (&[("TELEMETRY_ENABLED", "false")], |seen| seen.receiver.requests().is_empty()),
            (&[("TELEMETRY_ENABLED", "false"), ("OTEL_SDK_DISABLED", "false")], |seen| {
                seen.receiver.count("shown") == 1
            }),
        ],
    );
}

#[test]
fn an_endpoint_without_scheme_is_plain_where_told_so() {
    for insecure in
        ["OTEL_EXPORTER_OTLP_INSECURE", "OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTLP_INSECURE"]
    {
        let receiver = Receiver::start(Manner::Answers);
        let authority = receiver.url().replace("http://", "");

        let outcome = Probe::new("showing", "once").to(&authority).env(insecure, "true").run();

        outcome.assert_success();
        assert_eq!(receiver.count("shown"), 1, "{insecure}: {outcome:?}");
    }
}

#[test]
fn how_requests_look() {
    each(
        "once",
        &[
            (&[("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b,x-other=c")], |seen| {
                seen.first.header("x-key") == Some("a b")
                    && seen.first.header("x-other") == Some("c")
            }),
            (
                &[
                    ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=general"),
                    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=traces"),
                ],
                |seen| seen.first.header("x-key") == Some("traces"),
            ),
            (&[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")], |seen| {
                seen.first.header("content-encoding") == Some("gzip")
                    && seen.receiver.count("shown") == 1
            }),
            (
                &[
                    ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
                    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
                ],
                |seen| seen.first.header("content-encoding").is_none(),
            ),
        ],
    );
}

#[test]
fn who_is_said_to_speak() {
    each(
        "once",
        &[
            (&[], |seen| seen.first.resource("service.name") == "spandrel-tests"),
            (&[("OTEL_SERVICE_NAME", "shop")], |seen| {
                seen.first.resource("service.name") == "shop"
            }),
            (
                &[
                    ("OTEL_SERVICE_NAME", "shop"),
                    ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=a%2Cb"),
                ],
                |seen| {
                    seen.first.resource("service.name") == "shop"
                        && seen.first.resource("team") == "a,b"
                },
            ),
            (&[("ENVIRONMENT", "staging")], |seen| {
                seen.first.resource("deployment.environment.name") == "staging"
            }),
            (&[("GIT_COMMIT_SHA", "abc123")], |seen| {
                seen.first.resource("vcs.ref.head.revision") == "abc123"
            }),
            (&[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("POD_NAME", "shop-7")], |seen| {
                seen.first.resource("k8s.pod.name") == "shop-7"
            }),
            (&[("POD_NAME", "shop-7")], |seen| seen.first.resource("k8s.pod.name").is_empty()),
        ],
    );
}

#[test]
fn which_headers_carry_a_trace() {
    each(
        "once",
        &[
            (&[], |seen| seen.outcome.said("headers") == "baggage,traceparent"),
            (&[("OTEL_PROPAGATORS", "tracecontext")], |seen| {
                seen.outcome.said("headers") == "traceparent"
            }),
            (&[("OTEL_PROPAGATORS", "baggage,baggage")], |seen| {
                seen.outcome.said("headers") == "baggage"
            }),
            (&[("OTEL_PROPAGATORS", "none")], |seen| seen.outcome.said("headers").is_empty()),
        ],
    );
}

fn recorded(seen: &Seen) -> usize {
    seen.receiver.count("one")
}

#[test]
fn which_traces_are_recorded() {
    each(
        "many",
        &[
            (&[], |seen| recorded(seen) == 400),
            (&[("OTEL_TRACES_SAMPLER", "always_on")], |seen| recorded(seen) == 400),
            (&[("OTEL_TRACES_SAMPLER", "always_off")], |seen| recorded(seen) == 0),
            (&[("OTEL_TRACES_SAMPLER", "parentbased_always_on")], |seen| recorded(seen) == 400),
            (&[("OTEL_TRACES_SAMPLER", "parentbased_always_off")], |seen| recorded(seen) == 0),
            // Ten standard deviations to either side.
            (
                &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")],
                |seen| (100..300).contains(&recorded(seen)),
            ),
            (
                &[
                    ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
                    ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
                ],
                |seen| (100..300).contains(&recorded(seen)),
            ),
            (
                &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")],
                |seen| recorded(seen) == 0,
            ),
            (&[("SPANDREL_TRACES_SAMPLER_OVERRIDES", "probe::showing::one=always_off")], |seen| {
                recorded(seen) == 0
            }),
        ],
    );
}

#[test]
fn which_levels_are_recorded() {
    each(
        "once",
        &[
            (&[], |seen| seen.receiver.count("detail") == 0),
            (&[("SPANDREL_LEVEL", "debug")], |seen| seen.receiver.count("detail") == 1),
            (&[("SPANDREL_LEVEL", "probe::showing=debug")], |seen| {
                seen.receiver.count("detail") == 1
            }),
            (&[("SPANDREL_LEVEL", "error")], |seen| seen.receiver.count("shown") == 0),
        ],
    );
}

#[test]
fn what_a_span_may_carry() {
    each(
        "once",
        &[
            (&[], |seen| {
                let span = seen.receiver.only("shown");
                text(&span.attributes, "text") == "twenty characters..."
                    && (span.events.len(), span.links.len()) == (3, 3)
            }),
            (&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "6")], |seen| {
                let span = seen.receiver.only("shown");
                text(&span.attributes, "text") == "twenty"
                    && text(&span.events[0].attributes, "text") == "twenty"
            }),
            (&[("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "6")], |seen| {
                text(&seen.receiver.only("shown").attributes, "text") == "twenty"
            }),
            (&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "2")], |seen| {
                let span = seen.receiver.only("shown");
                let event = &span.events[0];
                (span.attributes.len(), span.dropped_attributes_count) == (2, 2)
                    && (event.attributes.len(), event.dropped_attributes_count) == (2, 2)
            }),
            (&[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3")], |seen| {
                let span = seen.receiver.only("shown");
                (span.attributes.len(), span.events[0].attributes.len()) == (3, 4)
            }),
            (&[("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1")], |seen| {
                let span = seen.receiver.only("shown");
                (span.attributes.len(), span.events[0].attributes.len()) == (4, 1)
            }),
            (&[("OTEL_SPAN_EVENT_COUNT_LIMIT", "2")], |seen| {
                let span = seen.receiver.only("shown");
                (span.events.len(), span.dropped_events_count) == (2, 1)
            }),
            (&[("OTEL_SPAN_LINK_COUNT_LIMIT", "1")], |seen| {
                let span = seen.receiver.only("shown");
                (span.links.len(), span.dropped_links_count) == (1, 2)
            }),
        ],
    );
}

#[test]
fn how_spans_are_batched() {
    each(
        "many",
        &[
            (&[], |seen| seen.receiver.requests().len() == 1),
            (&[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")], |seen| {
                recorded(seen) == 400
                    && seen.receiver.requests().iter().all(|request| request.spans() <= 10)
            }),
        ],
    );
}

#[test]
fn a_span_waits_no_longer_than_the_schedule_delay() {
    let receiver = Receiver::start(Manner::Answers);
    let probe = Probe::new("showing", "unhurried").to(&receiver.url());
    let mut running = probe.env("OTEL_BSP_SCHEDULE_DELAY", "1").start();
    running.wait_for("recorded");

    // It goes on running, and the default would be longer than this.
    let came = receiver.gets(1, Duration::from_millis(4_500));
    running.end().assert_success();

    assert!(came);
}

#[test]
fn how_many_spans_wait_for_a_receiver_that_hangs() {
    let variables: Variables =
        &[("OTEL_BSP_MAX_QUEUE_SIZE", "10"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")];

    let seen = run("briefly", Manner::Hangs, variables);

    seen.outcome.assert_success();
    seen.outcome.assert_said(&[("result", "timeout")]);
    let error = seen.outcome.said("error");
    assert!(error.contains("90 dropped (queue_full)"), "{error}");
    assert!(error.contains("10 dropped (shutdown)"), "{error}");
}

#[test]
fn how_long_a_receiver_that_hangs_is_waited_for() {
    let rows: [Variables; 3] = [
        &[("OTEL_BSP_EXPORT_TIMEOUT", "50")],
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "50")],
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "50")],
    ];
    for variables in rows {
        let seen = run("briefly", Manner::Hangs, variables);
        // The defaults are longer than the two seconds of the shutdown.
        seen.outcome.assert_success();
        seen.outcome.assert_said(&[("result", "done"), ("balanced", "true")]);
        seen.outcome.assert_said(&[("0.dropped.export_failed", "100")]);
    }
}

#[test]
fn durations_are_right_by_every_clock() {
    for clock in ["auto", "monotonic"] {
        let receiver = Receiver::start(Manner::Answers);

        let probe = Probe::new("showing", "clock").to(&receiver.url());
        let outcome = probe.env("SPANDREL_CLOCK", clock).run();

        let span = receiver.only("spins");
        let nanos = span.end_time_unix_nano - span.start_time_unix_nano;
        // The span lies between two measured durations; a calibrated counter may be a little off.
        let (least, most) = (outcome.number("least-nanos"), outcome.number("most-nanos"));
        let within = least - least / 50..=most + most / 50;
        assert!(within.contains(&nanos), "{clock}: {nanos} {within:?}");
    }
}

#[test]
fn memory_is_bounded_by_the_environment_too() {
    let receiver = Receiver::start(Manner::Hangs);

    let probe = Probe::new("flood", "otlp").to(&receiver.url());
    let outcome = probe.env("SPANDREL_MEMORY", "1MiB").run();

    outcome.assert_success();
    assert!(outcome.number("grown-kib") < 7 * 1024, "{outcome:?}");
}

#[test]
fn spandrel_explains_itself_when_asked() {
    each(
        "once",
        &[
            (&[("SPANDREL_DEBUG", "true"), ("OTEL_SERVICE_NAME", "shop")], |seen| {
                let said = |text| seen.outcome.lines_with(text) == 1;
                said("service.name = shop (from OTEL_SERVICE_NAME)")
                    && said("sampler = parentbased_always_on (default)")
                    && said("spans are stamped by the")
            }),
            (&[("OTEL_LOG_LEVEL", "debug")], |seen| {
                seen.outcome.lines_with("sampler = parentbased_always_on (default)") == 1
            }),
            (&[("OTEL_LOG_LEVEL", "none"), ("OTEL_TRACES_SAMPLER", "nonsense")], |seen| {
                seen.outcome.stderr.is_empty()
            }),
            (&[], |seen| !seen.outcome.stderr.contains("sampler")),
        ],
    );
}

#[test]
fn an_unknown_value_of_the_specification_gives_one_warning_and_the_default() {
    for (name, value) in [
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_EXPORTER", "pigeon,otlp"),
        ("OTEL_PROPAGATORS", "tracecontext,baggage,telepathy"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "-1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "many"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "x"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "1.5"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no-value"),
        ("OTEL_RESOURCE_ATTRIBUTES", "=x"),
        ("OTEL_LOG_LEVEL", "loud"),
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_CONFIG_FILE", "/etc/otel.yaml"),
        ("TELEMETRY_ENABLED", "maybe"),
    ] {
        let receiver = Receiver::start(Manner::Answers);

        let probe = Probe::new("showing", "once").to(&receiver.url());
        let outcome = probe.env(name, value).run();

        outcome.assert_success();
        assert_eq!(outcome.lines_with(name), 1, "{name}={value}: {outcome:?}");
        assert_eq!(receiver.count("shown"), 1, "{name}={value}: {outcome:?}");
        outcome.assert_said(&[("headers", "baggage,traceparent")]);
    }
}

#[test]
fn what_is_wrong_with_our_own_variables_is_an_error() {
    for (name, value) in [
        ("SPANDREL_LEVLE", "debug"),
        ("SPANDREL_LEVEL", "loud"),
        ("SPANDREL_MEMORY", "lots"),
        ("SPANDREL_MEMORY", "1KiB"),
        ("SPANDREL_CLOCK", "sundial"),
        ("SPANDREL_CHAOS", "monkey"),
        ("SPANDREL_CONSOLE", "hologram"),
        ("SPANDREL_DEBUG", "perhaps"),
        ("SPANDREL_TRACES_SAMPLER_OVERRIDES", "x"),
    ] {
        let outcome = Probe::new("showing", "once").env(name, value).run();

        outcome.assert_success();
        outcome.assert_said(&[("refused", "true")]);
        assert!(outcome.said("error").contains(name), "{outcome:?}");
    }
}
