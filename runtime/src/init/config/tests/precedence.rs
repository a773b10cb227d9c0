//! Code beats environment, environment beats default, and names of OpenTelemetry beat aliases.

use std::{num::NonZeroU32, time::Duration};

use super::*;
use crate::{
    Resource,
    export::Batching,
    init::config::{Color, Compression, Exporter, Form, Headers, LogExporter, Protocol},
    redact::Patterns,
    sensitive::Sensitive,
    time::Clock,
    trace::{
        Limits, Memory, TailBias,
        propagation::Propagators,
        sampler::{Overrides, Sampler},
    },
};

/// Everything said in code.
fn code() -> Code {
    let mut headers = Headers::default();
    assert!(headers.push("x-code", "1"));
    Code {
        enabled: Some(true),
        resource: Resource::new().with("service.name", "of-code").with("shard", 3),
        propagators: Propagators::parse("tracecontext").ok(),
        sampler: Sampler::ratio(0.5).ok(),
        sampler_overrides: Overrides::parse("shop::db=always_off").ok(),
        level: Some("debug".into()),
        log_filter: Some("trace,shop=warn".into()),
        logs_follow_trace: Some(false),
        limits: Some(Limits::new().with_attributes(1).with_value_chars(2)),
        memory: Some(Memory::MIN),
        clock: Some(Clock::Monotonic),
        batching: Some(
            Batching::new().with_delay(Duration::from_millis(1)).with_queue_spans(NonZeroU32::MAX),
        ),
        export_timeout: Some(Duration::from_millis(2)),
        exporters: Some(vec![Exporter::Otlp, Exporter::Console]),
        custom_exporters: 0,
        otlp_endpoint: Some("http://code:4318".into()),
        otlp_protocol: Some(Protocol::HttpProtobuf),
        otlp_headers: Some(headers),
        otlp_timeout: Some(Duration::ZERO),
        otlp_compression: Some(Compression::Gzip),
        otlp_certificate: Some("/code/ca".into()),
        otlp_client_key: Some("/code/key".into()),
        otlp_client_certificate: Some("/code/cert".into()),
        console_form: Some(Form::Json),
        console_color: Some(Color::Never),
        debug: Some(true),
        mirror: Some(true),
        redact_keys: Some(vec!["of_code".into()]),
        windows: Some(vec![Duration::from_secs(11)]),
        admin: Some("127.0.0.1:1".into()),
        admin_token: Some("of-code".into()),
        admin_hosts: Some(vec!["of-code".into()]),
        prometheus: Some("127.0.0.1:2".into()),
        utf8_names: Some(true),
        allow_keys: Some(vec!["of_code".into()]),
        redact_patterns: Some(Patterns::none()),
        redact_hash_key: Some(Sensitive::new("of_code".into())),
        tail_bias: Some(TailBias::errors()),
        #[cfg(feature = "file")]
        flight: Some(crate::export::FlightRecorder::new(1 << 20).dir("/code").on_panic(false)),
        ..Code::of_package("shop", "1.2.3")
    }
}

