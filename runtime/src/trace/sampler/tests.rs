use proptest::prelude::*;

use super::{Decision, Overrides, ParentDecision, RANGE, Sampler};
use crate::trace::id::TraceId;

const PARENTS: [Option<ParentDecision>; 5] = [
    None,
    Some(ParentDecision { sampled: false, remote: false }),
    Some(ParentDecision { sampled: false, remote: true }),
    Some(ParentDecision { sampled: true, remote: false }),
    Some(ParentDecision { sampled: true, remote: true }),
];

fn trace(number: u128) -> TraceId {
    TraceId::from_u128(number).unwrap()
}

/// A fixed sequence of well-mixed numbers (`SplitMix64`).
fn mixed(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(mixed ^ (mixed >> 31))
    })
}

#[test]
fn every_standard_name_decides_as_the_specification_says() {
    // Columns: no parent, local unsampled, remote unsampled, local sampled, remote sampled.
    let table = [
        ("always_on", None, [true; 5]),
        ("always_off", None, [false; 5]),
        ("traceidratio", Some("1"), [true; 5]),
        ("traceidratio", Some("0"), [false; 5]),
        ("parentbased_always_on", None, [true, false, false, true, true]),
        ("parentbased_always_off", None, [false, false, false, true, true]),
        ("parentbased_traceidratio", Some("1.0"), [true, false, false, true, true]),
        ("parentbased_traceidratio", Some("0.0"), [false, false, false, true, true]),
    ];

    for (name, argument, expected) in table {
        let sampler = Sampler::parse(name, argument).unwrap();

        let decided = PARENTS.map(|parent| sampler.decide(parent, trace(77)).is_sampled());

        assert_eq!(decided, expected, "{name} {argument:?}");
    }
}

#[test]
fn local_parent_based_obeys_no_remote_parent() {
    let on = Sampler::always_on().local_parent_based();
    let off = Sampler::always_off().local_parent_based();

    let decide = |sampler: Sampler| PARENTS.map(|p| sampler.decide(p, trace(77)).is_sampled());

    assert_eq!(decide(on), [true, false, true, true, true]);
    assert_eq!(decide(off), [false, false, false, true, false]);
}

#[test]
fn ratio_compares_the_right_56_bits_with_the_threshold() {
    let half = Sampler::ratio(0.5).unwrap();
    let left_bits = u128::MAX << 56;

    let below = half.decide(None, trace(left_bits | u128::from(RANGE / 2 - 1)));
    let at = half.decide(None, trace(u128::from(RANGE / 2)));

    assert_eq!((below, at), (Decision::Drop, Decision::Record));
}

#[test]
fn extreme_ratios_keep_all_or_none_or_the_very_last() {
    let (first, last) = (trace(1 << 56), trace(u128::from(RANGE - 1)));
    let decide = |ratio: f64, id| Sampler::ratio(ratio).unwrap().decide(None, id).is_sampled();

    assert!(decide(1.0, first));
    assert!(!decide(0.0, last) && !decide(-0.0, last) && !decide(f64::MIN_POSITIVE, last));
    assert!(decide(1.0 / RANGE as f64, last) && !decide(1.0 / RANGE as f64, trace(1)));
}

#[test]
fn thresholds_are_those_of_the_specification() {
    // https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/, 4 digits.
    let table = [
        (1.0, "0"),
        (0.5, "8"),
        (1.0 / 3.0, "aaab"),
        (0.25, "c"),
        (0.2, "cccd"),
        (0.125, "e"),
        (0.1, "e666"),
        (0.0625, "f"),
        (0.01, "fd70a"),
        (0.001, "ffbe77"),
        (0.0001, "fff9724"),
        (0.000_01, "ffff583a"),
        (0.000_001, "ffffef39"),
        (1.0 / RANGE as f64, "ffffffffffffff"),
    ];

    for (ratio, digits) in table {
        let threshold = Sampler::ratio(ratio).unwrap().threshold().unwrap();

        assert_eq!(format!("{threshold:014x}"), format!("{digits:0<14}"), "{ratio}");
    }
    assert_eq!(Sampler::ratio(0.0).unwrap().threshold(), None);
}

#[test]
fn a_rate_outside_its_bounds_is_refused() {
    for rate in [-0.1, -0.0 - f64::MIN_POSITIVE, 1_000_000.1, f64::NAN, f64::INFINITY] {
        let error = Sampler::per_second(rate).unwrap_err().to_string();
        assert!(error.contains("is not between 0 and 1000000"), "{error}");
    }
    for rate in [f64::MIN_POSITIVE, 1e-9, 0.5, 1.0, 1_000_000.0] {
        assert!(Sampler::per_second(rate).unwrap().limiter().is_some(), "{rate}");
    }
    assert_eq!(Sampler::per_second(0.0).unwrap(), Sampler::always_off());
}

