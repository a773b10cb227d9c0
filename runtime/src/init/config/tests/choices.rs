//! Which exporters there are, by who asked for them and what is compiled in.

use super::*;
use crate::{
    init::config::{Exporter, MetricExporter, OtlpSignal},
    trace::propagation::Propagators,
};

fn at_terminal(variables: &[(&str, &str)], features: Features) -> Result<Settings, Problems> {
    let environment: Environment = variables.iter().copied().collect();
    Settings::resolve(
        &Code::default(),
        &Surroundings {
            environment: &environment,
            machine: &machine(),
            stderr_is_terminal: true,
            features,
        },
    )
}

const ALL: Features = Features {
    console: true,
    file: true,
    otlp: true,
    grpc: true,
    zipkin: true,
    admin: true,
    prometheus: true,
    remote_write: true,
    logs: true,
    sentry: true,
    toml: true,
};
const NONE: Features = Features {
    console: false,
    file: false,
    otlp: false,
    grpc: false,
    zipkin: false,
    admin: false,
    prometheus: false,
    remote_write: false,
    logs: false,
    sentry: false,
    toml: false,
};

#[test]
fn a_newcomer_at_a_terminal_sees_a_tree() {
    let settings = at_terminal(&[], ALL).unwrap();

    assert_eq!(settings.exporters.value, [Exporter::Console]);
    assert_eq!(settings.notices, []);
}

#[test]
fn without_terminal_and_configuration_one_line_says_that_nothing_is_exported() {
    let settings = resolve(&[]);

    assert_eq!(settings.exporters.value, []);
    let said = said(&settings, Level::Info);
    let line = "no exporter is configured, so spans go nowhere; set `OTEL_EXPORTER_OTLP_ENDPOINT` \
                or `SPANDREL_CONSOLE=tree`";
    assert_eq!(said, [line]);
}

#[test]
fn who_wants_nothing_exported_is_not_told_that_nothing_is() {
    for variables in [
        [("OTEL_TRACES_EXPORTER", "none")],
        [("OTEL_SDK_DISABLED", "true")],
        [("TELEMETRY_ENABLED", "false")],
        [("SPANDREL_CONSOLE", "off")],
    ] {
        let settings = resolve(&variables);

        assert_eq!(settings.exporters.value, []);
        assert_eq!(settings.notices, [], "{variables:?}");
    }
}

#[test]
fn who_wants_metrics_alone_is_not_told_that_spans_go_nowhere() {
    for variables in [
        [("OTEL_METRICS_EXPORTER", "prometheus")],
        [("OTEL_METRICS_EXPORTER", "console")],
        [("SPANDREL_ADMIN", "127.0.0.1:0")],
        [("SPANDREL_REMOTE_WRITE_ENDPOINT", "http://p:9090/api/v1/write")],
    ] {
        let settings = resolve(&variables);

        assert_eq!(settings.exporters.value, []);
        assert_eq!(settings.notices, [], "{variables:?}");
    }
}

#[test]
fn an_endpoint_is_meant_to_be_used() {
    for name in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTLP_ENDPOINT",
        "JAEGER_ENDPOINT",
    ] {
        let settings = at_terminal(&[(name, "http://c:4318")], ALL).unwrap();

        assert_eq!(settings.exporters.value, [Exporter::Otlp], "{name}");
    }
}

#[test]
fn every_place_that_is_named_is_meant_to_be_used() {
    let file = ("SPANDREL_FILE", "/var/log/traces.jsonl");
    let zipkin = ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z:9411/api/v2/spans");
    let otlp = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");

    assert_eq!(resolve(&[file]).exporters.value, [Exporter::File]);
    assert_eq!(resolve(&[zipkin]).exporters.value, [Exporter::Zipkin]);
    let all = resolve(&[file, zipkin, otlp]).exporters.value;
    assert_eq!(all, [Exporter::Otlp, Exporter::File, Exporter::Zipkin]);
}

