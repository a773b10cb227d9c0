//! What is said is understood, matched and taken as documented.

use std::fs;

use super::{
    literal,
    path::{Path, Scopes},
    *,
};
use crate::{
    resilience::{
        Backoff, CircuitBreaker, Hedge, Mode, Policy, Rate, RateLimiter, Retry, Timeout, breaker,
        instances::each_instance,
        policy::{NEW, OFF_SHIFT, Parts as _, RETRY, TIMED, TIMEOUT},
        retry,
    },
    site::{Meta, Site},
};

fn said(name: &str, value: &str) -> Override {
    Override::of_variable(name, value).unwrap()
}

fn in_file(keys: &[&str], value: &str) -> Override {
    Override::of_file("shop.toml", keys, value).unwrap()
}

/// `shop::orders::Orders::charge`.
fn charge() -> Scopes {
    static CHARGE: Site = Site::new(Meta::new(
        "charge",
        "shop::orders",
        "",
        1,
        || "shop::orders::Orders::charge::__SPANDREL::here",
    ));
    Scopes::of_site(&CHARGE)
}

fn attempts(said: &[Override], scopes: &Scopes) -> u32 {
    let mut settings = retry::Settings::DEFAULT;
    Selection::of(said, scopes, false).apply(&mut settings);
    settings.max_attempts
}

/// Has everything of this name take what is said.
fn take_all(name: &str, said: &[Override]) {
    each_instance(|one, scopes| {
        if one.name() == name {
            one.configure(&Selection::of(said, scopes, false), false);
        }
    });
}

#[test]
fn a_variable_names_whom_and_what() {
    let folded = |path: &str| Path::Folded(path.to_owned());
    for (name, path, part, option) in [
        (
            "SPANDREL__SHOP__ORDERS__CHARGE__RETRY__MAX_ATTEMPTS",
            folded("SHOP__ORDERS__CHARGE"),
            Some(Part::Retry),
            "max_attempts",
        ),
        ("spandrel__shop__retry__Max_Attempts", folded("SHOP"), Some(Part::Retry), "max_attempts"),
        ("SPANDREL__RETRY__MAX_ATTEMPTS", Path::All, Some(Part::Retry), "max_attempts"),
        ("SPANDREL__SHOP__RETRY__BUDGET__SHARE", folded("SHOP"), Some(Part::Retry), "budget.share"),
        ("SPANDREL__SHOP__RETRY__ENABLED", folded("SHOP"), Some(Part::Retry), "enabled"),
        ("SPANDREL__SHOP__CHARGE__ENABLED", folded("SHOP__CHARGE"), None, "enabled"),
        ("SPANDREL__ENABLED", Path::All, None, "enabled"),
        (
            "SPANDREL__SHOP___F__CIRCUIT_BREAKER__HALF_OPEN__RATE",
            folded("SHOP___F"),
            Some(Part::CircuitBreaker),
            "half_open.rate",
        ),
    ] {
        let one = said(name, if option == "enabled" { "off" } else { "1" });
        assert_eq!((one.path, one.part, one.option), (path, part, option), "{name}");
    }
}

#[test]
fn a_key_of_a_file_names_whom_and_what() {
    let exact = |path: &str| Path::Exact(path.to_owned());
    for (keys, path, part, option) in [
        (
            &["shop::orders::charge", "retry", "max_attempts"][..],
            exact("shop::orders::charge"),
            Some(Part::Retry),
            "max_attempts",
        ),
        (
            &["payments", "retry", "budget", "share"],
            exact("payments"),
            Some(Part::Retry),
            "budget.share",
        ),
        (&["retry", "max_attempts"], Path::All, Some(Part::Retry), "max_attempts"),
        (&["enabled"], Path::All, None, "enabled"),
        (&["shop", "enabled"], exact("shop"), None, "enabled"),
        (&["shop", "timeout", "enabled"], exact("shop"), Some(Part::Timeout), "enabled"),
    ] {
        let one = in_file(keys, if option == "enabled" { "off" } else { "1" });
        assert_eq!((one.path, one.part, one.option), (path, part, option), "{keys:?}");
    }
}

