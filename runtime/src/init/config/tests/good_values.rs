//! Each row of the table does what it says.

use super::*;
use crate::init::env::table::{self, TABLE};

/// A variable, a value, what else is set, and the line that explains the effect.
type Case =
    (&'static Variable, &'static str, &'static [(&'static str, &'static str)], &'static str);

const NO: &[(&str, &str)] = &[];
const OTLP: &[(&str, &str)] = &[("OTEL_TRACES_EXPORTER", "otlp")];
const PROMETHEUS: &[(&str, &str)] = &[("OTEL_METRICS_EXPORTER", "prometheus")];
const REMOTE_WRITE: &[(&str, &str)] =
    &[("SPANDREL_REMOTE_WRITE_ENDPOINT", "http://p:9090/api/v1/write")];
const CONSOLE: &[(&str, &str)] = &[("OTEL_TRACES_EXPORTER", "console")];
const FLIGHT: &[(&str, &str)] = &[("SPANDREL_FLIGHT_RECORDER", "1MiB")];
const LOGS: &[(&str, &str)] = &[("OTEL_LOGS_EXPORTER", "otlp")];
const CONSOLE_LOGS: &[(&str, &str)] = &[("OTEL_LOGS_EXPORTER", "console")];
const METRICS: &[(&str, &str)] = &[("OTEL_METRICS_EXPORTER", "otlp")];
const SENTRY: &[(&str, &str)] = &[("SENTRY_DSN", "https://key@sentry/1")];
const POD: &[(&str, &str)] = &[("KUBERNETES_SERVICE_HOST", "10.0.0.1")];

