//! Every environment variable that means something to Spandrel, once.
//!
//! A row gives the name, what kind of value it takes, the default and the meaning; reading,
//! messages and the documentation all follow from it.

use super::kind::Kind;
use super::kind::{Kind::*, Origin, Origin::*};

/// One environment variable.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) origin: Origin,
    pub(crate) kind: Kind,
    /// What holds without it, for people; empty if nothing does.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the page that is checked against the table")
    )]
    pub(crate) default: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the page that is checked against the table")
    )]
    pub(crate) meaning: &'static str,
}

macro_rules! table {
    ($($constant:ident: $name:literal, $origin:expr, $kind:expr, $default:literal, $meaning:literal;)*) => {
        $(pub(crate) const $constant: &Variable = &Variable {
            name: $name,
            origin: $origin,
            kind: $kind,
            default: $default,
            meaning: $meaning,
        };)*

        /// The rows, in the order of the documentation.
        pub(crate) const TABLE: &[&Variable] = &[$($constant),*];
    };
}

table! {
    // General
    SDK_DISABLED: "OTEL_SDK_DISABLED", Specified, Boolean, "false",
        "turns everything off but propagation";
    TELEMETRY_ENABLED: "TELEMETRY_ENABLED", Alias("OTEL_SDK_DISABLED"), Switch, "true",
        "`false` turns everything off but propagation";
    SERVICE_NAME: "OTEL_SERVICE_NAME", Specified, Text, "the Cargo package",
        "`service.name`; beats the same key in `OTEL_RESOURCE_ATTRIBUTES`";
    RESOURCE_ATTRIBUTES: "OTEL_RESOURCE_ATTRIBUTES", Specified, Attributes, "",
        "attributes of the resource: `key=value,key=value`, percent-encoded where needed";
    ENVIRONMENT: "ENVIRONMENT", Alias("OTEL_RESOURCE_ATTRIBUTES"), Text, "",
        "`deployment.environment.name`";
    GIT_COMMIT_SHA: "GIT_COMMIT_SHA", Alias("OTEL_RESOURCE_ATTRIBUTES"), Text, "",
        "`vcs.ref.head.revision`";
    PROPAGATORS: "OTEL_PROPAGATORS", Specified,
        Choices(&["tracecontext", "baggage", "b3", "b3multi", "jaeger", "none"]),
        "tracecontext,baggage",
        "how a trace crosses processes; what a later one reads counts, all are sent but `jaeger`";
    HTTP_KNOWN_METHODS: "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", Specified, Text,
        "those of RFC 9110, `PATCH` and `QUERY`",
        "methods of HTTP, separated by commas, that are told apart; all others are `_OTHER`";
    LOG_LEVEL: "OTEL_LOG_LEVEL", Specified,
        Choice(&["none", "error", "warn", "info", "debug", "trace"]), "info",
        "how much Spandrel says about itself on stderr";
    CONFIG_FILE: "OTEL_CONFIG_FILE", Specified, Path, "",
        "not supported: one warning, and the other variables hold";
    EXPERIMENTAL_CONFIG_FILE: "OTEL_EXPERIMENTAL_CONFIG_FILE", Specified, Path, "",
        "not supported: one warning, and the other variables hold";

    // Exporters
    TRACES_EXPORTER: "OTEL_TRACES_EXPORTER", Specified,
        Choices(&["otlp", "console", "otlp_file", "otlp/stdout", "zipkin", "none"]),
        "those whose endpoint or file is set; else `console` on a terminal; else `none`",
        "where spans go; several are separated by commas";
    METRICS_EXPORTER: "OTEL_METRICS_EXPORTER", Specified,
        Choices(&["otlp", "prometheus", "console", "otlp_file", "otlp/stdout", "none"]),
        "those whose endpoint or file is set; else `none`",
        "where metrics go; several are separated by commas. `prometheus` serves `/metrics`, and \
         needs the feature `prometheus`";
    PROMETHEUS_HOST: "OTEL_EXPORTER_PROMETHEUS_HOST", Specified, Text, "localhost",
        "where `prometheus` listens; it is chosen by this, unless `OTEL_METRICS_EXPORTER` says \
         otherwise";
    PROMETHEUS_PORT: "OTEL_EXPORTER_PROMETHEUS_PORT", Specified,
        Count { least: 1, example: "9464" }, "9464", "the port, likewise";
    LOGS_EXPORTER: "OTEL_LOGS_EXPORTER", Specified,
        Choices(&["otlp", "console", "otlp_file", "otlp/stdout", "none"]),
        "those whose endpoint or file is set",
        "where log records go; `console` means lines, of which `none` makes an end, too";
    PROMETHEUS_METRICS_PORT: "PROMETHEUS_METRICS_PORT", Alias("OTEL_EXPORTER_PROMETHEUS_PORT"),
        Count { least: 1, example: "9464" }, "", "the port of `/metrics`";

    // Metrics
    METRIC_EXPORT_INTERVAL: "OTEL_METRIC_EXPORT_INTERVAL", Specified,
        Duration { example: "60000" }, "60000", "how often metrics are exported";
    METRIC_EXPORT_TIMEOUT: "OTEL_METRIC_EXPORT_TIMEOUT", Specified, Timeout { example: "30000" },
        "30000", "how long one export of metrics may take, retries included";
    EXEMPLAR_FILTER: "OTEL_METRICS_EXEMPLAR_FILTER", Specified,
        Choice(&["always_on", "always_off", "trace_based"]), "trace_based",
        "which measurements are remembered as examples: those within sampled spans, all, or none";
    TEMPORALITY: "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", Specified,
        Choice(&["cumulative", "delta", "lowmemory"]), "cumulative",
        "whether counters and distributions count since the start or since the last export; \
         `lowmemory` means `delta`";
    HISTOGRAM_AGGREGATION: "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", Specified,
        Choice(&["explicit_bucket_histogram", "base2_exponential_bucket_histogram"]),
        "base2_exponential_bucket_histogram",
        "the buckets of distributions; the explicit ones are powers of two";

    // Sampling
    TRACES_SAMPLER: "OTEL_TRACES_SAMPLER", Specified,
        Choice(&["always_on", "always_off", "traceidratio", "rate_limited",
            "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
            "parentbased_rate_limited"]),
        "parentbased_always_on",
        "which traces are recorded; `rate_limited` is no name of the specification";
    TRACES_SAMPLER_ARG: "OTEL_TRACES_SAMPLER_ARG", Specified, Number { example: "0.25" },
        "1.0 of `traceidratio`, 100 of `rate_limited`",
        "the probability of `traceidratio`, from 0 to 1; the traces a second of `rate_limited`";
    SAMPLER_OVERRIDES: "SPANDREL_TRACES_SAMPLER_OVERRIDES", Own, Samplers, "",
        "samplers of single functions (`shop::health`) or modules (`shop::db::*`), as roots";

    KEEP_ERRORS: "SPANDREL_KEEP_ERRORS", Own, Switch, "false",
        "keeps traces with a failure although the sampler said no; such traces cost what recorded \
         ones cost";
    KEEP_SLOW: "SPANDREL_KEEP_SLOW", Own, Time { example: "500ms" }, "",
        "keeps traces that took as long as this in this process although the sampler said no";

    // Batches
    BSP_SCHEDULE_DELAY: "OTEL_BSP_SCHEDULE_DELAY", Specified, Duration { example: "5000" }, "5000",
        "the longest that a finished span waits before it is sent";
    BSP_EXPORT_TIMEOUT: "OTEL_BSP_EXPORT_TIMEOUT", Specified, Timeout { example: "30000" }, "30000",
        "how long one export may take, retries included";
    BSP_MAX_QUEUE_SIZE: "OTEL_BSP_MAX_QUEUE_SIZE", Specified, Count { least: 1, example: "2048" },
        "as many as memory holds",
        "finished spans that may wait; `SPANDREL_MEMORY` bounds their bytes in any case";
    BSP_MAX_EXPORT_BATCH_SIZE: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", Specified,
        Count { least: 1, example: "512" }, "512",
        "spans in one export; not more than `OTEL_BSP_MAX_QUEUE_SIZE`";

    BLRP_SCHEDULE_DELAY: "OTEL_BLRP_SCHEDULE_DELAY", Specified, Duration { example: "1000" },
        "1000", "the longest that a log record waits before it is sent by OTLP";
    BLRP_EXPORT_TIMEOUT: "OTEL_BLRP_EXPORT_TIMEOUT", Specified, Timeout { example: "30000" },
        "30000", "how long one export of log records may take, retries included";
    BLRP_MAX_QUEUE_SIZE: "OTEL_BLRP_MAX_QUEUE_SIZE", Specified,
        Count { least: 1, example: "2048" }, "as many as memory holds",
        "log records that may wait; `SPANDREL_MEMORY` bounds their bytes in any case";
    BLRP_MAX_EXPORT_BATCH_SIZE: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", Specified,
        Count { least: 1, example: "512" }, "512",
        "log records in one export; not more than `OTEL_BLRP_MAX_QUEUE_SIZE`";

    // Limits
    ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", Specified,
        Count { least: 0, example: "1024" }, "no limit",
        "characters of a text value; 8 KiB always hold";
    ATTRIBUTE_COUNT_LIMIT: "OTEL_ATTRIBUTE_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "128", "attributes of a span, an event or a link";
    SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", Specified,
        Count { least: 0, example: "1024" }, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "characters of a text value of a span";
    SPAN_ATTRIBUTE_COUNT_LIMIT: "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "OTEL_ATTRIBUTE_COUNT_LIMIT", "attributes of a span";
    SPAN_EVENT_COUNT_LIMIT: "OTEL_SPAN_EVENT_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "128", "events of a span";
    SPAN_LINK_COUNT_LIMIT: "OTEL_SPAN_LINK_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "128", "links of a span";
    EVENT_ATTRIBUTE_COUNT_LIMIT: "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "OTEL_ATTRIBUTE_COUNT_LIMIT", "attributes of an event";
    LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        Specified, Count { least: 0, example: "1024" }, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "characters of a text value of a log record; not more than of a span";
    LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a log record";
    LINK_ATTRIBUTE_COUNT_LIMIT: "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", Specified,
        Count { least: 0, example: "128" }, "OTEL_ATTRIBUTE_COUNT_LIMIT", "attributes of a link";

    // OTLP
    OTLP_ENDPOINT: "OTEL_EXPORTER_OTLP_ENDPOINT", Specified, Url,
        "`http://localhost:4318`; 4317 for gRPC",
        "the collector; over HTTP, `/v1/traces` or `/v1/metrics` is appended. Needs the feature `otlp`";
    OTLP_TRACES_ENDPOINT: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", Specified, Url, "",
        "the collector for traces; taken as it is";
    OTLP_ENDPOINT_ALIAS: "OTLP_ENDPOINT", Alias("OTEL_EXPORTER_OTLP_ENDPOINT"), Url, "",
        "the collector";
    JAEGER_ENDPOINT: "JAEGER_ENDPOINT", Alias("OTEL_EXPORTER_OTLP_ENDPOINT"), Url, "",
        "Jaeger's OTLP port";
    OTLP_HEADERS: "OTEL_EXPORTER_OTLP_HEADERS", Specified, Headers, "",
        "headers of each request: `name=value,name=value`";
    OTLP_TRACES_HEADERS: "OTEL_EXPORTER_OTLP_TRACES_HEADERS", Specified, Headers, "",
        "headers of each request with traces, instead of the general ones";
    OTLP_TIMEOUT: "OTEL_EXPORTER_OTLP_TIMEOUT", Specified, Timeout { example: "10000" }, "10000",
        "how long one batch may take, retries included";
    OTLP_TRACES_TIMEOUT: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", Specified,
        Timeout { example: "10000" }, "", "the same, for traces";
    OTLP_COMPRESSION: "OTEL_EXPORTER_OTLP_COMPRESSION", Specified, Choice(&["gzip", "none"]),
        "none", "compression of requests";
    OTLP_TRACES_COMPRESSION: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", Specified,
        Choice(&["gzip", "none"]), "", "the same, for traces";
    OTLP_PROTOCOL: "OTEL_EXPORTER_OTLP_PROTOCOL", Specified,
        Choice(&["grpc", "http/protobuf", "http/json"]), "http/protobuf",
        "the form of OTLP; `grpc` needs the feature `otlp-grpc`";
    OTLP_TRACES_PROTOCOL: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", Specified,
        Choice(&["grpc", "http/protobuf", "http/json"]), "", "the same, for traces";
    OTLP_CERTIFICATE: "OTEL_EXPORTER_OTLP_CERTIFICATE", Specified, Path, "the system's roots",
        "PEM file of the authorities that the collector's certificate must come from";
    OTLP_TRACES_CERTIFICATE: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", Specified, Path, "",
        "the same, for traces";
    OTLP_CLIENT_KEY: "OTEL_EXPORTER_OTLP_CLIENT_KEY", Specified, Path, "",
        "PEM file of the client's private key (mutual TLS)";
    OTLP_TRACES_CLIENT_KEY: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", Specified, Path, "",
        "the same, for traces";
    OTLP_CLIENT_CERTIFICATE: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", Specified, Path, "",
        "PEM file of the client's certificate (mutual TLS)";
    OTLP_TRACES_CLIENT_CERTIFICATE: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", Specified,
        Path, "", "the same, for traces";
    OTLP_INSECURE: "OTEL_EXPORTER_OTLP_INSECURE", Specified, Boolean, "false",
        "an endpoint without scheme means `http`, not `https`";
    OTLP_TRACES_INSECURE: "OTEL_EXPORTER_OTLP_TRACES_INSECURE", Specified, Boolean, "",
        "the same, for traces";
    OTLP_INSECURE_ALIAS: "OTLP_INSECURE", Alias("OTEL_EXPORTER_OTLP_INSECURE"), Switch, "false",
        "an endpoint without scheme means `http`, not `https`";

    OTLP_METRICS_ENDPOINT: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", Specified, Url, "",
        "the collector for metrics; taken as it is";
    OTLP_METRICS_HEADERS: "OTEL_EXPORTER_OTLP_METRICS_HEADERS", Specified, Headers, "",
        "headers of each request with metrics, instead of the general ones";
    OTLP_METRICS_TIMEOUT: "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", Specified,
        Timeout { example: "10000" }, "", "as the general one, for metrics";
    OTLP_METRICS_COMPRESSION: "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", Specified,
        Choice(&["gzip", "none"]), "", "as the general one, for metrics";
    OTLP_METRICS_PROTOCOL: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", Specified,
        Choice(&["grpc", "http/protobuf", "http/json"]), "", "as the general one, for metrics";
    OTLP_METRICS_CERTIFICATE: "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", Specified, Path, "",
        "as the general one, for metrics";
    OTLP_METRICS_CLIENT_KEY: "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", Specified, Path, "",
        "as the general one, for metrics";
    OTLP_METRICS_CLIENT_CERTIFICATE: "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", Specified,
        Path, "", "as the general one, for metrics";
    OTLP_METRICS_INSECURE: "OTEL_EXPORTER_OTLP_METRICS_INSECURE", Specified, Boolean, "",
        "as the general one, for metrics";
    OTLP_LOGS_ENDPOINT: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", Specified, Url, "",
        "the collector for log records; taken as it is";
    OTLP_LOGS_HEADERS: "OTEL_EXPORTER_OTLP_LOGS_HEADERS", Specified, Headers, "",
        "headers of each request with log records, instead of the general ones";
    OTLP_LOGS_TIMEOUT: "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", Specified,
        Timeout { example: "10000" }, "", "as the general one, for log records";
    OTLP_LOGS_COMPRESSION: "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", Specified,
        Choice(&["gzip", "none"]), "", "as the general one, for log records";
    OTLP_LOGS_PROTOCOL: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", Specified,
        Choice(&["grpc", "http/protobuf", "http/json"]), "", "as the general one, for log records";
    OTLP_LOGS_CERTIFICATE: "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", Specified, Path, "",
        "as the general one, for log records";
    OTLP_LOGS_CLIENT_KEY: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", Specified, Path, "",
        "as the general one, for log records";
    OTLP_LOGS_CLIENT_CERTIFICATE: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", Specified,
        Path, "", "as the general one, for log records";
    OTLP_LOGS_INSECURE: "OTEL_EXPORTER_OTLP_LOGS_INSECURE", Specified, Boolean, "",
        "as the general one, for log records";

    // Zipkin
    ZIPKIN_ENDPOINT: "OTEL_EXPORTER_ZIPKIN_ENDPOINT", Specified, Url,
        "http://localhost:9411/api/v2/spans", "where Zipkin takes spans. Needs the feature `zipkin`";
    ZIPKIN_TIMEOUT: "OTEL_EXPORTER_ZIPKIN_TIMEOUT", Specified, Timeout { example: "10000" },
        "10000", "how long one batch may take, retries included";

    // Sentry
    SENTRY_DSN: "SENTRY_DSN", Convention, Secret, "",
        "where errors and panics go as events of Sentry. Needs the feature `sentry`";
    SENTRY_ENVIRONMENT: "SENTRY_ENVIRONMENT", Convention, Text, "`deployment.environment.name`",
        "the environment of these events";
    SENTRY_RELEASE: "SENTRY_RELEASE", Convention, Text, "name@version of the service",
        "the release of these events";
    SENTRY_SAMPLE_RATE: "SENTRY_SAMPLE_RATE", Convention, Number { example: "0.25" }, "1.0",
        "the part of these events that is sent; how many traces are, says `OTEL_TRACES_SAMPLER`";

    // Spandrel's own
    LEVEL: "SPANDREL_LEVEL", Own, Levels, "info",
        "the least level that is recorded, for all modules and for some";
    DEBUG: "SPANDREL_DEBUG", Own, Switch, "false",
        "says on stderr what was configured from where, what is sent, what fails and why";
    REDACT_KEYS: "SPANDREL_REDACT_KEYS", Own, Text, "",
        "keys, separated by commas, whose values are redacted beside `password`, `token` and the like";
    REDACT_ALLOW_KEYS: "SPANDREL_REDACT_ALLOW_KEYS", Own, Text, "",
        "keys, separated by commas, whose values are shown although they are `password`, `token` or \
         the like";
    REDACT_PATTERNS: "SPANDREL_REDACT_PATTERNS", Own, Patterns, "",
        "forms of secrets in texts: `-card` leaves one out, `none` all, others are added";
    REDACT_HASH_KEY: "SPANDREL_REDACT_HASH_KEY", Own, Secret, "a random one",
        "the key of `redact(… = hash)`: programs that share it print the same hashes";
    WINDOWS: "SPANDREL_WINDOWS", Own, Times { example: "1m,5m,1h" }, "1m,5m,1h",
        "how far back the rolling windows of metrics reach: 10 s to a day, six at most";
    MIRROR: "SPANDREL_MIRROR", Own, Switch, "false",
        "shows all spans to the `tracing` subscriber, so that its layers see them";
    CONSOLE: "SPANDREL_CONSOLE", Own, Choice(&["tree", "json", "off"]), "tree",
        "the form of the console exporter; `tree` and `json` turn it on, `off` turns it off";
    FILE: "SPANDREL_FILE", Own, Path, "stdout",
        "the file of the exporter `otlp_file`, which it turns on. Needs the feature `file`";
    FILE_BYTES: "SPANDREL_FILE_BYTES", Own, Size, "64MiB",
        "the most bytes of one such file; then it is renamed and a new one begins";
    FILE_COUNT: "SPANDREL_FILE_COUNT", Own, Count { least: 1, example: "4" }, "4",
        "the most such files; the oldest one is removed";
    METRICS_FILE: "SPANDREL_METRICS_FILE", Own, Path, "stdout",
        "the file of the exporter `otlp_file` of metrics, which it turns on. Needs the feature \
         `file`";
    SUMMARY: "SPANDREL_SUMMARY", Own, Switch, "false",
        "a table of all metrics on stderr when the program ends";
    SPOOL_DIR: "SPANDREL_SPOOL_DIR", Own, Path, "",
        "a folder where `otlp` keeps what it could not deliver, to deliver it later";
    SPOOL_BYTES: "SPANDREL_SPOOL_BYTES", Own, Size, "64MiB",
        "the most bytes in that folder; the oldest spans are dropped first";
    FLIGHT_RECORDER: "SPANDREL_FLIGHT_RECORDER", Own, Size, "",
        "keeps so many bytes of the latest spans, sampled or not, to be dumped. Needs the feature \
         `file`";
    FLIGHT_DIR: "SPANDREL_FLIGHT_DIR", Own, Path, "the current folder",
        "the folder of the dumps after panics and signals";
    FLIGHT_ON_PANIC: "SPANDREL_FLIGHT_ON_PANIC", Own, Switch, "true", "whether a panic dumps";
    FLIGHT_SIGNAL: "SPANDREL_FLIGHT_SIGNAL", Own, Choice(&["SIGUSR1", "SIGUSR2", "none"]), "SIGUSR2",
        "the signal that dumps, unless the program handles it";
    FLIGHT_DUMPS: "SPANDREL_FLIGHT_DUMPS", Own, Count { least: 1, example: "8" }, "8",
        "the most dumps of one process after panics and signals";
    ADMIN: "SPANDREL_ADMIN", Own, Address, "",
        "where the admin server listens: `/metrics`, `/functions`, `/policies`, `/health/live`. \
         Needs the feature `admin`";
    ADMIN_TOKEN: "SPANDREL_ADMIN_TOKEN", Own, Secret, "",
        "the bearer token that it asks for; other machines get no answer without one, and without \
         one nobody holds policies by hand there";
    ADMIN_HOSTS: "SPANDREL_ADMIN_HOSTS", Own, Text, "",
        "names, separated by commas, by which it may be called, besides `localhost` and addresses";
    PROMETHEUS_NAMES: "SPANDREL_PROMETHEUS_NAMES", Own, Choice(&["underscores", "utf8"]),
        "underscores",
        "`utf8`: Prometheus 3 gets the names of metrics and labels as they are, with dots";
    REMOTE_WRITE_ENDPOINT: "SPANDREL_REMOTE_WRITE_ENDPOINT", Own, Url, "",
        "where metrics are sent by Prometheus' remote write, with the path. Needs the feature \
         `prometheus-remote-write`";
    REMOTE_WRITE_HEADERS: "SPANDREL_REMOTE_WRITE_HEADERS", Own, Headers, "",
        "headers of each such request: `name=value,name=value`";
    REMOTE_WRITE_INTERVAL: "SPANDREL_REMOTE_WRITE_INTERVAL", Own, Time { example: "15s" }, "15s",
        "how often they are sent";
    REMOTE_WRITE_TIMEOUT: "SPANDREL_REMOTE_WRITE_TIMEOUT", Own, Time { example: "10s" }, "10s",
        "how long one such request may take";
    REMOTE_WRITE_VERSION: "SPANDREL_REMOTE_WRITE_VERSION", Own, Choice(&["auto", "1", "2"]), "auto",
        "the protocol; `auto` tries 2 and takes 1 where that is not spoken";
    REMOTE_WRITE_NATIVE_HISTOGRAMS: "SPANDREL_REMOTE_WRITE_NATIVE_HISTOGRAMS", Own, Switch, "false",
        "sends histograms in their full resolution, too, to a receiver that takes them";
    MEMORY: "SPANDREL_MEMORY", Own, Size, "16MiB", "the hard bound on the recorder's memory";
    CLOCK: "SPANDREL_CLOCK", Own, Choice(&["auto", "monotonic", "tsc"]), "auto",
        "`tsc`: the time-stamp counter although the processor does not promise that it is \
         invariant";
    CHAOS: "SPANDREL_CHAOS", Own, Choice(&["on", "scoped", "off"]), "on",
        "faults on purpose: as declared, only within `with_chaos`, or none; nothing without the \
         feature `chaos`";
    RESILIENCE: "SPANDREL_RESILIENCE", Own, Switch, "on",
        "`off` switches all policies off but fallbacks";
    CONFIG: "SPANDREL_CONFIG", Own, Path, "",
        "a file of options of single policies, which is read again when it changes. Needs the \
         feature `toml`";
    MACROS_DEBUG: "SPANDREL_MACROS_DEBUG", Own, Switch, "false",
        "prints expansions while the program is compiled; nothing at run time";

    // Logs
    LOG: "SPANDREL_LOG", Own, Directives, "RUST_LOG",
        "which log records there are, by target and level";
    LOG_FORMAT: "SPANDREL_LOG_FORMAT", Own, Choice(&["json", "pretty", "off"]),
        "`pretty` on stderr, where `init!` installs the `tracing` subscriber; else `off`",
        "the form of log lines: `json` on stdout, for log pipelines; `pretty` on stderr, for people";
    LOG_SAMPLING: "SPANDREL_LOG_SAMPLING", Own, Choice(&["all", "trace"]), "all",
        "`trace` leaves log records of traces out that are not sampled, unless they are errors";
    LOG_FILE: "SPANDREL_LOG_FILE", Own, Path, "stdout",
        "the file of `otlp_file` of `OTEL_LOGS_EXPORTER`, which it turns on; its bounds are those \
         of `SPANDREL_FILE`";
    EXCEPTION_SIGNAL: "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", Specified,
        Choices(&["logs", "logs/dup"]), "events of spans",
        "whether exceptions are log records instead (`logs`) or as well (`logs/dup`)";
    RUST_LOG: "RUST_LOG", Convention, Text, "SPANDREL_LEVEL",
        "the same as `SPANDREL_LOG`, which wins; what only others understand is left out";

    // Colours
    NO_COLOR: "NO_COLOR", Convention, Presence, "", "no colours on the console";
    FORCE_COLOR: "FORCE_COLOR", Convention, Presence, "",
        "colours even where the console is no terminal; `0`: none";
    CLICOLOR_FORCE: "CLICOLOR_FORCE", Convention, Presence, "",
        "colours even where the console is no terminal, unless it is `0`";
    CLICOLOR: "CLICOLOR", Convention, Presence, "", "`0`: no colours on the console";

    // Where the program runs
    HOSTNAME: "HOSTNAME", Convention, Text, "",
        "`host.name` where the operating system does not tell";
    COMPUTERNAME: "COMPUTERNAME", Convention, Text, "", "`host.name` on Windows";
    KUBERNETES_SERVICE_HOST: "KUBERNETES_SERVICE_HOST", Convention, Text, "",
        "set in every pod: without it the following mean nothing";
    POD_NAME: "POD_NAME", Convention, Text, "", "`k8s.pod.name`";
    K8S_POD_NAME: "K8S_POD_NAME", Convention, Text, "", "`k8s.pod.name`";
    KUBERNETES_POD_NAME: "KUBERNETES_POD_NAME", Convention, Text, "", "`k8s.pod.name`";
    POD_UID: "POD_UID", Convention, Text, "", "`k8s.pod.uid`";
    K8S_POD_UID: "K8S_POD_UID", Convention, Text, "", "`k8s.pod.uid`";
    KUBERNETES_POD_UID: "KUBERNETES_POD_UID", Convention, Text, "", "`k8s.pod.uid`";
    POD_NAMESPACE: "POD_NAMESPACE", Convention, Text, "",
        "`k8s.namespace.name`; else that of the service account";
    NAMESPACE: "NAMESPACE", Convention, Text, "", "`k8s.namespace.name`";
    K8S_NAMESPACE: "K8S_NAMESPACE", Convention, Text, "", "`k8s.namespace.name`";
    KUBERNETES_NAMESPACE: "KUBERNETES_NAMESPACE", Convention, Text, "", "`k8s.namespace.name`";
    NODE_NAME: "NODE_NAME", Convention, Text, "", "`k8s.node.name`";
    K8S_NODE_NAME: "K8S_NODE_NAME", Convention, Text, "", "`k8s.node.name`";
    KUBERNETES_NODE_NAME: "KUBERNETES_NODE_NAME", Convention, Text, "", "`k8s.node.name`";
    CONTAINER_NAME: "CONTAINER_NAME", Convention, Text, "", "`k8s.container.name`";
    K8S_CONTAINER_NAME: "K8S_CONTAINER_NAME", Convention, Text, "", "`k8s.container.name`";
    DEPLOYMENT: "DEPLOYMENT", Convention, Text, "", "`k8s.deployment.name`";
    DEPLOYMENT_NAME: "DEPLOYMENT_NAME", Convention, Text, "", "`k8s.deployment.name`";
    K8S_DEPLOYMENT_NAME: "K8S_DEPLOYMENT_NAME", Convention, Text, "", "`k8s.deployment.name`";
}
