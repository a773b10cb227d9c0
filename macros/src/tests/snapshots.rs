//! One file for each shape of expansion, to be read in review.

use std::{env, fs, path::PathBuf};

use proc_macro2::TokenStream;

use super::{expand, pretty};
use crate::engine;

/// Generated lines allowed for one attribute.
const FIRST: usize = 25;
/// And for each further one.
const FURTHER: usize = 3;
/// And for each value that a span carries.
const VALUE: usize = 4;

/// And for a call that is measured, too.
const MEASURED: usize = 16;

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
];

type Derive = fn(TokenStream) -> TokenStream;

fn snapshots() -> impl Iterator<Item = (&'static str, TokenStream)> {
    let attributes = CASES.iter().map(|(name, item, _)| (*name, expand(item)));
    let derives = DERIVES.iter().map(|(name, derive, item)| (*name, derive(item.parse().unwrap())));
    attributes.chain(derives)
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
        let lines = pretty(expand(item)).lines().count();
        let further = usize::from(*name == "two_attributes");
        let values = match *name {
            "fields" => 3,
            "instrument" => 2,
            "group" => 5,
            _ => 0,
        };
        let measured = MEASURED * usize::from(*name == "group");
        let budget = measured + FIRST + FURTHER * further + VALUE * values;
        assert!(lines.saturating_sub(*own) <= budget, "{name}: {lines} lines");
    }
}
