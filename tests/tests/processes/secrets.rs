//! Canaries: what is secret comes out nowhere, whatever a program sends, writes and prints.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use crate::probe::{Outcome, Probe};

/// As the probe has them.
const SECRETS: [&str; 4] = ["c4nAry", "YzRuQXJ5", "4111-1111", "4111111111111111"];
const HARMLESS: &str = "harmless";

/// Requests: their paths and their bytes.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Takes every request, and keeps its bytes by its path.
struct Keeper {
    url: String,
    requests: Requests,
}

impl Keeper {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(&stream, &kept));
            }
        });
        Self { url, requests }
    }
}

fn serve(mut stream: &TcpStream, kept: &Mutex<Vec<(String, Vec<u8>)>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let start = head.len();
            if !matches!(reader.read_line(&mut head), Ok(1..)) {
                return;
            }
            let line = head[start..].to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        kept.lock().expect("nobody panics with it").push((path, [head.as_bytes(), &body].concat()));
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// Nothing secret is there, and what is not secret is.
fn check(sink: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in SECRETS {
        assert!(!contains(bytes, secret), "{secret} is in {sink}: {text}");
    }
    assert!(contains(bytes, HARMLESS), "nothing is in {sink}: {text}");
}

fn probe(folder: &Path) -> Probe {
    let path = |name: &str| folder.join(name).to_str().expect("a path").to_owned();
    Probe::new("secrets", "all")
        .env("DUMP", &path("dump.jsonl"))
        .env("SPANDREL_DEBUG", "true")
        .env("SPANDREL_FLIGHT_RECORDER", "1MiB")
        .env("SPANDREL_FLIGHT_DIR", &path(""))
        .env("SPANDREL_FILE", &path("spans.jsonl"))
        .env("SPANDREL_CONSOLE", "json")
        .env("SPANDREL_LOG_FORMAT", "json")
        .env("OTEL_RESOURCE_ATTRIBUTES", "db.password=c4nAry,team=http://a:c4nAry@harmless")
}

fn read_all(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).expect("it is there").flatten();
    files.filter_map(|file| fs::read(file.path()).ok()).flatten().collect()
}

fn printed(outcome: &Outcome) {
    outcome.assert_success();
    check("stdout", outcome.stdout.join("\n").as_bytes());
    check("stderr", outcome.stderr.as_bytes());
}

#[test]
fn no_secret_leaves_by_any_exporter() {
    for protocol in ["http/protobuf", "http/json"] {
        let folder = tempdir(protocol);
        let keeper = Keeper::start();
        let dsn = keeper.url.replace("http://", "http://key@");

        let outcome = probe(&folder)
            .to(&keeper.url)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &format!("{}/api/v2/spans", keeper.url))
            .env("OTEL_TRACES_EXPORTER", "otlp,console,otlp_file,zipkin")
            .env("OTEL_LOGS_EXPORTER", "otlp")
            .env("OTEL_METRICS_EXPORTER", "otlp")
            .env("SENTRY_DSN", &format!("{dsn}/1"))
            .run();

        printed(&outcome);
        for name in ["spans.jsonl", "dump.jsonl"] {
            check(name, &fs::read(folder.join(name)).expect("it was written"));
        }
        let requests = keeper.requests.lock().expect("nobody panics with it");
        for sink in ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/v2/spans", "/api/1/envelope/"] {
            let of_sink = requests.iter().filter(|(path, _)| path == sink);
            check(sink, &of_sink.flat_map(|(_, bytes)| bytes).copied().collect::<Vec<_>>());
        }
        let _ = fs::remove_dir_all(folder);
    }
}

#[test]
fn no_secret_waits_on_disk_for_a_collector_that_is_away() {
    let folder = tempdir("spool");
    let spool = folder.join("spool");

    let outcome = probe(&folder)
        .to("http://127.0.0.1:1")
        .env("OTEL_TRACES_EXPORTER", "otlp,console")
        .env("SPANDREL_SPOOL_DIR", spool.to_str().expect("a path"))
        .run();

    printed(&outcome);
    check("the spool", &read_all(&spool));
    let _ = fs::remove_dir_all(folder);
}

fn tempdir(name: &str) -> std::path::PathBuf {
    let name = format!("spandrel-secrets-{}-{}", std::process::id(), name.replace('/', "-"));
    let folder = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a place for files");
    folder
}
