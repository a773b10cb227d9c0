//! Every example runs, and its spans are those that its story tells of.

mod counterparts;
mod outage;
mod services;

use std::process::Command;

/// An example, without any configuration of the caller's.
fn command(binary: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars() {
        if name.starts_with("OTEL_") || name.starts_with("SPANDREL_") || name == "TRACEPARENT" {
            command.env_remove(name);
        }
    }
    command.args(arguments).env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs one; returns what it printed.
fn run(binary: &str, arguments: &[&str]) -> String {
    let output = command(binary, arguments).output().expect("the example runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

fn assert_shows(text: &str, shown: &[&str]) {
    for piece in shown {
        assert!(text.contains(piece), "`{piece}` is missing in\n{text}");
    }
}

#[test]
fn quickstart_shows_the_tree_the_errors_and_the_slowest_functions() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    let text = run(env!("CARGO_BIN_EXE_quickstart"), &[data]);
    assert_shows(&text, &["survey", "└─", "✗ NotText", "latin-1.txt", "function", "read_text"]);
}

#[test]
fn an_annotated_impl_block_traces_its_methods() {
    let text = run(env!("CARGO_BIN_EXE_impl_block"), &[]);
    assert_shows(&text, &["span Orders::place ok", "email=[REDACTED]", "span Orders::place error"]);
}

#[test]
fn async_traits_are_traced_in_one_tree() {
    let text = run(env!("CARGO_BIN_EXE_async_trait"), &[]);
    assert_shows(&text, &["span welcome ok", "span Memory::name ok", "span Polite::greet ok"]);
}

#[test]
fn a_child_process_continues_the_trace() {
    let text = run(env!("CARGO_BIN_EXE_child_process"), &[]);
    let trace_of = |span: &str| {
        let line = text.lines().find(|line| line.starts_with(span)).expect(span);
        line.split("trace=").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    };
    assert_eq!(trace_of("span multiply"), trace_of("span run_child"));
}

#[test]
fn a_library_that_annotates_is_traced_by_the_program_that_initialises() {
    let text = run(env!("CARGO_BIN_EXE_uses_library"), &[]);
    assert_shows(&text, &["span sell error", "span Inventory::take ok", "OutOfStock"]);
}

#[test]
fn beside_tracing_all_of_a_program_is_one_trace() {
    let text = run(env!("CARGO_BIN_EXE_beside_tracing"), &[]);
    let spans: Vec<_> = text.lines().filter(|line| line.starts_with("span ")).collect();
    assert_shows(
        &text,
        &[
            "span POST /orders/lamp ok",
            "span order ok",
            "span reserve ok",
            "span price ok",
            "customer.token=[REDACTED]",
            "span print ok",
            "span receipt ok",
            "span reserve error",
            "span POST /orders/unicorn error",
        ],
    );
    let trace = "trace=4bf92f3577b34da6a3ce929d0e0e4736";
    assert!(spans.iter().all(|span| span.contains(trace)), "{text}");
    assert_eq!(spans.len(), 10, "{text}");
}

#[test]
fn two_ways_of_tracing_are_compared() {
    let text = run(env!("CARGO_BIN_EXE_side_by_side"), &[]);
    let password = "order > login: attribute `password`: `hunter2` there, `[REDACTED]` here";
    assert_shows(&text, &["chair: 14", password]);
}

#[test]
fn a_library_with_the_api_of_opentelemetry_is_in_the_same_trace() {
    let text = run(env!("CARGO_BIN_EXE_with_opentelemetry"), &[]);
    assert_shows(&text, &["2 items", "query [client]", "rows read", "4 spans"]);
    let depth = |name: &str| {
        let mut befores = text.lines().filter_map(|line| Some(line.split_once(name)?.0));
        befores.next().expect(name).chars().count()
    };
    assert!(depth("order  id=7") < depth("query [client]"), "{text}");
    assert!(depth("└─ query") < depth("└─ items"), "{text}");
}