#[test]
fn a_rate_holds_second_by_second_and_begins_with_its_share() {
    const SECOND: u64 = 1_000_000_000;
    for (rate, in_first, in_ten) in [(1.0, 2, 10), (100.0, 199, 1_099), (0.5, 1, 5), (3.0, 5, 32)] {
        let limiter = Sampler::per_second(rate).unwrap().limiter().unwrap();
        // A thousand traces a second.
        let kept = |from: u64, to: u64| {
            let ticks = (from * 1_000..to * 1_000).map(|tick| tick * SECOND / 1_000);
            ticks.filter(|now| limiter.admit(*now)).count()
        };

        let first = kept(0, 1);
        let all = first + kept(1, 10);

        assert!(first <= in_first && all <= in_ten, "{rate}: {first}, {all}");
        let least = (rate * 10.0) as usize;
        assert!(all >= least, "{rate}: {all} of at least {least}");
        // After a pause there is one second's worth at once, not what the pause would have had.
        let burst = (0..1_000).filter(|_| limiter.admit(1_000 * SECOND)).count();
        assert_eq!(burst, (rate as usize).max(1), "{rate}");
    }
}

#[test]
fn ratio_outside_0_and_1_is_refused() {
    for ratio in [-0.1, 1.000_001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Sampler::ratio(ratio).is_err(), "{ratio}");
    }
}

#[test]
fn share_of_kept_traces_is_the_ratio() {
    const TRACES: usize = 100_000;
    for ratio in [0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.999] {
        for seed in [1, 42, 0xdead_beef] {
            let sampler = Sampler::ratio(ratio).unwrap();
            let ids = mixed(seed).take(TRACES).map(|id| trace(u128::from(id) + 1));

            let kept = ids.filter(|id| sampler.decide(None, *id).is_sampled()).count();

            let deviation = (TRACES as f64 * ratio * (1.0 - ratio)).sqrt();
            let distance = (kept as f64 - TRACES as f64 * ratio).abs();
            assert!(distance < 5.0 * deviation, "{kept} of {TRACES} at {ratio}, seed {seed}");
        }
    }
}

#[test]
fn share_does_not_depend_on_the_left_bits_of_the_trace_id() {
    let sampler = Sampler::ratio(0.3).unwrap();
    for id in mixed(7).take(1000).map(u128::from) {
        let plain = sampler.decide(None, trace(id + 1));

        assert_eq!(sampler.decide(None, trace((id + 1) | 0xabc << 64)), plain);
    }
}

#[test]
fn environment_values_that_cannot_be_used_warn_and_fall_back() {
    let table = [
        ("sometimes", None, "parentbased_always_on", "unknown sampler `sometimes`; valid are"),
        ("", None, "parentbased_always_on", "unknown sampler ``; valid are"),
        ("xray", None, "parentbased_always_on", "`xray` is known but not supported; valid are"),
        ("jaeger_remote", Some("endpoint=x"), "parentbased_always_on", "known but not supported"),
        ("parentbased_jaeger_remote", None, "parentbased_always_on", "known but not supported"),
        ("traceidratio", Some("1.01"), "traceidratio(1)", "`1.01` is not between 0 and 1"),
        ("traceidratio", Some("-1"), "traceidratio(1)", "`-1` is not between 0 and 1"),
        ("traceidratio", Some("NaN"), "traceidratio(1)", "`NaN` is not between 0 and 1"),
        ("parentbased_traceidratio", Some("x"), "parentbased_traceidratio(1)", "`x` is not"),
        ("always_on", Some("0.1"), "always_on", "has no argument, but `0.1` is given"),
        (
            "rate_limited",
            Some("-1"),
            "rate_limited(100)",
            "the rate `-1` is not between 0 and 1000000",
        ),
        ("parentbased_rate_limited", Some("x"), "parentbased_rate_limited(100)", "`x` is not"),
    ];

    for (name, argument, expected, part) in table {
        let (sampler, warning) = Sampler::from_name(name, argument);

        let warning = warning.expect(name).to_string();
        assert_eq!(sampler.to_string(), expected);
        assert!(warning.contains(part) && warning.ends_with(&format!("; using `{expected}`")));
        assert!(Sampler::parse(name, argument).is_err(), "{name}");
    }
}

