//! OTLP over gRPC: one unary call for each request, on a connection that is kept.
//!
//! The exporter's own thread drives a runtime of its own, and only for as long as a call takes:
//! between two calls nobody listens to the connection. What the receiver did meanwhile (closed it,
//! asked to go away) is looked at before the next call, and a call that fails on a connection that
//! was kept is made once more, at once, on a new one.

mod base64;
mod call;
mod connection;
mod failure;
mod first;
mod head;
mod status;
mod tls;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http::HeaderMap;
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
    time::timeout,
};

use self::{
    connection::{Connection, Target},
    failure::Failure,
};
use super::config::Settings;
use crate::export::{
    Compression,
    delivery::{Post, Verdict},
    worker::Pace,
};

pub(super) use self::{
    head::{metadata, owns},
    tls::client_config,
};

/// How long a connection that was kept may be silent before it is sent a ping, and then again.
const PATIENCE: Duration = Duration::from_secs(3);

/// The gRPC client.
pub(super) struct Grpc {
    /// Made by the first call, so that it belongs to the exporter's thread.
    runtime: Option<Runtime>,
    line: Line,
    stop: Arc<Notify>,
}

/// The way to the receiver.
struct Line {
    target: Target,
    metadata: HeaderMap,
    kept: Option<Connection>,
}

/// One request.
#[derive(Clone, Copy)]
struct Message<'a> {
    body: &'a [u8],
    form: Compression,
    within: Duration,
}

impl Grpc {
    pub(super) fn new(settings: &Settings) -> Self {
        let line = Line {
            target: Target::new(settings),
            metadata: settings.headers.iter().cloned().collect(),
            kept: None,
        };
        Self { runtime: None, line, stop: Arc::default() }
    }
}

impl Post for Grpc {
    fn post(
        &mut self,
        body: &[u8],
        form: Compression,
        within: Duration,
        _pace: &dyn Pace,
    ) -> Verdict {
        let runtime = match self.runtime.take().map_or_else(runtime, Ok) {
            Ok(runtime) => self.runtime.insert(runtime),
            Err(error) => return Verdict::Retry { why: error.to_string(), after: None },
        };
        let message = Message { body, form, within };
        let (line, stop) = (&mut self.line, &self.stop);
        let verdict = runtime
            .block_on(async { unless(stop.notified(), timeout(within, line.send(message))).await });
        match verdict {
            Some(Ok(verdict)) => verdict,
            Some(Err(_)) => {
                self.line.kept = None;
                Verdict::Retry {
                    why: format!("timeout: no answer within {within:.1?}"),
                    after: None,
                }
            }
            None => {
                self.line.kept = None;
                // Nobody said that the request was wrong: a spool keeps it.
                Verdict::Retry {
                    why: "the program did not wait for the answer".into(),
                    after: None,
                }
            }
        }
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let stop = Arc::clone(&self.stop);
        Some(Box::new(move || stop.notify_one()))
    }
}

impl Drop for Grpc {
    /// Waits for nothing: looking up a name can take longer than anybody's patience.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Line {
    async fn send(&mut self, message: Message<'_>) -> Verdict {
        if let Some(kept) = self.take_usable().await {
            match self.call(kept, message, true).await {
                Err(failure) if failure.is_of_the_connection => {}
                result => return Failure::verdict(result),
            }
        }
        match Connection::open(&self.target).await {
            Ok(new) => Failure::verdict(self.call(new, message, false).await),
            Err(failure) => failure.verdict,
        }
    }

    /// The connection of the last call, unless the receiver has closed it since then.
    async fn take_usable(&mut self) -> Option<Connection> {
        let kept = self.kept.take()?;
        // The first lets the runtime look at the socket, the second the connection at what came.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        kept.is_open().then_some(kept)
    }

    /// Makes a call, and keeps the connection if it can be used again.
    async fn call(
        &mut self,
        mut connection: Connection,
        message: Message<'_>,
        was_kept: bool,
    ) -> Result<Verdict, Failure> {
        let head = head::request(self.target.uri(), &self.metadata, &message);
        let requests = connection.requests();
        let mut answer = pin!(call::exchange(requests, head, message.body, message.form));
        let patience = PATIENCE.min(message.within / 4);
        let answer = match timeout(patience, &mut answer).await {
            Ok(answer) => answer,
            Err(_) if !was_kept => answer.await,
            // The peer may have vanished without a word: then it answers no ping either. Not sent
            // with each call, because many a server holds its answer back until the pong before it
            // is acknowledged.
            Err(_) => {
                let no_pong = connection.ping(patience);
                unless(no_pong, answer).await.ok_or_else(Failure::no_pong)?
            }
        };
        let verdict = answer.map_err(|error| connection.failure(&error))?;
        self.kept = Some(connection);
        Ok(verdict)
    }
}

fn runtime() -> std::io::Result<Runtime> {
    // The other thread looks up names.
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .thread_name("spandrel-names")
        .build()
}

/// Waits for `work`, and drops it when `end` comes first.
pub(super) async fn unless<T>(end: impl Future, work: impl Future<Output = T>) -> Option<T> {
    let (mut end, mut work) = (pin!(end), pin!(work));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(cx).map(|_| None),
    })
    .await
}