#[test]
fn a_spool_that_nothing_goes_to_is_said_to_have_no_effect() {
    let spool = ("SPANDREL_SPOOL_DIR", "/spool");
    let settings = resolve(&[spool, ("OTEL_TRACES_EXPORTER", "console")]);

    let line = "the spool (from SPANDREL_SPOOL_DIR) has no effect: the exporter `otlp` is not in \
                use (from OTEL_TRACES_EXPORTER)";
    assert_eq!(said(&settings, Level::Info), [line]);
    assert_eq!(said(&resolve(&[spool, ("OTLP_ENDPOINT", "http://c")]), Level::Info), [""; 0]);
}

#[test]
fn an_exporter_that_is_not_compiled_in_is_an_error_that_names_its_feature() {
    for (name, feature) in [("otlp_file", "file"), ("otlp/stdout", "file"), ("zipkin", "zipkin")] {
        let problems = at_terminal(&[("OTEL_TRACES_EXPORTER", name)], NONE).unwrap_err();

        let advice = format!("write `features = [\"{feature}\"]`");
        assert!(problems.to_string().contains(&advice), "{problems}");
    }
}

#[test]
fn an_endpoint_does_not_overrule_a_list_of_exporters() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
        ("OTEL_TRACES_EXPORTER", "console"),
    ]);

    assert_eq!(settings.exporters.value, [Exporter::Console]);
}

#[test]
fn the_console_can_be_added_and_taken_away() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c");
    let added = resolve(&[endpoint, ("SPANDREL_CONSOLE", "tree")]);
    let removed = at_terminal(&[("SPANDREL_CONSOLE", "off")], ALL).unwrap();

    assert_eq!(added.exporters.value, [Exporter::Otlp, Exporter::Console]);
    assert_eq!(removed.exporters.value, []);
}

#[test]
fn an_endpoint_without_the_feature_is_an_error_that_names_it() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c");

    let problems = at_terminal(&[endpoint], NONE).unwrap_err();

    let text = "the exporter `otlp` is asked for (from OTEL_EXPORTER_OTLP_ENDPOINT) but not \
                compiled in; write `features = [\"otlp\"]` at `spandrel` in Cargo.toml";
    assert_eq!(problems.to_string(), text);
    for others in [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")] {
        assert!(at_terminal(&[endpoint, others], NONE).is_ok(), "{others:?}");
    }
}

#[test]
fn grpc_without_the_feature_is_an_error_that_names_it_for_who_exports_by_it() {
    let without = Features { grpc: false, ..ALL };
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");

    let problems = at_terminal(&[endpoint, grpc], without).unwrap_err().to_string();

    assert!(
        problems.contains("protocol `grpc` is asked for (from OTEL_EXPORTER_OTLP_PROTOCOL)")
            && problems.contains("`features = [\"otlp-grpc\"]`"),
        "{problems}"
    );
    let narrower = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
    let console = ("OTEL_TRACES_EXPORTER", "console");
    for others in [&[endpoint, grpc, narrower][..], &[endpoint, grpc, console], &[grpc]] {
        assert!(at_terminal(others, without).is_ok(), "{others:?}");
    }
}

#[test]
fn a_console_that_is_not_compiled_in_is_missed_only_by_who_asks_for_it() {
    assert_eq!(at_terminal(&[], NONE).unwrap().exporters.value, []);

    let problems = at_terminal(&[("SPANDREL_CONSOLE", "json")], NONE).unwrap_err().to_string();
    assert!(problems.contains("`console` is asked for (from SPANDREL_CONSOLE)"), "{problems}");
}

#[test]
fn a_disabled_program_still_passes_traces_on() {
    let settings =
        resolve(&[("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c")]);

    assert!(!settings.enabled.value && settings.exporters.value.is_empty());
    assert_eq!(settings.propagators.value, Propagators::default());
}

