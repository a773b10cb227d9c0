//! The service that the conformance suite of W3C Trace Context asks for; `scripts/w3c` runs it.
//!
//! It is sent a list of addresses and of what to send there, does so, and answers. All that the
//! suite looks at, our two layers do. Says its address on stdout and serves until stdin ends.

use std::{io::Write as _, net::SocketAddr};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::Value;
use spandrel::{
    export::{ExportError, SpanExporter},
    http,
    trace::SpanData,
};
use tokio::{
    io::{AsyncReadExt as _, stdin},
    net::TcpListener,
};

/// Spans are recorded, for otherwise nobody's ids would be sent on; nobody wants to see them.
struct Nowhere;

impl SpanExporter for Nowhere {
    fn export(&mut self, _batch: &[SpanData]) -> Result<(), ExportError> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = spandrel::builder!().exporter(Nowhere).init()?;
    let client = ClientBuilder::new(reqwest::Client::new()).with(http::client()).build();
    let app = Router::new().route("/test", post(test)).with_state(client).layer(http::server());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            // Until whoever started it is gone.
            while stdin().read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
        })
        .await?;
    drop(telemetry);
    Ok(())
}

/// Sends what it is told to.
async fn test(State(client): State<ClientWithMiddleware>, body: String) -> Result<(), StatusCode> {
    let actions: Value = serde_json::from_str(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    for action in actions.as_array().into_iter().flatten() {
        let url = action["url"].as_str().ok_or(StatusCode::BAD_REQUEST)?;
        let request = client.post(url).header("content-type", "application/json");
        let sent = request.body(action["arguments"].to_string()).send().await;
        sent.map_err(|_| StatusCode::BAD_GATEWAY)?;
    }
    Ok(())
}
