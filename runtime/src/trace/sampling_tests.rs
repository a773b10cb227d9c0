use std::thread;

use super::{
    super::{
        context::Extra,
        id::{TraceFlags, TraceId},
        propagation::{SamplingState, TraceState},
        sampler::{Overrides, Sampler},
        threshold,
    },
    Root, Sampling, Under,
};
use crate::{diag, site::Site};

static SITE: Site = Site::block("work", "shop");
static HEALTH: Site = Site::block("health", "shop");

/// A trace id whose right 56 bits are this; what stands left of them must not matter.
fn trace(randomness: u64) -> TraceId {
    TraceId::from_u128(u128::MAX << 56 | u128::from(randomness)).unwrap()
}

const HALF: u64 = 1 << 55;
const SAMPLED: TraceFlags = TraceFlags::from_bits(3);
const UNSAMPLED: TraceFlags = TraceFlags::RANDOM;

/// Whether a root is sampled, and what `tracestate` says afterwards.
fn decide(sampling: &Sampling, randomness: u64, under: Under<'_>) -> (bool, String) {
    let root = sampling.decide(&SITE, trace(randomness), under);
    let none = TraceState::new();
    assert_eq!(root.w3c.is_sampled(), root.sampled);
    let came = under.extra.map_or(&none, |extra| &extra.trace_state);
    (root.sampled, state_after(&root, came))
}

fn state_after(root: &Root, came: &TraceState) -> String {
    let own = threshold::state_of(root.flags);
    assert!(own.is_none() || root.trace_state.is_none() && came.is_empty());
    own.or(root.trace_state.as_ref()).unwrap_or(came).to_string()
}

fn sampling(sampler: &str) -> Sampling {
    let (name, argument) = sampler.split_once('=').map_or((sampler, None), |(n, a)| (n, Some(a)));
    Sampling::new(Sampler::parse(name, argument).unwrap(), Overrides::default())
}

const ALONE: Under<'static> = Under { parent: None, extra: None };

fn with_state(trace_state: &TraceState) -> Extra {
    Extra { trace_state: trace_state.clone(), ..Extra::default() }
}

fn with_caller(state: SamplingState) -> Extra {
    Extra { caller: Some(state), ..Extra::default() }
}

#[test]
fn a_sampled_root_tells_its_threshold() {
    let table = [
        ("traceidratio=1", 0, (true, "ot=th:0")),
        ("traceidratio=0.5", HALF, (true, "ot=th:8")),
        ("traceidratio=0.5", HALF - 1, (false, "")),
        ("traceidratio=0.1", 0xe6_6600_0000_0000, (true, "ot=th:e666")),
        ("traceidratio=0.1", 0xe6_65ff_ffff_ffff, (false, "")),
        ("traceidratio=0", u64::MAX >> 8, (false, "")),
        ("parentbased_traceidratio=0.25", 0xc0_0000_0000_0000, (true, "ot=th:c")),
        ("always_on", 0, (true, "")),
        ("always_off", u64::MAX >> 8, (false, "")),
        ("rate_limited", 0, (true, "")),
    ];

    for (sampler, randomness, (sampled, state)) in table {
        let decided = decide(&sampling(sampler), randomness, ALONE);

        assert_eq!(decided, (sampled, state.to_owned()), "{sampler}");
    }
}

