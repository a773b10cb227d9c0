//! Spans of `async` functions in traits: those of the language, and those of the `async-trait` crate
//! for traits that are used as `dyn`.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin async_trait
//! ```

use std::collections::HashMap;

use spandrel::{Error, traced};
use spandrel_examples::Lines;

/// Cannot be made into a `dyn Greeter`: its function is `async` in the language.
trait Greeter {
    async fn greet(&self, name: &str) -> String;
}

struct Polite;

#[traced]
impl Greeter for Polite {
    async fn greet(&self, #[field] name: &str) -> String {
        tokio::task::yield_now().await;
        format!("good morning, {name}")
    }
}

/// Is used as `dyn Store`.
#[async_trait::async_trait]
trait Store: Send + Sync {
    async fn name(&self, id: u32) -> Option<String>;

    /// A provided function is traced where the trait is.
    #[traced]
    async fn name_or(&self, #[field] id: u32, default: &str) -> String {
        self.name(id).await.unwrap_or_else(|| default.to_owned())
    }
}

struct Memory(HashMap<u32, String>);

// The order of the two attributes carries no meaning.
#[traced(kind = client)]
#[async_trait::async_trait]
impl Store for Memory {
    async fn name(&self, #[field] id: u32) -> Option<String> {
        tokio::task::yield_now().await;
        self.0.get(&id).cloned()
    }
}

#[traced]
async fn welcome(store: &dyn Store, greeter: &impl Greeter, id: u32) -> String {
    let name = store.name_or(id, "stranger").await;
    greeter.greet(&name).await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let telemetry = spandrel::builder!().exporter(Lines).init()?;

    let store = Memory(HashMap::from([(1, "Ann".to_owned())]));
    println!("{}", welcome(&store, &Polite, 1).await);
    println!("{}", welcome(&store, &Polite, 2).await);

    drop(telemetry);
    Ok(())
}
