//! A gRPC receiver that does what a test says.

use std::{
    collections::VecDeque,
    future::pending,
    io::Read as _,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use h2::{
    Reason, RecvStream,
    server::{self, SendResponse},
};
use http::{HeaderMap, Request, Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime::Builder,
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

use crate::{export::otlp::grpc::unless, sync::lock};

type Pairs = &'static [(&'static str, &'static str)];

/// What it does with the next call; after the last one, it answers OK.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// These bytes, which should be a framed message, and trailers.
    Answer(Vec<u8>, Pairs),
    /// The bytes of an answer one by one, then OK.
    Drip(Vec<u8>),
    /// A head that is also the end, sent before the request is read.
    TrailersOnly(Pairs),
    /// Something that is no gRPC: a status of HTTP and a type.
    Http(u16, &'static str),
    /// A head and a message, and an end without a status.
    NoStatus,
    /// Takes the request and never answers.
    Hang,
    /// Resets the stream.
    Reset(Reason),
    /// Answers OK and asks to go away.
    GoAway,
    /// Goes away with an error instead of an answer.
    GoAwayWith(Reason),
    /// Closes the connection instead of an answer.
    Close,
}

pub(super) const OK: Pairs = &[("grpc-status", "0")];

/// A call as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) uri: String,
    pub(super) headers: HeaderMap,
    /// The message with its frame.
    pub(super) body: Vec<u8>,
}

pub(super) struct Mock {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<u32>,
    tls: Option<Arc<ServerConfig>>,
    freeze: Notify,
    frozen: Mutex<bool>,
    froze: Condvar,
    stop: Notify,
}

impl Mock {
    pub(super) fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(script, None)
    }

    pub(super) fn start_with(
        script: impl IntoIterator<Item = Reply>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let script = Mutex::new(script.into_iter().collect());
        let shared = Arc::new(Shared { script, tls, ..Shared::default() });
        let server = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener).unwrap();
                    tokio::spawn(Arc::clone(&shared).accept(listener));
                    shared.stop.notified().await;
                });
            }
        });
        Self { address, shared, server: Some(server) }
    }

    pub(super) fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many there have been.
    pub(super) fn connections(&self) -> u32 {
        *lock(&self.shared.connections)
    }

    /// Lets the connection that there is stand open, and never reads or writes it again.
    pub(super) fn freeze(&self) {
        self.shared.freeze.notify_waiters();
        let frozen = lock(&self.shared.frozen);
        drop(self.shared.froze.wait_while(frozen, |frozen| !*frozen));
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        let _ = self.server.take().map(thread::JoinHandle::join);
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let shared = Arc::clone(&self);
            tokio::spawn(async move {
                match &shared.tls {
                    None => shared.serve(stream).await,
                    Some(tls) => {
                        let acceptor = TlsAcceptor::from(Arc::clone(tls));
                        if let Ok(stream) = acceptor.accept(stream).await {
                            shared.serve(stream).await;
                        }
                    }
                }
            });
        }
    }

    /// Serves one connection until either side closes it.
    async fn serve(self: &Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Ok(mut connection) = server::handshake(stream).await else { return };
        *lock(&self.connections) += 1;
        let freeze = self.freeze.notified();
        let calls = async {
            while let Some(Ok((request, respond))) = connection.accept().await {
                let reply = lock(&self.script).pop_front();
                let reply = reply.unwrap_or_else(|| Reply::Answer(framed(b""), OK));
                match reply {
                    Reply::Close => return,
                    Reply::GoAway => connection.graceful_shutdown(),
                    Reply::GoAwayWith(reason) => connection.abrupt_shutdown(reason),
                    _ => {}
                }
                tokio::spawn(Arc::clone(self).answer(reply, request, respond));
            }
        };
        if unless(freeze, calls).await.is_none() {
            *lock(&self.frozen) = true;
            self.froze.notify_all();
            pending::<()>().await;
        }
    }

    async fn answer(
        self: Arc<Self>,
        reply: Reply,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) -> Option<()> {
        let (head, mut body) = request.into_parts();
        let grpc = || Response::builder().header("content-type", "application/grpc");
        if let Reply::TrailersOnly(trailers) = reply {
            let mut response = grpc();
            response.headers_mut()?.extend(map(trailers));
            respond.send_response(response.body(()).ok()?, true).ok()?;
        }
        let mut received =
            Received { uri: head.uri.to_string(), headers: head.headers, body: vec![] };
        if !matches!(reply, Reply::TrailersOnly(_)) {
            while let Some(Ok(piece)) = body.data().await {
                body.flow_control().release_capacity(piece.len()).ok()?;
                received.body.extend_from_slice(&piece);
            }
        }
        lock(&self.received).push(received);
        match reply {
            Reply::TrailersOnly(_) | Reply::Close | Reply::GoAwayWith(_) => {}
            Reply::Hang => pending().await,
            Reply::Reset(reason) => respond.send_reset(reason),
            Reply::Http(status, content_type) => {
                let response = Response::builder().status(status);
                let response = response.header("content-type", content_type).body(()).ok()?;
                let mut stream = respond.send_response(response, false).ok()?;
                stream.send_data(Bytes::from_static(b"hello"), true).ok()?;
            }
            Reply::NoStatus => {
                let mut stream = respond.send_response(grpc().body(()).ok()?, false).ok()?;
                stream.send_data(framed(b"").into(), true).ok()?;
            }
            Reply::Answer(..) | Reply::Drip(_) | Reply::GoAway => {
                let (pieces, trailers) = match reply {
                    Reply::Answer(bytes, trailers) => (vec![bytes], trailers),
                    Reply::Drip(bytes) => (bytes.chunks(1).map(<[u8]>::to_vec).collect(), OK),
                    _ => (vec![framed(b"")], OK),
                };
                let mut stream = respond.send_response(grpc().body(()).ok()?, false).ok()?;
                for piece in pieces {
                    stream.send_data(piece.into(), false).ok()?;
                    tokio::task::yield_now().await;
                }
                stream.send_trailers(map(trailers)).ok()?;
            }
        }
        Some(())
    }
}

fn map(pairs: Pairs) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

/// A message in its frame.
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The longest that the caller waits.
    pub(super) fn timeout(&self) -> Duration {
        let text = self.header("grpc-timeout").unwrap();
        Duration::from_millis(text.strip_suffix('m').unwrap().parse().unwrap())
    }

    /// How many spans it holds.
    pub(super) fn spans(&self) -> usize {
        let (frame, message) = self.body.split_at(5);
        assert_eq!(frame[1..], (message.len() as u32).to_be_bytes());
        let mut plain = message.to_vec();
        if frame[0] == 1 {
            plain.clear();
            GzDecoder::new(message).read_to_end(&mut plain).unwrap();
        }
        let request = ExportTraceServiceRequest::decode(plain.as_slice()).unwrap();
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }
}
