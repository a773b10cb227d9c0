//! Remembers how a receiver began: whoever speaks another protocol is told by its first bytes.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The first bytes of a receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct First(Arc<OnceLock<Vec<u8>>>);

/// A connection whose first bytes are remembered.
pub(super) struct Watched {
    stream: Box<dyn Stream>,
    first: First,
}

impl First {
    /// How many are enough to tell.
    const BYTES: usize = 8;

    fn note(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.get_or_init(|| bytes.iter().take(Self::BYTES).copied().collect());
        }
    }

    /// What is wrong, if that is what it says.
    pub(super) fn says(&self) -> Option<&'static str> {
        match self.0.get()?.as_slice() {
            [b'H', b'T', b'T', b'P', b'/', ..] => Some(super::failure::NO_HTTP2),
            // An alert of TLS.
            [0x15, 3, ..] => Some("the receiver speaks TLS; write `https://`"),
            _ => None,
        }
    }
}

impl Watched {
    pub(super) fn new(stream: impl Stream + 'static) -> (Self, First) {
        let first = First::default();
        (Self { stream: Box::new(stream), first: first.clone() }, first)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        self.first.note(&buffer.filled()[before..]);
        Poll::Ready(result)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
