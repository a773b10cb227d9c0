//! What the sampler turned down is kept if it matters, and only then.

use crate::probe::{Outcome, Probe};

fn run(how: &str, environment: &[(&str, &str)]) -> Outcome {
    let probe = environment
        .iter()
        .fold(Probe::new("tail", how), |probe, (name, value)| probe.env(name, value));
    let outcome = probe.run();
    outcome.assert_success();
    outcome.assert_said(&[("balanced", "true"), ("unfinished", "0"), ("undecided", "0")]);
    outcome
}

const ERRORS: (&str, &str) = ("SPANDREL_KEEP_ERRORS", "true");

#[test]
fn without_tail_bias_nothing_of_an_unsampled_trace_is_recorded() {
    run("requests", &[]).assert_said(&[("produced", "0"), ("kept", "0"), ("not_kept", "0")]);
}

#[test]
fn traces_with_a_failure_are_kept_whole_and_others_leave_nothing() {
    let outcome = run("requests", &[ERRORS]);

    // Ten requests fail, and ten within a function that does not; 380 do not, and one span.
    outcome.assert_said(&[
        ("produced", "4011"),
        ("roots", "20"),
        ("sizes", "[10, 11]"),
        ("kept", "210"),
        ("not_kept", "3801"),
        ("0.delivered", "210"),
    ]);
}

#[test]
fn a_kept_trace_says_what_others_were_told() {
    run("requests", &[ERRORS]).assert_said(&[
        ("sampled", "false"),
        ("states", "false"),
        ("told-sampled", "false"),
    ]);
}

#[test]
fn slow_traces_are_kept() {
    run("requests", &[("SPANDREL_KEEP_SLOW", "1h")]).assert_said(&[("kept", "0"), ("roots", "0")]);
    run("requests", &[("SPANDREL_KEEP_SLOW", "1ns")])
        .assert_said(&[("not_kept", "0"), ("roots", "401")]);
}

#[test]
fn requests_of_one_caller_have_fates_of_their_own() {
    run("remote", &[ERRORS]).assert_said(&[("spans", "11"), ("good", "false"), ("bad", "true")]);
}

#[test]
fn what_other_threads_did_counts_and_is_kept_with_its_root() {
    run("threads", &[ERRORS]).assert_said(&[("roots", "5"), ("spans", "20"), ("kept", "20")]);
}

#[test]
fn a_trace_that_begins_with_a_span_of_tracing_is_kept_with_it() {
    run("tracing", &[ERRORS]).assert_said(&[("theirs", "1"), ("spans", "11"), ("not_kept", "99")]);
}

#[test]
fn an_exception_that_silences_a_function_holds() {
    let silenced = [ERRORS, ("SPANDREL_TRACES_SAMPLER_OVERRIDES", "probe::tail::noisy=always_off")];
    run("noisy", &silenced).assert_said(&[("produced", "0"), ("spans", "0")]);
    let quiet =
        [ERRORS, ("SPANDREL_TRACES_SAMPLER_OVERRIDES", "probe::tail::noisy=traceidratio(0)")];
    run("noisy", &quiet).assert_said(&[("produced", "10"), ("spans", "10")]);
}

#[test]
fn under_a_flood_memory_is_bounded_and_each_span_is_counted() {
    let outcome = run("flood", &[ERRORS, ("SPANDREL_MEMORY", "2MiB")]);

    outcome.assert_said(&[("always-balanced", "true")]);
    let produced = outcome.number("produced");
    assert!(produced > 600_000, "{outcome:?}");
    let went = ["kept", "not_kept", "dropped.pool_empty", "dropped.span_table_full"];
    let lost = outcome.number("dropped.tail_memory_full");
    assert!(lost > 0, "the endless trace was kept and is not whole: {outcome:?}");
    assert_eq!(went.map(|key| outcome.number(key)).iter().sum::<u64>() + lost, produced);
    assert_eq!(
        outcome.number("exported") + outcome.number("0.dropped.queue_full"),
        outcome.number("kept")
    );
    assert!(outcome.number("grown-kib") < 8 * 1024, "{outcome:?}");
}
