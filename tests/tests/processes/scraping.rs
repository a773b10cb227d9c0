//! A whole program and a real Prometheus.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use spandrel_tests::prometheus::{self, Prometheus};

use crate::probe::{Probe, Running};

const TEXT: &str = "text/plain;version=0.0.4";
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
const PROTOBUF: &str = "application/vnd.google.protobuf;\
    proto=io.prometheus.client.MetricFamily;encoding=delimited";
const ALL: [&str; 3] = ["text", "openmetrics", "protobuf"];

fn start(probe: Probe) -> (Running, SocketAddr) {
    let mut running = probe.env("OTEL_SERVICE_NAME", "shop").start();
    running.wait_for("ready");
    let address = running.said("address").parse().expect("the probe says where it listens");
    (running, address)
}

/// The same program, in each of the formats.
fn scraped(address: SocketAddr) -> Option<Prometheus> {
    Prometheus::start(&[
        ("text", prometheus::relay(address, TEXT)),
        ("openmetrics", prometheus::relay(address, OPEN_METRICS)),
        // What it likes best.
        ("protobuf", address),
    ])
}

#[test]
fn prometheus_reads_what_was_counted_in_each_format() {
    let (running, address) = start(Probe::new("scraping", "admin"));
    let Some(prometheus) = scraped(address) else { return };

    for job in ALL {
        let values = |name: &str, more: &str, count| {
            prometheus.values(&format!("{name}{{job=\"{job}\"{more}}}"), count)
        };
        assert_eq!(values("up", "", 1), [1.0], "{job}");
        assert_eq!(values("shop_orders_created_total", "", 2), [1.0, 41.0], "{job}");
        assert_eq!(values("shop_orders_created_total", ",region=\"eu\"", 1), [41.0], "{job}");
        assert_eq!(values("shop_queue_utilization_ratio", "", 1), [0.25], "{job}");
        assert_eq!(values("bytes_total", "", 1), [512.0], "{job}");
        assert_eq!(values("shop_queue_size_number", "", 1), [3.0], "{job}");
        let odd = r#",text="\"a\\b\"\n{c}""#;
        assert_eq!(values("shop_odd_total", odd, 1), [1.0], "{job}");
        let charge = ",code_function_name=~\".*::charge\"";
        let calls = format!("{charge},outcome=\"ok\"");
        assert_eq!(values("function_calls_total", &calls, 1), [100.0], "{job}");
        let failed = format!("{charge},error_type=~\".*TryFromIntError\"");
        assert_eq!(values("function_calls_total", &failed, 1), [7.0], "{job}");
        assert_eq!(values("function_active_calls", charge, 1), [0.0], "{job}");
        assert_eq!(values("target_info", ",service_name=\"shop\"", 1), [1.0], "{job}");
    }
    running.end().assert_success();
}

