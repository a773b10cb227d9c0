//! A real tracker of errors, started for one test on a port of this machine.

use std::{
    fs::File,
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::counterparts::{installed, script};

/// A tracker that is not ours, which speaks the protocol of Sentry.
#[derive(Debug)]
pub struct Tracker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    dsn: String,
}

impl Tracker {
    /// Starts it; `None` if the environment asks to leave such tests out.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed or does not start: a test that checks nothing must not pass.
    #[must_use]
    pub fn start() -> Option<Self> {
        let installed = installed()?;
        let mut child = Command::new(installed.join("bin/python"))
            .arg(script("bugsink.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(installed.join("bugsink.log")).expect("a place for its log"))
            .spawn()
            .expect("the interpreter of the counterparts starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let dsn = read(&mut lines)["dsn"].as_str().expect("a DSN").to_owned();
        Some(Self { child, lines, dsn })
    }

    /// The address and key of its project.
    #[must_use]
    pub fn dsn(&self) -> &str {
        &self.dsn
    }

    /// Waits until it has so many events; the `issues` that it made of them, the `events`, and the
    /// `faults` that the validator of Sentry finds in them.
    ///
    /// # Panics
    ///
    /// Panics if they do not come.
    pub fn report(&mut self, events: usize) -> Value {
        let stdin = self.child.stdin.as_mut().expect("stdin is piped");
        writeln!(stdin, "{events}").expect("it listens");
        read(&mut self.lines)
    }
}

fn read(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = lines.next().expect("it ended early: see counterparts/bugsink.log");
    serde_json::from_str(&line.expect("its output is text")).expect("its output is JSON")
}

impl Drop for Tracker {
    fn drop(&mut self) {
        // It ends when its stdin does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
