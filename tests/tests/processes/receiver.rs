//! An OTLP receiver that counts, on a port of this machine.

use std::{
    collections::HashSet,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;

/// What it does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Answers,
    /// Answers with this status and these headers.
    Says(&'static str),
    /// Takes them and never answers.
    Hangs,
    /// Answers when it is released, and from then on.
    Holds,
    /// Answers so many and then is gone.
    Vanishes(usize),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Of what is OTLP.
    pub(crate) content: ExportTraceServiceRequest,
    /// Of what is something else.
    pub(crate) json: serde_json::Value,
}

pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    manner: Manner,
    requests: Mutex<Vec<Request>>,
    came: Condvar,
    released: Mutex<bool>,
    release: Condvar,
    gone: AtomicBool,
}

impl Receiver {
    pub(crate) fn start(manner: Manner) -> Self {
        Self::start_at("http://127.0.0.1:0", manner)
    }

    /// Takes the place of one that is gone, or was never there.
    pub(crate) fn start_at(url: &str, manner: Manner) -> Self {
        let address = url.strip_prefix("http://").expect("a URL");
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            manner,
            requests: Mutex::default(),
            came: Condvar::new(),
            released: Mutex::default(),
            release: Condvar::new(),
            gone: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.gone.load(SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.serve(&stream));
            }
        });
        Self { address, shared }
    }

    /// Where nobody listens.
    pub(crate) fn refusing() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        format!("http://{}", listener.local_addr().expect("it is bound"))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn release(&self) {
        *self.shared.released.lock().expect("no panic") = true;
        self.shared.release.notify_all();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// Whether so many requests come in time.
    pub(crate) fn gets(&self, requests: usize, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut got = self.shared.requests.lock().expect("no panic");
        while got.len() < requests {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            got = self.shared.came.wait_timeout(got, left).expect("no panic").0;
        }
        true
    }

    /// All spans of all requests.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.requests();
        let resources = requests.into_iter().flat_map(|request| request.content.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// How many spans there are, those that came twice once.
    pub(crate) fn distinct(receivers: &[&Self]) -> usize {
        let spans = receivers.iter().flat_map(|receiver| receiver.spans());
        spans.map(|span| span.span_id).collect::<HashSet<_>>().len()
    }

    /// Waits until it is gone by its own manner.
    pub(crate) fn wait_until_gone(&self) {
        while !self.shared.gone.load(SeqCst) {
            thread::yield_now();
        }
        // Wakes the acceptor, which ends.
        drop(TcpStream::connect(self.address));
        while TcpStream::connect(self.address).is_ok() {
            thread::yield_now();
        }
    }

    /// How many spans have the name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.spans().iter().filter(|span| span.name == name).count()
    }

    /// The span of that name.
    pub(crate) fn only(&self, name: &str) -> Span {
        let mut spans = self.spans();
        spans.retain(|span| span.name == name);
        assert_eq!(spans.len(), 1, "{name}");
        spans.remove(0)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.gone.store(true, SeqCst);
        // Wakes the acceptor.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// Serves one connection until either side closes it.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        while !reader.fill_buf()?.is_empty() {
            let request = Request::read(&mut reader)?;
            let number = {
                let mut requests = self.requests.lock().expect("no panic");
                requests.push(request);
                requests.len()
            };
            self.came.notify_all();
            let mut head = "200 OK";
            match self.manner {
                Manner::Answers => {}
                Manner::Says(other) => head = other,
                Manner::Hangs => drop(io::copy(&mut reader, &mut io::sink())),
                Manner::Holds => {
                    let released = self.released.lock().expect("no panic");
                    drop(self.release.wait_while(released, |released| !*released));
                }
                Manner::Vanishes(after) if number < after => {}
                Manner::Vanishes(_) => {
                    // The listener ends with the next connection, unanswered.
                    self.gone.store(true, SeqCst);
                    return Ok(());
                }
            }
            // In one piece: a second one would wait until the first is acknowledged.
            let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
            writer.write_all(answer.as_bytes())?;
        }
        Ok(())
    }
}

impl Request {
    fn read(reader: &mut impl BufRead) -> io::Result<Self> {
        let mut request = Self::default();
        let mut line = String::new();
        reader.read_line(&mut line)?;
        request.path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            request.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = request.header("content-length").unwrap_or("0").parse();
        let mut body = vec![0; length.map_err(io::Error::other)?];
        reader.read_exact(&mut body)?;
        if request.header("content-encoding") == Some("gzip") {
            let packed = std::mem::take(&mut body);
            GzDecoder::new(packed.as_slice()).read_to_end(&mut body)?;
        }
        match request.header("content-type") {
            Some("application/json") if request.path.ends_with("/v1/traces") => {
                request.content = serde_json::from_slice(&body)?;
            }
            Some("application/x-sentry-envelope") => {}
            // Nobody asks what is in it.
            Some("application/x-protobuf") if request.path == "/v1/metrics" => {}
            Some("application/json") => request.json = serde_json::from_slice(&body)?,
            _ => request.content = ExportTraceServiceRequest::decode(body.as_slice())?,
        }
        Ok(request)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }

    /// A text attribute of the resource; empty if there is none.
    pub(crate) fn resource(&self, key: &str) -> String {
        let resources = self.content.resource_spans.iter().filter_map(|r| r.resource.as_ref());
        resources.map(|resource| text(&resource.attributes, key)).next().unwrap_or_default()
    }

    pub(crate) fn spans(&self) -> usize {
        let scopes = self.content.resource_spans.iter().flat_map(|r| &r.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }
}

/// The text of an attribute; empty if there is none.
pub(crate) fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        _ => String::new(),
    }
}
