//! Real receivers, started for one test on ports of this machine.

use std::{
    collections::VecDeque,
    env,
    fs::File,
    io::{BufRead, BufReader, Lines, Write, stderr},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// Says that tests without their counterparts are to be left out.
const WITHOUT: &str = "WITHOUT_COUNTERPARTS";

/// An OTLP collector that is not ours, and what it sends on.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    endpoint: String,
    grpc_endpoint: String,
    /// What it sent on while it was asked for something else.
    early: VecDeque<Value>,
}

impl Collector {
    /// Starts the collector; `None` if the environment asks to leave such tests out.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed or does not start: a test that checks nothing must not pass.
    #[must_use]
    pub fn start() -> Option<Self> {
        let installed = installed()?;
        let mut child = Command::new(installed.join("bin/python"))
            .arg(script("collector.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(installed.join("collector.log")).expect("a place for its log"))
            .spawn()
            .expect("the interpreter of the counterparts starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let hello = read(&mut lines);
        let endpoint = |name: &str| hello[name].as_str().expect("an endpoint").to_owned();
        let (endpoint, grpc_endpoint) = (endpoint("endpoint"), endpoint("grpc_endpoint"));
        Some(Self { child, lines, endpoint, grpc_endpoint, early: VecDeque::new() })
    }

    /// Where it listens: the base for OTLP over HTTP.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where it listens for OTLP over gRPC.
    #[must_use]
    pub fn grpc_endpoint(&self) -> &str {
        &self.grpc_endpoint
    }

    /// Kills it, with everything that it has not sent on yet.
    ///
    /// # Panics
    ///
    /// Panics if it has ended already.
    pub fn kill(&mut self) {
        self.tell("kill");
    }

    /// Starts it again, where it was.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        self.tell("start");
    }

    fn tell(&mut self, command: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is piped");
        writeln!(stdin, "{command}").expect("it listens");
        loop {
            let line = read(&mut self.lines);
            if line["done"] == command {
                return;
            }
            self.early.push_back(line);
        }
    }

    /// Waits until it has sent on this many spans; each comes with `scope` and `resource` added.
    ///
    /// # Panics
    ///
    /// Panics if the collector has ended.
    pub fn spans(&mut self, count: usize) -> Vec<Value> {
        self.until(["resource_spans", "scope_spans", "spans"], |spans| spans.len() >= count)
    }

    /// Waits until it has sent on this many log records; each comes with `scope` and `resource`
    /// added. What else it has sent on meanwhile is left out.
    ///
    /// # Panics
    ///
    /// Panics if the collector has ended.
    pub fn log_records(&mut self, count: usize) -> Vec<Value> {
        self.until(["resource_logs", "scope_logs", "log_records"], |logs| logs.len() >= count)
    }

    /// Waits until it has sent on metrics of all these names; each metric, of whatever name, comes
    /// with `scope` and `resource` added.
    ///
    /// # Panics
    ///
    /// Panics if the collector has ended.
    pub fn metrics(&mut self, names: &[&str]) -> Vec<Value> {
        self.until(["resource_metrics", "scope_metrics", "metrics"], |metrics| {
            names.iter().all(|name| metrics.iter().any(|metric| metric["name"] == *name))
        })
    }

    /// What it sends on in these lists, until that is enough.
    fn until(
        &mut self,
        [resources, scopes, items]: [&str; 3],
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let mut found = Vec::new();
        while !is_enough(&found) {
            for resource in array(&self.next()[resources]) {
                for scope in array(&resource[scopes]) {
                    for mut item in array(&scope[items]) {
                        item["scope"] = scope["scope"].clone();
                        item["resource"] = resource["resource"].clone();
                        found.push(item);
                    }
                }
            }
        }
        found
    }

    fn next(&mut self) -> Value {
        self.early.pop_front().unwrap_or_else(|| read(&mut self.lines))
    }
}

fn read(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = lines.next().expect("it ended early: see counterparts/collector.log");
    serde_json::from_str(&line.expect("its output is text")).expect("its output is JSON")
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It ends when its stdin does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Where the counterparts are installed; `None` if the environment asks to leave such tests out.
///
/// # Panics
///
/// Panics if they are not installed: a test that checks nothing must not pass.
#[must_use]
pub fn installed() -> Option<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from);
    let installed = target.join("counterparts");
    if !installed.join("installed.txt").exists() {
        assert!(
            may_leave_out(),
            "the counterparts are not installed in {}: run scripts/counterparts (it needs python3 \
             and PyPI), or set {WITHOUT}=1 to leave such tests out",
            installed.display()
        );
        // Past the test harness, which would swallow it.
        let _ = writeln!(stderr(), "LEFT OUT: no counterparts; run scripts/counterparts");
        return None;
    }
    Some(installed)
}

/// Whether the environment asks to leave such tests out.
#[must_use]
pub fn may_leave_out() -> bool {
    env::var_os("CI").is_none() && env::var_os(WITHOUT).is_some()
}

/// One of the programs that run them.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    root().join("tests/counterparts").join(name)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