const CASES: &[Case] = &[
    (table::SDK_DISABLED, "TRUE", NO, "enabled = false (from OTEL_SDK_DISABLED)"),
    (table::TELEMETRY_ENABLED, "false", NO, "enabled = false (from TELEMETRY_ENABLED)"),
    (table::SERVICE_NAME, "orders", NO, "service.name = orders (from OTEL_SERVICE_NAME)"),
    (
        table::RESOURCE_ATTRIBUTES,
        "team=a%20b,service.namespace=shop",
        NO,
        "team = a b (from OTEL_RESOURCE_ATTRIBUTES)",
    ),
    (table::ENVIRONMENT, "staging", NO, "deployment.environment.name = staging (from ENVIRONMENT)"),
    (table::GIT_COMMIT_SHA, "9c2feea", NO, "vcs.ref.head.revision = 9c2feea (from GIT_COMMIT_SHA)"),
    (table::PROPAGATORS, "Baggage,baggage", NO, "propagators = baggage (from OTEL_PROPAGATORS)"),
    (table::PROPAGATORS, "none", NO, "propagators = none (from OTEL_PROPAGATORS)"),
    (
        table::PROPAGATORS,
        "b3, B3multi,tracecontext,b3",
        NO,
        "propagators = b3,b3multi,tracecontext (from OTEL_PROPAGATORS)",
    ),
    (
        table::PROPAGATORS,
        "jaeger,tracecontext",
        NO,
        "propagators = jaeger,tracecontext (from OTEL_PROPAGATORS)",
    ),
    (table::LOG_LEVEL, "WARN", NO, "log level = warn (from OTEL_LOG_LEVEL)"),
    (table::LOG_LEVEL, "none", NO, "log level = off (from OTEL_LOG_LEVEL)"),
    (table::LOG, "WARN, shop=debug", NO, "log filter = warn,shop=debug (from SPANDREL_LOG)"),
    (table::LOG_FORMAT, "JSON", NO, "log lines = json (from SPANDREL_LOG_FORMAT)"),
    (table::LOG_FORMAT, "off", CONSOLE_LOGS, "log lines = off (from SPANDREL_LOG_FORMAT)"),
    (table::LOG_SAMPLING, "trace", NO, "log sampling = trace (from SPANDREL_LOG_SAMPLING)"),
    (table::LOG_FILE, "/log/shop", NO, "logs = otlp_file (from SPANDREL_LOG_FILE)"),
    (table::LOG_FILE, "/log/shop", NO, "logs file = /log/shop (from SPANDREL_LOG_FILE)"),
    (
        table::EXCEPTION_SIGNAL,
        "logs",
        NO,
        "exceptions = logs (from OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN)",
    ),
    (
        table::EXCEPTION_SIGNAL,
        "http, Logs/dup",
        NO,
        "exceptions = span events and logs (from OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN)",
    ),
    (table::RUST_LOG, "warn,shop=debug", NO, "log filter = warn,shop=debug (from RUST_LOG)"),
    (
        table::LOGRECORD_ATTRIBUTE_COUNT_LIMIT,
        "7",
        NO,
        "attributes per log record = 7 (from OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT)",
    ),
    (
        table::LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "9",
        NO,
        "characters per text of a log record = 9 (from \
         OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT)",
    ),
    (
        table::BLRP_SCHEDULE_DELAY,
        "250",
        LOGS,
        "longest wait of a log record = 250ms (from OTEL_BLRP_SCHEDULE_DELAY)",
    ),
    (
        table::BLRP_EXPORT_TIMEOUT,
        "0",
        LOGS,
        "logs timeout = no limit (from OTEL_BLRP_EXPORT_TIMEOUT)",
    ),
    (
        table::BLRP_MAX_QUEUE_SIZE,
        "600",
        LOGS,
        "log records that may wait = 600 (from OTEL_BLRP_MAX_QUEUE_SIZE)",
    ),
    (
        table::BLRP_MAX_EXPORT_BATCH_SIZE,
        "64",
        LOGS,
        "log records per export = 64 (from OTEL_BLRP_MAX_EXPORT_BATCH_SIZE)",
    ),
    (
        table::CONFIG_FILE,
        "/etc/otel.yaml",
        NO,
        "`OTEL_CONFIG_FILE` is ignored, because configuration files are not supported; use the \
         other variables",
    ),
    (
        table::EXPERIMENTAL_CONFIG_FILE,
        "/etc/otel.yaml",
        NO,
        "`OTEL_EXPERIMENTAL_CONFIG_FILE` is ignored, because configuration files are not \
         supported; use the other variables",
    ),
    (
        table::TRACES_EXPORTER,
        "otlp,Console,otlp",
        NO,
        "exporters = otlp,console (from OTEL_TRACES_EXPORTER)",
    ),
    (
        table::TRACES_EXPORTER,
        "zipkin,otlp_file,otlp/stdout",
        NO,
        "exporters = zipkin,otlp_file,otlp/stdout (from OTEL_TRACES_EXPORTER)",
    ),
    (table::TRACES_EXPORTER, "none", NO, "exporters = none (from OTEL_TRACES_EXPORTER)"),
    (
        table::METRICS_EXPORTER,
        "otlp,Console,otlp_file,otlp/stdout,otlp",
        NO,
        "metrics = otlp,console,otlp_file,otlp/stdout (from OTEL_METRICS_EXPORTER)",
    ),
    (table::METRICS_EXPORTER, "none", NO, "metrics = none (from OTEL_METRICS_EXPORTER)"),
    (
        table::METRIC_EXPORT_INTERVAL,
        "1500",
        METRICS,
        "metrics every = 1.5s (from OTEL_METRIC_EXPORT_INTERVAL)",
    ),
    (
        table::METRIC_EXPORT_TIMEOUT,
        "0",
        METRICS,
        "metrics timeout = no limit (from OTEL_METRIC_EXPORT_TIMEOUT)",
    ),
    (
        table::EXEMPLAR_FILTER,
        "Always_Off",
        METRICS,
        "metrics exemplars = always_off (from OTEL_METRICS_EXEMPLAR_FILTER)",
    ),
    (
        table::TEMPORALITY,
        "Delta",
        METRICS,
        "metrics count since = the last export (from \
         OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE)",
    ),
    (
        table::TEMPORALITY,
        "lowmemory",
        METRICS,
        "metrics count since = the last export (from \
         OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE)",
    ),
    (
        table::HISTOGRAM_AGGREGATION,
        "explicit_bucket_histogram",
        METRICS,
        "metrics buckets = explicit (from \
         OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION)",
    ),
    (
        table::METRICS_FILE,
        "/log/metrics",
        NO,
        "metrics file = /log/metrics (from SPANDREL_METRICS_FILE)",
    ),
    (table::SUMMARY, "on", NO, "metrics = summary (from SPANDREL_SUMMARY)"),
    (
        table::LOGS_EXPORTER,
        "otlp,Console,otlp_file,otlp/stdout,otlp",
        NO,
        "logs = otlp,otlp_file,otlp/stdout (from OTEL_LOGS_EXPORTER)",
    ),
    (table::LOGS_EXPORTER, "console", NO, "log lines = pretty (from OTEL_LOGS_EXPORTER)"),
    (table::LOGS_EXPORTER, "none", NO, "log lines = off (from OTEL_LOGS_EXPORTER)"),
    (
        table::METRICS_EXPORTER,
        "Prometheus",
        NO,
        "prometheus = localhost:9464 (from OTEL_METRICS_EXPORTER)",
    ),
    (
        table::PROMETHEUS_HOST,
        "127.0.0.2",
        NO,
        "prometheus = 127.0.0.2:9464 (from OTEL_EXPORTER_PROMETHEUS_HOST)",
    ),
    (
        table::PROMETHEUS_HOST,
        "0.0.0.0",
        PROMETHEUS,
        "everybody who can reach 0.0.0.0:9464 can read the metrics; set `SPANDREL_ADMIN_TOKEN` to \
         ask for a token",
    ),
    (
        table::PROMETHEUS_PORT,
        "9000",
        PROMETHEUS,
        "prometheus port = 9000 (from OTEL_EXPORTER_PROMETHEUS_PORT)",
    ),
    (
        table::PROMETHEUS_METRICS_PORT,
        "9000",
        NO,
        "prometheus = localhost:9000 (from PROMETHEUS_METRICS_PORT)",
    ),
    (table::ADMIN, "127.0.0.1:9464", NO, "admin = 127.0.0.1:9464 (from SPANDREL_ADMIN)"),
    (table::ADMIN_TOKEN, "hunter2", PROMETHEUS, "admin token = set (from SPANDREL_ADMIN_TOKEN)"),
    (
        table::ADMIN_HOSTS,
        "A.example, b",
        PROMETHEUS,
        "further admin hosts = a.example,b (from SPANDREL_ADMIN_HOSTS)",
    ),
    (
        table::PROMETHEUS_NAMES,
        "UTF8",
        PROMETHEUS,
        "prometheus names = utf8 (from SPANDREL_PROMETHEUS_NAMES)",
    ),
    (
        table::REMOTE_WRITE_ENDPOINT,
        "http://p:9090/api/v1/write?key=s3cret",
        NO,
        "remote write = http://p:9090/api/v1/write?… (from SPANDREL_REMOTE_WRITE_ENDPOINT)",
    ),
    (
        table::REMOTE_WRITE_HEADERS,
        "x-scope-orgid=shop",
        REMOTE_WRITE,
        "remote write headers = x-scope-orgid=… (from SPANDREL_REMOTE_WRITE_HEADERS)",
    ),
    (
        table::REMOTE_WRITE_INTERVAL,
        "1m",
        REMOTE_WRITE,
        "remote write interval = 60s (from SPANDREL_REMOTE_WRITE_INTERVAL)",
    ),
    (
        table::REMOTE_WRITE_TIMEOUT,
        "2s",
        REMOTE_WRITE,
        "remote write timeout = 2s (from SPANDREL_REMOTE_WRITE_TIMEOUT)",
    ),
    (
        table::REMOTE_WRITE_NATIVE_HISTOGRAMS,
        "on",
        REMOTE_WRITE,
        "remote write of native histograms = true (from SPANDREL_REMOTE_WRITE_NATIVE_HISTOGRAMS)",
    ),
    (
        table::REMOTE_WRITE_VERSION,
        "2",
        REMOTE_WRITE,
        "remote write version = 2 (from SPANDREL_REMOTE_WRITE_VERSION)",
    ),
    (table::TRACES_SAMPLER, "always_off", NO, "sampler = always_off (from OTEL_TRACES_SAMPLER)"),
    (
        table::TRACES_SAMPLER,
        "ParentBased_TraceIdRatio",
        NO,
        "sampler = parentbased_traceidratio(1) (from OTEL_TRACES_SAMPLER)",
    ),
    (
        table::TRACES_SAMPLER,
        "parentbased_rate_limited",
        NO,
        "sampler = parentbased_rate_limited(100) (from OTEL_TRACES_SAMPLER)",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "2.5",
        &[("OTEL_TRACES_SAMPLER", "rate_limited")],
        "sampler = rate_limited(2.5) (from OTEL_TRACES_SAMPLER)",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "0.25",
        &[("OTEL_TRACES_SAMPLER", "traceidratio")],
        "sampler = traceidratio(0.25) (from OTEL_TRACES_SAMPLER)",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "0.5",
        NO,
        "`OTEL_TRACES_SAMPLER_ARG` has no effect without a sampler that takes it",
    ),
    (
        table::SAMPLER_OVERRIDES,
        "shop::health=rate_limited(0.1), shop::db::*=traceidratio(0.1)",
        NO,
        "sampler overrides = shop::health=rate_limited(0.1),shop::db::*=traceidratio(0.1) \
         (from SPANDREL_TRACES_SAMPLER_OVERRIDES)",
    ),
    (
        table::BSP_SCHEDULE_DELAY,
        "250",
        OTLP,
        "longest wait of a span = 250ms (from OTEL_BSP_SCHEDULE_DELAY)",
    ),
    (
        table::BSP_EXPORT_TIMEOUT,
        "0",
        OTLP,
        "export timeout = no limit (from OTEL_BSP_EXPORT_TIMEOUT)",
    ),
    (
        table::BSP_MAX_QUEUE_SIZE,
        "4096",
        OTLP,
        "spans that may wait = 4096 (from OTEL_BSP_MAX_QUEUE_SIZE)",
    ),
    (
        table::BSP_MAX_EXPORT_BATCH_SIZE,
        "64",
        OTLP,
        "spans per export = 64 (from OTEL_BSP_MAX_EXPORT_BATCH_SIZE)",
    ),
    (
        table::ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "10",
        NO,
        "characters per text = 10 (from OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT)",
    ),
    (
        table::ATTRIBUTE_COUNT_LIMIT,
        "10",
        NO,
        "attributes per event = 10 (from OTEL_ATTRIBUTE_COUNT_LIMIT)",
    ),
    (
        table::SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "20",
        &[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10")],
        "characters per text = 20 (from OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT)",
    ),
    (
        table::SPAN_ATTRIBUTE_COUNT_LIMIT,
        "20",
        &[("OTEL_ATTRIBUTE_COUNT_LIMIT", "10")],
        "attributes per span = 20 (from OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT)",
    ),
    (
        table::SPAN_EVENT_COUNT_LIMIT,
        "0",
        NO,
        "events per span = 0 (from OTEL_SPAN_EVENT_COUNT_LIMIT)",
    ),
    (table::SPAN_LINK_COUNT_LIMIT, "3", NO, "links per span = 3 (from OTEL_SPAN_LINK_COUNT_LIMIT)"),
    (
        table::EVENT_ATTRIBUTE_COUNT_LIMIT,
        "4",
        NO,
        "attributes per event = 4 (from OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT)",
    ),
    (
        table::LINK_ATTRIBUTE_COUNT_LIMIT,
        "5",
        NO,
        "attributes per link = 5 (from OTEL_LINK_ATTRIBUTE_COUNT_LIMIT)",
    ),
    (
        table::OTLP_ENDPOINT,
        "http://c:4318/",
        NO,
        "otlp endpoint = http://c:4318/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
    ),
    (
        table::OTLP_TRACES_ENDPOINT,
        "http://c:4318/",
        NO,
        "otlp endpoint = http://c:4318/ (from OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)",
    ),
    (
        table::OTLP_ENDPOINT_ALIAS,
        "http://c:4318",
        NO,
        "otlp endpoint = http://c:4318/v1/traces (from OTLP_ENDPOINT)",
    ),
    (
        table::JAEGER_ENDPOINT,
        "http://jaeger:4318",
        NO,
        "otlp endpoint = http://jaeger:4318/v1/traces (from JAEGER_ENDPOINT)",
    ),
    (
        table::OTLP_HEADERS,
        "authorization=hunter2,x=y",
        OTLP,
        "otlp headers = authorization=…,x=… (from OTEL_EXPORTER_OTLP_HEADERS)",
    ),
    (
        table::OTLP_TRACES_HEADERS,
        "a=b",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_HEADERS", "x=y")],
        "otlp headers = a=… (from OTEL_EXPORTER_OTLP_TRACES_HEADERS)",
    ),
    (table::OTLP_TIMEOUT, "0", OTLP, "otlp timeout = no limit (from OTEL_EXPORTER_OTLP_TIMEOUT)"),
    (
        table::OTLP_TRACES_TIMEOUT,
        "1500",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "9")],
        "otlp timeout = 1.5s (from OTEL_EXPORTER_OTLP_TRACES_TIMEOUT)",
    ),
    (
        table::OTLP_COMPRESSION,
        "gzip",
        OTLP,
        "otlp compression = gzip (from OTEL_EXPORTER_OTLP_COMPRESSION)",
    ),
    (
        table::OTLP_TRACES_COMPRESSION,
        "none",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")],
        "otlp compression = none (from OTEL_EXPORTER_OTLP_TRACES_COMPRESSION)",
    ),
    (table::OTLP_PROTOCOL, "grpc", OTLP, "otlp protocol = grpc (from OTEL_EXPORTER_OTLP_PROTOCOL)"),
    (
        table::OTLP_PROTOCOL,
        "HTTP/json",
        OTLP,
        "otlp protocol = http/json (from OTEL_EXPORTER_OTLP_PROTOCOL)",
    ),
    (
        table::OTLP_TRACES_PROTOCOL,
        "http/protobuf",
        // The narrower one is understood, so that nobody is warned about the other.
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "smtp")],
        "otlp protocol = http/protobuf (from OTEL_EXPORTER_OTLP_TRACES_PROTOCOL)",
    ),
    (
        table::OTLP_CERTIFICATE,
        "/ca.pem",
        OTLP,
        "otlp certificate = /ca.pem (from OTEL_EXPORTER_OTLP_CERTIFICATE)",
    ),
    (
        table::OTLP_TRACES_CERTIFICATE,
        "/traces.pem",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem")],
        "otlp certificate = /traces.pem (from OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE)",
    ),
    (
        table::OTLP_CLIENT_KEY,
        "/key.pem",
        OTLP,
        "otlp client key = /key.pem (from OTEL_EXPORTER_OTLP_CLIENT_KEY)",
    ),
    (
        table::OTLP_TRACES_CLIENT_KEY,
        "/traces.pem",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem")],
        "otlp client key = /traces.pem (from OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY)",
    ),
    (
        table::OTLP_CLIENT_CERTIFICATE,
        "/cert.pem",
        OTLP,
        "otlp client certificate = /cert.pem (from OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)",
    ),
    (
        table::OTLP_TRACES_CLIENT_CERTIFICATE,
        "/traces.pem",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem")],
        "otlp client certificate = /traces.pem (from OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE)",
    ),
    (
        table::OTLP_INSECURE,
        "true",
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4318")],
        "otlp endpoint = http://c:4318/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
    ),
    (
        table::OTLP_TRACES_INSECURE,
        "false",
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4318"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")],
        "otlp endpoint = https://c:4318/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
    ),
    (
        table::OTLP_INSECURE_ALIAS,
        "1",
        &[("OTLP_ENDPOINT", "c:4318")],
        "otlp endpoint = http://c:4318/v1/traces (from OTLP_ENDPOINT)",
    ),
    (table::LEVEL, "warn,shop::db=trace", NO, "level = warn,shop::db=trace (from SPANDREL_LEVEL)"),
    (table::DEBUG, "true", NO, "log level = debug (from SPANDREL_DEBUG)"),
    (table::DEBUG, "false", NO, "log level = info (default)"),
    (
        table::HTTP_KNOWN_METHODS,
        "GET, POST,,PROPFIND",
        NO,
        "http methods = GET,POST,PROPFIND (from OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS)",
    ),
    (
        table::REDACT_KEYS,
        "tax_number, iban",
        NO,
        "redacted keys = tax_number,iban (from SPANDREL_REDACT_KEYS)",
    ),
    (
        table::REDACT_ALLOW_KEYS,
        "token,api-key",
        NO,
        "allowed keys = token,api-key (from SPANDREL_REDACT_ALLOW_KEYS)",
    ),
    (
        table::REDACT_PATTERNS,
        "-card, cust-{digit:8}",
        NO,
        "redacted patterns = -card,cust-{digit:8} (from SPANDREL_REDACT_PATTERNS)",
    ),
    (table::REDACT_HASH_KEY, "hunter2", NO, "hash key = … (from SPANDREL_REDACT_HASH_KEY)"),
    (table::WINDOWS, "1h, 30s,1 h", NO, "windows = 30s,3600s (from SPANDREL_WINDOWS)"),
    (table::SENTRY_DSN, "https://hunter2@sentry/1", NO, "sentry dsn = … (from SENTRY_DSN)"),
    (table::SENTRY_ENVIRONMENT, "eu", SENTRY, "sentry environment = eu (from SENTRY_ENVIRONMENT)"),
    (table::SENTRY_RELEASE, "shop@2", SENTRY, "sentry release = shop@2 (from SENTRY_RELEASE)"),
    (
        table::SENTRY_SAMPLE_RATE,
        "0.5",
        SENTRY,
        "sentry sample rate = 0.5 (from SENTRY_SAMPLE_RATE)",
    ),
    (table::RESILIENCE, "off", NO, "policies = off (from SPANDREL_RESILIENCE)"),
    (table::RESILIENCE, "on", NO, "policies = as declared (from SPANDREL_RESILIENCE)"),
    (
        table::RESILIENCE,
        "on",
        &[("SPANDREL__SHOP__RETRY__ENABLED", "off")],
        "policies = as declared, but for 1 options (from SPANDREL_RESILIENCE)",
    ),
    (table::CONFIG, "/etc/shop.toml", NO, "policies file = /etc/shop.toml (from SPANDREL_CONFIG)"),
    (table::MIRROR, "true", NO, "mirror = true (from SPANDREL_MIRROR)"),
    (table::MIRROR, "0", NO, "mirror = false (from SPANDREL_MIRROR)"),
    (table::CONSOLE, "json", CONSOLE, "console form = json (from SPANDREL_CONSOLE)"),
    (
        table::OTLP_METRICS_ENDPOINT,
        "http://c:4318/x",
        METRICS,
        "metrics endpoint = http://c:4318/x (from OTEL_EXPORTER_OTLP_METRICS_ENDPOINT)",
    ),
    (
        table::OTLP_METRICS_HEADERS,
        "a=b",
        METRICS,
        "metrics headers = a=… (from OTEL_EXPORTER_OTLP_METRICS_HEADERS)",
    ),
    (
        table::OTLP_METRICS_TIMEOUT,
        "1500",
        METRICS,
        "metrics request timeout = 1.5s (from OTEL_EXPORTER_OTLP_METRICS_TIMEOUT)",
    ),
    (
        table::OTLP_METRICS_COMPRESSION,
        "gzip",
        METRICS,
        "metrics compression = gzip (from OTEL_EXPORTER_OTLP_METRICS_COMPRESSION)",
    ),
    (
        table::OTLP_METRICS_PROTOCOL,
        "grpc",
        METRICS,
        "metrics protocol = grpc (from OTEL_EXPORTER_OTLP_METRICS_PROTOCOL)",
    ),
    (
        table::OTLP_METRICS_CERTIFICATE,
        "/m.pem",
        METRICS,
        "metrics certificate = /m.pem (from OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE)",
    ),
    (
        table::OTLP_METRICS_CLIENT_KEY,
        "/m.pem",
        METRICS,
        "metrics client key = /m.pem (from OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY)",
    ),
    (
        table::OTLP_METRICS_CLIENT_CERTIFICATE,
        "/m.pem",
        METRICS,
        "metrics client certificate = /m.pem (from OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE)",
    ),
    (
        table::OTLP_METRICS_INSECURE,
        "true",
        &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "c:4318")],
        "metrics endpoint = http://c:4318 (from OTEL_EXPORTER_OTLP_METRICS_ENDPOINT)",
    ),
    (
        table::OTLP_LOGS_ENDPOINT,
        "http://c:4318/x",
        LOGS,
        "logs endpoint = http://c:4318/x (from OTEL_EXPORTER_OTLP_LOGS_ENDPOINT)",
    ),
    (
        table::OTLP_LOGS_HEADERS,
        "a=b",
        LOGS,
        "logs headers = a=… (from OTEL_EXPORTER_OTLP_LOGS_HEADERS)",
    ),
    (
        table::OTLP_LOGS_TIMEOUT,
        "1500",
        LOGS,
        "logs request timeout = 1.5s (from OTEL_EXPORTER_OTLP_LOGS_TIMEOUT)",
    ),
    (
        table::OTLP_LOGS_COMPRESSION,
        "gzip",
        LOGS,
        "logs compression = gzip (from OTEL_EXPORTER_OTLP_LOGS_COMPRESSION)",
    ),
    (
        table::OTLP_LOGS_PROTOCOL,
        "grpc",
        LOGS,
        "logs protocol = grpc (from OTEL_EXPORTER_OTLP_LOGS_PROTOCOL)",
    ),
    (
        table::OTLP_LOGS_CERTIFICATE,
        "/m.pem",
        LOGS,
        "logs certificate = /m.pem (from OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE)",
    ),
    (
        table::OTLP_LOGS_CLIENT_KEY,
        "/m.pem",
        LOGS,
        "logs client key = /m.pem (from OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY)",
    ),
    (
        table::OTLP_LOGS_CLIENT_CERTIFICATE,
        "/m.pem",
        LOGS,
        "logs client certificate = /m.pem (from OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE)",
    ),
    (
        table::OTLP_LOGS_INSECURE,
        "true",
        &[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "c:4318")],
        "logs endpoint = http://c:4318 (from OTEL_EXPORTER_OTLP_LOGS_ENDPOINT)",
    ),
    (
        table::ZIPKIN_ENDPOINT,
        "http://z/api/v2/spans?key=s3cret",
        NO,
        "zipkin endpoint = http://z/api/v2/spans?… (from OTEL_EXPORTER_ZIPKIN_ENDPOINT)",
    ),
    (
        table::ZIPKIN_TIMEOUT,
        "0",
        &[("OTEL_TRACES_EXPORTER", "zipkin")],
        "zipkin timeout = no limit (from OTEL_EXPORTER_ZIPKIN_TIMEOUT)",
    ),
    (table::FILE, "/traces.jsonl", NO, "file = /traces.jsonl (from SPANDREL_FILE)"),
    (
        table::FILE_BYTES,
        "16MiB",
        &[("OTEL_TRACES_EXPORTER", "otlp_file")],
        "file size = 16777216 bytes (from SPANDREL_FILE_BYTES)",
    ),
    (
        table::FILE_COUNT,
        "1",
        &[("OTEL_TRACES_EXPORTER", "otlp_file")],
        "files = 1 (from SPANDREL_FILE_COUNT)",
    ),
    (table::SPOOL_DIR, "/spool", OTLP, "spool = /spool (from SPANDREL_SPOOL_DIR)"),
    (table::SPOOL_BYTES, "1GiB", OTLP, "spool size = 1073741824 bytes (from SPANDREL_SPOOL_BYTES)"),
    (table::KEEP_ERRORS, "yes", NO, "keep errors = true (from SPANDREL_KEEP_ERRORS)"),
    (table::KEEP_SLOW, "1.5 s", NO, "keep slower than = 1.5s (from SPANDREL_KEEP_SLOW)"),
    (
        table::FLIGHT_RECORDER,
        "2MiB",
        NO,
        "flight recorder = 2097152 bytes (from SPANDREL_FLIGHT_RECORDER)",
    ),
    (table::FLIGHT_DIR, "/dumps", FLIGHT, "flight dumps go to = /dumps (from SPANDREL_FLIGHT_DIR)"),
    (
        table::FLIGHT_ON_PANIC,
        "off",
        FLIGHT,
        "flight dump on panic = false (from SPANDREL_FLIGHT_ON_PANIC)",
    ),
    (
        table::FLIGHT_SIGNAL,
        "sigusr1",
        FLIGHT,
        "flight dump on signal = SIGUSR1 (from SPANDREL_FLIGHT_SIGNAL)",
    ),
    (
        table::FLIGHT_SIGNAL,
        "none",
        FLIGHT,
        "flight dump on signal = none (from SPANDREL_FLIGHT_SIGNAL)",
    ),
    (table::FLIGHT_DUMPS, "3", FLIGHT, "flight dumps = 3 (from SPANDREL_FLIGHT_DUMPS)"),
    (
        table::FLIGHT_DUMPS,
        "3",
        NO,
        "`SPANDREL_FLIGHT_DUMPS` has no effect without `SPANDREL_FLIGHT_RECORDER`",
    ),
    (table::MEMORY, "4MiB", NO, "memory = 4194304 bytes (from SPANDREL_MEMORY)"),
    (table::CLOCK, "monotonic", NO, "clock = monotonic (from SPANDREL_CLOCK)"),
    (table::CLOCK, "tsc", NO, "clock = tsc (from SPANDREL_CLOCK)"),
    (table::CHAOS, "scoped", NO, "chaos = scoped (from SPANDREL_CHAOS)"),
    (table::CHAOS, "off", NO, "chaos = off (from SPANDREL_CHAOS)"),
    (table::CHAOS, "ON", NO, "chaos = on (from SPANDREL_CHAOS)"),
    (table::MACROS_DEBUG, "1", NO, "enabled = true (default)"),
    (table::NO_COLOR, "0", CONSOLE, "console colors = never (from NO_COLOR)"),
    (table::FORCE_COLOR, "1", CONSOLE, "console colors = always (from FORCE_COLOR)"),
    (table::FORCE_COLOR, "0", CONSOLE, "console colors = never (from FORCE_COLOR)"),
    (table::CLICOLOR_FORCE, "1", CONSOLE, "console colors = always (from CLICOLOR_FORCE)"),
    (table::CLICOLOR, "0", CONSOLE, "console colors = never (from CLICOLOR)"),
    (table::CLICOLOR, "1", CONSOLE, "console colors = auto (default)"),
    (table::HOSTNAME, "web-1", NO, "host.name = web-1 (from HOSTNAME)"),
    (table::COMPUTERNAME, "WEB-1", NO, "host.name = WEB-1 (from COMPUTERNAME)"),
    (
        table::KUBERNETES_SERVICE_HOST,
        "10.0.0.1",
        &[("POD_NAME", "orders-0")],
        "k8s.pod.name = orders-0 (from POD_NAME)",
    ),
    (table::POD_NAME, "a", POD, "k8s.pod.name = a (from POD_NAME)"),
    (table::K8S_POD_NAME, "a", POD, "k8s.pod.name = a (from K8S_POD_NAME)"),
    (table::KUBERNETES_POD_NAME, "a", POD, "k8s.pod.name = a (from KUBERNETES_POD_NAME)"),
    (table::POD_UID, "a", POD, "k8s.pod.uid = a (from POD_UID)"),
    (table::K8S_POD_UID, "a", POD, "k8s.pod.uid = a (from K8S_POD_UID)"),
    (table::KUBERNETES_POD_UID, "a", POD, "k8s.pod.uid = a (from KUBERNETES_POD_UID)"),
    (table::POD_NAMESPACE, "a", POD, "k8s.namespace.name = a (from POD_NAMESPACE)"),
    (table::NAMESPACE, "a", POD, "k8s.namespace.name = a (from NAMESPACE)"),
    (table::K8S_NAMESPACE, "a", POD, "k8s.namespace.name = a (from K8S_NAMESPACE)"),
    (table::KUBERNETES_NAMESPACE, "a", POD, "k8s.namespace.name = a (from KUBERNETES_NAMESPACE)"),
    (table::NODE_NAME, "a", POD, "k8s.node.name = a (from NODE_NAME)"),
    (table::K8S_NODE_NAME, "a", POD, "k8s.node.name = a (from K8S_NODE_NAME)"),
    (table::KUBERNETES_NODE_NAME, "a", POD, "k8s.node.name = a (from KUBERNETES_NODE_NAME)"),
    (table::CONTAINER_NAME, "a", POD, "k8s.container.name = a (from CONTAINER_NAME)"),
    (table::K8S_CONTAINER_NAME, "a", POD, "k8s.container.name = a (from K8S_CONTAINER_NAME)"),
    (table::DEPLOYMENT, "a", POD, "k8s.deployment.name = a (from DEPLOYMENT)"),
    (table::DEPLOYMENT_NAME, "a", POD, "k8s.deployment.name = a (from DEPLOYMENT_NAME)"),
    (table::K8S_DEPLOYMENT_NAME, "a", POD, "k8s.deployment.name = a (from K8S_DEPLOYMENT_NAME)"),
];

