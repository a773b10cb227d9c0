//! An HTTP client with somebody else's instrumentation.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result};
use reqwest_tracing::{SpanBackendWithUrl, TracingMiddleware};
use spandrel::trace::propagation;

/// Sends the trace along: the middleware in front does so for versions of OpenTelemetry only.
struct Inject;

#[async_trait::async_trait]
impl Middleware for Inject {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        propagation::inject(request.headers_mut());
        next.run(request, extensions).await
    }
}

/// Posts nothing, and returns the body of the answer.
pub(crate) async fn post(url: &str) -> String {
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(TracingMiddleware::<SpanBackendWithUrl>::new())
        .with(Inject)
        .build();
    client.post(url).send().await.unwrap().text().await.unwrap()
}
