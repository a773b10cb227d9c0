//! A receiver that does what a test says.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::sync::lock;

/// What it does with the next request; after the last one, it answers 200.
#[derive(Clone, Debug)]
pub(in crate::export) enum Reply {
    /// Status, headers and body.
    Answer(u16, &'static str, Vec<u8>),
    /// Takes the request and never answers, until the test is over.
    Hang,
    /// Sends the head of an answer and never its body.
    HangInBody,
    /// Closes in the middle of the request, which resets the connection.
    Reset,
    /// Takes the request and closes.
    Close,
    /// Answers with something that is no HTTP.
    Garbage,
    /// Answers 200, one byte a write.
    Drip,
    /// Promises more than it sends.
    CutOff,
}

/// The first byte of a TLS connection, which a plain receiver takes for a bad request.
const TLS_HANDSHAKE: u8 = 0x16;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(in crate::export) struct Received {
    pub(in crate::export) line: String,
    headers: Vec<(String, String)>,
    pub(in crate::export) body: Vec<u8>,
}

pub(in crate::export) struct Mock {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    over: Mutex<bool>,
    ended: Condvar,
    stop: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

impl Mock {
    pub(in crate::export) fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(script, None)
    }

    pub(in crate::export) fn start_with(
        script: impl IntoIterator<Item = Reply>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = Mutex::new(script.into_iter().collect());
        let shared = Arc::new(Shared { script, tls, ..Shared::default() });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    pub(in crate::export) fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(in crate::export) fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        *lock(&self.shared.over) = true;
        self.shared.ended.notify_all();
        self.shared.stop.store(true, SeqCst);
        // Wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        let _ = self.acceptor.take().map(thread::JoinHandle::join);
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            if self.stop.load(SeqCst) {
                return;
            }
            let shared = Arc::clone(self);
            // Ends when the client closes, or with the test.
            thread::spawn(move || match shared.tls.clone() {
                None => shared.serve(stream),
                Some(tls) => {
                    let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
                    shared.serve(StreamOwned::new(connection, stream))
                }
            });
        }
    }

    /// Serves one connection until either side closes it.
    fn serve(&self, stream: impl Read + Write) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            // The reply is chosen when a request begins: an idle connection takes none.
            let begun = stream.fill_buf()?;
            if begun.is_empty() {
                return Ok(());
            }
            if begun[0] == TLS_HANDSHAKE {
                let begun = begun.len();
                stream.consume(begun);
                stream.get_mut().write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n")?;
                return stream.get_mut().flush();
            }
            let reply = lock(&self.script).pop_front();
            if matches!(reply, Some(Reply::Reset)) {
                // What was not read makes the kernel send a reset instead of an end.
                return Ok(());
            }
            let request = Received::read(&mut stream)?;
            lock(&self.received).push(request);
            let out = stream.get_mut();
            match reply.unwrap_or(Reply::Answer(200, "", vec![])) {
                Reply::Answer(status, headers, body) => {
                    let length = body.len();
                    write!(
                        out,
                        "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n"
                    )?;
                    out.write_all(&body)?;
                    out.flush()?;
                }
                Reply::Drip => {
                    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\x12\x02hi" {
                        out.write_all(&[*byte])?;
                        out.flush()?;
                    }
                }
                Reply::Garbage => {
                    out.write_all(b"\x15\x03\x01 I am no HTTP server\r\n\r\n")?;
                    return out.flush();
                }
                Reply::CutOff => {
                    out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n\x0a\x02")?;
                    return out.flush();
                }
                Reply::HangInBody => {
                    out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n")?;
                    out.flush()?;
                    self.wait_for_the_end();
                }
                Reply::Hang => self.wait_for_the_end(),
                Reply::Close | Reply::Reset => return Ok(()),
            }
        }
    }

    fn wait_for_the_end(&self) {
        let over = lock(&self.over);
        drop(self.ended.wait_while(over, |over| !*over));
    }
}

impl Received {
    fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut received = Self::default();
        stream.read_line(&mut received.line)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            received.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = received.header("content-length").unwrap_or("0");
        received.body.resize(length.parse().map_err(io::Error::other)?, 0);
        stream.read_exact(&mut received.body)?;
        Ok(received)
    }

    pub(in crate::export) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }

    /// How many spans it holds.
    pub(in crate::export) fn spans(&self) -> usize {
        let mut body = self.body.clone();
        if self.header("content-encoding") == Some("gzip") {
            body.clear();
            GzDecoder::new(self.body.as_slice()).read_to_end(&mut body).unwrap();
        }
        let request = match self.header("content-type") {
            Some("application/json") => serde_json::from_slice(&body).unwrap(),
            _ => ExportTraceServiceRequest::decode(body.as_slice()).unwrap(),
        };
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }
}
