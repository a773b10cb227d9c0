//! A provider that has a bad day, met with policies and without.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin shop -- outage            # both, and a table
//! cargo run -p spandrel-examples --bin shop -- outage with       # what the policies do, as they do it
//! cargo run -p spandrel-examples --bin shop -- outage without
//! ```
//!
//! The provider takes money and knows rates of exchange. It is a process of its own, whose moods stand
//! in a script (`provider`): it fails now and then, hangs, and asks for patience. The shop asks it by two
//! functions (`client`), the same ones with attributes and without, a hundred times a second
//! (`customers`).

mod client;
mod customers;
pub(crate) mod provider;
mod table;
mod trees;

use std::time::Duration;

use spandrel::export::{ColorChoice, Console};

use self::{client::Provider, customers::Seen, table::Table, trees::Trees};
use super::{Result, service::Child};

/// Whether the provider is asked with policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    With,
    Without,
}

/// Runs the script with policies and, at the same time, without; compares what came of it.
#[tokio::main]
pub(crate) async fn compare() -> Result<()> {
    println!("two providers have the same bad day; one is asked with policies…\n");
    let (with, without) = tokio::join!(run(Mode::With), run(Mode::Without));
    println!("{}", Table { without: &without?, with: &with? });
    Ok(())
}

/// Runs the script in one of the two ways, and shows what happened to single calls.
#[tokio::main]
pub(crate) async fn show(mode: Mode) -> Result<()> {
    let trees = Trees::default();
    let console = Console::tree().with_color(ColorChoice::Never).to_writer(trees.clone());
    let telemetry = spandrel::builder!().console_as(console).init()?;
    let seen = run(mode).await?;
    telemetry.shutdown(Duration::from_secs(5)).await?;
    println!("\n{trees}{seen}");
    Ok(())
}

async fn run(mode: Mode) -> Result<Seen> {
    let folder =
        std::env::temp_dir().join(format!("spandrel-shop-{}-{mode:?}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let process = Child::start("provider", &[], &folder).await?;
    let provider = Provider::new(process.url())?;
    let mut seen = customers::come(provider, mode).await;
    seen.calls = reqwest::get(format!("{}/calls", process.url())).await?.json().await?;
    process.stop().await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(seen)
}