#[test]
fn grpc_has_its_own_port_and_no_path() {
    for (variables, url) in [
        (&[("OTEL_TRACES_EXPORTER", "otlp")][..], "http://localhost:4317"),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317")], "http://c:4317"),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317/")], "http://c:4317/"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c")], "https://c"),
        (
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")],
            "http://c:4317",
        ),
    ] {
        let grpc = [variables, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "gRPC")]].concat();

        let settings = resolve(&grpc);

        assert_eq!(settings.otlp.endpoint.value.to_string(), url);
        assert_eq!(said(&settings, Level::Warn), [""; 0], "{variables:?}");
    }
}

#[test]
fn an_endpoint_that_will_surprise_grpc_is_pointed_out_once() {
    for (endpoint, hint) in [
        (
            "http://c:4318",
            "port 4318 (from OTEL_EXPORTER_OTLP_ENDPOINT) usually takes OTLP over HTTP",
        ),
        (
            "http://c/v1/traces",
            "the path of the endpoint from OTEL_EXPORTER_OTLP_ENDPOINT is ignored",
        ),
        ("http://c?key=1", "the path of the endpoint from OTEL_EXPORTER_OTLP_ENDPOINT is ignored"),
        ("c", "has no scheme and is taken for `https`"),
    ] {
        let settings = resolve(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ]);

        let said = said(&settings, Level::Warn);
        assert!(said.len() == 1 && said[0].contains(hint), "{said:?}");
        assert!(settings.otlp.endpoint.value.url().ends_with(['c', '8']), "{endpoint}");
    }
}

#[test]
fn who_names_jaeger_is_told_that_it_is_only_read() {
    for (names, level) in [
        ("jaeger", Some(Level::Warn)),
        ("jaeger,baggage", Some(Level::Warn)),
        ("jaeger,b3", Some(Level::Info)),
        ("tracecontext,jaeger", Some(Level::Info)),
        ("tracecontext,b3multi", None),
    ] {
        let settings = resolve(&[("OTEL_PROPAGATORS", names)]);

        for one in [Level::Warn, Level::Info] {
            let told = said(&settings, one).iter().any(|text| text.contains("`jaeger` only reads"));
            assert_eq!(told, level == Some(one), "{names}");
        }
    }
}

#[test]
fn an_endpoint_that_will_surprise_is_pointed_out_once() {
    for (endpoint, hint) in [
        (
            "http://c:4317",
            "port 4317 (from OTEL_EXPORTER_OTLP_ENDPOINT) usually takes OTLP over gRPC",
        ),
        ("http://c:4318/v1/traces", "ends in `/v1/traces`, and `/v1/traces` is appended to it"),
        ("c:4318", "has no scheme and is taken for `https`"),
    ] {
        let settings = resolve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);

        let said = said(&settings, Level::Warn);
        assert!(said.len() == 1 && said[0].contains(hint), "{said:?}");
    }
}

#[test]
fn a_batch_never_exceeds_its_queue() {
    let small = [("OTEL_BSP_MAX_QUEUE_SIZE", "100")];
    let both = [("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200")];

    assert_eq!(resolve(&small).batch.max_export_batch_size.value.get(), 100);
    assert_eq!(said(&resolve(&small), Level::Warn), [""; 0]);
    assert_eq!(resolve(&both).batch.max_export_batch_size.value.get(), 100);
    assert_eq!(said(&resolve(&both), Level::Warn).len(), 1);
}

#[cfg(feature = "otlp")]
#[test]
fn the_exporter_is_given_everything_that_was_resolved() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "2000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "250"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4000"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/cert.pem"),
    ]);

    let exporter = format!("{:?}", settings.otlp.exporter(&settings.batch, OtlpSignal::TRACES));

    for part in [
        "traces_endpoint: Some(\"https://c:4318/v1/traces\")",
        "headers: [\"authorization\"]",
        "timeout: 2s",
        "compression: Gzip",
        "ca_certificate: Some(\"/ca.pem\")",
        "client_certificate: Some(\"/cert.pem\")",
        "client_key: Some(\"/key.pem\")",
        "delay: 250ms",
        "queue_spans: Some(4000)",
    ] {
        assert!(exporter.contains(part), "no `{part}` in {exporter}");
    }
}

