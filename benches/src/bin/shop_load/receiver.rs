//! Takes what is exported, and discards it: only that it is sent is to cost something.

use std::{sync::mpsc, thread};

use axum::{Router, body::Bytes, routing::any};
use tokio::{net::TcpListener, runtime::Builder};

use super::Result;

/// Starts it on a thread of its own; returns the endpoint.
pub(crate) fn start() -> Result<String> {
    let (tell, told) = mpsc::channel();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let _ = tell.send(listener.local_addr()?);
            // Nothing to complain about is an answer without a field.
            axum::serve(listener, Router::new().fallback(any(|_: Bytes| async {}))).await
        })
    });
    Ok(format!("http://{}", told.recv()?))
}
