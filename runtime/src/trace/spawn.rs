//! Threads and tasks that carry the context of whoever started them.

use std::{
    io,
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::{context::Context, handle::SpanHandle};

/// Threads that carry the context.
pub mod thread {
    use super::{Context, io};

    /// Like [`std::thread::spawn`]: spans of the thread are children of the current span.
    ///
    /// ```
    /// let worker = spandrel::thread::spawn(|| 6 * 7);
    /// assert_eq!(worker.join().unwrap(), 42);
    /// ```
    ///
    /// # Panics
    ///
    /// When the operating system cannot start a thread, as [`std::thread::spawn`] does.
    pub fn spawn<F, T>(run: F) -> std::thread::JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        std::thread::spawn(carry(run))
    }

    /// Like [`std::thread::Builder::spawn`], with the context.
    ///
    /// # Errors
    ///
    /// When the operating system cannot start a thread.
    pub fn spawn_with<F, T>(
        builder: std::thread::Builder,
        run: F,
    ) -> io::Result<std::thread::JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        builder.spawn(carry(run))
    }

    /// Wraps a closure so that it runs in the context of now, wherever it runs.
    ///
    /// For pools that have no wrapper here: `rayon::spawn(spandrel::thread::carry(work))`.
    pub fn carry<F, T>(run: F) -> impl FnOnce() -> T
    where
        F: FnOnce() -> T,
    {
        let context = Context::current();
        move || {
            let _attached = context.attach();
            run()
        }
    }
}

/// Like [`tokio::spawn`]: spans of the task are children of the current span.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let task = spandrel::spawn(async { 6 * 7 });
/// assert_eq!(task.await.unwrap(), 42);
/// # });
/// ```
///
/// # Panics
///
/// Outside a tokio runtime, as [`tokio::spawn`] does.
///
/// # Cancel safety
///
/// The task goes on when the handle is dropped.
#[cfg(feature = "tokio")]
#[track_caller]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.in_context(Context::current()))
}

/// Like [`tokio::task::spawn_blocking`]: spans of the closure are children of the current span.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let task = spandrel::spawn_blocking(|| 6 * 7);
/// assert_eq!(task.await.unwrap(), 42);
/// # });
/// ```
///
/// # Panics
///
/// Outside a tokio runtime, as [`tokio::task::spawn_blocking`] does.
#[cfg(feature = "tokio")]
#[track_caller]
pub fn spawn_blocking<F, T>(run: F) -> tokio::task::JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(thread::carry(run))
}

/// Futures that run within a span or a context.
///
/// ```
/// use spandrel::{FutureExt as _, Span};
///
/// let future = async { 42 }.in_span(Span::start("answer"));
/// # let _ = future;
/// ```
pub trait FutureExt: Future + Sized {
    /// Runs the future within the span, and ends the span with it.
    fn in_span(self, span: SpanHandle) -> InSpan<Self> {
        InSpan { future: self, span: Carried::Span(span) }
    }

    /// Runs the future within the context.
    fn in_context(self, context: Context) -> InSpan<Self> {
        InSpan { future: self, span: Carried::Context(context) }
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future that runs within a span; see [`FutureExt`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F> {
        // Dropped before the span ends.
        #[pin]
        future: F,
        span: Carried,
    }
}

#[derive(Debug)]
enum Carried {
    Span(SpanHandle),
    Context(Context),
    Ended,
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = match this.span {
            Carried::Span(span) => span.in_scope(|| this.future.poll(context)),
            Carried::Context(attached) => {
                let _attached = attached.attach();
                this.future.poll(context)
            }
            Carried::Ended => this.future.poll(context),
        };
        if polled.is_ready() {
            *this.span = Carried::Ended;
        }
        polled
    }
}