/// The same said by the environment, differently.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("OTEL_SDK_DISABLED", "true"),
    ("OTEL_SERVICE_NAME", "of-environment"),
    ("OTEL_RESOURCE_ATTRIBUTES", "shard=4"),
    ("OTEL_PROPAGATORS", "baggage"),
    ("OTEL_TRACES_SAMPLER", "always_off"),
    ("SPANDREL_TRACES_SAMPLER_OVERRIDES", "shop::db=always_on"),
    ("SPANDREL_KEEP_ERRORS", "false"),
    ("SPANDREL_KEEP_SLOW", "9ms"),
    ("SPANDREL_LEVEL", "error"),
    ("SPANDREL_LOG", "error"),
    ("RUST_LOG", "error"),
    ("SPANDREL_LOG_SAMPLING", "trace"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "9"),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", "9"),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", "9"),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "9"),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "9"),
    ("SPANDREL_MEMORY", "9MiB"),
    ("SPANDREL_WINDOWS", "99s"),
    ("SPANDREL_ADMIN", "127.0.0.1:9"),
    ("SPANDREL_ADMIN_TOKEN", "9"),
    ("SPANDREL_ADMIN_HOSTS", "9"),
    ("SPANDREL_PROMETHEUS_NAMES", "underscores"),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.9"),
    ("SPANDREL_CLOCK", "auto"),
    ("SPANDREL_REDACT_KEYS", "of_environment"),
    ("SPANDREL_REDACT_ALLOW_KEYS", "of_environment"),
    ("SPANDREL_REDACT_PATTERNS", "-card"),
    ("SPANDREL_REDACT_HASH_KEY", "of_environment"),
    ("OTEL_BSP_SCHEDULE_DELAY", "9"),
    ("OTEL_BSP_EXPORT_TIMEOUT", "9"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "9"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9"),
    ("OTEL_TRACES_EXPORTER", "none"),
    ("SPANDREL_CONSOLE", "off"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://environment:4318"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x-environment=1"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "9"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/environment/ca"),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/environment/key"),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/environment/cert"),
    ("FORCE_COLOR", "1"),
    ("OTEL_LOG_LEVEL", "none"),
];

#[test]
fn code_beats_environment_for_every_value() {
    let settings = resolve_with(&code(), ENVIRONMENT).unwrap();

    let explanation = explanation(&settings);
    let of_environment: Vec<_> = explanation
        .lines()
        .filter(|line| line.contains("(from OTEL") || line.contains("(from SPANDREL"))
        // What code exports metrics to comes on top.
        .filter(|line| !line.starts_with("metrics = "))
        .collect();
    assert_eq!(of_environment, [""; 0]);
    for line in [
        "enabled = true (from code)",
        "exporters = otlp,console (from code)",
        "sampler = traceidratio(0.5) (from code)",
        "sampler overrides = shop::db=always_off (from code)",
        "keep errors = true (from code)",
        "keep slower than = none (from code)",
        "level = debug (from code)",
        "log filter = trace,shop=warn (from code)",
        "log sampling = all (from code)",
        "attributes per span = 1 (from code)",
        "otlp endpoint = http://code:4318/v1/traces (from code)",
        "otlp protocol = http/protobuf (from code)",
        "otlp headers = x-code=… (from code)",
        "otlp timeout = no limit (from code)",
        "console form = json (from code)",
        "log level = debug (from code)",
        "admin = 127.0.0.1:1 (from code)",
        "admin token = set (from code)",
        "further admin hosts = of-code (from code)",
        "prometheus = 127.0.0.1:2 (from code)",
        "prometheus names = utf8 (from code)",
        "service.name = of-code (from code)",
        "service.version = 1.2.3 (from Cargo.toml)",
        "shard = 3 (from code)",
    ] {
        assert!(has_line(&settings, line), "no `{line}` in\n{explanation}");
    }
}

#[test]
fn the_limits_of_code_reach_the_recorder() {
    let limits = Limits::new()
        .with_attributes(1)
        .with_value_chars(2)
        .with_events(3)
        .with_links(4)
        .with_event_attributes(5)
        .with_link_attributes(6);
    let code = Code { limits: Some(limits), ..Code::default() };

    assert_eq!(resolve_with(&code, ENVIRONMENT).unwrap().limits.limits(), limits);
}

#[test]
fn the_environment_beats_the_manifest() {
    let code = Code::of_package("shop", "1");

    let by_manifest = resolve_with(&code, &[]).unwrap();
    let by_attributes =
        resolve_with(&code, &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=a")]).unwrap();
    let by_name = [("OTEL_SERVICE_NAME", "b"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a")];
    let by_name = resolve_with(&code, &by_name).unwrap();

    assert!(has_line(&by_manifest, "service.name = shop (from Cargo.toml)"));
    assert!(has_line(&by_attributes, "service.name = a (from OTEL_RESOURCE_ATTRIBUTES)"));
    assert!(has_line(&by_name, "service.name = b (from OTEL_SERVICE_NAME)"));
}

#[test]
fn names_of_opentelemetry_beat_their_aliases() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel:1"),
        ("OTLP_ENDPOINT", "alias:2"),
        ("JAEGER_ENDPOINT", "jaeger:3"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "false"),
        ("OTLP_INSECURE", "true"),
        ("OTEL_SDK_DISABLED", "false"),
        ("TELEMETRY_ENABLED", "false"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=otel,vcs.ref.head.revision=1"),
        ("ENVIRONMENT", "alias"),
        ("GIT_COMMIT_SHA", "2"),
    ]);

    assert_eq!(settings.otlp.endpoint.value.url(), "https://otel:1/v1/traces");
    assert!(settings.enabled.value);
    assert!(has_line(
        &settings,
        "deployment.environment.name = otel (from OTEL_RESOURCE_ATTRIBUTES)"
    ));
    assert!(has_line(&settings, "vcs.ref.head.revision = 1 (from OTEL_RESOURCE_ATTRIBUTES)"));
}

#[test]
fn an_alias_stands_in_for_a_name_that_is_not_understood() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://otel"),
        ("OTLP_ENDPOINT", "http://alias"),
        ("JAEGER_ENDPOINT", "http://jaeger"),
    ]);

    assert_eq!(settings.otlp.endpoint.value.url(), "http://alias/v1/traces");
}

