//! A value that is not understood: one warning and the default, or an error where it is ours.

use super::*;
use crate::init::env::{
    Kind, Origin,
    table::{self, TABLE},
};

/// A variable, a value that it does not take, what else is set, what is left, what is said.
type Case = (
    &'static Variable,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const NO: &[(&str, &str)] = &[];
const OTLP: &[(&str, &str)] = &[("OTEL_TRACES_EXPORTER", "otlp")];
const LOGS: &[(&str, &str)] = &[("OTEL_LOGS_EXPORTER", "otlp")];
const METRICS: &[(&str, &str)] = &[("OTEL_METRICS_EXPORTER", "otlp")];
const RATIO: &[(&str, &str)] = &[("OTEL_TRACES_SAMPLER", "traceidratio")];

const WARNED: &[Case] = &[
    (
        table::SENTRY_SAMPLE_RATE,
        "2",
        &[("SENTRY_DSN", "https://key@sentry/1")],
        "sentry sample rate = 1 (default)",
        "`SENTRY_SAMPLE_RATE=2` is no rate and is ignored; write a number from 0 to 1, such as \
         `0.25`",
    ),
    (
        table::SDK_DISABLED,
        "1",
        NO,
        "enabled = true (from OTEL_SDK_DISABLED)",
        "`OTEL_SDK_DISABLED=1` is neither `true` nor `false` and counts as `false`; write `true` \
         or `false`",
    ),
    (
        table::TELEMETRY_ENABLED,
        "maybe",
        NO,
        "enabled = true (default)",
        "`TELEMETRY_ENABLED=maybe` is not understood and is ignored; write `true` or `false`",
    ),
    (
        table::RESOURCE_ATTRIBUTES,
        "a=1,b",
        NO,
        "service.name = unknown_service:orders (default)",
        "`OTEL_RESOURCE_ATTRIBUTES=a=1,b` has a member (number 2) without `=` and is ignored; \
         write `key=value,key=value` with `%2C` for a comma",
    ),
    (
        table::HTTP_KNOWN_METHODS,
        "GET POST",
        NO,
        "http methods = known (default)",
        "`OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS=GET POST` is not understood and is ignored; \
         write methods of HTTP, such as `GET,POST`",
    ),
    (
        table::PROPAGATORS,
        "xray,pigeon",
        NO,
        "propagators = tracecontext,baggage (default)",
        "`OTEL_PROPAGATORS=xray,pigeon`: propagator `xray` is known but not supported, unknown \
         propagator `pigeon`; valid are `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` and \
         `none`",
    ),
    (
        table::PROPAGATORS,
        "ottrace,tracecontext",
        NO,
        "propagators = tracecontext (from OTEL_PROPAGATORS)",
        "`OTEL_PROPAGATORS=ottrace,tracecontext`: propagator `ottrace` is known but not \
         supported; valid are `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` and `none`",
    ),
    (
        table::PROPAGATORS,
        "jaeger, baggage",
        NO,
        "propagators = jaeger,baggage (from OTEL_PROPAGATORS)",
        "the propagator `jaeger` only reads: no header of its own is sent, so the traces end \
         here; add `tracecontext`, which Jaeger reads too: \
         `OTEL_PROPAGATORS=jaeger,baggage,tracecontext`",
    ),
    (
        table::LOG_LEVEL,
        "loud",
        NO,
        "log level = info (default)",
        "`OTEL_LOG_LEVEL=loud` is not understood and is ignored; write `none`, `error`, `warn`, \
         `info`, `debug` or `trace`",
    ),
    (
        table::TRACES_EXPORTER,
        "jaeger",
        NO,
        "exporters = none (default)",
        "`OTEL_TRACES_EXPORTER=jaeger` has `jaeger`, which takes OTLP today and is ignored; write \
         `otlp` and let `OTEL_EXPORTER_OTLP_ENDPOINT` name Jaeger's port 4318 (HTTP; 4317 is gRPC)",
    ),
    (
        table::TRACES_EXPORTER,
        "otlp,scribe",
        NO,
        "exporters = otlp (from OTEL_TRACES_EXPORTER)",
        "`OTEL_TRACES_EXPORTER=otlp,scribe` has `scribe`, which is no exporter and is ignored; \
         write a list of `otlp`, `console`, `otlp_file`, `otlp/stdout`, `zipkin` and `none`",
    ),
    (
        table::METRICS_EXPORTER,
        "carrier",
        NO,
        "enabled = true (default)",
        "`OTEL_METRICS_EXPORTER=carrier` has `carrier`, which is no exporter and is ignored; \
         write a list of `otlp`, `prometheus`, `console`, `otlp_file`, `otlp/stdout` and `none`",
    ),
    (
        table::OTLP_METRICS_ENDPOINT,
        "ftp://c",
        METRICS,
        "metrics endpoint = http://localhost:4318/v1/metrics (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=ftp://c` is neither `http` nor `https` and is ignored; write a URL, such as `http://localhost:4318`",
    ),
    (
        table::OTLP_METRICS_TIMEOUT,
        "x",
        METRICS,
        "metrics request timeout = 10s (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_TIMEOUT=x` is not understood and is ignored; write milliseconds, such as `10000`",
    ),
    (
        table::OTLP_METRICS_COMPRESSION,
        "zip",
        METRICS,
        "metrics compression = none (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_COMPRESSION=zip` is not understood and is ignored; write `gzip` or `none`",
    ),
    (
        table::OTLP_METRICS_PROTOCOL,
        "smtp",
        METRICS,
        "metrics protocol = http/protobuf (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=smtp` is not understood and is ignored; write `grpc`, `http/protobuf` or `http/json`",
    ),
    (
        table::OTLP_METRICS_HEADERS,
        "a b=hunter2",
        METRICS,
        "metrics headers = none (from OTEL_EXPORTER_OTLP_METRICS_HEADERS)",
        "`OTEL_EXPORTER_OTLP_METRICS_HEADERS` has a member (number 1) that is no header and is ignored; write `name=value,name=value`",
    ),
    (
        table::OTLP_METRICS_INSECURE,
        "yes",
        &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://c")],
        "metrics endpoint = https://c (from OTEL_EXPORTER_OTLP_METRICS_ENDPOINT)",
        "`OTEL_EXPORTER_OTLP_METRICS_INSECURE=yes` is neither `true` nor `false` and counts as `false`; write `true` or `false`",
    ),
    (
        table::METRIC_EXPORT_INTERVAL,
        "soon",
        METRICS,
        "metrics every = 60s (default)",
        "`OTEL_METRIC_EXPORT_INTERVAL=soon` is not understood and is ignored; write milliseconds, such as `60000`",
    ),
    (
        table::METRIC_EXPORT_TIMEOUT,
        "soon",
        METRICS,
        "metrics timeout = 30s (default)",
        "`OTEL_METRIC_EXPORT_TIMEOUT=soon` is not understood and is ignored; write milliseconds, such as `30000`",
    ),
    (
        table::EXEMPLAR_FILTER,
        "some",
        METRICS,
        "metrics exemplars = trace_based (default)",
        "`OTEL_METRICS_EXEMPLAR_FILTER=some` is not understood and is ignored; write `always_on`, `always_off` or `trace_based`",
    ),
    (
        table::TEMPORALITY,
        "daily",
        METRICS,
        "metrics count since = the start (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=daily` is not understood and is ignored; write `cumulative`, `delta` or `lowmemory`",
    ),
    (
        table::HISTOGRAM_AGGREGATION,
        "summary",
        METRICS,
        "metrics buckets = exponential (default)",
        "`OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=summary` is not understood and is ignored; write `explicit_bucket_histogram` or `base2_exponential_bucket_histogram`",
    ),
    (
        table::LOGS_EXPORTER,
        "carrier",
        NO,
        "logs = none (default)",
        "`OTEL_LOGS_EXPORTER=carrier` has `carrier`, which is no exporter and is ignored; write \
         a list of `otlp`, `console`, `otlp_file`, `otlp/stdout` and `none`",
    ),
    (
        table::OTLP_LOGS_ENDPOINT,
        "ftp://c",
        LOGS,
        "logs endpoint = http://localhost:4318/v1/logs (default)",
        "`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=ftp://c` is neither `http` nor `https` and is ignored; write a URL, such as `http://localhost:4318`",
    ),
    (
        table::OTLP_LOGS_TIMEOUT,
        "x",
        LOGS,
        "logs request timeout = 10s (default)",
        "`OTEL_EXPORTER_OTLP_LOGS_TIMEOUT=x` is not understood and is ignored; write milliseconds, such as `10000`",
    ),
    (
        table::OTLP_LOGS_COMPRESSION,
        "zip",
        LOGS,
        "logs compression = none (default)",
        "`OTEL_EXPORTER_OTLP_LOGS_COMPRESSION=zip` is not understood and is ignored; write `gzip` or `none`",
    ),
    (
        table::OTLP_LOGS_PROTOCOL,
        "smtp",
        LOGS,
        "logs protocol = http/protobuf (default)",
        "`OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=smtp` is not understood and is ignored; write `grpc`, `http/protobuf` or `http/json`",
    ),
    (
        table::OTLP_LOGS_HEADERS,
        "a b=hunter2",
        LOGS,
        "logs headers = none (from OTEL_EXPORTER_OTLP_LOGS_HEADERS)",
        "`OTEL_EXPORTER_OTLP_LOGS_HEADERS` has a member (number 1) that is no header and is ignored; write `name=value,name=value`",
    ),
    (
        table::OTLP_LOGS_INSECURE,
        "yes",
        &[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://c")],
        "logs endpoint = https://c (from OTEL_EXPORTER_OTLP_LOGS_ENDPOINT)",
        "`OTEL_EXPORTER_OTLP_LOGS_INSECURE=yes` is neither `true` nor `false` and counts as `false`; write `true` or `false`",
    ),
    (
        table::EXCEPTION_SIGNAL,
        "mail",
        NO,
        "exceptions = span events (default)",
        "`OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=mail` is not understood and is ignored; write a \
         list of `logs` and `logs/dup`",
    ),
    (
        table::LOGRECORD_ATTRIBUTE_COUNT_LIMIT,
        "many",
        NO,
        "attributes per log record = 128 (default)",
        "`OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT=many` is not understood and is ignored; write a \
         whole number, such as `128`",
    ),
    (
        table::LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "-1",
        NO,
        "characters per text of a log record = no limit (default)",
        "`OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT=-1` is not understood and is ignored; \
         write a whole number, such as `1024`",
    ),
    (
        table::BLRP_SCHEDULE_DELAY,
        "soon",
        LOGS,
        "longest wait of a log record = 1s (default)",
        "`OTEL_BLRP_SCHEDULE_DELAY=soon` is not understood and is ignored; write milliseconds, \
         such as `1000`",
    ),
    (
        table::BLRP_EXPORT_TIMEOUT,
        "soon",
        LOGS,
        "logs timeout = 30s (default)",
        "`OTEL_BLRP_EXPORT_TIMEOUT=soon` is not understood and is ignored; write milliseconds, \
         such as `30000`",
    ),
    (
        table::BLRP_MAX_QUEUE_SIZE,
        "0",
        LOGS,
        "log records that may wait = as many as memory holds (default)",
        "`OTEL_BLRP_MAX_QUEUE_SIZE=0` is not understood and is ignored; write a whole number \
         from 1, such as `2048`",
    ),
    (
        table::BLRP_MAX_EXPORT_BATCH_SIZE,
        "0",
        LOGS,
        "log records per export = 512 (default)",
        "`OTEL_BLRP_MAX_EXPORT_BATCH_SIZE=0` is not understood and is ignored; write a whole \
         number from 1, such as `512`",
    ),
    (
        table::PROMETHEUS_PORT,
        "0",
        &[("OTEL_METRICS_EXPORTER", "prometheus")],
        "prometheus = localhost:9464 (from OTEL_METRICS_EXPORTER)",
        "`OTEL_EXPORTER_PROMETHEUS_PORT=0` is not understood and is ignored; write a whole number \
         from 1, such as `9464`",
    ),
    (
        table::PROMETHEUS_METRICS_PORT,
        "http",
        NO,
        "enabled = true (default)",
        "`PROMETHEUS_METRICS_PORT=http` is not understood and is ignored; write a whole number \
         from 1, such as `9464`",
    ),
    (
        table::TRACES_SAMPLER,
        "sometimes",
        NO,
        "sampler = parentbased_always_on (default)",
        "`OTEL_TRACES_SAMPLER=sometimes`: unknown sampler `sometimes`; valid are `always_on`, \
         `always_off`, `traceidratio`, `rate_limited`, `parentbased_always_on`, \
         `parentbased_always_off`, `parentbased_traceidratio` and `parentbased_rate_limited`",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "1.5",
        RATIO,
        "sampler = traceidratio(1) (from OTEL_TRACES_SAMPLER)",
        "`OTEL_TRACES_SAMPLER_ARG=1.5`: the ratio `1.5` is not between 0 and 1; write a number, \
         such as `0.25`",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "-1",
        &[("OTEL_TRACES_SAMPLER", "rate_limited")],
        "sampler = rate_limited(100) (from OTEL_TRACES_SAMPLER)",
        "`OTEL_TRACES_SAMPLER_ARG=-1`: the rate `-1` is not between 0 and 1000000; write a \
         number, such as `0.25`",
    ),
    (
        table::TRACES_SAMPLER_ARG,
        "NaN",
        RATIO,
        "sampler = traceidratio(1) (from OTEL_TRACES_SAMPLER)",
        "`OTEL_TRACES_SAMPLER_ARG=NaN`: the ratio `NaN` is not between 0 and 1; write a number, \
         such as `0.25`",
    ),
    (
        table::TRACES_SAMPLER,
        "xray",
        NO,
        "sampler = parentbased_always_on (default)",
        "`OTEL_TRACES_SAMPLER=xray`: sampler `xray` is known but not supported; valid are \
         `always_on`, `always_off`, `traceidratio`, `rate_limited`, `parentbased_always_on`, \
         `parentbased_always_off`, `parentbased_traceidratio` and `parentbased_rate_limited`",
    ),
    (
        table::BSP_SCHEDULE_DELAY,
        "5s",
        OTLP,
        "longest wait of a span = 5s (default)",
        "`OTEL_BSP_SCHEDULE_DELAY=5s` is not understood and is ignored; write milliseconds, such \
         as `5000`",
    ),
    (
        table::BSP_EXPORT_TIMEOUT,
        "-1",
        OTLP,
        "export timeout = 30s (default)",
        "`OTEL_BSP_EXPORT_TIMEOUT=-1` is not understood and is ignored; write milliseconds, such \
         as `30000`",
    ),
    (
        table::BSP_MAX_QUEUE_SIZE,
        "0",
        OTLP,
        "spans that may wait = as many as memory holds (default)",
        "`OTEL_BSP_MAX_QUEUE_SIZE=0` is not understood and is ignored; write a whole number from \
         1, such as `2048`",
    ),
    (
        table::BSP_MAX_EXPORT_BATCH_SIZE,
        "1e3",
        OTLP,
        "spans per export = 512 (default)",
        "`OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1e3` is not understood and is ignored; write a whole \
         number from 1, such as `512`",
    ),
    (
        table::ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "-1",
        NO,
        "characters per text = no limit (default)",
        "`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=-1` is not understood and is ignored; write a whole \
         number, such as `1024`",
    ),
    (
        table::ATTRIBUTE_COUNT_LIMIT,
        "many",
        NO,
        "attributes per span = 128 (default)",
        "`OTEL_ATTRIBUTE_COUNT_LIMIT=many` is not understood and is ignored; write a whole \
         number, such as `128`",
    ),
    (
        table::SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        "x",
        &[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10")],
        "characters per text = 10 (from OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT)",
        "`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=x` is not understood and is ignored; write a \
         whole number, such as `1024`",
    ),
    (
        table::SPAN_ATTRIBUTE_COUNT_LIMIT,
        "x",
        NO,
        "attributes per span = 128 (default)",
        "`OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=x` is not understood and is ignored; write a whole \
         number, such as `128`",
    ),
    (
        table::SPAN_EVENT_COUNT_LIMIT,
        "x",
        NO,
        "events per span = 128 (default)",
        "`OTEL_SPAN_EVENT_COUNT_LIMIT=x` is not understood and is ignored; write a whole number, \
         such as `128`",
    ),
    (
        table::SPAN_LINK_COUNT_LIMIT,
        "x",
        NO,
        "links per span = 128 (default)",
        "`OTEL_SPAN_LINK_COUNT_LIMIT=x` is not understood and is ignored; write a whole number, \
         such as `128`",
    ),
    (
        table::EVENT_ATTRIBUTE_COUNT_LIMIT,
        "x",
        NO,
        "attributes per event = 128 (default)",
        "`OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT=x` is not understood and is ignored; write a whole \
         number, such as `128`",
    ),
    (
        table::LINK_ATTRIBUTE_COUNT_LIMIT,
        "x",
        NO,
        "attributes per link = 128 (default)",
        "`OTEL_LINK_ATTRIBUTE_COUNT_LIMIT=x` is not understood and is ignored; write a whole \
         number, such as `128`",
    ),
    (
        table::OTLP_ENDPOINT,
        "ftp://c",
        OTLP,
        "otlp endpoint = http://localhost:4318/v1/traces (default)",
        "`OTEL_EXPORTER_OTLP_ENDPOINT=ftp://c` is neither `http` nor `https` and is ignored; \
         write a URL, such as `http://localhost:4318`",
    ),
    (
        table::OTLP_TRACES_ENDPOINT,
        "http://",
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c")],
        "otlp endpoint = http://c/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
        "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://` is no URL and is ignored; write a URL, such \
         as `http://localhost:4318`",
    ),
    (
        table::OTLP_ENDPOINT_ALIAS,
        "http://c:port",
        NO,
        "exporters = none (default)",
        "`OTLP_ENDPOINT=http://c:port` is no URL and is ignored; write a URL, such as \
         `http://localhost:4318`",
    ),
    (
        table::JAEGER_ENDPOINT,
        "http://jaeger:14268/api/traces",
        NO,
        "exporters = none (default)",
        "`JAEGER_ENDPOINT=http://jaeger:14268/api/traces` is an address of Jaeger's retired \
         protocol and is ignored; write that of its OTLP port, as in `http://jaeger:4318`",
    ),
    (
        table::OTLP_HEADERS,
        "hunter2,x=y",
        OTLP,
        "otlp headers = x=… (from OTEL_EXPORTER_OTLP_HEADERS)",
        "`OTEL_EXPORTER_OTLP_HEADERS` has a member (number 1) without `=` and is ignored; write \
         `name=value,name=value`",
    ),
    (
        table::OTLP_TRACES_HEADERS,
        "a b=hunter2",
        OTLP,
        "otlp headers = none (from OTEL_EXPORTER_OTLP_TRACES_HEADERS)",
        "`OTEL_EXPORTER_OTLP_TRACES_HEADERS` has a member (number 1) that is no header and is \
         ignored; write `name=value,name=value`",
    ),
    (
        table::OTLP_TIMEOUT,
        "10s",
        OTLP,
        "otlp timeout = 10s (default)",
        "`OTEL_EXPORTER_OTLP_TIMEOUT=10s` is not understood and is ignored; write milliseconds, \
         such as `10000`",
    ),
    (
        table::OTLP_TRACES_TIMEOUT,
        "x",
        OTLP,
        "otlp timeout = 10s (default)",
        "`OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=x` is not understood and is ignored; write \
         milliseconds, such as `10000`",
    ),
    (
        table::OTLP_COMPRESSION,
        "zip",
        OTLP,
        "otlp compression = none (default)",
        "`OTEL_EXPORTER_OTLP_COMPRESSION=zip` is not understood and is ignored; write `gzip` or \
         `none`",
    ),
    (
        table::OTLP_TRACES_COMPRESSION,
        "zip",
        &[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")],
        "otlp compression = gzip (from OTEL_EXPORTER_OTLP_COMPRESSION)",
        "`OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=zip` is not understood and is ignored; write \
         `gzip` or `none`",
    ),
    (
        table::OTLP_PROTOCOL,
        "thrift",
        OTLP,
        "otlp protocol = http/protobuf (default)",
        "`OTEL_EXPORTER_OTLP_PROTOCOL=thrift` is not understood and is ignored; write `grpc`, \
         `http/protobuf` or `http/json`",
    ),
    (
        table::OTLP_TRACES_PROTOCOL,
        "smtp",
        OTLP,
        "otlp protocol = http/protobuf (default)",
        "`OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=smtp` is not understood and is ignored; write `grpc`, \
         `http/protobuf` or `http/json`",
    ),
    (
        table::OTLP_INSECURE,
        "yes",
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "c")],
        "otlp endpoint = https://c/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
        "`OTEL_EXPORTER_OTLP_INSECURE=yes` is neither `true` nor `false` and counts as `false`; \
         write `true` or `false`",
    ),
    (
        table::OTLP_TRACES_INSECURE,
        "yes",
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "c"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ],
        "otlp endpoint = https://c/v1/traces (from OTEL_EXPORTER_OTLP_ENDPOINT)",
        "`OTEL_EXPORTER_OTLP_TRACES_INSECURE=yes` is neither `true` nor `false` and counts as \
         `false`; write `true` or `false`",
    ),
    (
        table::OTLP_INSECURE_ALIAS,
        "maybe",
        OTLP,
        "exporters = otlp (from OTEL_TRACES_EXPORTER)",
        "`OTLP_INSECURE=maybe` is not understood and is ignored; write `true` or `false`",
    ),
    (
        table::ZIPKIN_ENDPOINT,
        "scribe://z:9410",
        &[("OTEL_TRACES_EXPORTER", "zipkin")],
        "zipkin endpoint = http://localhost:9411/api/v2/spans (default)",
        "`OTEL_EXPORTER_ZIPKIN_ENDPOINT=scribe://z:9410` is neither `http` nor `https` and is \
         ignored; write a URL, such as `http://localhost:4318`",
    ),
    (
        table::ZIPKIN_TIMEOUT,
        "soon",
        &[("OTEL_TRACES_EXPORTER", "zipkin")],
        "zipkin timeout = 10s (default)",
        "`OTEL_EXPORTER_ZIPKIN_TIMEOUT=soon` is not understood and is ignored; write \
         milliseconds, such as `10000`",
    ),
];

/// A variable of ours, a value that it does not take, and the problem.
const REFUSED: &[(&Variable, &str, &str)] = &[
    (
        table::LEVEL,
        "info,shop=loud",
        "`SPANDREL_LEVEL=info,shop=loud` has `loud` for `shop`, which is no level; write a level, \
         modules with levels, or both: `info,shop::db=trace`",
    ),
    (
        table::LOG,
        "info,shop=loud,[span]=debug",
        "`SPANDREL_LOG=info,shop=loud,[span]=debug` has `shop=loud` and `[span]=debug`, which is \
         no directive; write a level, targets with levels, or both: `info,shop::db=trace`",
    ),
    (
        table::LOG_FORMAT,
        "xml",
        "`SPANDREL_LOG_FORMAT=xml` is not understood; write `json`, `pretty` or `off`",
    ),
    (
        table::LOG_SAMPLING,
        "some",
        "`SPANDREL_LOG_SAMPLING=some` is not understood; write `all` or `trace`",
    ),
    (table::DEBUG, "maybe", "`SPANDREL_DEBUG=maybe` is not understood; write `true` or `false`"),
    (table::SUMMARY, "long", "`SPANDREL_SUMMARY=long` is not understood; write `true` or `false`"),
    (
        table::REDACT_PATTERNS,
        "cust-{digits}",
        "`SPANDREL_REDACT_PATTERNS=cust-{digits}`: `digits` is no class of characters; write one of \
         `alnum`, `base64`, `digit`, `hex`, `letter`, `lower`, `upper`, `visible`",
    ),
    (
        table::RESILIENCE,
        "half",
        "`SPANDREL_RESILIENCE=half` is not understood; write `true` or `false`",
    ),
    (
        table::CONFIG,
        "/no/such/file",
        "`SPANDREL_CONFIG=/no/such/file` cannot be read; write the path of a file of less than a \
         megabyte",
    ),
    (table::MIRROR, "all", "`SPANDREL_MIRROR=all` is not understood; write `true` or `false`"),
    (
        table::CONSOLE,
        "graph",
        "`SPANDREL_CONSOLE=graph` is not understood; write `tree`, `json` or `off`",
    ),
    (table::FILE_BYTES, "10k", "`SPANDREL_FILE_BYTES=10k` is too little; write at least `1MiB`"),
    (
        table::FILE_COUNT,
        "0",
        "`SPANDREL_FILE_COUNT=0` is not understood; write a whole number from 1, such as `4`",
    ),
    (
        table::SPOOL_BYTES,
        "much",
        "`SPANDREL_SPOOL_BYTES=much` is not understood; write a number of bytes, such as `16MiB`",
    ),
    (
        table::SPOOL_BYTES,
        "1MiB",
        "`SPANDREL_SPOOL_BYTES=1MiB` is too little; write at least `4MiB`",
    ),
    (
        table::KEEP_ERRORS,
        "some",
        "`SPANDREL_KEEP_ERRORS=some` is not understood; write `true` or `false`",
    ),
    (
        table::WINDOWS,
        "1m,5",
        "`SPANDREL_WINDOWS=1m,5` is not understood; write times with their units, such as \
         `1m,5m,1h`",
    ),
    (
        table::WINDOWS,
        "1s",
        "`SPANDREL_WINDOWS=1s` has one of 1s, which is not between 10 s and a day; write times \
         with their units, such as `1m,5m,1h`",
    ),
    (
        table::KEEP_SLOW,
        "500",
        "`SPANDREL_KEEP_SLOW=500` is not understood; write a time with its unit, such as `500ms`",
    ),
    (
        table::FLIGHT_ON_PANIC,
        "never",
        "`SPANDREL_FLIGHT_ON_PANIC=never` is not understood; write `true` or `false`",
    ),
    (
        table::FLIGHT_DUMPS,
        "0",
        "`SPANDREL_FLIGHT_DUMPS=0` is not understood; write a whole number from 1, such as `8`",
    ),
    (
        table::FLIGHT_RECORDER,
        "1k",
        "`SPANDREL_FLIGHT_RECORDER=1k` is too little; write at least `64KiB`",
    ),
    (
        table::FLIGHT_SIGNAL,
        "SIGKILL",
        "`SPANDREL_FLIGHT_SIGNAL=SIGKILL` is not understood; write `SIGUSR1`, `SIGUSR2` or `none`",
    ),
    (
        table::ADMIN,
        "9464",
        "`SPANDREL_ADMIN=9464` is not understood; write a host and a port, such as \
         `127.0.0.1:9464`",
    ),
    (
        table::ADMIN,
        "0.0.0.0:9464",
        "other machines may reach the admin server on `0.0.0.0:9464` (from SPANDREL_ADMIN), so it \
         has to ask for a token; set `SPANDREL_ADMIN_TOKEN`, or write `127.0.0.1:9464`",
    ),
    (
        table::ADMIN_TOKEN,
        "hunter 2",
        "`SPANDREL_ADMIN_TOKEN` has characters that a header cannot hold; write letters, digits \
         and signs, without spaces",
    ),
    (
        table::PROMETHEUS_NAMES,
        "dots",
        "`SPANDREL_PROMETHEUS_NAMES=dots` is not understood; write `underscores` or `utf8`",
    ),
    (
        table::REMOTE_WRITE_ENDPOINT,
        "ftp://me:hunter2@p",
        "`SPANDREL_REMOTE_WRITE_ENDPOINT` is neither `http` nor `https`; write a URL, such as \
         `http://localhost:4318`",
    ),
    (
        table::REMOTE_WRITE_HEADERS,
        "a=b,hunter2",
        "`SPANDREL_REMOTE_WRITE_HEADERS` has a member (number 2) without `=`; write \
         `name=value,name=value`",
    ),
    (
        table::REMOTE_WRITE_INTERVAL,
        "15",
        "`SPANDREL_REMOTE_WRITE_INTERVAL=15` is not understood; write a time with its unit, such \
         as `15s`",
    ),
    (
        table::REMOTE_WRITE_INTERVAL,
        "1ms",
        "`SPANDREL_REMOTE_WRITE_INTERVAL=1ms` is too little; write at least `100ms`",
    ),
    (
        table::REMOTE_WRITE_TIMEOUT,
        "0s",
        "`SPANDREL_REMOTE_WRITE_TIMEOUT=0s` is not understood; write a time with its unit, such \
         as `10s`",
    ),
    (
        table::REMOTE_WRITE_NATIVE_HISTOGRAMS,
        "maybe",
        "`SPANDREL_REMOTE_WRITE_NATIVE_HISTOGRAMS=maybe` is not understood; write `true` or `false`",
    ),
    (
        table::REMOTE_WRITE_VERSION,
        "3",
        "`SPANDREL_REMOTE_WRITE_VERSION=3` is not understood; write `auto`, `1` or `2`",
    ),
    (
        table::MEMORY,
        "16 parsecs",
        "`SPANDREL_MEMORY=16 parsecs` is not understood; write a number of bytes, such as `16MiB`",
    ),
    (table::MEMORY, "1k", "`SPANDREL_MEMORY=1k` is too little; write at least `256KiB`"),
    (
        table::CLOCK,
        "sundial",
        "`SPANDREL_CLOCK=sundial` is not understood; write `auto`, `monotonic` or `tsc`",
    ),
    (
        table::CHAOS,
        "true",
        "`SPANDREL_CHAOS=true` is not understood; write `on`, `scoped` or `off`",
    ),
    (
        table::SAMPLER_OVERRIDES,
        "shop::db",
        "`SPANDREL_TRACES_SAMPLER_OVERRIDES=shop::db`: `shop::db` sets no sampler; write \
         `shop::db=always_off`",
    ),
    (
        table::SAMPLER_OVERRIDES,
        "shop::*x=always_on",
        "`SPANDREL_TRACES_SAMPLER_OVERRIDES=shop::*x=always_on`: `shop::*x` is no pattern; write \
         the path of a function, `module::*` or `*`",
    ),
];

#[test]
fn every_variable_that_can_be_wrong_has_a_case() {
    let takes_anything =
        |kind| matches!(kind, Kind::Text | Kind::Secret | Kind::Path | Kind::Presence);
    // What only a compiler reads is not looked at when the program runs.
    for row in TABLE.iter().filter(|row| row.name != table::MACROS_DEBUG.name) {
        let has_case = match row.origin {
            Origin::Own => REFUSED.iter().any(|case| case.0.name == row.name),
            _ => WARNED.iter().any(|case| case.0.name == row.name),
        };
        assert!(has_case || takes_anything(row.kind), "{} has no case", row.name);
    }
}

#[test]
fn a_value_that_is_not_understood_gives_one_warning_and_the_default() {
    for (variable, value, others, left, warning) in WARNED {
        let mut variables = others.to_vec();
        variables.push((variable.name, value));

        let settings = resolve(&variables);

        assert_eq!(said(&settings, Level::Warn), [*warning]);
        assert!(has_line(&settings, left), "no `{left}` in\n{}", explanation(&settings));
    }
}

#[test]
fn a_value_of_ours_that_is_not_understood_is_an_error() {
    for (variable, value, problem) in REFUSED {
        let problems = problems(&[(variable.name, value)]);

        assert_eq!(problems.to_string(), *problem);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let problems = problems(&[
        ("SPANDREL_CLOCK", "sundial"),
        ("SPANDREL_MEMORY", "1k"),
        ("SPANDREL_MEMROY", "16MiB"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
    ]);

    let texts: Vec<_> = problems.iter().collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert_eq!(texts[0], "`SPANDREL_MEMROY` is no variable of Spandrel; write `SPANDREL_MEMORY`");
}

#[test]
fn a_bad_option_of_a_policy_is_reported_with_all_others() {
    let problems = problems(&[
        ("SPANDREL_CLOCK", "sundial"),
        ("SPANDREL__SHOP__CHARGE__RETRY__MAX_ATTEMPTS", "0"),
        ("spandrel__shop__charge__retry__wait", "1s"),
    ]);

    let texts: Vec<_> = problems.iter().collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    let bad = "`SPANDREL__SHOP__CHARGE__RETRY__MAX_ATTEMPTS=0` is not understood; write a whole";
    assert!(texts.iter().any(|text| text.starts_with(bad)), "{texts:?}");
    let unknown = "`spandrel__shop__charge__retry__wait` is no option of `retry`; write one of";
    assert!(texts.iter().any(|text| text.starts_with(unknown)), "{texts:?}");
}