#[test]
fn prometheus_reads_what_policies_did_in_each_format() {
    let (running, address) = start(Probe::new("scraping", "admin"));
    let Some(prometheus) = scraped(address) else { return };

    for job in ALL {
        let value = |name: &str, more: &str| {
            let query = format!("resilience_{name}{{job=\"{job}\",{more}}}");
            prometheus.values(&query, 1)[0]
        };
        let pay = |name: &str, more: &str| value(name, &format!("policy=\"pay\"{more}"));
        // Two attempts of the first call, one of the second, and then it is open.
        assert_eq!(pay("circuit_breaker_calls_total", ",kind=\"failure\""), 3.0, "{job}");
        assert_eq!(pay("circuit_breaker_calls_total", ",kind=\"rejected\""), 2.0, "{job}");
        let states = format!("resilience_circuit_breaker_state{{job=\"{job}\",policy=\"pay\"}}");
        assert_eq!(prometheus.values(&states, 5), [0.0, 0.0, 0.0, 0.0, 1.0], "{job}");
        assert_eq!(pay("circuit_breaker_state", ",state=\"open\""), 1.0, "{job}");
        let opened = ",to=\"open\",reason=\"consecutive\"";
        assert_eq!(pay("circuit_breaker_transitions_total", opened), 1.0, "{job}");
        assert!(pay("circuit_breaker_time_in_state_seconds_total", ",state=\"open\"") > 0.0);
        assert_eq!(pay("retry_attempts_total", ""), 2.0, "{job}");
        assert_eq!(pay("retry_calls_total", ",reason=\"rejected\""), 2.0, "{job}");
        assert_eq!(pay("retry_budget_retries_total", ",kind=\"afforded\""), 2.0, "{job}");
        let price = "policy=\"price\",key=\"eu\"";
        let limited = value("rate_limiter_calls_total", &format!("{price},kind=\"rejected\""));
        assert_eq!(limited, 1.0, "{job}");
        let served = "policy=\"price\",kind=\"rate_limited\"";
        assert_eq!(value("fallback_calls_total", served), 1.0, "{job}");
        assert_eq!(value("bulkhead_in_flight", "policy=\"price\""), 0.0, "{job}");
    }
    let rejected = "function_calls_total{job=\"text\",outcome=\"rejected\",\
                    code_function_name=~\".*::pay\"}";
    assert_eq!(prometheus.values(rejected, 1), [2.0]);
    running.end().assert_success();
}

#[test]
fn a_policy_is_held_by_hand_by_whoever_has_the_token() {
    let probe = Probe::new("scraping", "admin").env("SPANDREL_ADMIN_TOKEN", "s3cret");
    let (running, address) = start(probe);
    let post = |token: &str, query: &str| {
        let headers = format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "POST /policies?{query} HTTP/1.1\r\n{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let close = "name=pay&kind=circuit_breaker&action=reset";

    assert!(post("guess", close).starts_with("HTTP/1.1 401 "));
    let answer = post("s3cret", close);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(" closed "), "{answer}");
    assert!(post("s3cret", "name=pay&action=reset").starts_with("HTTP/1.1 400 "));

    running.end().assert_success();
}

#[test]
fn quantiles_are_those_of_what_was_measured() {
    let (running, address) = start(Probe::new("scraping", "admin"));
    let Some(prometheus) = scraped(address) else { return };

    let native = prometheus.values("histogram_quantile(0.5, shop_order_size_bytes)", 1)[0];
    let count = prometheus.values("histogram_count(shop_order_size_bytes)", 1)[0];
    let sum = prometheus.values("histogram_sum(shop_order_size_bytes)", 1)[0];
    // Within the error of a bucket: its bounds are 9 % apart.
    assert!((native / 500.0 - 1.0).abs() < 0.09, "{native}");
    assert_eq!((count, sum), (1_000.0, 500_500.0));
    let duration = "histogram_count(function_duration_seconds{code_function_name=~\".*::charge\"})";
    assert_eq!(prometheus.values(duration, 1), [107.0]);
    for job in ["text", "openmetrics"] {
        let bucket = |bound: &str| {
            let series = format!("shop_order_size_bytes_bucket{{job=\"{job}\",le=\"{bound}\"}}");
            prometheus.values(&series, 1)[0]
        };
        assert_eq!((bucket("256.0"), bucket("1024.0"), bucket("+Inf")), (256.0, 1_000.0, 1_000.0));
        let charge = |more: &str| {
            let labels = format!("job=\"{job}\",code_function_name=~\".*::charge\"{more}");
            format!("function_duration_seconds_bucket{{{labels}}}")
        };
        // Twelve powers of four, the objective, and all.
        assert_eq!(prometheus.values(&charge(""), 14)[13], 107.0);
        assert_eq!(prometheus.values(&charge(",le=\"0.3\""), 1).len(), 1);
    }
    running.end().assert_success();
}

