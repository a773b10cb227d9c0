//! Options of policies from variables and from a file: at the start, and while the program runs.

use std::{env, fs, path::PathBuf};

use crate::probe::{Outcome, Probe};

const AS_DECLARED: &[(&str, &str)] = &[
    ("charge", "3"),
    ("Charge", "3"),
    ("look", "2"),
    ("mail", "2"),
    ("mail_of", "2"),
    ("store", "0"),
    ("ask", "2"),
    ("place", "3"),
    ("payments", "2"),
];

fn run(how: &str, variables: &[(&str, &str)]) -> Outcome {
    let probe = Probe::new("configuring", how);
    let probe = variables.iter().fold(probe, |probe, (name, value)| probe.env(name, value));
    let outcome = probe.run();
    outcome.assert_success();
    outcome
}

/// A file of options that is gone after the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("spandrel-{}-{name}.toml", std::process::id());
        let file = Self(env::temp_dir().join(name));
        file.write(text);
        file
    }

    /// Puts another text in its place at once, as editors and clusters do.
    fn write(&self, text: &str) {
        let new = self.0.with_extension("new");
        fs::write(&new, text).expect("a place for files");
        fs::rename(&new, &self.0).expect("the same folder");
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path that is text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn without_options_policies_are_as_declared() {
    let outcome = run("once", &[]);

    outcome.assert_said(AS_DECLARED);
    assert_eq!(outcome.lines_with("has no effect"), 0, "{outcome:?}");
}

#[test]
fn each_mechanism_takes_options_from_variables() {
    const SHOP: &str = "SPANDREL__PROBE__CONFIGURING__SHOP__";
    let rows: &[(&str, &str, &str, &str)] = &[
        ("LOOK__CIRCUIT_BREAKER__CONSECUTIVE", "4", "look", "4"),
        ("LOOK__CIRCUIT_BREAKER__OBSERVE", "true", "look", "9"),
        ("LOOK__CIRCUIT_BREAKER__MODE", "forced_open", "look", "0"),
        ("LOOK__CIRCUIT_BREAKER__ENABLED", "false", "look", "9"),
        ("LOOK__ENABLED", "false", "look", "9"),
        ("MAIL__RATE_LIMIT__RATE", "4/h", "mail", "4"),
        ("MAIL__RATE_LIMIT__BURST", "1", "mail", "1"),
        ("MAIL__RATE_LIMIT__ENABLED", "off", "mail", "9"),
        ("MAIL_OF__RATE_LIMIT__RATE", "5/h", "mail_of", "5"),
        ("MAIL_OF__RATE_LIMIT__ENABLED", "off", "mail_of", "9"),
        ("STORE__BULKHEAD__ENABLED", "off", "store", "1"),
        ("ORDERS__PLACE__RETRY__MAX_ATTEMPTS", "5", "place", "5"),
        ("ORDERS__RETRY__MAX_ATTEMPTS", "6", "place", "6"),
        ("RETRY__MAX_ATTEMPTS", "4", "place", "4"),
        ("RETRY__ENABLED", "no", "place", "1"),
    ];
    for (option, value, function, expected) in rows {
        let outcome = run("once", &[(&format!("{SHOP}{option}"), value)]);

        outcome.assert_said(&[(function, expected)]);
        assert_eq!(outcome.lines_with("has no effect"), 0, "{option}: {outcome:?}");
    }
    for (name, value, function, expected) in [
        ("spandrel__Retry__max_attempts", "1", "charge", "1"),
        ("SPANDREL__PROVIDER__RETRY__MAX_ATTEMPTS", "7", "ask", "7"),
        ("SPANDREL__STORE__BULKHEAD__MAX_CONCURRENT", "4", "store", "1"),
    ] {
        let outcome = run("once", &[(name, value)]);

        outcome.assert_said(&[(function, expected)]);
        assert_eq!(outcome.lines_with("has no effect"), 0, "{name}: {outcome:?}");
    }
    // It has no state before its first call, so at the start nobody knows it.
    let payments = [("SPANDREL__PAYMENTS__CIRCUIT_BREAKER__CONSECUTIVE", "5")];
    run("once", &payments).assert_said(&[("payments", "5")]);
}

#[test]
fn a_timeout_ends_what_hangs() {
    let total = [("SPANDREL__PROBE__TIMEOUT__TOTAL", "10ms"), ("HANGS", "1")];
    run("once", &total).assert_said(&[("hang", "1")]);
    let attempt = [("SPANDREL__PROBE__TIMEOUT__ATTEMPT", "10ms"), ("HANGS", "1")];
    run("once", &attempt).assert_said(&[("hang", "2")]);
}

#[test]
fn one_switch_turns_everything_off() {
    let everything_runs = [
        ("charge", "1"),
        ("look", "9"),
        ("mail", "9"),
        ("mail_of", "9"),
        ("store", "1"),
        ("ask", "1"),
        ("place", "1"),
        ("payments", "9"),
    ];

    run("once", &[("SPANDREL_RESILIENCE", "off")]).assert_said(&everything_runs);
    run("once", &[("SPANDREL__ENABLED", "false")]).assert_said(&everything_runs);
    run("switch", &[]).assert_said(&[("off", "3"), ("retry", "1"), ("policy", "1"), ("on", "2")]);
}

#[test]
fn a_file_has_exact_names_and_a_variable_beats_it() {
    let file = File::new(
        "exact",
        r#"
        retry.max_attempts = 7
        ["probe::configuring::shop::charge".retry]
        max_attempts = 2
        ["probe::configuring::shop::look"]
        circuit_breaker = { consecutive = 5 }
        [store.bulkhead]
        max_concurrent = 4
        ["probe::configuring::shop::Orders".retry]
        max_attempts = 4
        "#,
    );

    let outcome = run(
        "once",
        &[
            ("SPANDREL_CONFIG", file.path()),
            ("SPANDREL__PROBE__CONFIGURING__SHOP__ORDERS__RETRY__MAX_ATTEMPTS", "5"),
        ],
    );

    outcome.assert_said(&[("charge", "2"), ("Charge", "7"), ("look", "5"), ("store", "1")]);
    outcome.assert_said(&[("ask", "7"), ("place", "5")]);
    assert_eq!(outcome.lines_with("has no effect"), 0, "{outcome:?}");
}

#[test]
fn a_bad_option_is_an_error_at_the_start() {
    let error = |variables: &[(&str, &str)]| run("once", variables).said("error").to_owned();

    assert_eq!(
        error(&[("SPANDREL__PROBE__RETRY__MAX_ATTEMPTS", "0")]),
        "`SPANDREL__PROBE__RETRY__MAX_ATTEMPTS=0` is not understood; write a whole number of at \
         least 1, such as `3`"
    );
    let same = "SPANDREL__PROBE__CONFIGURING__SHOP__CHARGE__RETRY__MAX_ATTEMPTS";
    assert_eq!(
        error(&[(same, "5")]),
        format!(
            "`{same}=5` means `probe::configuring::shop::Charge` and \
             `probe::configuring::shop::charge`; write the exact name into the file of \
             `SPANDREL_CONFIG`"
        )
    );
    let file = File::new("bad", "[\"shop\".retry]\nmax_attempts = 2\nattempts = 3\n[timeout");
    let text = error(&[("SPANDREL_CONFIG", file.path())]);
    assert!(text.starts_with("line 4 of `") && text.contains("is no TOML: "), "{text}");
    file.write("[\"shop\".retry]\nbackoff = 3\nattempts = 3");
    let text = error(&[("SPANDREL_CONFIG", file.path())]);
    assert!(text.starts_with("2 problems in the configuration - `shop.retry."), "{text}");
    let text = error(&[("SPANDREL_CONFIG", "/no/such/file")]);
    assert!(text.contains("cannot be read; write"), "{text}");
}

#[test]
fn what_reaches_nobody_is_said_and_listed() {
    for (name, value, hint) in [
        (
            "SPANDREL__PROBE__CONFIGURING__SHOP__MAIL__RETRY__MAX_ATTEMPTS",
            "5",
            "has no effect: `probe::configuring::shop::mail` has no retry",
        ),
        (
            "SPANDREL__PROBE__CONFIGURING__SHOP__ASK__RETRY__MAX_ATTEMPTS",
            "5",
            "has no effect: `probe::configuring::shop::ask` takes its policies from the bundle \
             `provider`; write that name in place of the function's",
        ),
        (
            "SPANDREL__PROBE__CONFIGURING__SHOP__STORE__BULKHEAD__QUEUE",
            "5",
            "has no effect: `probe::configuring::shop::store` shares the bulkhead `store`; write \
             that name in place of the function's",
        ),
        (
            "SPANDREL__PROBE__CONFIGURING__HEDGE__MAX_ATTEMPTS",
            "5",
            "has no effect: nothing that it names has a hedge of its own",
        ),
        (
            "SPANDREL__PROBE__CONFIGURING__SHOP__CHRGE__RETRY__MAX_ATTEMPTS",
            "5",
            "has no effect: it names no annotated function that has a policy, and no policy that \
             was used so far",
        ),
    ] {
        let outcome = run("once", &[(name, value)]);

        outcome.assert_said(AS_DECLARED);
        outcome.assert_said(&[("hint", hint)]);
        assert_eq!(outcome.lines_with(&format!("`{name}={value}` {hint}")), 1, "{outcome:?}");
    }
}

#[test]
fn a_file_that_changes_is_read_again_and_state_is_kept() {
    let file =
        File::new("reload", "[\"probe::configuring::shop::charge\".retry]\nmax_attempts = 2");
    let mut running =
        Probe::new("configuring", "follow").env("SPANDREL_CONFIG", file.path()).start();
    running.wait_for("attempts.2.observes.false");

    file.write(
        "[\"probe::configuring::shop::charge\".retry]\nmax_attempts = 4\n\
         [payments.circuit_breaker]\nobserve = true\nconsecutive = 9",
    );
    running.wait_for("attempts.4.observes.true");
    assert_eq!(running.said("attempts.4.observes.true"), "3");

    // Nothing of what is wrong is taken.
    file.write("retry.max_attempts = 8\nretry.factor = 0");
    running.wait_for("reload");

    file.write("[payments.circuit_breaker]\nwindow = 7");
    running.wait_for("attempts.3.observes.false");
    // As declared again, but for the window, which has begun anew.
    assert_eq!(running.said("attempts.3.observes.false"), "0");

    let outcome = running.end();
    outcome.assert_success();
    outcome.assert_said(&[
        ("refused", "true"),
        ("reload", "true"),
        ("attempts.8.observes.true", ""),
    ]);
    let lines = outcome.lines_with("the configuration of policies stays as it was: `retry.factor");
    assert_eq!(lines, 2, "once for the file and once for `reload`: {outcome:?}");
}
