//! How much of a request's body has really been read.
//!
//! The head of a request may claim any length, of a body that nobody reads. So what is measured is
//! counted, in bodies of axum: they can be replaced by others of the same type. Bodies of other
//! types are left as they are, since a layer that changed them would fit before few services.

use std::{
    any::Any,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{self, Poll, ready},
};

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};

/// The bytes that have been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Read(Arc<AtomicU64>);

impl Read {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Counts what will be read of a body; `None`: there is none, or one of another type.
pub(super) fn count<B: 'static>(body: &mut B) -> Option<Read> {
    let body = (body as &mut dyn Any).downcast_mut::<Body>()?;
    if body.is_end_stream() {
        return None;
    }
    let read = Read::default();
    let inner = std::mem::take(body);
    *body = Body::new(Counting { inner, read: read.clone() });
    Some(read)
}

struct Counting {
    inner: Body,
    read: Read,
}

impl http_body::Body for Counting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.read.0.fetch_add(data.len() as u64, Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
