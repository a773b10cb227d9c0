//! Appends lines, on the exporter's own thread.

use std::{
    fmt,
    io::{self, Write as _},
    time::Duration,
};

use super::{
    OtlpFile,
    rotation::{Failure, Files},
};
use crate::export::{
    trouble::Trouble,
    worker::{Deliver, Delivery, Pace, Payload},
};

/// How long to wait until another process has written its line.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

pub(super) struct Writer {
    output: Output,
    trouble: Trouble,
}

enum Output {
    Files(Files),
    Stdout,
}

impl Writer {
    /// A writer of `items`, as people call them.
    pub(super) fn new(file: &OtlpFile, items: &'static str) -> Self {
        let output = match &file.path {
            Some(path) => Output::Files(Files::new(path.clone(), file.max_bytes, file.max_files)),
            None => Output::Stdout,
        };
        Self { output, trouble: Trouble::of(items) }
    }
}

impl Output {
    fn write(&mut self, line: &[u8], pace: &dyn Pace) -> Result<(), String> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                let written = stdout.write_all(line).and_then(|()| stdout.flush());
                written.map_err(|error| error.to_string())
            }
            Self::Files(files) => {
                let until = pace.now() + PATIENCE;
                loop {
                    match files.append(line) {
                        Ok(()) => return Ok(()),
                        Err(Failure::Io(what, error)) => {
                            return Err(format!("cannot {what} the file: {error}"));
                        }
                        Err(Failure::Locked) => {}
                    }
                    if pace.now() >= until || !pace.pause_until(pace.now() + BETWEEN_TRIES) {
                        return Err("another process holds the lock of the file".into());
                    }
                }
            }
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(files) => files.path().display().fmt(f),
            Self::Stdout => f.write_str("stdout"),
        }
    }
}

impl Deliver<Vec<u8>> for Writer {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, pace: &dyn Pace) -> Delivery {
        payload.content.push(b'\n');
        match self.output.write(&payload.content, pace) {
            Ok(()) => {
                self.trouble.worked(&self.output, payload.spans);
                Delivery::Accepted { rejected: 0 }
            }
            Err(why) => {
                self.trouble.failed(&self.output, payload.spans, &why);
                Delivery::Failed
            }
        }
    }
}
