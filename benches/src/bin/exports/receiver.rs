//! A receiver that takes everything and looks at nothing.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _, stdin},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};

/// Says where it listens, and receives until stdin is closed.
pub(crate) fn run(protocol: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    say(listener.local_addr().expect("it is bound"));
    let is_grpc = protocol == "grpc";
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // The client has gone, at the latest when it ends.
                let _ = if is_grpc { grpc(stream) } else { http(stream) };
            });
        }
    });
    let _ = stdin().read_to_end(&mut Vec::new());
}

fn say(address: SocketAddr) {
    println!("{address}");
}

fn http(stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut body = Vec::new();
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

fn grpc(stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let mut builder = h2::server::Builder::new();
        // As large as those of collectors.
        builder.initial_window_size(1 << 20).initial_connection_window_size(1 << 20);
        let mut connection = builder.handshake(stream).await.map_err(io::Error::other)?;
        while let Some(call) = connection.accept().await {
            let (request, respond) = call.map_err(io::Error::other)?;
            tokio::spawn(answer(request, respond));
        }
        Ok(())
    })
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let mut body = request.into_body();
    while let Some(piece) = body.data().await {
        body.flow_control().release_capacity(piece?.len())?;
    }
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(head, false)?;
    // An empty message, uncompressed.
    stream.send_data(Bytes::from_static(&[0; 5]), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}
