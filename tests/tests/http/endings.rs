//! When the span of a request ends: with the last byte, with the client, with a panic.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    routing::{get as on_get, post},
};
use bytes::Bytes;
use http_body::Frame;
use hyper_util::rt::TokioIo;
use spandrel::{Outcome, http, testing};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};
use tower::{Layer as _, Service as _, ServiceBuilder, service_fn};

use crate::setting::{get, raw, run, said, serve};

/// A body of pieces that somebody sends; tells when it is dropped.
struct Pieces {
    pieces: mpsc::Receiver<&'static str>,
    dropped: mpsc::UnboundedSender<()>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let _ = self.dropped.send(());
    }
}

/// A server whose only response comes in pieces.
fn streaming() -> (Router, mpsc::Sender<&'static str>, mpsc::UnboundedReceiver<()>) {
    let (send, pieces) = mpsc::channel(1);
    let (dropped, was_dropped) = mpsc::unbounded_channel();
    let body = Arc::new(std::sync::Mutex::new(Some(Pieces { pieces, dropped })));
    let handler = move || {
        let body = body.lock().unwrap().take().unwrap();
        async { Body::new(body) }
    };
    let app = Router::new().route("/stream", on_get(handler)).layer(http::server());
    (app, send, was_dropped)
}

#[test]
fn a_streamed_response_lasts_until_its_last_byte() {
    run(async |capture| {
        let (app, send, _) = streaming();
        let address = serve(app).await;

        let reading = spandrel::spawn(async move { get(address, "/stream", "").await });
        send.send("one").await.unwrap();
        send.send("two").await.unwrap();
        assert!(capture.find("GET /stream").is_empty(), "it has not ended yet");
        drop(send);
        reading.await.unwrap();

        let span = capture.span("GET /stream");
        assert_eq!(said(&span, "http.response.body.size"), "6");
        assert_eq!(span.outcome, Outcome::Ok);
    });
}

#[test]
fn a_body_whose_length_only_the_head_knows_ends_with_its_last_byte() {
    run(async |capture| {
        let (send, pieces) = mpsc::channel(2);
        let (dropped, _) = mpsc::unbounded_channel();
        send.send("a file").await.unwrap();
        let file = Arc::new(std::sync::Mutex::new(Some(Pieces { pieces, dropped })));
        let handler = move || {
            let file = file.lock().unwrap().take().unwrap();
            async { ([("content-length", "6")], Body::new(file)) }
        };
        let app = Router::new().route("/file", on_get(handler)).layer(http::server());
        let address = serve(app).await;

        let answer = get(address, "/file", "").await;

        // hyper asks for no more than the head has announced.
        assert!(answer.ends_with("\r\n\r\na file"), "{answer}");
        let span = capture.span("GET /file");
        assert_eq!((span.outcome, said(&span, "error.type").as_str()), (Outcome::Ok, ""));
        drop(send);
    });
}

#[test]
fn a_client_that_goes_away_in_mid_stream_makes_it_cancelled() {
    run(async |capture| {
        let (app, send, mut was_dropped) = streaming();
        let address = serve(app).await;

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        send.send("one").await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        drop(stream);
        was_dropped.recv().await.unwrap();

        let span = capture.span("GET /stream");
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(said(&span, "http.response.status_code"), "200");
        assert_eq!(said(&span, "http.response.body.size"), "3");
    });
}

#[test]
fn a_client_that_goes_away_before_the_answer_makes_it_cancelled() {
    run(async |capture| {
        let (dropped, mut was_dropped) = mpsc::unbounded_channel();
        let (entered, mut was_entered) = mpsc::unbounded_channel();
        let handler = move || {
            struct Guard(mpsc::UnboundedSender<()>);
            impl Drop for Guard {
                fn drop(&mut self) {
                    spandrel::Span::current().set("dropped", "within");
                    let _ = self.0.send(());
                }
            }
            let guard = Guard(dropped.clone());
            entered.send(()).unwrap();
            async move {
                let _guard = guard;
                std::future::pending::<&'static str>().await
            }
        };
        let app = Router::new().route("/wait", on_get(handler)).layer(http::server());
        let address = serve(app).await;

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        was_entered.recv().await.unwrap();
        drop(stream);
        was_dropped.recv().await.unwrap();

        let span = capture.span("GET /wait");
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(said(&span, "error.type"), "cancelled");
        assert_eq!(said(&span, "http.response.status_code"), "");
        assert_eq!(said(&span, "dropped"), "within");
    });
}

#[test]
fn a_panic_of_a_handler_is_told_and_goes_on() {
    run(async |capture| {
        #[expect(clippy::panic, reason = "it is the test's")]
        async fn handler() -> &'static str {
            panic!("on purpose")
        }
        let app = Router::new().route("/panic", on_get(handler)).layer(http::server());
        let address = serve(app).await;

        let answer = get(address, "/panic", "").await;

        assert_eq!(answer, "", "hyper closes the connection");
        let span = capture.span("GET /panic");
        assert_eq!(
            (span.outcome, said(&span, "error.type").as_str()),
            (Outcome::Panicked, "panic")
        );
    });
}

