//! A service as a process: started, told where it listens, ended.

use std::{
    future::Future,
    io::{self, Write as _},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use axum::Router;
use spandrel::http;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{self, ChildStdin, Command},
};

use super::Result;

/// What a service says once it can be asked.
const LISTENING: &str = "listening on ";

/// Another process of this program.
pub(crate) struct Child {
    name: &'static str,
    url: String,
    process: process::Child,
    /// Closed, the service ends: also if this process is killed.
    stdin: ChildStdin,
}

impl Child {
    /// Starts a service, and waits until it listens.
    pub(crate) async fn start(name: &'static str, arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(name).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("OTEL_SERVICE_NAME", name);
        if !goes_to_a_collector() {
            command.env("OTEL_TRACES_EXPORTER", "otlp_file").env("SPANDREL_FILE", traces_of(name));
            command.env("OTEL_METRICS_EXPORTER", "none").env("OTEL_LOGS_EXPORTER", "none");
        }
        let mut process = command.spawn()?;
        let stdin = process.stdin.take().ok_or("a pipe was asked for")?;
        let stdout = process.stdout.take().ok_or("a pipe was asked for")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = loop {
            let line = lines.next_line().await?.ok_or_else(|| format!("{name} did not start"))?;
            if let Some(address) = line.strip_prefix(LISTENING) {
                break format!("http://{address}");
            }
        };
        // Whatever it prints later belongs to the person who watches.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{name}: {line}");
            }
        });
        Ok(Self { name, url, process, stdin })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Says where its telemetry is.
    pub(crate) fn say_where(&self) {
        println!("  {}: metrics at {}/metrics", self.name, self.url);
        if !goes_to_a_collector() {
            println!("  {}: traces in {}", self.name, traces_of(self.name).display());
        }
    }

    /// Lets it finish what it is doing.
    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.stdin);
        let status = self.process.wait().await?;
        if status.success() { Ok(()) } else { Err(format!("{}: {status}", self.name).into()) }
    }
}

fn goes_to_a_collector() -> bool {
    std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
}

fn traces_of(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("spandrel-shop-{name}.jsonl"))
}

/// Serves until standard input is closed, and then as long as the last request takes.
pub(crate) async fn serve(routes: Router) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{LISTENING}{}", listener.local_addr()?);
    io::stdout().flush()?;
    // Below the layer: who looks at the service is no customer.
    let routes = routes.layer(http::server()).merge(spandrel::admin::router());
    axum::serve(listener, routes).with_graceful_shutdown(stdin_closed()).await?;
    Ok(())
}

async fn stdin_closed() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// What everything here waits at most for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Ends with the program's telemetry sent.
pub(crate) fn run<F: Future<Output = Result<()>>>(serve: F) -> Result<()> {
    let telemetry = spandrel::init!()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve)?;
    telemetry.shutdown(PATIENCE).wait()?.log();
    Ok(())
}
