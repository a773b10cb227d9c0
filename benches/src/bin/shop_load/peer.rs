//! The services with `tracing-opentelemetry` and the SDK, as their documentation puts them together.
//!
//! Less than ours: no span for a query, log records only within spans, no correlation id, and of functions only
//! spans.

use std::{future::Future, sync::LazyLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::{Next, from_fn},
    response::Response,
};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
    trace::TracerProvider as _,
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::{
    metrics::SdkMeterProvider, propagation::TraceContextPropagator, trace::SdkTracerProvider,
};
use reqwest_middleware::{ClientBuilder, Middleware};
use tokio::runtime::Runtime;
use tracing::{Instrument as _, Span, field::Empty, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _};

use super::service::services;

services!(
    "tracing-opentelemetry",
    each: [instrument(skip_all)],
    store: [instrument(skip_all, err)],
    of_order(order): [instrument(skip_all, fields(order.id = order))]
);

fn run(serve: impl Future<Output = Result<()>>) -> Result<()> {
    let spans = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let spans = SdkTracerProvider::builder().with_batch_exporter(spans).build();
    let metrics = opentelemetry_otlp::MetricExporter::builder().with_http().build()?;
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(metrics).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_meter_provider(metrics.clone());
    let layer = tracing_opentelemetry::layer().with_tracer(spans.tracer("shop"));
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(layer);
    tracing::subscriber::set_global_default(subscriber)?;

    Runtime::new()?.block_on(serve)?;
    spans.shutdown()?;
    metrics.shutdown()?;
    Ok(())
}

struct Instruments {
    durations: Histogram<f64>,
    sold: Counter<u64>,
    value: Histogram<f64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("shop");
    Instruments {
        durations: meter.f64_histogram("http.server.request.duration").with_unit("s").build(),
        sold: meter.u64_counter("shop.orders.sold").build(),
        value: meter.f64_histogram("shop.order.value").with_unit("EUR").build(),
    }
});

fn around(routes: Router) -> Router {
    routes.layer(from_fn(serve))
}

async fn serve(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().as_str().to_owned();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(|route| route.as_str().to_owned()).unwrap_or_default();
    let span = info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        url.scheme = "http",
        http.response.status_code = Empty,
    );
    let parent = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(request.headers()))
    });
    let _ = span.set_parent(parent);
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    INSTRUMENTS.durations.record(
        began.elapsed().as_secs_f64(),
        &[
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route),
            KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())),
            KeyValue::new("url.scheme", "http"),
        ],
    );
    response
}

/// A span for each request that goes out, whose context goes along.
struct Client;

#[async_trait::async_trait]
impl Middleware for Client {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let span = info_span!(
            "request",
            otel.name = request.method().as_str(),
            otel.kind = "client",
            http.request.method = request.method().as_str(),
            url.full = request.url().as_str(),
            server.address = request.url().host_str(),
            server.port = request.url().port(),
            http.response.status_code = Empty,
        );
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&span.context(), &mut HeaderInjector(request.headers_mut()));
        });
        async {
            let response = next.run(request, extensions).await?;
            Span::current().record("http.response.status_code", response.status().as_u16());
            Ok(response)
        }
        .instrument(span.clone())
        .await
    }
}

fn middleware(client: reqwest::Client) -> ClientWithMiddleware {
    ClientBuilder::new(client).with(Client).build()
}

fn sold(item: &str, euros: f64) {
    INSTRUMENTS.sold.add(1, &[KeyValue::new("item", item.to_owned())]);
    INSTRUMENTS.value.record(euros, &[]);
}
