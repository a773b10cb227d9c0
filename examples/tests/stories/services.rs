//! The stories in which somebody asks over HTTP.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{assert_shows, command, run};

/// A program that serves until its standard input ends.
pub(super) struct Service {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub(super) address: String,
}

impl Service {
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One of the shop, which writes spans into the folder and log lines to stdout.
    fn of_shop(name: &str, arguments: &[&str], folder: &Path) -> Self {
        let file = folder.join(name);
        Self::start(name, arguments, &[("SPANDREL_FILE", file.to_str().expect("text"))])
    }

    /// One of the shop, with variables.
    pub(super) fn start(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_shop"), &[&[name], arguments].concat());
        command.env("OTEL_SERVICE_NAME", name).env("SPANDREL_LOG_FORMAT", "json");
        command.envs(variables.iter().copied());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let stdin = process.stdin.take().expect("a pipe");
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let line = line(&mut stdout);
        let address = line.strip_prefix("listening on ").expect(&line).to_owned();
        Self { process, stdin, stdout, address }
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut answer = String::new();
        let mut stream = self.begin(method, path, headers, body);
        stream.read_to_string(&mut answer).expect("an answer in text");
        answer
    }

    /// Sends a request, and leaves the answer to the caller.
    fn begin(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let (host, length) = (&self.address, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all((head + body).as_bytes()).expect("it listens");
        stream
    }

    pub(super) fn order(&self, headers: &str) -> String {
        self.ask("POST", "/orders", headers, ORDER)
    }

    fn metrics(&self) -> String {
        self.ask("GET", "/metrics", "", "")
    }

    /// Lets it finish; returns what it has printed since.
    pub(super) fn end(mut self) -> String {
        drop(self.stdin);
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).expect("text");
        assert!(self.process.wait().expect("it ends").success(), "{text}");
        text
    }
}

const ORDER: &str = r#"{"item":"tea","pieces":2,"card":"4111 1111 1111 1111"}"#;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line");
    line.truncate(line.trim_end().len());
    line
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The value of the only series with all of these labels.
fn metric(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let mut found = text.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    });
    let value = found.next()?.rsplit(' ').next()?.parse().ok();
    assert_eq!(found.next(), None, "more than one {name} {labels:?}");
    value
}

/// A span, as far as the stories tell of it.
#[derive(Debug)]
struct Span {
    service: String,
    name: String,
    trace: String,
    id: String,
    parent: String,
}

/// The spans in a service's file.
fn spans(folder: &Path, service: &str) -> Vec<Span> {
    let text = fs::read_to_string(folder.join(service)).expect("spans");
    let each = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let said = |span: &Value, key: &str| span[key].as_str().unwrap_or_default().to_owned();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let resources = lines.flat_map(|line| each(&line, "resourceSpans"));
    let scopes = resources.flat_map(|resource| each(&resource, "scopeSpans"));
    let spans = scopes.flat_map(|scope| each(&scope, "spans"));
    let spans = spans.map(|span| Span {
        service: service.to_owned(),
        name: said(&span, "name"),
        trace: said(&span, "traceId"),
        id: said(&span, "spanId"),
        parent: said(&span, "parentSpanId"),
    });
    spans.collect()
}

#[test]
fn an_order_is_one_trace_through_both_services_and_the_database() {
    let folder = folder("one-trace");
    let payments = Service::of_shop("payments", &[], &folder);
    let orders = Service::of_shop("orders", &[&payments.url()], &folder);

    let answer = orders.order("");
    let _ = (orders.end(), payments.end());

    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let mut all = spans(&folder, "orders");
    all.extend(spans(&folder, "payments"));
    let root = all.iter().find(|span| span.name == "POST /orders").expect("the request");
    let of_trace = || all.iter().filter(|span| span.trace == root.trace);
    let mut tree: Vec<_> = of_trace()
        .map(|span| {
            let parent = of_trace().find(|other| other.id == span.parent);
            let parent = parent.map_or("", |parent| parent.name.as_str());
            (parent, span.name.as_str(), span.service.as_str())
        })
        .collect();
    tree.sort_unstable();
    assert_eq!(
        tree,
        [
            ("", "POST /orders", "orders"),
            ("Orders::have_paid", "POST", "orders"),
            ("Orders::place", "Orders::have_paid", "orders"),
            ("Orders::place", "Store::keep", "orders"),
            ("Orders::place", "Store::note_paid", "orders"),
            ("POST", "POST /payments", "payments"),
            ("POST /orders", "Orders::place", "orders"),
            ("POST /payments", "authorize", "payments"),
            ("POST /payments", "settle", "payments"),
            ("Store::keep", "INSERT orders", "orders"),
            ("Store::note_paid", "UPDATE orders", "orders"),
        ]
    );
}

#[test]
fn every_answer_and_every_log_line_bears_the_correlation_id() {
    let folder = folder("correlation");
    let payments = Service::of_shop("payments", &[], &folder);
    let orders = Service::of_shop("orders", &[&payments.url()], &folder);

    let named = orders.order("x-correlation-id: visit-7\r\n");
    let unnamed = orders.order("");
    let printed = orders.end() + &payments.end();

    assert_shows(&named, &["x-correlation-id: visit-7\r\n"]);
    let given = unnamed.split_once("x-correlation-id: ").expect("an id").1;
    let given = given.split_once("\r\n").expect("a line").0;
    let mut lines: Vec<_> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|line| {
            let said = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            (said("correlation_id"), said("target"), said("message"))
        })
        .collect();
    lines.sort_unstable();
    let expected = |id: &str, target: &str, message: &str| {
        (id.to_owned(), format!("shop::{target}"), message.to_owned())
    };
    let mut all = [
        expected(given, "orders", "sold"),
        expected(given, "payments", "paid"),
        expected("visit-7", "orders", "sold"),
        expected("visit-7", "payments", "paid"),
    ];
    all.sort_unstable();
    assert_eq!(lines, all);
}

