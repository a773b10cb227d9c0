//! The story of the provider that has a bad day.

use super::{assert_shows, run};

/// What the table says in this row: without policies, and with.
fn row(table: &str, name: &str) -> (f64, f64) {
    let line = table.lines().find(|line| line.split('|').nth(1).map(str::trim) == Some(name));
    let cells: Vec<_> = line.expect(name).split('|').skip(2).collect();
    let number = |cell: &str| cell.split_whitespace().next().and_then(|word| word.parse().ok());
    (number(cells[0]).expect(name), number(cells[1]).expect(name))
}

#[test]
fn policies_keep_customers_and_spare_a_provider_that_hangs() {
    let table = run(env!("CARGO_BIN_EXE_shop"), &["outage"]);

    let (without, with) = row(&table, "success rate");
    assert!(with > without + 10.0, "{table}");
    let (without, with) = row(&table, "failed");
    assert!(without > 4.0 * with, "{table}");
    let (without, with) = row(&table, "calls to it while it hung");
    assert!(without > 2.0 * with, "{table}");
    // What hangs takes three seconds; no call under a policy may wait for that.
    let (without, with) = row(&table, "the last was served within");
    assert!(without >= 3_000.0 && with < without, "{table}");
    let (without, with) = row(&table, "answered by a fallback");
    assert!(without == 0.0 && with > 0.0, "{table}");
}

#[test]
fn the_console_shows_what_policies_did() {
    let text = run(env!("CARGO_BIN_EXE_shop"), &["outage", "with"]);

    assert_shows(
        &text,
        &[
            "the circuit breaker provider was closed and is open (consecutive)",
            "the circuit breaker provider was half_open and is closed (probes_succeeded)",
            "a retry that helped:",
            "a wait that the provider asked for:",
            "a second attempt that was faster:",
            "what hangs, cut off:",
            "an order, while the circuit breaker is open:",
            "a rate, while it is open:",
        ],
    );
}
