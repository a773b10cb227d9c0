//! What the process, its runtime and its host use, as metrics (`process.*`, `system.*`, `tokio.*`).
//!
//! Everything is read when metrics are, and nothing in between. On Linux that is a few small files
//! below `/proc`; what they do not tell, and what another system has no such files for, is absent
//! rather than zero. The files are parsed by pure functions, so that a test writes down what a
//! kernel says.

mod host;
mod own;
#[cfg(feature = "tokio")]
mod runtime;

use std::{fs, sync::Once};

#[cfg(feature = "tokio")]
pub use runtime::tokio_runtime;

use crate::metrics::{self, Source, data::Metric};

const SCOPE: &str = "spandrel::process";

struct Process;

/// Tells of this process and its host from now on, wherever metrics are read.
///
/// Called within a runtime of tokio, of that, too.
pub(crate) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| metrics::register(&Process));
    #[cfg(feature = "tokio")]
    runtime::register_current();
}

impl Source for Process {
    fn collect(&self, into: &mut Vec<Metric>) {
        own::collect(&read, into);
        host::collect(&read, into);
    }
}

/// How the files of the kernel are read; a test has its own.
type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

fn read(path: &str) -> Option<String> {
    // Not all of it is text: a command line may be anything.
    fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The number behind `key:` in a file of such lines.
fn number_behind(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
