//! A service as a process, so that its CPU time is known apart from that of its customers.

use std::{io, io::Write as _, process::Stdio, time::Duration};

use axum::Router;
use rustix::time::{ClockId, clock_gettime};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpListener,
    process::{self, ChildStdin, ChildStdout, Command},
};

use super::Result;

/// The parent's side.
pub(crate) struct Child {
    pub(crate) url: String,
    process: process::Child,
    /// A line asks for the CPU time; closed, the service ends.
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub(crate) async fn start(arguments: &[&str], endpoint: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        // Log records are sent, as the peer sends them with its spans; lines would come on top.
        command.env("OTEL_SERVICE_NAME", arguments[0]).env("SPANDREL_LOG_FORMAT", "off");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = process.stdin.take().ok_or("a pipe was asked for")?;
        let stdout = process.stdout.take().ok_or("a pipe was asked for")?;
        let mut stdout = BufReader::new(stdout).lines();
        let url = stdout.next_line().await?.ok_or("it did not start")?;
        Ok(Self { url, process, stdin, stdout })
    }

    /// The CPU time that it has used so far, in all its threads.
    pub(crate) async fn cpu_time(&mut self) -> Result<Duration> {
        self.stdin.write_all(b"\n").await?;
        let nanos = self.stdout.next_line().await?.ok_or("it has ended")?;
        Ok(Duration::from_nanos(nanos.parse()?))
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.stdin);
        let status = self.process.wait().await?;
        if status.success() { Ok(()) } else { Err(status.to_string().into()) }
    }
}

/// The service's side: serves until the parent has had enough.
pub(crate) async fn serve(routes: Router) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes).with_graceful_shutdown(told_to_end()).await?;
    Ok(())
}

async fn told_to_end() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let time = Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32);
        println!("{}", time.as_nanos());
        let _ = io::stdout().flush();
    }
}