#[test]
fn exemplars_lead_to_their_trace() {
    let (mut running, address) = start(Probe::new("scraping", "admin"));
    let trace = running.said("trace");
    let Some(prometheus) = scraped(address) else { return };

    for query in [
        "function_duration_seconds_bucket{job=\"openmetrics\"}",
        "function_duration_seconds{job=\"protobuf\"}",
        "shop_orders_created_total{job=\"openmetrics\"}",
    ] {
        for exemplar in prometheus.exemplars(query) {
            assert_eq!(exemplar["labels"]["trace_id"], trace.as_str(), "{query}");
        }
    }
    running.end().assert_success();
}

#[test]
fn promtool_finds_nothing_to_complain_of() {
    let (running, address) = start(Probe::new("scraping", "metrics"));
    let answer = prometheus::get(address, "/metrics", TEXT).unwrap();

    let Some(said) = prometheus::lint(&answer.body) else { return };

    assert_eq!(said, "", "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    running.end().assert_success();
}

#[test]
fn a_timed_function_costs_at_most_thirty_series_however_its_calls_end() {
    let (running, address) = start(Probe::new("scraping", "metrics"));

    for format in [TEXT, OPEN_METRICS] {
        let answer = prometheus::get(address, "/metrics", format).unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        let of = |function: &str| -> Vec<&str> {
            let named = format!("::{function}\"");
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.filter(|line| line.contains(&named)).collect()
        };
        let calls = |function| {
            let lines = of(function).into_iter().filter(|line| line.contains("_calls_total{"));
            let values = lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
            (values.clone().count(), values.sum::<u64>())
        };
        let series = ["charge", "plain", "worst"].map(|function| of(function).len());
        assert_eq!(series, [21, 29, 30], "{text}");
        // Four ways to end, and errors: of eight types and further ones, or of three.
        assert_eq!((calls("plain"), calls("worst")), ((13, 14), (8, 14)), "{text}");
    }
    running.end().assert_success();
}

#[test]
fn metrics_alone_are_served_where_only_they_were_asked_for() {
    let (running, address) = start(Probe::new("scraping", "metrics"));
    let status = |target| prometheus::get(address, target, PROTOBUF).unwrap().status;

    assert_eq!((status("/metrics"), status("/functions"), status("/health/live")), (200, 404, 404));
    running.end().assert_success();
}

#[test]
fn the_admin_server_shows_functions_and_no_captured_values() {
    let (running, address) = start(Probe::new("scraping", "admin"));

    let answer = prometheus::get(address, "/functions", "*/*").unwrap();

    let list: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let find = |name: &str| list.as_array().unwrap().iter().any(|one| one["name"] == name);
    assert!(find("charge") && find("count"), "{list:#}");
    running.end().assert_success();
}

#[test]
fn variables_of_opentelemetry_serve_metrics() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let probe = Probe::new("scraping", "environment")
        .env("OTEL_METRICS_EXPORTER", "prometheus")
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", &port);

    let (running, address) = start(probe);

    assert_eq!(address.to_string(), format!("127.0.0.1:{port}"));
    assert_eq!(prometheus::get(address, "/metrics", TEXT).unwrap().status, 200);
    running.end().assert_success();
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_so() {
    let outcome = Probe::new("scraping", "taken").run();

    outcome.assert_success();
    let error = outcome.said("error");
    assert!(error.starts_with("the admin server cannot listen on `127.0.0.1:"), "{error}");
    assert!(error.ends_with("stop it, or choose another port"), "{error}");
}

#[test]
fn a_port_of_opentelemetry_that_is_taken_is_a_warning_and_the_program_runs() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let probe = Probe::new("scraping", "environment")
        .env("OTEL_METRICS_EXPORTER", "prometheus")
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", &port);

    let outcome = probe.run();

    outcome.assert_success();
    outcome.assert_said(&[("stopped", "true")]);
    assert_eq!(outcome.lines_with("choose another port; nothing is served"), 1, "{outcome:?}");
}

#[test]
fn what_others_can_reach_needs_a_token() {
    let outcome = Probe::new("scraping", "environment").env("SPANDREL_ADMIN", "0.0.0.0:0").run();

    assert!(outcome.said("error").contains("it has to ask for a token"), "{outcome:?}");
}