#[test]
fn a_scrape_of_the_shop_tells_what_was_sold_and_what_failed() {
    let folder = folder("scrape");
    let payments = Service::of_shop("payments", &[], &folder);
    let orders = Service::of_shop("orders", &[&payments.url()], &folder);

    // Of the first three orders the bank refuses the last one.
    let answers = [(); 3].map(|()| orders.order("")[..12].to_owned());
    let text = orders.metrics();
    let _ = (orders.end(), payments.end());

    assert_eq!(answers, ["HTTP/1.1 201", "HTTP/1.1 201", "HTTP/1.1 502"]);
    let requests = |status: &str| {
        let labels = [r#"http_route="/orders""#, &format!(r#"status_code="{status}""#)];
        metric(&text, "http_server_request_duration_seconds_count", &labels)
    };
    assert_eq!((requests("201"), requests("502")), (Some(2.0), Some(1.0)), "{text}");
    assert_eq!(metric(&text, "shop_orders_sold_total", &[r#"item="tea""#]), Some(2.0), "{text}");
    assert_eq!(metric(&text, "shop_order_value_EUR_sum", &[]), Some(10.0), "{text}");
    let placed = |outcome: &str| {
        let labels = ["Orders::place", &format!(r#"outcome="{outcome}""#)];
        metric(&text, "function_calls_total", &labels)
    };
    assert_eq!((placed("ok"), placed("error")), (Some(2.0), Some(1.0)), "{text}");
    let pool = metric(&text, "db_client_connection_max", &[r#"pool_name="orders""#]);
    assert_eq!(pool, Some(1.0), "{text}");
}

#[test]
fn a_customer_who_leaves_is_cancelled_and_no_error() {
    let folder = folder("leaves");
    // Payments that take for ever.
    let payments = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", payments.local_addr().expect("an address"));
    let orders = Service::of_shop("orders", &[&url], &folder);

    let customer = orders.begin("POST", "/orders", "", ORDER);
    let (request, _) = payments.accept().expect("orders ask for the payment");
    let mut request = BufReader::new(request);
    let mut asked = Vec::new();
    while asked.last().is_none_or(|last: &String| !last.is_empty()) {
        asked.push(line(&mut request));
    }
    drop(customer);

    let cancelled = [r#"error_type="cancelled""#, r#"http_route="/orders""#];
    let until = Instant::now() + PATIENCE;
    let text = loop {
        let text = orders.metrics();
        if metric(&text, "http_server_request_duration_seconds_count", &cancelled).is_some() {
            break text;
        }
        assert!(Instant::now() < until, "{text}");
    };
    let placed = |outcome: &str| {
        let labels = ["Orders::place", &format!(r#"outcome="{outcome}""#)];
        metric(&text, "function_calls_total", &labels)
    };
    assert_eq!((placed("cancelled"), placed("error")), (Some(1.0), None), "{text}");
    assert_shows(&asked.join("\n"), &["traceparent: 00-", "x-correlation-id: "]);
    orders.end();
}

#[test]
fn the_shop_starts_both_services_keeps_them_busy_and_says_where_to_look() {
    let text = run(env!("CARGO_BIN_EXE_shop"), &["--seconds", "1"]);

    assert_shows(
        &text,
        &["such as visit-", "shop_orders_sold_total", "/payments", ".traces.jsonl", "grep -hw"],
    );
    let folder = text.split("grep -hw visit-1 ").nth(1).and_then(|rest| rest.lines().next());
    let folder = Path::new(folder.expect("a folder").trim_end_matches('*'));
    for file in ["orders.traces.jsonl", "payments.traces.jsonl", "payments.log.jsonl"] {
        let written = fs::read_to_string(folder.join(file)).expect(file);
        assert!(written.contains("visit-1\""), "{file}");
        assert!(!written.contains("4111 1111"), "{file}");
    }
}

#[test]
fn a_program_that_wants_metrics_alone_is_scraped() {
    let mut command = command(env!("CARGO_BIN_EXE_metrics_only"), &["127.0.0.1:0"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("it starts");
    let said = line(&mut BufReader::new(process.stderr.take().expect("a pipe")));
    let address = said.split("http://").nth(1).and_then(|rest| rest.strip_suffix("/metrics"));
    let mut program = Service {
        address: address.expect(&said).to_owned(),
        stdin: process.stdin.take().expect("a pipe"),
        stdout: BufReader::new(process.stdout.take().expect("a pipe")),
        process,
    };

    program.stdin.write_all(b"1 2 3\n4 x\n").expect("it reads");
    let printed = [line(&mut program.stdout), line(&mut program.stdout)];
    let text = program.metrics();
    program.end();

    assert_shows(&printed.concat(), &["Ok(6)", "Err("]);
    let calls = |outcome: &str| metric(&text, "function_calls_total", &[outcome]);
    assert_eq!((calls(r#""ok""#), calls(r#""error""#)), (Some(1.0), Some(1.0)), "{text}");
    assert_eq!(metric(&text, "numbers_total", &[]), Some(5.0), "{text}");
}
