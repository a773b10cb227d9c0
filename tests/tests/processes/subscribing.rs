//! `init!` and the program's `tracing` subscriber.

use crate::probe::Probe;

const NOTICE: &str = "add `spandrel::tracing::layer()` to it";

#[test]
fn without_a_subscriber_init_installs_one_that_records_and_writes_lines() {
    let outcome = Probe::new("subscribing", "none").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "2"), ("balanced", "true")]);
    assert_eq!(outcome.lines_with(NOTICE), 0, "{outcome:?}");
    // 00-trace-span-flags
    let ids: Vec<_> = outcome.said("header").split('-').collect();
    let line = format!(
        " WARN probe::subscribing: within theirs in theirs trace_id={} span_id={}\n",
        ids[1], ids[2]
    );
    assert!(outcome.stderr.contains(&line), "{line} is not in {outcome:?}");
    let within_ours =
        format!("INFO probe::subscribing: within ours n=1 in theirs:ours trace_id={} ", ids[1]);
    assert!(outcome.stderr.contains(&within_ours), "{outcome:?}");
    assert!(outcome.stderr.contains("INFO probe::subscribing: outside\n"), "{outcome:?}");
}

#[test]
fn the_subscriber_of_the_program_stays_and_one_line_says_what_to_add() {
    let outcome = Probe::new("subscribing", "other").run();

    outcome.assert_success();
    // Ours alone is recorded.
    outcome.assert_said(&[("exported", "1"), ("header", "")]);
    assert_eq!(outcome.lines_with(NOTICE), 1, "{outcome:?}");
    assert!(!outcome.stderr.contains("within theirs"), "{outcome:?}");
}

#[test]
fn a_subscriber_that_has_our_layer_needs_no_line_and_hears_when_telemetry_starts() {
    let outcome = Probe::new("subscribing", "ours").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "2"), ("before", "false"), ("after", "false")]);
    assert_eq!(outcome.stderr, "", "{outcome:?}");
}

#[test]
fn a_library_that_asks_for_the_current_span_gets_ours_and_takes_it_along() {
    let outcome = Probe::new("subscribing", "taken along").run();

    outcome.assert_success();
    outcome.assert_said(&[("same", "true"), ("theirs", "within"), ("nothing", "true")]);
    outcome.assert_said(&[
        ("thread of first", "thread of first < theirs < first"),
        ("thread of second", "thread of second < theirs < second"),
        // What the caller does not record begins no trace of its own on the other thread.
        ("spans", "8"),
    ]);
}

#[test]
fn a_program_may_refuse() {
    let outcome = Probe::new("subscribing", "refused").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "1"), ("header", ""), ("free", "true")]);
    assert_eq!(outcome.stderr, "", "{outcome:?}");
}

#[test]
fn levels_apply_to_targets() {
    let outcome = Probe::new("subscribing", "levels")
        .env("SPANDREL_LEVEL", "info,noisy=debug,silent=off")
        .run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "1"), ("debug", "false"), ("noisy", "true")]);
}

#[test]
fn rust_log_is_about_lines_alone() {
    let shown = |rust_log: &str, line: &str| {
        let outcome = Probe::new("subscribing", "none").env("RUST_LOG", rust_log).run();
        outcome.assert_success();
        outcome.assert_said(&[("exported", "2")]);
        outcome.stderr.matches(line).count() == 1
    };

    assert!(shown("warn", "within theirs") && !shown("warn", "within ours"));
    assert!(!shown("off", "within theirs"));
    assert!(shown("off,probe::subscribing=info", "within ours"));
    // What is not understood is said, and the rest holds.
    let mixed = "probe[span]=debug,warn";
    let said = "`probe[span]=debug` in `RUST_LOG` is ignored";
    assert!(shown(mixed, said) && shown(mixed, "within theirs") && !shown(mixed, "within ours"));
}

#[test]
fn lines_are_written_while_telemetry_is_off() {
    let outcome = Probe::new("subscribing", "none").env("OTEL_SDK_DISABLED", "true").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "0"), ("header", ""), ("produced", "0")]);
    assert!(outcome.stderr.contains("WARN probe::subscribing: within theirs"), "{outcome:?}");
}

#[test]
fn lines_show_values_and_no_secrets() {
    let outcome = Probe::new("subscribing", "secrets").run();

    outcome.assert_success();
    let lines: Vec<_> = outcome
        .stderr
        .lines()
        .filter_map(|line| line.split_once("probe::subscribing: "))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(
        lines,
        [
            "a \"quoted\" message password=[REDACTED] error=broken",
            "answer=42 text=\"two words\" no.message=true",
        ]
    );
}

#[test]
fn what_an_exporter_traces_is_not_exported() {
    let outcome = Probe::new("subscribing", "exporter").run();

    outcome.assert_success();
    outcome.assert_said(&[("produced", "3"), ("0.delivered", "3"), ("batches", "3")]);
}

#[test]
fn our_spans_are_shown_to_other_layers_on_demand_and_recorded_once() {
    let in_environment = Probe::new("subscribing", "mirror").env("SPANDREL_MIRROR", "true");
    for probe in [in_environment, Probe::new("subscribing", "mirror in code")] {
        let outcome = probe.run();

        outcome.assert_success();
        outcome.assert_said(&[("theirs", "nobody"), ("ours", "theirs")]);
        outcome.assert_said(&[("instrumented", "nobody"), ("span", "instrumented")]);
        outcome.assert_said(&[("exported", "4"), ("balanced", "true")]);
    }
}

#[test]
fn only_instrumented_functions_are_shown_unasked() {
    let outcome = Probe::new("subscribing", "mirror").run();

    outcome.assert_success();
    outcome.assert_said(&[("theirs", "nobody"), ("instrumented", "nobody"), ("exported", "4")]);
    outcome.assert_said(&[("ours", ""), ("span", "")]);
}