#[test]
fn the_pages_stand_beside_those_of_the_program() {
    let (running, address) = start(Probe::new("routing", "serve"));
    let ask = |target, accept| prometheus::get(address, target, accept).unwrap();

    let orders = ask("/orders", "*/*");
    let metrics = ask("/metrics", OPEN_METRICS);
    let functions = ask("/functions", "*/*");
    let live = ask("/health/live", "*/*");

    assert_eq!(orders.body, b"none");
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("\nrouter_seen_total{") && text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("\ntarget_info{") && text.contains("service_name=\"shop\""), "{text}");
    assert_eq!(metrics.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(serde_json::from_slice::<serde_json::Value>(&functions.body).unwrap().is_array());
    assert_eq!((live.status, live.body.as_slice()), (200, &b"live\n"[..]));
    running.end().assert_success();
}

#[test]
fn a_router_answers_nobody_without_the_token() {
    for is_disabled in ["false", "true"] {
        let probe = Probe::new("routing", "ask").env("OTEL_SDK_DISABLED", is_disabled);
        let outcome = probe.run();

        outcome.assert_success();
        let expected = [
            // Who may ask is not known yet.
            ("stranger.before", "503"),
            ("friend.before", "503"),
            ("stranger.after", "401"),
            ("friend.after", "200"),
            ("second", "true"),
            ("stranger.second", "401"),
            ("friend.second", "200"),
            ("stopped", "true"),
            ("stranger.stopped", "401"),
            ("friend.stopped", "200"),
        ];
        outcome.assert_said(&expected);
    }
}

#[test]
fn what_is_written_to_prometheus_arrives_there() {
    let Some(prometheus) = Prometheus::start(&[]) else { return };
    let probe = Probe::new("scraping", "environment")
        .env("OTEL_SERVICE_NAME", "shop")
        .env("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=eu,service.instance.id=a1")
        .env("SPANDREL_REMOTE_WRITE_ENDPOINT", &prometheus.write_endpoint())
        .env("SPANDREL_REMOTE_WRITE_NATIVE_HISTOGRAMS", "true")
        .env("SPANDREL_REMOTE_WRITE_INTERVAL", "200ms");
    let mut running = probe.start();
    running.wait_for("ready");
    let trace = running.said("trace");

    let of_it = "job=\"eu/shop\",instance=\"a1\"";
    let values = |name: &str, more: &str, count| {
        prometheus.values(&format!("{name}{{{of_it}{more}}}"), count)
    };
    assert_eq!(values("shop_orders_created_total", "", 2), [1.0, 41.0]);
    assert_eq!(values("shop_order_size_bytes_bucket", ",le=\"256.0\"", 1), [256.0]);
    assert_eq!(prometheus.values("histogram_count(shop_order_size_bytes)", 1), [1_000.0]);
    assert_eq!(values("target_info", "", 1), [1.0]);
    for exemplar in prometheus.exemplars("function_duration_seconds_bucket") {
        assert_eq!(exemplar["labels"]["trace_id"], trace.as_str());
    }
    let outcome = running.end();
    outcome.assert_success();
    outcome.assert_said(&[("stopped", "true"), ("remote_write.dropped", "0")]);
    assert!(outcome.number("remote_write.delivered") > 50, "{outcome:?}");
    assert_eq!(outcome.stderr, "", "{}", prometheus.log());
}

#[test]
fn a_short_program_writes_what_it_counted_before_it_ends() {
    let Some(prometheus) = Prometheus::start(&[]) else { return };
    let probe = Probe::new("scraping", "environment")
        .env("OTEL_SERVICE_NAME", "batch")
        .env("SPANDREL_REMOTE_WRITE_ENDPOINT", &prometheus.write_endpoint());

    let outcome = probe.run();

    outcome.assert_success();
    let query = "shop_orders_created_total{job=\"batch\"}";
    assert_eq!(prometheus.values(query, 2), [1.0, 41.0]);
}
