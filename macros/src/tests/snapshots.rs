//! One file for each shape of expansion, to be read in review.

use std::{env, fs, path::PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use super::{expand, pretty, without_witnesses};
use crate::engine;

/// Generated lines allowed for one attribute.
const FIRST: usize = 25;
/// And for each further one.
const FURTHER: usize = 3;
/// And for each value that a span carries.
const VALUE: usize = 4;

/// And for a call that is measured, too.
const MEASURED: usize = 16;

/// And for what is recorded around policies: a future around a future, and its lines wrapped.
const EDGE: usize = 17;

/// Name, function, lines of its own (its signature, its body and its braces).
const CASES: &[(&str, &str, usize)] = &[
    ("sync", "#[traced] fn charge(id: u64) -> Result<u64, Error> { call(id)?; Ok(id) }", 4),
    (
        "fields",
        "#[traced(kind = client, fields(order.id = id, total = total(id), ?id))] fn charge(id: u64) { call(id); }",
        3,
    ),
    ("async", "#[traced] async fn charge(id: u64) -> Result<u64, Error> { call(id).await }", 3),
    ("two_attributes", "#[counted] #[traced] #[inline] fn charge() { call() }", 4),
    ("timed", "#[timed] fn charge(id: u64) -> Result<u64, Error> { call(id)?; Ok(id) }", 4),
    ("timed_async", "#[timed(labels(id))] async fn charge(id: u64) -> u64 { call(id).await }", 3),
    (
        "timed_every_option",
        "#[traced] #[timed(name = \"charge.duration\", labels(id, \"order.region\" = region(id)), max_label_sets = 10, slo(latency = \"250ms\", target = 0.99), slo(errors, target = 0.999), slow = SLOW, crate = ::my_spandrel)] fn charge(id: u64) -> Result<u64, Error> { Ok(id) }",
        3,
    ),
    ("timed_never", "#[timed(labels(port))] fn serve(port: u16) -> ! { loop {} }", 3),
    ("never", "#[traced] fn serve() -> ! { loop {} }", 3),
    (
        "boxed_future",
        "#[traced] fn charge(id: u64) -> Pin<Box<dyn Future<Output = u8> + Send>> { let id = id + 1; Box::pin(async move { call(id).await }) }",
        6,
    ),
    ("stream", "#[traced] fn rows(table: u8) -> impl Stream<Item = u8> { scan(table) }", 3),
    ("future_value", "#[traced] fn charge() -> impl Future<Output = u8> { ready(1) }", 3),
    (
        "every_option",
        "/// Charges.\n#[traced(name = \"charge {id}\", kind = client, level = debug, target = \"shop\", args, skip(b), redact(c = mask), ret, err(Debug), parent = p, links = l, error_if = |r| r.is_err(), crate = ::my_spandrel)] fn charge(id: u64, b: u8, c: &str, #[cfg(unix)] d: u8) -> Result<u64, Error> { Ok(id) }",
        6,
    ),
    (
        "block",
        "#[traced(kind = server)] impl Orders { const N: u8 = 1; #[traced(skip)] fn table(&self) {} pub async fn place(&self) {} const fn n() {} }",
        99,
    ),
    (
        "scripted",
        "#[scripted] #[retry] async fn charge(id: u64) -> Result<u64, Error> { call(id).await }",
        5,
    ),
    ("scripted_alone", "#[scripted] fn charge(id: u64) -> u64 { call(id) }", 5),
    ("instrument", "#[instrument] fn charge(id: u64, order: &Order) { call(id, order); }", 3),
    (
        "instrument_every_option",
        "#[instrument(\"charge {id}\", level = Level::WARN, target = TARGET, parent = p, follows_from = f, skip(b), fields(a, c.d = %id, { KEY } = b.len(), e = field::Empty), err(Debug, level = 2), ret(level = LEVEL))] async fn charge(id: u64, b: &str) -> Result<u64, Error> { Ok(id) }",
        3,
    ),
    (
        "group",
        "#[traced(db(system = postgresql, operation = \"SELECT\", collection = table, server_port = 5432, rows = |rows| rows.len()))] fn find(table: &str) -> Vec<u64> { call(table) }",
        3,
    ),
    (
        "retry",
        "#[retry(max_attempts = 3)] async fn charge(id: u64) -> Result<u64, Error> { call(id).await }",
        3,
    ),
    (
        "retry_sync",
        "#[retry(max_attempts = 3, clone(order))] fn charge(order: Order) -> Result<u64, Error> { call(order) }",
        3,
    ),
    (
        "retry_every_option",
        "#[retry(max_attempts = 4, backoff = \"100ms..10s\", factor = 1.5, jitter = equal, max_elapsed = LIMIT, retry_if = |result| result.is_err(), retry_after = after, retry_on(circuit_open, rate_limited), idempotent = false, budget(share = 0.1, reserve = 5, window = \"10s\", shared = \"payments\"), clone(order), map_err = Error::refused, crate = ::my_spandrel)] async fn charge(order: Order) -> Result<u64, Error> { call(order).await }",
        3,
    ),
    (
        "circuit_breaker",
        "#[circuit_breaker] fn charge(&mut self) -> Result<&mut u64, Error> { self.call() }",
        3,
    ),
    (
        "circuit_breaker_every_option",
        "#[circuit_breaker(failure_rate = 0.5, window = \"60s\", min_calls = 20, slow_call = \"2s\", slow_rate = 0.8, consecutive = 5, open_for = \"30s\", open_backoff = 2, open_max = \"5m\", probes = 3, half_open(rate = 0.5), on_cancel = failure_if_slow, failure_if = |r| bad(r), ignore_if = |r| fine(r), classify, observe, shared = \"payments\", reject = |rejected| Err(rejected.into()))] fn charge() -> Result<u64, Error> { call() }",
        3,
    ),
    ("timeout", "#[timeout(\"2s\")] async fn charge() -> Result<u64, Error> { call().await }", 3),
    (
        "timeout_thread",
        "#[timeout(\"2s\", sync = thread)] fn charge(id: u64) -> Result<u64, Error> { call(id) }",
        3,
    ),
    (
        "bulkhead_every_option",
        "#[bulkhead(max_concurrent = 10, queue = 5, wait = \"1s\", adaptive(aimd, min = 1, max = 100), key = host, max_keys = 64)] async fn charge(host: &str) -> Result<u64, Error> { call(host).await }",
        3,
    ),
    (
        "bulkhead",
        "#[bulkhead(max_concurrent = 10)] fn charge() -> Result<u64, Error> { call() }",
        3,
    ),
    (
        "rate_limit_every_option",
        "#[rate_limit(\"100/s\", burst = 5, wait = \"1s\", redis = LINK, key = tenant, away = closed)] async fn charge(tenant: &str) -> Result<u64, Error> { call(tenant).await }",
        3,
    ),
    ("rate_limit", "#[rate_limit(LIMIT)] fn charge() -> Result<u64, Error> { call() }", 3),
    (
        "instance",
        "#[rate_limit(instance = self.limiter)] async fn charge(&self) -> Result<u64, Error> { self.call().await }",
        3,
    ),
    ("fallback", "#[fallback(value = 0)] fn charge() -> u64 { call() }", 3),
    (
        "fallback_every_option",
        "#[fallback(with = cached, stale = \"5m\", key = name, on(circuit_open, timeout), when = |error| error.is_fatal(), on_panic)] async fn charge(id: u64, name: &str) -> Result<u64, Error> { call(id, name).await }",
        3,
    ),
    (
        "hedge",
        "#[hedge(delay = p95, idempotent = true)] async fn charge(id: u64) -> Result<u64, Error> { call(id).await }",
        3,
    ),
    (
        "hedge_every_option",
        "#[hedge(delay = \"50ms\", max_attempts = 3, idempotent = true, with_retry, budget(share = 0.1), clone(order))] #[retry(max_attempts = 2)] async fn charge(order: Order) -> Result<u64, Error> { call(order).await }",
        3,
    ),
    ("chaos", "#[chaos(fault = 0.1)] fn charge() -> Result<u64, Error> { call() }", 3),
    (
        "chaos_every_option",
        "#[chaos(fault = 0.1, latency = \"50ms..2s\", latency_rate = 0.5, outcome = Err(Error::Busy), outcome_rate = 0.2, when = id == 7, scoped, seed = 7)] fn charge(id: u64) -> Result<u64, Error> { call() }",
        3,
    ),
    (
        "resilient",
        "#[resilient(PROVIDER, key = self.host())] async fn charge(&self, id: u64) -> Result<u64, Error> { self.call(id).await }",
        3,
    ),
    (
        "resilient_hedged",
        "#[resilient(PROVIDER, idempotent = true)] async fn charge(&self, id: u64) -> Result<u64, Error> { self.call(id).await }",
        3,
    ),
    (
        "four_attributes",
        "#[retry(max_attempts = 4)] #[circuit_breaker(failure_rate = 0.5)] #[traced] #[timed] async fn charge(id: u64) -> Result<u64, Error> { call(id).await }",
        3,
    ),
    (
        "retry_async_trait",
        "#[retry(max_attempts = 3)] fn charge<'a>(&'a self, id: u64) -> Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>> { Box::pin(async move { if let Some(__ret) = None::<Result<u64, Error>> { return __ret; } let __self = self; let id = id; let __ret: Result<u64, Error> = { __self.call(id).await }; __ret }) }",
        15,
    ),
    (
        "timeout_future_value",
        "#[timeout(attempt = \"1s\", total = \"5s\")] #[traced] fn charge(id: u64) -> impl Future<Output = Result<u64, Error>> { call(id) }",
        3,
    ),
    ("skipped", "#[traced(skip)] fn charge() { call() }", 99),
];

/// Name, item.
const DERIVES: &[(&str, Derive, &str)] = &[
    (
        "derive_labels",
        engine::labels,
        "struct Sale<'s, V: Copy> where V: LabelValue { region: V, #[label(\"http.route\")] route: &'s str, #[label(skip)] id: u64, r#type: bool }",
    ),
    (
        "derive_label_value",
        engine::label_value,
        "#[labels(crate = ::my_spandrel)] enum State { InTransit, #[label(\"done\")] Delivered }",
    ),
    (
        "derive_classify",
        engine::classify,
        "#[classify(transient)] enum PayError<S> { Broken, #[classify(permanent)] Declined(u8), #[classify(throttled)] Full, #[classify(throttled(retry_after = after))] Busy { after: Duration, at: u8 }, #[classify(source)] Io(#[from] io::Error), #[classify(source)] Other { code: u8, source: S } }",
    ),
];

type Derive = fn(TokenStream) -> TokenStream;

/// Name, input of `policy!`.
const POLICIES: &[(&str, &str)] = &[
    ("policy", "retry(max_attempts = 4), timeout(attempt = \"2s\", total = \"8s\")"),
    ("policy_named", "name = \"payments\", circuit_breaker, crate = ::my_spandrel"),
];

fn snapshots() -> impl Iterator<Item = (&'static str, TokenStream)> {
    let attributes = CASES.iter().map(|(name, item, _)| (*name, expand(item)));
    let derives = DERIVES.iter().map(|(name, derive, item)| (*name, derive(item.parse().unwrap())));
    let policies = POLICIES.iter().map(|(name, input)| {
        let policy = engine::policy(input.parse().unwrap());
        (*name, quote!(static PROVIDER: Policy = #policy;))
    });
    attributes.chain(derives).chain(policies)
}

#[test]
fn expansions_are_those_that_were_reviewed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
    let overwrite = env::var_os("SPANDREL_SNAPSHOTS").is_some_and(|value| value == "overwrite");

    for (name, expansion) in snapshots() {
        let found = pretty(expansion);
        let path = folder.join(format!("{name}.rs"));
        if overwrite {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{name}: run with SPANDREL_SNAPSHOTS=overwrite and review");
    }
}

#[test]
fn an_expansion_stays_within_its_budget_of_lines() {
    for (name, item, own) in CASES.iter().filter(|(name, ..)| !name.ends_with("every_option")) {
        let lines = without_witnesses(expand(item)).lines().count();
        let further = match *name {
            "two_attributes" => 1,
            "timeout_future_value" => 1,
            "four_attributes" => 3,
            _ => 0,
        };
        let values = match *name {
            "fields" => 3,
            "instrument" => 2,
            "group" => 5,
            // The objects that take the place of a part, and clones, inside and outside.
            "instance" => 1,
            "retry_sync" => 1,
            // The racing attempts are judged where they run.
            "hedge" => 1,
            _ => 0,
        };
        let edge = EDGE * usize::from(matches!(*name, "timeout_future_value" | "four_attributes"));
        let measured = MEASURED * usize::from(*name == "group");
        let budget = measured + edge + FIRST + FURTHER * further + VALUE * values;
        assert!(lines.saturating_sub(*own) <= budget, "{name}: {lines} lines");
    }
}
