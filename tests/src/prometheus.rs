//! A real Prometheus, started for one test on a port of this machine.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::counterparts;

/// The longest that anything here takes; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions.
const MOMENT: Duration = Duration::from_millis(50);

/// The server, with native histograms and exemplars, and open to remote write.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts the server; it scrapes these jobs, twice a second.
    ///
    /// `None` if the environment asks to leave such tests out.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed or does not start: a test that checks nothing must not pass.
    #[must_use]
    pub fn start(jobs: &[(&str, SocketAddr)]) -> Option<Self> {
        let program = program("prometheus")?;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let folder =
            env::temp_dir().join(format!("spandrel-prometheus-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let config = folder.join("prometheus.yml");
        let mut text = "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n".to_owned();
        text.push_str("scrape_configs:\n");
        for (name, address) in jobs {
            let _ = writeln!(text, "- job_name: {name}");
            let _ = writeln!(text, "  static_configs: [{{targets: [\"{address}\"]}}]");
        }
        if jobs.is_empty() {
            text.push_str("  []\n");
        }
        fs::write(&config, text).expect("the folder is writable");
        // A free port may be taken before the server binds it: then another is tried.
        for _ in 0..5 {
            let address = free_address();
            let log = fs::File::create(folder.join("log")).expect("the folder is writable");
            let mut child = Command::new(&program)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--web.enable-remote-write-receiver")
                .arg("--enable-feature=exemplar-storage,native-histograms")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("the server can be run");
            let deadline = Instant::now() + PATIENCE;
            while child.try_wait().expect("it is our child").is_none() && Instant::now() < deadline
            {
                if get(address, "/-/ready", "*/*").is_ok_and(|answer| answer.status == 200) {
                    return Some(Self { child, folder, address });
                }
                thread::park_timeout(MOMENT);
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("the server did not start in {}", folder.display());
    }

    /// Where it takes what is written to it.
    #[must_use]
    pub fn write_endpoint(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// Asks until the answer is one vector of this many series, and returns their numbers, sorted.
    ///
    /// # Panics
    ///
    /// Panics if that does not happen.
    #[must_use]
    pub fn values(&self, query: &str, count: usize) -> Vec<f64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask("/api/v1/query", &[("query", query)]);
            let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
            if series.len() == count {
                let value = |one: &Value| one["value"][1].as_str().unwrap_or("").parse().ok();
                let mut values: Vec<f64> = series.iter().filter_map(value).collect();
                values.sort_by(f64::total_cmp);
                return values;
            }
            assert!(Instant::now() < deadline, "{query}: {answer:#}\n{}", self.log());
            thread::park_timeout(MOMENT);
        }
    }

    /// The exemplars of the series that this selects, as soon as there are any.
    ///
    /// # Panics
    ///
    /// Panics if there are none.
    #[must_use]
    pub fn exemplars(&self, query: &str) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let range = [("query", query), ("start", "0"), ("end", "99999999999")];
            let answer = self.ask("/api/v1/query_exemplars", &range);
            let series = answer["data"].as_array().cloned().unwrap_or_default();
            let of = |one: &Value| one["exemplars"].as_array().cloned().unwrap_or_default();
            let exemplars: Vec<_> = series.iter().flat_map(of).collect();
            if !exemplars.is_empty() {
                return exemplars;
            }
            assert!(Instant::now() < deadline, "{query}: {answer:#}\n{}", self.log());
            thread::park_timeout(MOMENT);
        }
    }

    /// What the server says about itself.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let mut target = format!("{path}?");
        for (name, value) in parameters {
            let _ = write!(target, "{name}=");
            value.bytes().for_each(|byte| {
                let _ = write!(target, "%{byte:02x}");
            });
            target.push('&');
        }
        let answer = get(self.address, &target, "*/*").expect("the server answers");
        serde_json::from_slice(&answer.body).expect("it answers JSON")
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What `promtool check metrics` has to say about a text; nothing, if all is well.
///
/// `None` if the environment asks to leave such tests out.
///
/// # Panics
///
/// Panics if it is not installed.
#[must_use]
pub fn lint(metrics: &[u8]) -> Option<String> {
    let mut child = Command::new(program("promtool")?)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(metrics).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let status = if output.status.success() { "" } else { "failed: " };
    Some(format!("{status}{}", String::from_utf8_lossy(&said)))
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// Of the body.
    pub content_type: String,
    /// As it came.
    pub body: Vec<u8>,
}

/// Asks for a page, in this format.
///
/// # Errors
///
/// When nobody answers, or not with HTTP.
pub fn get(address: SocketAddr, target: &str, accept: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {target} HTTP/1.0\r\nHost: {address}\r\nAccept: {accept}\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or(io::ErrorKind::InvalidData)? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let content_type = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-type").then(|| value.to_owned())
    });
    Ok(Answer {
        status: status.ok_or(io::ErrorKind::InvalidData)?,
        content_type: content_type.unwrap_or_default(),
        body: bytes.split_off(end),
    })
}

/// Hands on `/metrics` of another address, asked for in one format whatever the scraper likes best.
///
/// # Panics
///
/// Panics if there is no port for it.
#[must_use]
pub fn relay(to: SocketAddr, accept: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    // Ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = hand_on(stream, to, accept);
        }
    });
    address
}

fn hand_on(mut stream: TcpStream, to: SocketAddr, accept: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut piece = [0; 1_024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
    }
    let Answer { status, content_type, body } = get(to, "/metrics", accept)?;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// A program of the package, unpacked by `scripts/counterparts` or installed.
fn program(name: &str) -> Option<PathBuf> {
    let unpacked = counterparts::installed()?.join("debian/usr/bin").join(name);
    let path = env::var_os("PATH").unwrap_or_default();
    let found =
        [unpacked].into_iter().chain(env::split_paths(&path).map(|folder| folder.join(name)));
    let found = found.into_iter().find(|program: &PathBuf| Path::is_file(program));
    assert!(found.is_some(), "`{name}` is not installed; run scripts/counterparts");
    found
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound")
}
