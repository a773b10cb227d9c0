//! A program that is careless with its secrets, with everything on that sends or writes something.

use std::{collections::HashMap, fmt, panic, thread};

use spandrel::{
    Span,
    sentry::{self, Scope},
    trace::{Context, propagation::Baggage},
    traced,
};

use crate::output::{PATIENCE, shut_down};

/// What must come out nowhere, and what must come out everywhere.
const SECRET: &str = "c4nAry";
const HARMLESS: &str = "harmless";

#[derive(Debug)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Login {
    user: &'static str,
    password: String,
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HARMLESS}: refused with Bearer {SECRET}0123456789 and api_key={SECRET}")
    }
}

impl std::error::Error for Refused {}

#[traced(err, args, ret, name = "GET {url}")]
fn request(password: &str, login: Login, url: &str, list: Vec<String>) -> Result<String, Refused> {
    let span = Span::current();
    let headers = HashMap::from([("authorization", format!("Basic {}", base64()))]);
    span.set("http.request.header.cookie", SECRET);
    span.set("headers", format!("{headers:?}"));
    span.set("card", "4111-1111-1111-1111");
    span.set("number", 4_111_111_111_111_111_u64);
    span.event(&format!("event password={SECRET}"), &[("jwt", &jwt())]);
    span.set("baggage", Context::current().baggage().to_string());
    tracing::info!(token = SECRET, key = private_key(), "{HARMLESS} cookie: sid={SECRET}");
    tracing::error!(error = &Refused as &dyn std::error::Error, "{HARMLESS} {url}");
    log::warn!("{HARMLESS} by log: ghp_{SECRET}012345678901234567890123456789");
    let _ = (password, login, list);
    Err(Refused)
}

#[traced]
fn panics() {
    panic!("{HARMLESS}: secret={SECRET}");
}

fn base64() -> &'static str {
    // `c4nAry:c4nAry`, which begins and ends as no other text does.
    "YzRuQXJ5OmM0bkFyeQ=="
}

fn jwt() -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.eyJ{SECRET}.{SECRET}")
}

fn private_key() -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----")
}

pub(crate) fn run(_how: &str) {
    // What the standard library prints of a panic is not ours.
    panic::set_hook(Box::new(|_| {}));
    let telemetry = spandrel::init!().expect("it starts");
    let baggage = Baggage::parse(&format!("user=ann,session=password={SECRET}"));
    let _baggage = Context::current().with_baggage(baggage).attach();
    let _about = Scope::new().user(HARMLESS).tag("note", format!("token={SECRET}")).enter();
    let login = Login { user: "ann", password: SECRET.into() };
    let url = format!("postgres://ann:{SECRET}@db/{HARMLESS}?password={SECRET}");
    let _ = request(SECRET, login, &url, vec![url.clone(), HARMLESS.into()]);
    let _ = thread::spawn(panics).join();
    sentry::capture(&Refused).with("secret", SECRET).with("url", &url);
    let running = Span::start("running").enter();
    Span::current().set("url", &url);
    drop(telemetry.dump_flight(std::env::var("DUMP").expect("it is set")));
    drop(running);
    shut_down(telemetry, PATIENCE);
}