#[cfg(feature = "otlp")]
#[test]
fn no_time_limit_is_a_limit_that_a_clock_can_count_to() {
    let settings = resolve(&[
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "0"),
    ]);

    assert!(settings.otlp.exporter(&settings.batch, OtlpSignal::TRACES).check().is_ok());
    assert!(
        format!("{:?}", settings.otlp.exporter(&settings.batch, OtlpSignal::TRACES))
            .contains("4294967.295s")
    );
}

#[test]
fn metrics_go_where_everything_goes_unless_somebody_says_otherwise() {
    let everything = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
    let of = |variables: &[_]| resolve(variables).metrics.exporters.value;

    assert_eq!(of(&[]), []);
    assert_eq!(of(&[everything]), [MetricExporter::Otlp]);
    assert_eq!(of(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m")]), [MetricExporter::Otlp]);
    assert_eq!(of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t")]), []);
    assert_eq!(of(&[("JAEGER_ENDPOINT", "http://jaeger:4318")]), []);
    assert_eq!(of(&[everything, ("OTEL_METRICS_EXPORTER", "none")]), []);
    assert_eq!(of(&[everything, ("OTEL_SDK_DISABLED", "true")]), []);
    let code = Code { exports_metrics: true, ..Code::default() };
    assert_eq!(resolve_with(&code, &[everything]).unwrap().metrics.exporters.value, []);
}

#[test]
fn each_signal_has_its_path_below_the_general_endpoint() {
    let by_variable = resolve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")]);
    let with_path =
        Code { otlp_endpoint: Some("http://c:4318/v1/traces".into()), ..Code::default() };
    let by_code = resolve_with(&with_path, &[]).unwrap();

    for settings in [by_variable, by_code] {
        assert_eq!(settings.otlp.endpoint.value.url(), "http://c:4318/v1/traces");
        assert_eq!(settings.metrics.otlp.endpoint.value.url(), "http://c:4318/v1/metrics");
    }
}

#[test]
fn what_concerns_all_signals_is_said_once() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
    ]);

    assert_eq!(said(&settings, Level::Warn).len(), 2, "{:?}", said(&settings, Level::Warn));
}

#[test]
fn what_is_served_or_sent_without_its_feature_is_an_error_that_names_it() {
    for (variable, value, feature) in [
        ("SPANDREL_ADMIN", "127.0.0.1:9464", "admin"),
        ("OTEL_METRICS_EXPORTER", "prometheus", "prometheus"),
        ("SPANDREL_REMOTE_WRITE_ENDPOINT", "http://p/api/v1/write", "prometheus-remote-write"),
    ] {
        let problems = at_terminal(&[(variable, value)], NONE).unwrap_err().to_string();

        let asked = format!(
            "is asked for (from {variable}) but not compiled in; write `features = \
                             [\"{feature}\"]` at `spandrel` in Cargo.toml"
        );
        assert!(problems.contains(&asked), "{problems}");
    }
}

#[test]
fn a_port_chooses_the_exporter_unless_another_one_is_chosen() {
    let port = ("OTEL_EXPORTER_PROMETHEUS_PORT", "9000");

    let alone = resolve(&[port]);
    let with_other = resolve(&[port, ("OTEL_METRICS_EXPORTER", "otlp")]);
    let with_none = resolve(&[port, ("OTEL_METRICS_EXPORTER", "none")]);

    let address = alone.serving.prometheus.value.map(|address| address.to_string());
    assert_eq!(address.as_deref(), Some("localhost:9000"));
    assert_eq!(
        (with_other.serving.prometheus.value, with_none.serving.prometheus.value),
        (None, None)
    );
}

#[test]
fn what_other_machines_reach_is_served_with_a_token() {
    let settings =
        resolve(&[("SPANDREL_ADMIN", "0.0.0.0:9464"), ("SPANDREL_ADMIN_TOKEN", "hunter2")]);

    assert!(has_line(&settings, "admin = 0.0.0.0:9464 (from SPANDREL_ADMIN)"));
    assert!(has_line(&settings, "admin token = set (from SPANDREL_ADMIN_TOKEN)"));
}
