//! The configuration in `examples/log-pipeline`, applied to what a program writes.
//!
//! Neither promtail nor Alloy is to be had from a package registry. What they do with a line is
//! little enough to be done here: an expression names a member, in quotes if it has a dot.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::probe::Probe;

/// What a configuration takes from a line: a name for each, and the expression.
type Expressions = BTreeMap<String, String>;

fn read(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/log-pipeline");
    fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The lines below `head` that are indented further than it.
fn block<'t>(text: &'t str, head: &str) -> Vec<&'t str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let outer = indent(lines.next().unwrap_or_else(|| panic!("no `{head}`")));
    lines.take_while(|line| indent(line) > outer).map(str::trim).collect()
}

fn of_promtail() -> Expressions {
    let text = read("promtail.yaml");
    let pairs = block(&text, "expressions:").into_iter().filter_map(|line| line.split_once(": "));
    pairs.map(|(name, is)| (name.to_owned(), is.trim_matches('\'').to_owned())).collect()
}

fn of_alloy() -> Expressions {
    let text = read("config.alloy");
    let lines = block(&text, "expressions = {").into_iter();
    let pairs = lines.filter_map(|line| line.trim_end_matches(',').split_once('='));
    pairs
        .map(|(name, is)| {
            let is: String = serde_json::from_str(is.trim()).expect("a text in quotes");
            (name.trim().to_owned(), is)
        })
        .collect()
}

/// Applies an expression, as `JMESPath` has it: a member, or one in quotes.
fn apply<'l>(expression: &str, line: &'l Value) -> Option<&'l Value> {
    let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match expression.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => line.get(quoted),
        None => {
            assert!(is_plain(expression), "`{expression}` would be a path, not a name");
            line.get(expression)
        }
    }
}

#[test]
fn every_expression_finds_its_field_in_what_a_program_writes() {
    let run = |how: &str| {
        let outcome = Probe::new("logging", how)
            .env("SPANDREL_LOG_FORMAT", "json")
            .env("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs")
            .env("OTEL_TRACES_EXPORTER", "otlp_file")
            .env("SPANDREL_FILE", "/dev/null")
            .run();
        outcome.assert_success();
        outcome.stdout
    };
    let lines: Vec<Value> = ["request", "exception"]
        .into_iter()
        .flat_map(run)
        .map(|line| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();

    for expressions in [of_promtail(), of_alloy()] {
        assert_eq!(expressions.len(), 11, "{expressions:?}");
        for (name, expression) in &expressions {
            let found = lines.iter().filter_map(|line| apply(expression, line));
            let found: Vec<_> = found.filter_map(Value::as_str).collect();
            assert!(!found.is_empty(), "`{name}: {expression}` finds nothing in {lines:?}");
            if ["timestamp", "level", "message", "target"].contains(&name.as_str()) {
                assert_eq!(found.len(), lines.len(), "`{name}` is not in every line");
            }
        }
    }
}

#[test]
fn both_configurations_take_the_same_fields() {
    assert_eq!(of_promtail(), of_alloy());
}

#[test]
fn what_a_configuration_hands_on_is_what_it_has_taken() {
    let names = |lines: Vec<&str>, separator: &str| -> Vec<String> {
        let name = |line: &&str| line.split(separator).next().unwrap_or_default().trim().to_owned();
        lines.iter().map(name).filter(|name| !name.is_empty() && name != "}").collect()
    };
    let (promtail, alloy) = (read("promtail.yaml"), read("config.alloy"));
    let (of_promtail, of_alloy) = (of_promtail(), of_alloy());

    let handed_on = names(block(&promtail, "- structured_metadata:"), ":");
    let by_alloy = names(block(&alloy, "stage.structured_metadata {"), "=");

    assert!(promtail.contains("source: timestamp") && promtail.contains("format: RFC3339Nano"));
    assert_eq!(handed_on.len(), 8);
    assert!(handed_on.iter().all(|name| of_promtail.contains_key(name)), "{handed_on:?}");
    let by_alloy: Vec<_> = by_alloy.into_iter().filter(|name| name != "values").collect();
    assert_eq!(by_alloy, handed_on);
    assert!(by_alloy.iter().all(|name| of_alloy.contains_key(name)));
}
