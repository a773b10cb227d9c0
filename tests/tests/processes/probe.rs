//! Runs the program `probe` and reads what it says.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver as Channel, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// No case takes nearly as long: one that does hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A run to be.
pub(crate) struct Probe(Command);

/// A run.
pub(crate) struct Running {
    child: Child,
    lines: Channel<String>,
    said: Said,
    stdout: Vec<String>,
    stderr: JoinHandle<String>,
    deadline: Instant,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    /// The lines of it, as they came.
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
    said: Said,
}

type Said = HashMap<String, String>;

impl Probe {
    /// A run in an environment that says nothing.
    pub(crate) fn new(case: &str, how: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.args([case, how]).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Exports spans there, and nothing else.
    pub(crate) fn to(self, endpoint: &str) -> Self {
        let to = self.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        to.env("OTEL_METRICS_EXPORTER", "none").env("OTEL_LOGS_EXPORTER", "none")
    }

    pub(crate) fn start(mut self) -> Running {
        let mut child = self.0.spawn().expect("the probe starts");
        let (told, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|l| told.send(l)));
        let mut pipe = child.stderr.take().expect("it is piped");
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let deadline = Instant::now() + PATIENCE;
        Running { child, lines, said: Said::new(), stdout: Vec::new(), stderr, deadline }
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Outcome {
        self.start().end()
    }
}

impl Running {
    /// Waits until the probe says something by this name.
    pub(crate) fn wait_for(&mut self, key: &str) {
        while !self.said.contains_key(key) {
            assert!(self.hear(), "it ended without `{key}`: {:?}", self.said);
        }
    }

    /// What it said by that name so far; nothing if it did not.
    pub(crate) fn said(&mut self, key: &str) -> String {
        self.said.get(key).cloned().unwrap_or_default()
    }

    /// The latest number that it said by a name that begins so; 0 if there is none.
    pub(crate) fn most(&mut self, prefix: &str) -> u64 {
        let values = self.said.iter().filter(|(key, _)| key.starts_with(prefix));
        values.filter_map(|(_, value)| value.parse().ok()).max().unwrap_or(0)
    }

    /// As `kill -9` does it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is our child");
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Whether it is still there after a while.
    pub(crate) fn outlives(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if self.child.try_wait().expect("it is our child").is_some() {
                return false;
            }
            thread::yield_now();
        }
        true
    }

    /// Waits for the end of it and of its children, which have the same stdout.
    pub(crate) fn end(mut self) -> Outcome {
        drop(self.child.stdin.take());
        while self.hear() {}
        let status = self.child.wait().expect("it is our child");
        let stderr = self.stderr.join().expect("reading does not panic");
        Outcome { status, stdout: self.stdout, stderr, said: self.said }
    }

    fn hear(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                let (key, value) = line.split_once('=').unwrap_or((&line, ""));
                self.said.insert(key.to_owned(), value.to_owned());
                self.stdout.push(line);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("the probe hangs; it said {:?}", self.said)
            }
        }
    }
}

impl Outcome {
    /// What it said by that name; nothing if it did not.
    pub(crate) fn said(&self, key: &str) -> &str {
        self.said.get(key).map_or("", String::as_str)
    }

    /// A line that contains the text.
    pub(crate) fn line_with(&self, text: &str) -> String {
        let lines = self.said.iter().map(|(key, value)| match value.as_str() {
            "" => key.clone(),
            value => format!("{key}={value}"),
        });
        lines.into_iter().find(|line| line.contains(text)).unwrap_or_default()
    }

    /// A number that it said; 0 if it did not.
    pub(crate) fn number(&self, key: &str) -> u64 {
        let text = self.said(key);
        if text.is_empty() { 0 } else { text.parse().unwrap_or_else(|_| panic!("{self:?}")) }
    }

    /// It said each of these.
    #[track_caller]
    pub(crate) fn assert_said(&self, expected: &[(&str, &str)]) {
        for (key, value) in expected {
            assert_eq!(self.said(key), *value, "{key} of {self:?}");
        }
    }

    /// It ended as a program does that went well.
    #[track_caller]
    pub(crate) fn assert_success(&self) {
        assert!(self.status.success(), "{self:?}");
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Lines of Spandrel's on stderr that contain the text.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        self.stderr.lines().filter(|l| l.starts_with("spandrel: ") && l.contains(text)).count()
    }
}