#[test]
fn what_came_with_the_trace_ends_as_the_specification_says() {
    const ON: bool = true;
    const OFF: bool = false;
    let parentbased = "parentbased_traceidratio=0.25";
    let ratio = "traceidratio=0.25";
    // Sampler, the parent's decision, what came, randomness of the id, decision, what goes on.
    let table = [
        // The parent decides, and its threshold holds as long as it does not contradict the flag.
        (parentbased, ON, "ot=th:8", HALF, ON, "ot=th:8"),
        (parentbased, ON, "ot=th:8", HALF - 1, ON, ""),
        (parentbased, ON, "ot=th:0", 0, ON, "ot=th:0"),
        (parentbased, ON, "a=1,ot=th:8;p:1", HALF - 1, ON, "ot=p:1,a=1"),
        (parentbased, ON, "a=1,ot=th:8;p:1,b=2", HALF, ON, "a=1,ot=th:8;p:1,b=2"),
        (parentbased, ON, "ot=th:x", HALF, ON, ""),
        (parentbased, ON, "", HALF, ON, ""),
        (parentbased, ON, "a=1", HALF, ON, "a=1"),
        (parentbased, OFF, "", u64::MAX >> 8, OFF, ""),
        (parentbased, OFF, "ot=th:8,a=1", HALF, OFF, "a=1"),
        (parentbased, OFF, "ot=rv:ffffffffffffff;th:8", 0, OFF, "ot=rv:ffffffffffffff"),
        // An explicit randomness counts instead of the trace id's.
        (parentbased, ON, "ot=rv:80000000000000;th:8", 0, ON, "ot=rv:80000000000000;th:8"),
        (parentbased, ON, "ot=th:8;rv:7fffffffffffff", HALF, ON, "ot=rv:7fffffffffffff"),
        (ratio, OFF, "ot=rv:c0000000000000", 0, ON, "ot=th:c;rv:c0000000000000"),
        (ratio, ON, "ot=rv:bfffffffffffff", u64::MAX >> 8, OFF, "ot=rv:bfffffffffffff"),
        (ratio, ON, "ot=rv:unreadable", u64::MAX >> 8, ON, "ot=th:c;rv:unreadable"),
        // Whoever decides anew tells their own threshold.
        (ratio, OFF, "", u64::MAX >> 8, ON, "ot=th:c"),
        (ratio, ON, "ot=th:8", u64::MAX >> 8, ON, "ot=th:c"),
        (ratio, ON, "ot=th:c", u64::MAX >> 8, ON, "ot=th:c"),
        (ratio, ON, "b=2,ot=th:8;x:1", HALF, OFF, "ot=x:1,b=2"),
        (ratio, ON, "b=2", u64::MAX >> 8, ON, "ot=th:c,b=2"),
        ("always_on", OFF, "ot=th:8", 0, ON, "ot=th:0"),
        ("always_on", OFF, "a=1", 0, ON, "a=1"),
        ("always_off", ON, "ot=th:8", HALF, OFF, ""),
        ("rate_limited", ON, "ot=th:8;rv:ffffffffffffff", 0, ON, "ot=rv:ffffffffffffff"),
    ];

    for (sampler, parent, came, randomness, sampled, goes_on) in table {
        let came = TraceState::parse(came).unwrap();
        let flags = if parent { SAMPLED } else { UNSAMPLED };
        let extra = with_state(&came);
        let under = Under { parent: Some(flags), extra: Some(&extra) };

        let decided = decide(&sampling(sampler), randomness, under);

        assert_eq!(decided, (sampled, goes_on.to_owned()), "{sampler} {parent} {came}");
    }
}

#[test]
fn a_state_that_need_not_change_is_not_made_anew() {
    let came = TraceState::parse("a=1,ot=th:8").unwrap();
    for sampler in ["parentbased_always_on", "traceidratio=0.5"] {
        let extra = with_state(&came);
        let under = Under { parent: Some(SAMPLED), extra: Some(&extra) };

        let root = sampling(sampler).decide(&SITE, trace(HALF), under);

        assert_eq!((root.flags, root.trace_state), (0, None), "{sampler}");
    }
}

#[test]
fn what_a_caller_without_a_span_decided_counts_as_a_parents_decision() {
    use SamplingState::{Accept, Debug, Defer, Deny};
    // Accept, debug, defer, deny.
    let table = [
        ("parentbased_always_on", [true, true, true, false]),
        ("parentbased_always_off", [true, true, false, false]),
        ("parentbased_traceidratio=0", [true, true, false, false]),
        ("always_on", [true; 4]),
        ("always_off", [false; 4]),
    ];

    for (sampler, expected) in table {
        let decided = [Accept, Debug, Defer, Deny].map(|state| {
            let under = Under { parent: None, extra: Some(&with_caller(state)) };
            let root = sampling(sampler).decide(&SITE, trace(0), under);
            assert!(root.w3c.is_random(), "the id is our own");
            root.sampled
        });

        assert_eq!(decided, expected, "{sampler}");
    }
}