fn settings((variable, value, others, _): &Case) -> Settings {
    let mut variables = others.to_vec();
    variables.push((variable.name, value));
    resolve(&variables)
}

#[test]
fn every_row_of_the_table_has_a_case() {
    for row in TABLE {
        assert!(CASES.iter().any(|case| case.0.name == row.name), "{} has no case", row.name);
    }
}

#[test]
fn every_variable_has_its_effect() {
    for case in CASES {
        let settings = settings(case);

        let is_said = settings.notices.iter().any(|notice| notice.text == case.3);
        assert!(
            is_said || has_line(&settings, case.3),
            "{}={}: no `{}` in\n{}\n{:?}",
            case.0.name,
            case.1,
            case.3,
            explanation(&settings),
            settings.notices
        );
    }
}

/// Without this, an effect could be there without its cause.
#[test]
fn no_effect_is_there_without_its_variable() {
    for (variable, value, others, line) in CASES {
        let settings = resolve(others);
        let names_it = line.contains(variable.name);

        assert!(!names_it || !has_line(&settings, line), "{}={value}", variable.name);
    }
}

#[test]
fn what_is_understood_gives_no_warning() {
    for case in CASES.iter().filter(|case| !case.0.name.ends_with("CONFIG_FILE")) {
        let settings = settings(case);

        assert_eq!(said(&settings, Level::Warn), [""; 0], "{}={}", case.0.name, case.1);
    }
}

#[test]
fn an_empty_value_counts_as_unset() {
    for (variable, _, others, _) in CASES {
        for empty in ["", "  "] {
            let mut variables = others.to_vec();
            variables.push((variable.name, empty));

            let with = resolve(&variables);

            assert_eq!(explanation(&with), explanation(&resolve(others)), "{}", variable.name);
            assert_eq!(said(&with, Level::Warn), said(&resolve(others), Level::Warn));
        }
    }
}