#[test]
fn names_in_any_case_and_empty_arguments_are_understood() {
    let table = [
        (" Always_On ", None, "always_on"),
        ("TRACEIDRATIO", None, "traceidratio(1)"),
        ("ParentBased_TraceIdRatio", Some(" "), "parentbased_traceidratio(1)"),
        ("traceidratio", Some(" 0.5 "), "traceidratio(0.5)"),
        ("Rate_Limited", Some("20"), "rate_limited(20)"),
        ("parentbased_rate_limited", None, "parentbased_rate_limited(100)"),
    ];

    for (name, argument, expected) in table {
        assert_eq!(Sampler::parse(name, argument).unwrap().to_string(), expected);
        assert_eq!(Sampler::from_name(name, argument).1, None);
    }
}

#[test]
fn longest_override_wins_whatever_the_order() {
    let rules =
        ["*=always_off", "a::*=always_on", "a::b::*=traceidratio(0.5)", "a::b::c=always_on"];
    let expected = [
        ("a::b::c", "always_on"),
        ("a::b::cd", "traceidratio(0.5)"),
        ("a::b::c::d", "traceidratio(0.5)"),
        ("a::b", "always_on"),
        ("a", "always_off"),
        ("ab::c", "always_off"),
        ("", "always_off"),
    ];

    for turn in 0..rules.len() {
        let mut rules = rules;
        rules.rotate_left(turn);
        let overrides = Overrides::parse(&rules.join(" , ")).unwrap();

        for (path, sampler) in expected {
            assert_eq!(overrides.find(path).unwrap().to_string(), sampler, "{path}");
            if let Some((module, name)) = path.rsplit_once("::") {
                let position = overrides.position(module, name).unwrap();
                assert_eq!(overrides.samplers().nth(position).unwrap().to_string(), sampler);
            }
        }
    }
}

#[test]
fn overrides_that_cannot_be_read_say_what_to_write() {
    let table = [
        ("a::b", "`a::b` sets no sampler; write `a::b=always_off`"),
        ("=always_on", "`` is no pattern; write the path of a function, `module::*` or `*`"),
        ("a::=always_on", "`a::` is no pattern"),
        ("::*=always_on", "`::*` is no pattern"),
        ("a*=always_on", "`a*` is no pattern"),
        ("a::*::b=always_on", "`a::*::b` is no pattern"),
        ("*::*=always_on", "`*::*` is no pattern"),
        ("a=never", "unknown sampler `never`; valid are"),
        ("a=traceidratio(2)", "the ratio `2` is not between 0 and 1"),
        ("a=traceidratio(0.1", "`traceidratio(0.1` lacks a `)` at its end"),
        ("a=always_on,b=always_on, a = always_off", "`a = always_off` is given twice"),
    ];

    for (text, expected) in table {
        let message = Overrides::parse(text).expect_err(text).to_string();

        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn empty_overrides_match_nothing() {
    let overrides = Overrides::parse(" , ").unwrap();

    assert!(overrides.is_empty());
    assert_eq!(overrides.find("a"), None);
}

proptest! {
    #[test]
    fn what_a_lower_ratio_keeps_a_higher_one_keeps(
        id in 1_u128..,
        one in 0.0_f64..=1.0,
        other in 0.0_f64..=1.0,
    ) {
        let lower = Sampler::ratio(one.min(other)).unwrap();
        let higher = Sampler::ratio(one.max(other)).unwrap();

        let kept = |sampler: Sampler| sampler.decide(None, trace(id)).is_sampled();

        prop_assert!(!kept(lower) || kept(higher));
    }

    #[test]
    fn shown_sampler_reads_back(number in 0.0_f64..=1.0, limited: bool, parent_based: bool) {
        let make = if limited { Sampler::per_second } else { Sampler::ratio };
        let sampler = make(number).unwrap();
        let sampler = if parent_based { sampler.parent_based() } else { sampler };

        let overrides = Overrides::parse(&format!("f={sampler}")).unwrap();

        prop_assert_eq!(overrides.find("f"), Some(sampler));
    }

    #[test]
    fn arbitrary_texts_never_panic(name: String, argument: Option<String>, path: String) {
        let _ = Sampler::from_name(&name, argument.as_deref());
        let _ = Sampler::parse(&name, argument.as_deref());
        if let Ok(overrides) = Overrides::parse(&name) {
            let _ = overrides.find(&path);
        }
    }
}
