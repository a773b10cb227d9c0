//! A library that uses the OpenTelemetry API, between functions that use Spandrel: one trace.
//!
//! ```text
//! cargo run -p spandrel-examples --bin with_opentelemetry
//! ```

use std::{error::Error, time::Duration};

use opentelemetry::{
    Context, KeyValue, global,
    trace::{FutureExt as _, SpanKind, TraceContextExt as _, Tracer as _},
};
use spandrel::traced;

/// Stands for a crate that knows the API of OpenTelemetry, and nothing of Spandrel.
mod store {
    use super::*;

    /// Runs something in the place of the database.
    pub(crate) async fn query<T>(statement: &'static str, run: impl Future<Output = T>) -> T {
        let tracer = global::tracer("store");
        let span = tracer
            .span_builder("query")
            .with_kind(SpanKind::Client)
            .with_attributes([KeyValue::new("db.query.text", statement)])
            .start(&tracer);
        // Its span is a child of ours, because ours is current; what runs is a child of its span.
        let context = Context::current_with_span(span);
        let result = run.with_context(context.clone()).await;
        context.span().add_event("rows read", vec![KeyValue::new("rows", 2)]);
        result
    }
}

#[traced(fields(id))]
async fn order(id: u64) -> usize {
    store::query("SELECT * FROM items", items()).await.len()
}

#[traced]
async fn items() -> Vec<&'static str> {
    vec!["a lamp", decode("a table")]
}

#[traced]
fn decode(item: &str) -> &str {
    item
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = spandrel::builder!().console().opentelemetry_0_33().init()?;

    println!("{} items", order(7).await);

    println!("{}", telemetry.shutdown(Duration::from_secs(5)).await?);
    Ok(())
}