#[test]
fn a_panic_before_there_is_a_future_ends_the_span_as_well() {
    run(async |capture| {
        type Answer = std::future::Ready<Result<::http::Response<String>, Infallible>>;
        #[expect(clippy::panic, reason = "it is the test's")]
        fn panicking(_: ::http::Request<String>) -> Answer {
            panic!("on purpose")
        }
        let request = |method| ::http::Request::builder().method(method).body(String::new());
        let mut server = http::server().layer(service_fn(panicking));
        let mut client = http::client().layer(service_fn(panicking));

        let calls: [&mut dyn FnMut(); 2] =
            [&mut || drop(server.call(request("TRACE").unwrap())), &mut || {
                drop(client.call(request("TRACE").unwrap()));
            }];
        for call in calls {
            catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        }

        let spans = capture.find("TRACE");
        assert_eq!(spans.len(), 2, "{spans:?}");
        for span in spans {
            let error_type = said(&span, "error.type");
            assert_eq!((span.outcome, error_type.as_str()), (Outcome::Panicked, "panic"));
            assert_eq!(span.parent_span_id, None, "one does not stay current for the other");
        }
        let labels = (("http.request.method", "TRACE"), ("url.scheme", "http"));
        let active = testing::metrics().count("http.server.active_requests", &labels);
        assert_eq!(active, Some(0.0));
    });
}

#[test]
fn responses_without_a_body_end_with_their_heads() {
    run(async |capture| {
        let app = Router::new()
            .route("/thing", on_get(|| async { "eight by" }))
            .route("/empty", on_get(|| async { axum::http::StatusCode::NO_CONTENT }))
            .layer(http::server());
        let address = serve(app).await;

        let answer =
            raw(address, "HEAD /thing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        get(address, "/empty", "").await;

        assert!(answer.contains("content-length: 8"), "{answer}");
        for name in ["HEAD /thing", "GET /empty"] {
            let span = capture.span(name);
            assert_eq!(span.outcome, Outcome::Ok, "{name}");
            assert_eq!(said(&span, "http.response.body.size"), "0", "{name}");
        }
    });
}

#[test]
fn a_body_of_the_request_is_measured_by_what_its_head_says() {
    run(async |capture| {
        let app = Router::new()
            .route("/orders", post(|body: String| async move { body }))
            .layer(http::server());
        let address = serve(app).await;

        let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        let answer = raw(address, request).await;

        assert!(answer.ends_with("hello"), "{answer}");
        let span = capture.span("POST /orders");
        assert_eq!(said(&span, "http.request.body.size"), "5");
        assert_eq!(said(&span, "http.response.body.size"), "5");
    });
}

#[test]
fn an_upgrade_ends_the_request_and_works() {
    run(async |capture| {
        let upgraded = service_fn(async |mut request: ::http::Request<hyper::body::Incoming>| {
            let upgrade = hyper::upgrade::on(&mut request);
            spandrel::spawn(async move {
                let mut io = TokioIo::new(upgrade.await.unwrap());
                let mut word = [0; 5];
                io.read_exact(&mut word).await.unwrap();
                io.write_all(&word).await.unwrap();
                io.shutdown().await.unwrap();
            });
            let response = ::http::Response::builder()
                .status(101)
                .header("connection", "upgrade")
                .header("upgrade", "echo")
                .body(String::new())
                .unwrap();
            Ok::<_, Infallible>(response)
        });
        let address = serve(ServiceBuilder::new().layer(http::server()).service(upgraded)).await;

        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();

        assert!(answer.starts_with("HTTP/1.1 101") && answer.ends_with("hello"), "{answer}");
        let span = capture.span("GET");
        assert_eq!(
            (span.outcome, said(&span, "http.response.status_code").as_str()),
            (Outcome::Ok, "101")
        );
    });
}

#[test]
fn a_body_that_fails_makes_the_request_an_error() {
    run(async |capture| {
        struct Failing(AtomicUsize);
        impl http_body::Body for Failing {
            type Data = Bytes;
            type Error = std::io::Error;

            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
                Poll::Ready(Some(match self.0.fetch_add(1, Relaxed) {
                    0 => Ok(Frame::data(Bytes::from_static(b"half"))),
                    _ => Err(std::io::Error::other("disk")),
                }))
            }
        }
        let failing = service_fn(async |_: ::http::Request<hyper::body::Incoming>| {
            Ok::<_, Infallible>(::http::Response::new(Failing(AtomicUsize::new(0))))
        });
        let address = serve(ServiceBuilder::new().layer(http::server()).service(failing)).await;

        get(address, "/", "").await;

        let span = capture.span("GET");
        assert_eq!(
            (span.outcome, said(&span, "error.type").as_str()),
            (Outcome::Error, "std::io::error::Error")
        );
    });
}