#[test]
fn our_own_filter_beats_that_of_others_and_both_beat_the_level_of_spans() {
    let filter = |variables: &[_]| resolve(variables).logs.filter.value.to_string();
    let [level, others, own] = [
        ("SPANDREL_LEVEL", "debug,shop=off"),
        ("RUST_LOG", "warn,shop[span]=debug"),
        ("SPANDREL_LOG", "error"),
    ];

    assert_eq!(filter(&[]), "info");
    assert_eq!(filter(&[level]), "debug,shop=off");
    assert_eq!(filter(&[level, others]), "warn");
    assert_eq!(filter(&[level, others, own]), "error");
    // What only others understand is worth a line where it is meant.
    assert_eq!(said(&resolve(&[others]), Level::Warn).len(), 1);
    assert_eq!(said(&resolve(&[others, own]), Level::Warn).len(), 0);
}

#[test]
fn log_records_go_where_everything_goes_unless_somebody_says_otherwise() {
    let of = |variables: &[_]| resolve(variables).logs.exporters.value;
    let everything = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");

    assert_eq!(of(&[]), []);
    assert_eq!(of(&[everything]), [LogExporter::Otlp]);
    assert_eq!(of(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l")]), [LogExporter::Otlp]);
    assert_eq!(of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t")]), []);
    assert_eq!(of(&[everything, ("OTEL_LOGS_EXPORTER", "none")]), []);
    assert_eq!(of(&[everything, ("OTEL_SDK_DISABLED", "true")]), []);
    let exact = resolve(&[everything]).logs.otlp.endpoint.value;
    assert_eq!(exact.url(), "http://c:4318/v1/logs");
}

#[test]
fn no_color_beats_what_forces_colors() {
    let settings = resolve(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1")]);

    assert_eq!(settings.console.color.value, Color::Never);
}

#[test]
fn an_exporter_of_the_program_is_enough() {
    let code = Code { custom_exporters: 1, ..Code::default() };

    let settings = resolve_with(&code, &[]).unwrap();

    assert_eq!((settings.exporters.value.len(), settings.notices.len()), (0, 0));
}

#[test]
fn an_endpoint_in_code_may_be_general_or_exact() {
    for endpoint in ["http://c:4318", "http://c:4318/v1/traces"] {
        let code = Code { otlp_endpoint: Some(endpoint.into()), ..Code::default() };

        let settings = resolve_with(&code, &[]).unwrap();

        assert_eq!(settings.otlp.endpoint.value.url(), "http://c:4318/v1/traces");
        assert_eq!(settings.exporters.value, [Exporter::Otlp]);
        assert_eq!(settings.notices, []);
    }
}

#[test]
fn mistakes_in_code_are_reported_together() {
    let code = Code {
        level: Some("loud".into()),
        otlp_endpoint: Some("ftp://me:hunter2@c".into()),
        ..Code::default()
    };

    let problems = resolve_with(&code, &[]).unwrap_err();

    assert_eq!(problems.iter().len(), 2, "{problems}");
    assert!(!problems.to_string().contains("hunter2"));
}

#[test]
fn no_secret_is_in_what_is_explained_or_printed() {
    let settings = resolve(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@c:4317?key=hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2,hunter2"),
        ("SPANDREL_ADMIN", "127.0.0.1:9464"),
        ("SPANDREL_ADMIN_TOKEN", "hunter2"),
        ("SPANDREL_REMOTE_WRITE_ENDPOINT", "http://me:hunter2@p/?key=hunter2"),
        ("SPANDREL_REMOTE_WRITE_HEADERS", "authorization=hunter2"),
        ("SPANDREL_DEBUG", "true"),
        ("SPANDREL_REDACT_HASH_KEY", "hunter2"),
    ]);

    assert!(!explanation(&settings).contains("hunter2"));
    assert!(!format!("{:?}", settings.notices).contains("hunter2"));
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
}

#[cfg(feature = "file")]
#[test]
fn a_flight_recorder_in_code_beats_that_of_the_environment_where_it_says_something() {
    let environment = [
        ("SPANDREL_FLIGHT_RECORDER", "9MiB"),
        ("SPANDREL_FLIGHT_DIR", "/environment"),
        ("SPANDREL_FLIGHT_ON_PANIC", "true"),
        ("SPANDREL_FLIGHT_DUMPS", "9"),
    ];

    let settings = resolve_with(&code(), &environment).unwrap();

    for line in [
        "flight recorder = 1048576 bytes (from code)",
        "flight dumps go to = /code (from code)",
        "flight dump on panic = false (from code)",
        "flight dump on signal = SIGUSR2 (default)",
        "flight dumps = 9 (from SPANDREL_FLIGHT_DUMPS)",
    ] {
        assert!(has_line(&settings, line), "no `{line}` in\n{}", explanation(&settings));
    }
}

#[cfg(feature = "file")]
#[test]
fn a_flight_recorder_of_too_little_memory_is_a_problem() {
    let flight = crate::export::FlightRecorder::new(1_000);
    let code = Code { flight: Some(flight), ..Code::default() };

    let problems = resolve_with(&code, &[]).unwrap_err().to_string();

    assert!(problems.contains("a flight recorder of 1000 bytes is too little"), "{problems}");
}
