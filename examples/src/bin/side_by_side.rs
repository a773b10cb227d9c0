//! Two ways of tracing over the same code, and where they differ: tracing-opentelemetry, which the
//! program had, and Spandrel, which it tries.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin side_by_side
//! ```

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use spandrel::testing::compare::{Comparison, SideBySide, There};
use tracing::{info, info_span, instrument};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

#[instrument]
fn order(item: &str, pieces: u64) -> u64 {
    let price = info_span!("price", item).in_scope(|| {
        info!("looked up");
        7
    });
    login("ann", "hunter2");
    price * pieces
}

#[instrument]
fn login(user: &str, password: &str) -> bool {
    user.len() < password.len()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let both = SideBySide::new();
    let old = SdkTracerProvider::builder().with_simple_exporter(There::new(&both)).build();
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(old.tracer("shop")))
        .with(spandrel::tracing::layer())
        .init();
    let telemetry = spandrel::builder!().exporter(both.here()).init()?;

    for item in ["lamp", "chair"] {
        println!("{item}: {}", order(item, 2));
    }

    telemetry.flush(Duration::from_secs(5))?;
    print!("{}", both.report(&Comparison::with_tracing_opentelemetry()));
    drop(telemetry);
    Ok(())
}
