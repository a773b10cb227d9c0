//! The server, asked by hand.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use flate2::read::GzDecoder;

use super::{Bound, Endpoints, Server, State};
use crate::{
    Rejected, Resource,
    init::config::{Address, Token},
    resilience::{Bulkhead, CircuitBreaker, Keyed, Mode, Rate, RateLimiter},
    time,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn server(endpoints: Endpoints, host: &str, token: Option<&str>) -> Server {
    let resource =
        Resource::new().with("service.name", "shop").with("text", "x".repeat(2_000).as_str());
    let state = Arc::new(State::new(&resource, false, token.map(Token::of)));
    let address = Address { host: host.into(), port: 0 };
    let bound = Bound::new(&address, endpoints, &["metrics.shop.example".to_owned()], state);
    bound.unwrap().start().unwrap()
}

fn ours() -> Server {
    server(Endpoints::All, "localhost", None)
}

/// Sends bytes and reads everything that comes.
fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A request that is refused early is not read to its end.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

fn ask(server: &Server, request: &str) -> String {
    String::from_utf8(exchange(server.address(), request.as_bytes())).unwrap()
}

fn get(server: &Server, path: &str, headers: &str) -> String {
    ask(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"))
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer}");
}

#[test]
fn each_page_is_there() {
    let server = ours();

    let metrics = get(&server, "/metrics?x=y", "");
    let functions = get(&server, "/functions", "");
    let live = get(&server, "/health/live", "");

    assert_status(&metrics, 200);
    assert!(metrics.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(metrics.contains("\ntarget_info{service_name=\"shop\","), "{metrics}");
    assert_status(&functions, 200);
    assert!(functions.contains("\r\nContent-Type: application/json\r\n"));
    let (_, list) = functions.split_once("\r\n\r\n").unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(list).unwrap().is_array());
    assert_status(&live, 200);
    assert_status(&get(&server, "/", ""), 404);
    assert_status(&get(&server, "/metrics/", ""), 404);
}

#[test]
fn a_server_of_metrics_alone_has_nothing_else() {
    let server = server(Endpoints::Metrics, "127.0.0.1", None);

    assert_status(&get(&server, "/metrics", ""), 200);
    assert_status(&get(&server, "/functions", ""), 404);
    assert_status(&get(&server, "/health/live", ""), 404);
}

#[test]
fn the_format_is_the_one_that_is_asked_for() {
    let answer = get(&ours(), "/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n");

    assert!(
        answer.contains(
            "\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
        ),
        "{answer}"
    );
    assert!(answer.ends_with("# EOF\n"));
}

#[test]
fn a_body_is_packed_for_those_who_can_unpack_it() {
    let server = ours();
    let plain = get(&server, "/metrics", "");
    // What other tests do to their policies shows in the same process.
    let lasting = |text: &str| text.lines().filter(|line| line.contains("target_info")).count();
    let expected = lasting(&plain);
    assert!(expected > 0, "{plain}");

    for (accept, is_packed) in [
        ("gzip", true),
        ("deflate, GZip;q=0.5", true),
        ("*", true),
        ("gzip;q=0", false),
        ("br", false),
        ("", false),
    ] {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {accept}\r\n\r\n"
        );
        let answer = exchange(server.address(), request.as_bytes());
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), is_packed, "{accept}");
        let mut body = String::new();
        if is_packed {
            GzDecoder::new(&answer[end..]).read_to_string(&mut body).unwrap();
        } else {
            body = String::from_utf8(answer[end..].to_vec()).unwrap();
        }
        assert_eq!(lasting(&body), expected, "{accept}: {body}");
    }
}

