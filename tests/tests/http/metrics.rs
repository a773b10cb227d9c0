//! What is counted of requests.

use std::time::Duration;

use axum::{
    Router,
    http::StatusCode,
    routing::{get as on_get, post},
};
use spandrel::{
    http::{self, Slo},
    testing,
};

use crate::setting::{get, good, raw, run, said, scraped, serve};

const DURATION: &str = "http.server.request.duration";

fn labels<'a>(
    route: &'a str,
    status: u16,
    error: Option<&'a str>,
) -> impl spandrel::metrics::Labels + 'a {
    labels_with("http", route, status, error)
}

fn labels_with<'a>(
    scheme: &'a str,
    route: &'a str,
    status: u16,
    error: Option<&'a str>,
) -> impl spandrel::metrics::Labels + 'a {
    (
        ("http.request.method", "GET"),
        (
            ("url.scheme", scheme),
            (("http.route", route), (("http.response.status_code", status), ("error.type", error))),
        ),
    )
}

#[test]
fn requests_are_counted_by_method_route_and_status() {
    run(async |_capture| {
        let app = Router::new()
            .route("/counted/{id}", on_get(|| async { "twelve bytes" }))
            .route("/counted-failing", on_get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .layer(http::server());
        let address = serve(app).await;

        for path in ["/counted/1", "/counted/2", "/counted/3", "/counted-failing"] {
            get(address, path, "").await;
        }

        let metrics = testing::metrics();
        let good = labels("/counted/{id}", 200, None);
        let durations = metrics.distribution(DURATION, &good).unwrap();
        assert_eq!(durations.count, 3);
        assert!(durations.sum > 0.0 && durations.sum < 60.0, "{durations:?}");
        let sizes = metrics.distribution("http.server.response.body.size", &good).unwrap();
        assert_eq!((sizes.count, sizes.sum), (3, 36.0));
        let failed = labels("/counted-failing", 500, Some("500"));
        assert_eq!(metrics.distribution(DURATION, &failed).unwrap().count, 1);
        let labels = scraped().await;
        assert!(labels.contains("/counted/{id}"), "{labels}");
        assert!(!labels.contains("/counted/1"), "a path is no label");
    });
}

#[test]
fn requests_that_are_being_served_are_counted_up_and_down() {
    run(async |_capture| {
        let active = |method: &'static str| {
            let labels = (("http.request.method", method), ("url.scheme", "https"));
            testing::metrics().count("http.server.active_requests", &labels).unwrap_or_default()
        };
        let app = Router::new()
            .route("/", on_get(move || async move { active("GET").to_string() }))
            .layer(http::server().https());
        let address = serve(app).await;

        let answer = get(address, "/", "").await;

        assert!(answer.ends_with("\r\n\r\n1"), "{answer}");
        assert_eq!(active("GET"), 0.0);
    });
}

#[test]
fn of_a_request_s_body_only_what_was_read_is_measured() {
    run(async |_capture| {
        let app = Router::new()
            .route("/read", post(|body: String| async move { body }))
            .route("/ignored", post(|| async { "x" }))
            .layer(http::server());
        let address = serve(app).await;
        let before = testing::metrics();

        for (path, head, body) in [
            ("/read", "Content-Length: 5", "hello"),
            ("/read", "Transfer-Encoding: chunked", "2\r\nhe\r\n4\r\nllo!\r\n0\r\n\r\n"),
            ("/read", "Content-Length: 0", ""),
            ("/read", "X-None: none", ""),
            ("/ignored", "Content-Length: 9000000000000000000", ""),
        ] {
            let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}");
            raw(address, &format!("{head}\r\n\r\n{body}")).await;
        }

        let since = testing::metrics().since(&before);
        let sizes = |route: &str| {
            let labels = (
                ("http.request.method", "POST"),
                (
                    ("url.scheme", "http"),
                    (("http.route", route), ("http.response.status_code", 200_u16)),
                ),
            );
            let sizes = since.distribution("http.server.request.body.size", &labels).unwrap();
            (sizes.count, sizes.sum, sizes.buckets)
        };
        assert_eq!(sizes("/read"), (3, 11.0, vec![(0.0, 1), (64.0, 2)]));
        assert_eq!(sizes("/ignored"), (1, 0.0, vec![(0.0, 1)]));
    });
}

#[test]
fn strangers_make_no_series_by_methods_and_schemes() {
    run(async |capture| {
        let app = Router::new().route("/one-method", on_get(|| async { "x" }));
        let address = serve(app.layer(http::server())).await;
        let target = format!("https://{address}/one-method");

        for line in ["PUT /one-method", "BREW /one-method", &format!("GET {target}")] {
            let request = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            raw(address, &request).await;
        }

        let scraped = scraped().await;
        let series: Vec<_> = scraped
            .lines()
            .filter(|line| line.starts_with("http_server_request_duration_seconds_count{"))
            .filter(|line| line.contains("/one-method"))
            .collect();
        assert_eq!(series.len(), 1, "{series:?}");
        assert!(series[0].contains("\"GET\"") && series[0].contains("\"http\""), "{series:?}");
        let refused = capture.span("PUT /one-method");
        assert_eq!(said(&refused, "http.route"), "/one-method", "the span has it all the same");
        assert_eq!(said(&capture.span("GET /one-method"), "url.scheme"), "http");
    });
}

#[test]
fn an_objective_counts_what_was_good_and_says_its_target() {
    run(async |_capture| {
        let quick = Slo::latency(Duration::from_secs(60)).target(0.999);
        let never = Slo::latency(Duration::ZERO);
        let app = Router::new()
            .route("/judged/{id}", on_get(|| async { "x" }))
            .route("/judged-failing", on_get(|| async { StatusCode::BAD_GATEWAY }))
            .route("/judged-missing", on_get(|| async { StatusCode::NOT_FOUND }))
            .layer(
                http::server()
                    .slo("/judged/{id}", quick)
                    .slo("/judged/{id}", never)
                    .slo("/judged-failing", quick)
                    .slo("/judged-missing", quick),
            );
        let address = serve(app).await;

        for (path, route, expected) in [
            // One of its two objectives nobody can meet.
            ("/judged/1", "/judged/{id}", 1.0),
            ("/judged-failing", "/judged-failing", 0.0),
            // A client's mistake is not the server's.
            ("/judged-missing", "/judged-missing", 1.0),
        ] {
            get(address, path, "").await;
            assert_eq!(good(route).await, expected, "{path}");
        }
        assert!(testing::metrics().names().any(|name| name == "http.server.slo.target"));
    });
}

#[test]
fn programs_without_a_layer_count_too() {
    http::record_request("GET", "/recorded/{id}", 200, Duration::from_millis(12));
    http::record_request_with_scheme("https", "GET", "/recorded/{id}", 600, Duration::ZERO);
    http::record_request("BREW", "/recorded/{id}", 503, Duration::from_millis(12));

    let metrics = testing::metrics();
    let of = |method: &'static str, status: u16, error: Option<&'static str>| {
        let labels = (
            ("http.request.method", method),
            (
                ("http.route", "/recorded/{id}"),
                (("http.response.status_code", status), ("error.type", error)),
            ),
        );
        metrics.distribution(DURATION, &labels)
    };
    assert_eq!(of("GET", 200, None).unwrap().sum, 0.012);
    let odd = labels_with("https", "/recorded/{id}", 600, Some("_OTHER"));
    assert_eq!(metrics.distribution(DURATION, &odd).unwrap().count, 1);
    assert_eq!(of("_OTHER", 503, Some("503")).unwrap().count, 1);
}
