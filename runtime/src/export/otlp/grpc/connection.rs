//! One HTTP/2 connection to the receiver.

use std::{
    future::{Future, pending, poll_fn},
    io,
    net::SocketAddr,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use h2::{
    Ping, PingPong,
    client::{Builder, SendRequest},
};
use http::Uri;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    failure::Failure,
    first::{First, Watched},
    head,
};
use crate::export::otlp::config::Settings;

/// How long one address of several may take to be reached.
const ONE_ADDRESS: Duration = Duration::from_secs(3);
/// Answers have a few headers; more than this is no answer.
const MOST_HEADER_BYTES: u32 = 16 * 1024;

/// The receiver.
pub(super) struct Target {
    host: String,
    port: u16,
    uri: Uri,
    tls: Option<Arc<ClientConfig>>,
}

/// A connection, and the task that reads and writes it.
pub(super) struct Connection {
    requests: SendRequest<Bytes>,
    pings: Option<PingPong>,
    driver: JoinHandle<()>,
    first: First,
}

impl Target {
    pub(super) fn new(settings: &Settings) -> Self {
        let url = &settings.url;
        let host = url.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = settings.grpc_tls.clone();
        let port = url.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        Self { host, port, uri: head::uri(url, settings.signal), tls }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Connects to the first of its addresses that can be reached.
    async fn connect(&self) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> =
            lookup_host((self.host.as_str(), self.port)).await?.collect();
        let mut last = io::Error::other("the name of the receiver has no address");
        let mut left = addresses.len();
        for address in addresses {
            left -= 1;
            let connecting = TcpStream::connect(address);
            let connected = if left == 0 {
                connecting.await
            } else {
                timeout(ONE_ADDRESS, connecting).await.unwrap_or_else(|late| Err(late.into()))
            };
            match connected {
                Ok(stream) => {
                    // A request is written in few pieces; waiting for more gains nothing.
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Connection {
    pub(super) async fn open(target: &Target) -> Result<Self, Failure> {
        let stream = target.connect().await.map_err(|error| Failure::unreachable(&error))?;
        let (stream, first) = match &target.tls {
            None => Watched::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(target.host.clone())
                    .map_err(|error| Failure::tls(&io::Error::other(error)))?;
                let connector = TlsConnector::from(Arc::clone(tls));
                let stream =
                    connector.connect(name, stream).await.map_err(|error| Failure::tls(&error))?;
                if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(Failure::no_http2());
                }
                Watched::new(stream)
            }
        };
        let handshake = Builder::new()
            .enable_push(false)
            .max_header_list_size(MOST_HEADER_BYTES)
            .handshake(stream)
            .await;
        let (requests, mut connection) =
            handshake.map_err(|error| Failure::of_h2(&error, &first))?;
        let pings = connection.ping_pong();
        let driver = tokio::spawn(async move {
            // Whatever ends it shows in the call that it ends.
            let _ = connection.await;
        });
        Ok(Self { requests, pings, driver, first })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }

    pub(super) fn requests(&self) -> SendRequest<Bytes> {
        self.requests.clone()
    }

    /// Sends a ping now; what is returned ends only when nobody has answered it in time.
    pub(super) fn ping(&mut self, patience: Duration) -> impl Future<Output = ()> {
        // It fails while an earlier one has no answer yet, which does as well.
        let _ = self.pings.as_mut().map(|pings| pings.send_ping(Ping::opaque()));
        let pong = poll_fn(|cx| match &mut self.pings {
            Some(pings) => pings.poll_pong(cx).map(drop),
            None => Poll::Pending,
        });
        async move {
            if timeout(patience, pong).await.is_ok() {
                pending::<()>().await;
            }
        }
    }

    pub(super) fn failure(&self, error: &h2::Error) -> Failure {
        Failure::of_h2(error, &self.first)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