#[test]
fn a_bad_variable_says_its_name_its_value_and_what_to_write() {
    for (name, value, expected) in [
        (
            "SPANDREL__SHOP__RETRY__MAX_ATTEMPTS",
            "many",
            "`SPANDREL__SHOP__RETRY__MAX_ATTEMPTS=many` is not understood; write a whole number of \
             at least 1, such as `3`",
        ),
        (
            "SPANDREL__SHOP__TIMEOUT__TOTAL",
            "8",
            "`SPANDREL__SHOP__TIMEOUT__TOTAL=8` is not understood; write a time longer than \
             nothing, with `ns`, `us`, `ms`, `s`, `m` or `h`, such as `250ms`",
        ),
        (
            "SPANDREL__SHOP__ENABLED",
            "maybe",
            "`SPANDREL__SHOP__ENABLED=maybe` is not understood; write `true` or `false`",
        ),
        (
            "SPANDREL__SHOP__HEDGE__RATE",
            "1",
            "`SPANDREL__SHOP__HEDGE__RATE` is no option of `hedge`; write one of `DELAY`, \
             `MAX_ATTEMPTS`, `ENABLED`",
        ),
        (
            "SPANDREL__SHOP__MAX_ATTEMPTS",
            "1",
            "`SPANDREL__SHOP__MAX_ATTEMPTS` names no option of a policy; write a function, a module \
             or a name of a policy, then one of `timeout`, `retry`, `hedge`, `circuit_breaker`, \
             `rate_limit`, `bulkhead`, `chaos` and an option: \
             `SPANDREL__SHOP__ORDERS__CHARGE__RETRY__MAX_ATTEMPTS`",
        ),
    ] {
        assert_eq!(Override::of_variable(name, value).unwrap_err(), expected);
    }
}

#[test]
fn every_option_takes_a_value_and_refuses_nonsense() {
    let values = ["1", "2", "0.5", "1s", "100ms..10s", "full", "100/s", "none", "auto", "true"];
    for part in Part::ALL {
        assert!(part.options().count() > 1 || !cfg!(feature = "chaos"), "{part}");
        for option in part.options() {
            let taken = values.iter().any(|value| part.check(option, value).is_ok());
            assert!(taken, "{part}.{option} takes nothing");
            let refused = part.check(option, "nonsense").unwrap_err();
            assert!(refused.contains('`'), "{part}.{option}: {refused}");
        }
    }
}

#[test]
fn the_closest_holds_wherever_it_stands() {
    let everything = said("SPANDREL__RETRY__MAX_ATTEMPTS", "2");
    let module = said("SPANDREL__SHOP__RETRY__MAX_ATTEMPTS", "3");
    let inner = in_file(&["shop::orders", "retry", "max_attempts"], "4");
    let of_type = said("SPANDREL__SHOP__ORDERS__ORDERS__RETRY__MAX_ATTEMPTS", "5");
    let function = in_file(&["shop::orders::Orders::charge", "retry", "max_attempts"], "6");
    let all = [everything, module, inner, of_type, function];

    for most in 1..=all.len() {
        let mut some = all[..most].to_vec();
        assert_eq!(attempts(&some, &charge()), most as u32 + 1);
        some.reverse();
        assert_eq!(attempts(&some, &charge()), most as u32 + 1);
    }
    assert_eq!(attempts(&all, &Scopes::of_name("payments")), 2);
    assert_eq!(attempts(&[], &charge()), 3);
}

#[test]
fn of_two_that_are_as_close_the_later_one_holds() {
    let file = in_file(&["shop::orders", "retry", "max_attempts"], "4");
    let variable = said("SPANDREL__SHOP__ORDERS__RETRY__MAX_ATTEMPTS", "7");

    assert_eq!(attempts(&[file, variable], &charge()), 7);
}

#[test]
fn switches_follow_the_closest_and_the_mechanism_before_all() {
    let all_off = said("SPANDREL__ENABLED", "off");
    let retry_on = said("SPANDREL__RETRY__ENABLED", "on");
    let function_off = said("SPANDREL__SHOP__ORDERS__ORDERS__CHARGE__ENABLED", "off");
    let enabled = |said: &[Override], part| Selection::of(said, &charge(), false).enables(part);

    assert!(enabled(&[], Part::Retry));
    let some = [all_off.clone(), retry_on.clone()];
    assert_eq!([Part::Retry, Part::Timeout].map(|part| enabled(&some, part)), [true, false]);
    assert!(!enabled(&[function_off, all_off, retry_on.clone()], Part::Retry));
    assert!(!Selection::of(&[retry_on], &charge(), true).enables(Part::Retry));
}

#[test]
fn a_backoff_keeps_what_is_not_said_of_it() {
    let mut settings = retry::Settings::DEFAULT;
    let said = [
        said("SPANDREL__RETRY__FACTOR", "3"),
        said("SPANDREL__RETRY__JITTER", "none"),
        said("SPANDREL__RETRY__BACKOFF", "1s..9s"),
    ];

    Selection::of(&said, &charge(), false).apply(&mut settings);

    let expected =
        Backoff::exponential(std::time::Duration::from_secs(1), std::time::Duration::from_secs(9));
    assert_eq!(settings.backoff, expected.factor(3.0).jitter(crate::resilience::Jitter::None));
}