#[test]
fn a_parent_that_defers_leaves_the_decision_to_the_sampler() {
    let extra = with_caller(SamplingState::Defer);
    let under = Under { parent: Some(UNSAMPLED), extra: Some(&extra) };
    let half = sampling("parentbased_traceidratio=0.5");

    assert_eq!(decide(&half, HALF, under), (true, "ot=th:8".to_owned()));
    assert_eq!(decide(&half, HALF - 1, under), (false, String::new()));
}

#[test]
fn the_random_flag_is_that_of_whoever_made_the_id() {
    let flags_under = |parent| {
        let under = Under { parent, extra: None };
        sampling("parentbased_always_on").decide(&SITE, trace(0), under).w3c.bits()
    };

    assert_eq!(flags_under(None), 3);
    assert_eq!(flags_under(Some(TraceFlags::from_bits(1))), 1);
    assert_eq!(flags_under(Some(TraceFlags::from_bits(2))), 2);
    assert_eq!(flags_under(Some(TraceFlags::from_bits(0))), 0);
}

#[test]
fn who_trusts_ids_that_nobody_calls_random_is_told_once() {
    let (none, random) = (TraceState::new(), TraceState::parse("ot=rv:c0000000000000").unwrap());
    let said = diag::capture();
    let ask = |sampler: &str, flags: u8, trace_state: &TraceState| {
        let parent = Some(TraceFlags::from_bits(flags));
        let extra = with_state(trace_state);
        sampling(sampler).decide(&SITE, trace(0), Under { parent, extra: Some(&extra) });
    };

    ask("parentbased_traceidratio=0.5", 1, &none);
    ask("traceidratio=0.5", 3, &none);
    ask("traceidratio=0.5", 1, &random);
    ask("always_on", 1, &none);
    assert!(said.of(diag::Level::Warn).is_empty());

    ask("traceidratio=0.5", 1, &none);
    ask("traceidratio=0.5", 0, &none);
    let warnings = said.of(diag::Level::Warn);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`parentbased_traceidratio`"), "{warnings:?}");
}

static OTHER: Site = Site::block("other", "shop");

#[test]
fn each_override_has_a_limit_and_a_threshold_of_its_own() {
    let none = TraceState::new();
    let overrides = Overrides::parse("shop::health=rate_limited(1),shop::work=traceidratio(0.5)");
    let sampling = Sampling::new(Sampler::per_second(2.0).unwrap(), overrides.unwrap());
    let kept = |site: &'static Site| {
        let roots = (0..10).map(|_| sampling.decide(site, trace(HALF), ALONE));
        let roots: Vec<_> = roots.filter(|root| root.sampled).collect();
        (roots.len(), state_after(&roots[0], &none))
    };

    assert_eq!(kept(&SITE), (10, "ot=th:8".to_owned()));
    let ((limited, _), (others, _)) = (kept(&HEALTH), kept(&OTHER));

    // Real time passes: one more may come, but not many.
    assert!((1..=2).contains(&limited) && (2..=4).contains(&others), "{limited}, {others}");
}

#[test]
fn a_clone_of_a_limited_sampler_begins_anew() {
    let first = Sampling::new(Sampler::per_second(0.001).unwrap(), Overrides::default());
    assert!(decide(&first, 0, ALONE).0 && !decide(&first, 0, ALONE).0);

    let second = first.clone();

    assert!(decide(&second, 0, ALONE).0 && !decide(&second, 0, ALONE).0);
}

#[test]
fn a_threshold_that_the_flags_cannot_number_is_told_all_the_same() {
    let mut sampling = sampling("traceidratio=0.5");
    sampling.sampler.flags = None;

    assert_eq!(decide(&sampling, HALF, ALONE), (true, "ot=th:8".to_owned()));
    assert_eq!(decide(&sampling, 0, ALONE), (false, String::new()));
}

#[test]
fn threads_share_one_limit() {
    let sampling = Sampling::new(Sampler::per_second(0.001).unwrap(), Overrides::default());
    let kept: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..1_000).filter(|_| decide(&sampling, 0, ALONE).0).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });

    assert_eq!(kept, 1);
}
