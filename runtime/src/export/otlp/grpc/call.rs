//! One unary call on an open connection.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::{
    SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderValue, Request, header};

use super::status::{Code, Status};
use crate::export::{Compression, delivery::Verdict};

/// Answers are a few bytes; a receiver that sends more is not read to its end.
const MOST_ANSWER_BYTES: usize = 64 * 1024;
/// What is copied at once; the whole message is never in memory twice.
const PIECE: usize = 64 * 1024;
/// Before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Sends a message, and reads what comes back.
pub(super) async fn exchange(
    requests: SendRequest<Bytes>,
    head: Request<()>,
    message: &[u8],
    form: Compression,
) -> Result<Verdict, h2::Error> {
    let (answer, stream) = requests.ready().await?.send_request(head, false)?;
    let mut download = pin!(download(answer));
    let mut upload = pin!(upload(stream, message, form));
    let mut uploads = true;
    poll_fn(|cx| {
        if let Poll::Ready(answer) = download.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        // A receiver may answer before it has read everything; if not, the error shows above.
        uploads = uploads && upload.as_mut().poll(cx).is_pending();
        Poll::Pending
    })
    .await
}

/// Sends as much as the receiver is ready to take.
async fn upload(
    mut stream: SendStream<Bytes>,
    message: &[u8],
    form: Compression,
) -> Result<(), h2::Error> {
    let mut piece = BytesMut::with_capacity(PREFIX + message.len().min(PIECE));
    piece.put_u8(u8::from(form == Compression::Gzip));
    // A request is far below 4 GiB: it fits the queue.
    piece.put_u32(message.len() as u32);
    let mut rest = message;
    loop {
        let (now, later) = rest.split_at(rest.len().min(PIECE));
        piece.extend_from_slice(now);
        rest = later;
        while !piece.is_empty() {
            stream.reserve_capacity(piece.len());
            while stream.capacity() == 0 {
                match poll_fn(|cx| stream.poll_capacity(cx)).await {
                    Some(capacity) => capacity?,
                    None => return Ok(()),
                };
            }
            let ready = piece.split_to(stream.capacity().min(piece.len())).freeze();
            stream.send_data(ready, piece.is_empty() && rest.is_empty())?;
        }
        if rest.is_empty() {
            return Ok(());
        }
    }
}

async fn download(answer: ResponseFuture) -> Result<Verdict, h2::Error> {
    let (head, mut body) = answer.await?.into_parts();
    let text = |value: Option<&HeaderValue>| -> String {
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into()).unwrap_or_default()
    };
    let content_type = text(head.headers.get(header::CONTENT_TYPE));
    if head.status.as_u16() != 200 || !content_type.starts_with("application/grpc") {
        // A proxy may have put a status of gRPC beside one of HTTP.
        let status = Status::of_trailers(&head.headers);
        let status = status.unwrap_or_else(|| Status::of_http(head.status.as_u16(), &content_type));
        return Ok(status.verdict(&[]));
    }
    let mut received = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        if received.len() + piece.len() > MOST_ANSWER_BYTES {
            let why = "the receiver answered with more than 64 KiB";
            return Ok(Verdict::Fatal { why: why.into() });
        }
        received.extend_from_slice(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    let trailers = body.trailers().await?;
    let status = trailers.as_ref().and_then(Status::of_trailers);
    let status = status
        .or_else(|| Status::of_trailers(&head.headers))
        .unwrap_or_else(|| Status::new(Code::UNKNOWN, "the answer ended without a status"));
    Ok(status.verdict(content(&received)))
}

/// The message, as far as it can be read; a broken one says nothing, the status has said it all.
fn content(received: &[u8]) -> &[u8] {
    match received.split_first_chunk::<PREFIX>() {
        Some((&[0, a, b, c, d], rest)) => {
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            rest.get(..length).unwrap_or_default()
        }
        _ => &[],
    }
}