#[test]
fn head_tells_the_length_and_sends_nothing() {
    let answer = ask(&ours(), "HEAD /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");

    assert!(
        answer.contains("\r\nContent-Length: 5\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn other_methods_are_refused() {
    let server = ours();

    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"] {
        let answer = ask(
            &server,
            &format!(
                "{method} /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
            ),
        );
        assert_status(&answer, 405);
        assert!(answer.contains("\r\nAllow: GET, HEAD\r\n"), "{answer}");
    }
}

#[test]
fn foreign_host_names_are_refused_and_own_ones_are_not() {
    let server = ours();
    let of = |host: &str| ask(&server, &format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n"));

    assert_status(&of("evil.example:9464"), 421);
    assert_status(&of("metrics.shop.example:9464"), 200);
    assert_status(&of(&server.address().to_string()), 200);
    assert_status(&ask(&server, "GET /metrics HTTP/1.1\r\n\r\n"), 400);
    assert_status(&ask(&server, "GET /metrics HTTP/1.0\r\n\r\n"), 400);
}

#[test]
fn a_token_is_asked_for_before_anything_is_told() {
    let server = server(Endpoints::All, "0.0.0.0", Some("s3cret"));

    for headers in [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer s3cre\r\n",
        "Authorization: Bearer s3cret2\r\n",
        "Authorization: Basic s3cret\r\n",
        "Authorization: s3cret\r\n",
    ] {
        for path in ["/metrics", "/functions", "/policies", "/health/live", "/nothing"] {
            let answer = get(&server, path, headers);
            assert_status(&answer, 401);
            assert!(answer.contains("\r\nWWW-Authenticate: Bearer\r\n"), "{answer}");
        }
    }
    assert_status(&get(&server, "/metrics", "Authorization: bearer s3cret\r\n"), 200);
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let server = ours();
    let many = format!("X-Long: {}\r\n", "x".repeat(20_000));

    assert_status(&get(&server, "/metrics", &many), 431);
    assert_status(&get(&server, "/metrics", "Content-Length: 100000\r\n"), 413);
    assert_status(&get(&server, "/metrics", "Transfer-Encoding: chunked\r\n"), 413);
    // A whole one that is larger than the head may be is all the same.
    let body = "x".repeat(60_000);
    let request = format!(
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{body}"
    );
    assert_status(&ask(&server, &request), 200);
    assert_status(&ask(&server, "\x16\x03\x01 hello\r\n\r\n"), 400);
}

#[test]
fn those_who_say_nothing_keep_nobody_out() {
    let server = ours();
    let silent: Vec<_> = (0..40).map(|_| TcpStream::connect(server.address()).unwrap()).collect();

    assert_status(&get(&server, "/health/live", ""), 200);

    drop(silent);
}

#[test]
fn a_request_has_two_seconds_to_arrive() {
    let server = ours();
    for part in ["", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{"] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        stream.write_all(part.as_bytes()).unwrap();

        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();

        assert_status(&answer, 408);
    }
}

#[test]
fn what_was_asked_before_the_end_is_answered_and_nothing_after_it() {
    let server = ours();
    let address = server.address();
    let mut early = TcpStream::connect(address).unwrap();
    early.set_read_timeout(Some(PATIENCE)).unwrap();
    early.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let silent = TcpStream::connect(address).unwrap();
    let began = time::now();
    let stopping = thread::spawn(move || {
        server.stop(began + PATIENCE);
        time::now() - began
    });

    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    let took = stopping.join().unwrap();

    assert_status(&answer, 200);
    assert!(TcpStream::connect(address).is_err());
    // The silent one would have had two seconds for its request, and one for taking note.
    assert!(took < Duration::from_secs(2), "{took:?}");
    drop((early, silent));
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let server = ours();
    let address = Address { host: "127.0.0.1".into(), port: server.address().port() };

    let error = Bound::new(&address, Endpoints::Metrics, &[], Arc::default()).unwrap_err();

    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

const TOKEN: &str = "Authorization: Bearer s3cret\r\n";

fn guarded() -> Server {
    server(Endpoints::All, "localhost", Some("s3cret"))
}

fn post(server: &Server, query: &str, headers: &str) -> String {
    ask(server, &format!("POST /policies?{query} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"))
}

fn pay(breaker: &CircuitBreaker) -> Result<(), Rejected> {
    breaker.call(|| Ok(()))
}

#[test]
fn policies_are_listed_as_text_and_for_those_who_ask_as_json() {
    static LISTED: CircuitBreaker = CircuitBreaker::new("listed at\nthe server");
    pay(&LISTED).unwrap();
    let server = ours();

    let text = get(&server, "/policies", "");
    let json = get(&server, "/policies", "Accept: text/html, application/json;q=0.9\r\n");

    assert_status(&text, 200);
    let line = text.lines().find(|line| line.contains(r"listed at\nthe server")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[0], "circuit_breaker", "{line}");
    assert!(line.contains("auto") && line.contains("closed"), "{line}");
    assert!(words.contains(&"successes=1"), "{line}");
    assert_status(&json, 200);
    assert!(json.contains("\r\nContent-Type: application/json\r\n"), "{json}");
    let (_, list) = json.split_once("\r\n\r\n").unwrap();
    let list: serde_json::Value = serde_json::from_str(list).unwrap();
    let found = list.as_array().unwrap().iter().find(|it| it["name"] == "listed at\nthe server");
    assert_eq!(found.unwrap()["statistics"]["successes"], 1.0);
}

#[test]
fn whoever_has_the_token_holds_a_policy_by_hand_and_lets_it_go() {
    static HELD: CircuitBreaker = CircuitBreaker::new("src/held.rs:12 è");
    pay(&HELD).unwrap();
    let server = guarded();
    let act = |action: &str| {
        let query = format!("name=src%2Fheld.rs%3A12+%C3%A8&action={action}");
        let answer = post(&server, &query, TOKEN);
        assert_status(&answer, 200);
        (answer, HELD.mode(), pay(&HELD).is_ok())
    };

    let (answer, mode, is_let) = act("force_open");
    assert!(answer.contains("forced_open"), "{answer}");
    assert_eq!((mode, is_let), (Mode::ForcedOpen, false));
    assert_eq!(act("enable").1, Mode::Auto);
    assert_eq!(act("disable").1, Mode::Disabled);
    assert_eq!(act("observe").1, Mode::Observe);
    let (_, mode, is_let) = act("reset");
    assert_eq!((mode, is_let), (Mode::Auto, true));
}

#[test]
fn one_key_of_many_is_held_alone() {
    static TENANTS: Keyed<RateLimiter> =
        Keyed::new(RateLimiter::new("held tenants", Rate::per_second(100)).observe());
    let [acme, other] = ["acme", "a&b=c"].map(|tenant| TENANTS.get(tenant));
    acme.check().unwrap();
    other.check().unwrap();
    let server = guarded();

    let query = "kind=rate_limiter&key=a%26b%3Dc&name=held+tenants&action=force_open";
    assert_status(&post(&server, query, TOKEN), 200);
    assert!(acme.check().is_ok() && other.check().is_err());
    assert_status(&post(&server, "name=held+tenants&action=enable", TOKEN), 200);

    // As it was declared.
    assert_eq!((acme.mode(), other.mode()), (Mode::Observe, Mode::Observe));
}

#[test]
fn without_a_token_nothing_is_held_and_it_is_said_what_to_set() {
    static UNTOUCHED: CircuitBreaker = CircuitBreaker::new("untouched");
    pay(&UNTOUCHED).unwrap();

    let answer = post(&ours(), "name=untouched&action=force_open", TOKEN);
    assert_status(&answer, 403);
    assert!(answer.contains("set `SPANDREL_ADMIN_TOKEN`"), "{answer}");
    for headers in ["", "Authorization: Bearer s3cre\r\n", "Authorization: Basic s3cret\r\n"] {
        assert_status(&post(&guarded(), "name=untouched&action=force_open", headers), 401);
    }

    assert_eq!(UNTOUCHED.mode(), Mode::Auto);
}

#[test]
fn what_makes_no_sense_is_refused_and_touches_nothing() {
    static SOUND: CircuitBreaker = CircuitBreaker::new("sound");
    static BESIDE: Bulkhead = Bulkhead::new("two kinds", 1);
    static KINDS: CircuitBreaker = CircuitBreaker::new("two kinds");
    pay(&SOUND).unwrap();
    pay(&KINDS).unwrap();
    BESIDE.call(|| Ok::<_, Rejected>(())).unwrap();
    let server = guarded();
    let long = format!("name={}&action=reset", "x".repeat(600));

    for (query, status, hint) in [
        ("name=nobody&action=reset", 404, "no such policy"),
        ("name=Sound&action=reset", 404, "no such policy"),
        ("name=sound&kind=bulkhead&action=reset", 404, "no such policy"),
        ("name=sound&key=x&action=reset", 404, "no such policy"),
        ("name=&action=reset", 404, "no such policy"),
        ("name=two%20kinds&action=force_open", 400, "several kinds"),
        ("name=sound&action=explode", 400, "the actions are"),
        ("name=sound", 400, "say what to do"),
        ("name=%00%ff&action=reset", 400, "UTF-8"),
        ("name=sound&action=force_open&action=reset", 400, "twice"),
        (&long, 400, "512 bytes"),
    ] {
        let answer = post(&server, query, TOKEN);
        assert_status(&answer, status);
        assert!(answer.contains(hint), "{query}: {answer}");
    }
    let query = "name=sound&action=force_open";
    assert_status(&post(&server, query, &format!("{TOKEN}Content-Length: 100000\r\n")), 413);
    assert_status(&post(&server, query, &format!("{TOKEN}Transfer-Encoding: chunked\r\n")), 413);
    for method in ["PUT", "DELETE", "PATCH", "post"] {
        let request =
            format!("{method} /policies?{query} HTTP/1.1\r\nHost: localhost\r\n{TOKEN}\r\n");
        let answer = ask(&server, &request);
        assert_status(&answer, 405);
        assert!(answer.contains("\r\nAllow: GET, HEAD, POST\r\n"), "{answer}");
    }
    let foreign = format!("POST /policies?{query} HTTP/1.1\r\nHost: evil.example\r\n{TOKEN}\r\n");
    assert_status(&ask(&server, &foreign), 421);
    let metrics = self::server(Endpoints::Metrics, "127.0.0.1", Some("s3cret"));
    assert_status(&post(&metrics, query, TOKEN), 405);
    assert_status(&get(&metrics, "/policies", TOKEN), 404);

    assert_eq!((SOUND.mode(), KINDS.mode()), (Mode::Auto, Mode::Auto));
}
