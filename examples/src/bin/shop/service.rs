//! A service as a process: started, told where it listens, ended.

use std::{
    future::Future,
    io::{self, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use axum::Router;
use spandrel::http::{self, Slo};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    process::{self, ChildStdin, Command},
    task::JoinHandle,
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
    /// Writes down what the service says.
    writer: JoinHandle<io::Result<()>>,
}

impl Child {
    /// Starts a service, and waits until it listens.
    pub(crate) async fn start(
        name: &'static str,
        arguments: &[&str],
        folder: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(name).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("OTEL_SERVICE_NAME", name).env("SPANDREL_LOG_FORMAT", "json");
        if !goes_to_a_collector() {
            command.env("SPANDREL_FILE", folder.join(format!("{name}.traces.jsonl")));
        }
        // Ctrl-C is for the one who asks for it, and lets the services finish.
        #[cfg(unix)]
        command.process_group(0);
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
        let mut log = File::create(folder.join(format!("{name}.log.jsonl"))).await?;
        let writer = tokio::spawn(async move {
            tokio::io::copy(&mut lines.into_inner(), &mut log).await?;
            log.flush().await
        });
        Ok(Self { name, url, process, stdin, writer })
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets it finish what it is doing.
    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.stdin);
        let status = self.process.wait().await?;
        self.writer.await??;
        if status.success() { Ok(()) } else { Err(format!("{}: {status}", self.name).into()) }
    }
}

/// Where the spans of all services are.
pub(crate) fn traces(folder: &Path) -> String {
    if goes_to_a_collector() {
        "at your collector".to_owned()
    } else {
        folder.join("*.traces.jsonl").display().to_string()
    }
}

fn goes_to_a_collector() -> bool {
    std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
}

/// Serves until standard input is closed, and then as long as the last request takes.
pub(crate) async fn serve(routes: Router) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{LISTENING}{}", listener.local_addr()?);
    io::stdout().flush()?;
    // Below the layer: who looks at the service is no customer.
    let layer =
        http::server().slo("/orders", Slo::latency(Duration::from_millis(100)).target(0.95));
    let routes = routes.layer(layer).merge(spandrel::admin::router());
    axum::serve(listener, routes).with_graceful_shutdown(stdin_closed()).await?;
    Ok(())
}

async fn stdin_closed() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// What everything here waits at most for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What a service does around its work: that its telemetry starts, and is sent before it ends.
pub(crate) fn run<F: Future<Output = Result<()>>>(serve: F) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Within the runtime, so that its workers and queues are measured, too.
        let telemetry = spandrel::init!()?;
        serve.await?;
        telemetry.shutdown(PATIENCE).await?.log();
        Ok(())
    })
}