#[test]
fn a_breaker_takes_each_of_its_numbers() {
    let mut template = breaker::Template::DEFAULT;
    let before = template.clone();
    for (option, text) in [("failure_rate", "0.9"), ("window", "60s"), ("mode", "observe")] {
        template.set(option, text).unwrap();
    }

    assert!(template != before);
    assert!(template.set("failure_rate", "90").is_err());
}

/// `+` of what is taken, or what it means; `-` of what is not.
fn meaning(kind: &str, text: &str) -> String {
    fn taken<T>(parsed: &Parsed<T>) -> String {
        if parsed.is_ok() { "+" } else { "-" }.to_owned()
    }
    match kind {
        "lapse" => literal::lapse(text).map_or("-".into(), |nanos| nanos.to_string()),
        "rate" => literal::rate(text).map_or("-".into(), |rate| {
            let (calls, nanos) = rate.numbers();
            format!("{calls}/{nanos}")
        }),
        "backoff" => taken(&literal::backoff(text, Backoff::DEFAULT)),
        "jitter" => taken(&literal::jitter(text)),
        "window" => taken(&literal::window(text)),
        "share" => taken(&literal::portion(text)),
        "factor" => taken(&literal::factor(text)),
        "count" => taken(&literal::count(text)),
        "truth" => taken(&literal::truth(text)),
        "delay" => taken(&literal::delay(text)),
        other => format!("{other} is no kind of literal"),
    }
}

#[test]
fn literals_mean_what_they_mean_in_attributes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/literals.txt");
    let cases = fs::read_to_string(path).unwrap();
    for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, rest) = case.split_once(char::is_whitespace).unwrap();
        let (literal, expected) = rest.trim().rsplit_once(char::is_whitespace).unwrap();

        assert_eq!(meaning(kind, literal.trim().trim_matches('"')), expected, "{case}");
    }
}

#[test]
fn what_is_no_longer_said_is_as_declared_again() {
    let seconds = std::time::Duration::from_secs;
    let timeout = Timeout::new("x").total(seconds(8));
    let hedge = Hedge::new("x").after(seconds(1));
    let policy = Policy::new("x").retry(Retry::new("x")).timeout(Timeout::new("x"));
    let said = [
        said("SPANDREL__X__TIMEOUT__TOTAL", "2s"),
        said("SPANDREL__X__HEDGE__DELAY", "3s"),
        said("SPANDREL__X__HEDGE__MAX_ATTEMPTS", "5"),
        said("SPANDREL__X__RETRY__MAX_ELAPSED", "4s"),
        said("SPANDREL__X__TIMEOUT__ENABLED", "no"),
    ];
    let second = 1_000_000_000;
    let word = || policy.word() & !NEW;
    let numbers =
        || (timeout.total_nanos() / second, hedge.delay().unwrap() / second, hedge.most());
    let declared = (numbers(), word());

    for said in [&said[..], &[]] {
        let selection = Selection::of(said, &Scopes::of_name("x"), false);
        timeout.configure(&selection);
        hedge.configure(&selection);
        policy.configure(&selection);
        if !said.is_empty() {
            assert_eq!(numbers(), (2, 3, 5));
            assert_eq!(word(), RETRY | TIMED | TIMEOUT << OFF_SHIFT);
        }
    }

    assert_eq!(declared, ((8, 1, 2), RETRY | TIMEOUT));
    assert_eq!((numbers(), word()), declared);
}

#[test]
fn a_switch_leaves_what_is_held_by_hand_and_takes_back_what_it_did() {
    let breaker = CircuitBreaker::new("switched");
    assert_eq!(breaker.mode(), Mode::Auto);
    let off = [said("SPANDREL__SWITCHED__ENABLED", "off")];
    let number = [said("SPANDREL__SWITCHED__CIRCUIT_BREAKER__PROBES", "2")];
    let take = |said: &[Override]| take_all("switched", said);

    take(&off);
    assert_eq!(breaker.mode(), Mode::Disabled);
    take(&[]);
    assert_eq!(breaker.mode(), Mode::Auto);
    breaker.force_open();
    take(&number);
    assert_eq!(breaker.mode(), Mode::ForcedOpen);
    take(&off);
    assert_eq!(breaker.mode(), Mode::Disabled);
}

#[test]
fn what_the_program_chose_stays_while_nothing_else_is_said() {
    let limiter = RateLimiter::new("chosen", Rate::per_hour(1));
    let first = limiter.statistics().available();
    limiter.configure(&RateLimiter::new("chosen", Rate::per_hour(5)));
    let take = |said: &[Override]| {
        take_all("chosen", said);
        limiter.statistics().available()
    };

    assert_eq!((first, take(&[])), (1, 5));
    assert_eq!(take(&[said("SPANDREL__CHOSEN__RATE_LIMIT__RATE", "3/h")]), 3);
    assert_eq!(take(&[]), 1);
}
