use proptest::prelude::*;

use super::{OtelState, with_threshold};
use crate::trace::propagation::TraceState;

fn state(text: &str) -> TraceState {
    TraceState::parse(text).unwrap()
}

fn said(text: &str) -> (bool, Option<u64>, Option<u64>) {
    let OtelState { has_threshold, threshold, randomness } = OtelState::read(&state(text));
    (has_threshold, threshold, randomness)
}

#[test]
fn thresholds_and_randomness_are_read_by_the_grammar() {
    const RANDOM: u64 = 0x6e_6d1a_7583_2a2f;
    let table = [
        ("", (false, None, None)),
        ("vendor=th:8", (false, None, None)),
        ("tenant@ot=th:8", (false, None, None)),
        ("ot=th:0", (true, Some(0), None)),
        ("ot=th:8", (true, Some(1 << 55), None)),
        ("ot=th:c", (true, Some(0xc0_0000_0000_0000), None)),
        ("ot=th:fd70a4", (true, Some(0xfd_70a4_0000_0000), None)),
        ("ot=th:00000000000001", (true, Some(1), None)),
        ("ot=th:80000000000000", (true, Some(1 << 55), None)),
        ("ot=rv:6e6d1a75832a2f", (false, None, Some(RANDOM))),
        ("a=1,ot=p:8;rv:6e6d1a75832a2f;th:8;x:1,b=2", (true, Some(1 << 55), Some(RANDOM))),
        ("ot=th:8;th:c", (true, Some(1 << 55), None)),
        ("ot=th:", (true, None, None)),
        ("ot=th:C", (true, None, None)),
        ("ot=th:+8", (true, None, None)),
        ("ot=th:000000000000001", (true, None, None)),
        ("ot=rv:6e6d1a75832a2", (false, None, None)),
        ("ot=rv:6e6d1a75832a2f0", (false, None, None)),
        ("ot=rv:6E6D1A75832A2F", (false, None, None)),
        ("ot=rv", (false, None, None)),
        ("ot=th;rv;;:", (false, None, None)),
    ];

    for (text, expected) in table {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn a_threshold_is_written_without_the_zeros_at_its_end() {
    let table = [
        (0, "ot=th:0"),
        (1 << 55, "ot=th:8"),
        (0xc0_0000_0000_0000, "ot=th:c"),
        (0xfd_70a4_0000_0000, "ot=th:fd70a4"),
        (0x01_0000_0000_0000, "ot=th:01"),
        (1, "ot=th:00000000000001"),
        ((1 << 56) - 1, "ot=th:ffffffffffffff"),
    ];

    for (threshold, expected) in table {
        assert_eq!(with_threshold(&TraceState::new(), Some(threshold)).as_str(), expected);
    }
}

#[test]
fn setting_and_erasing_keeps_what_others_said() {
    let table = [
        ("", Some("ot=th:8"), ""),
        ("ot=th:c", Some("ot=th:8"), ""),
        ("a=1,b=2", Some("ot=th:8,a=1,b=2"), "a=1,b=2"),
        ("a=1,ot=th:c,b=2", Some("ot=th:8,a=1,b=2"), "a=1,b=2"),
        ("a=1,ot=p:8;th:c;r:62", Some("ot=th:8;p:8;r:62,a=1"), "ot=p:8;r:62,a=1"),
        ("ot=th:c;th:d;rv:x", Some("ot=th:8;rv:x"), "ot=rv:x"),
        ("ot=;;th:;odd;;", Some("ot=th:8;odd"), "ot=odd"),
        ("ot=th", Some("ot=th:8;th"), "ot=th"),
    ];

    for (came, set, erased) in table {
        assert_eq!(with_threshold(&state(came), Some(1 << 55)).as_str(), set.unwrap(), "{came}");
        assert_eq!(with_threshold(&state(came), None).as_str(), erased, "{came}");
    }
}

#[test]
fn a_member_that_would_grow_too_long_goes_without_threshold() {
    let fits = format!("ot=x:{}", "y".repeat(256 - "th:8;x:".len()));
    let full = format!("{fits}y");

    assert_eq!(with_threshold(&state(&fits), Some(1 << 55)).get("ot").unwrap().len(), 256);
    assert_eq!(with_threshold(&state(&full), Some(1 << 55)).as_str(), full);

    let replaced = format!("ot=th:c;{}", &fits["ot=".len()..]);
    let longer = with_threshold(&state(&replaced), Some(0xfd_70a4_0000_0000));
    assert_eq!(with_threshold(&state(&replaced), Some(1 << 55)).get("ot").unwrap().len(), 256);
    assert_eq!(longer.as_str(), fits, "a threshold that holds no more must go");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        threshold in 0_u64..1 << 56,
        ot in "([a-z]{1,3}:[a-z0-9.]{0,9};){0,8}[a-z]{1,3}:[a-z0-9.]{1,9}",
        vendor in "[a-z0-9]{1,20}",
    ) {
        let came = state(&format!("v={vendor},ot={ot}"));
        let set = with_threshold(&came, Some(threshold));
        let erased = with_threshold(&set, None);

        prop_assert_eq!(OtelState::read(&set).threshold, Some(threshold));
        prop_assert_eq!(OtelState::read(&set).randomness, OtelState::read(&came).randomness);
        prop_assert!(!OtelState::read(&erased).has_threshold);
        prop_assert_eq!(set.get("v"), Some(vendor.as_str()));
        prop_assert_eq!(erased.get("v"), Some(vendor.as_str()));
        prop_assert_eq!(with_threshold(&set, Some(threshold)), set);
    }

    #[test]
    fn any_state_survives(text: String, threshold in prop::option::of(0_u64..1 << 56)) {
        for text in [text.clone(), format!("ot={text}"), format!("ot=th:{text}")] {
            let Ok(came) = TraceState::parse(&text) else { continue };
            let told = with_threshold(&came, threshold);

            prop_assert!(told.as_str().len() <= TraceState::MAX_LEN);
            prop_assert!(told.get("ot").is_none_or(|member| member.len() <= 256));
            prop_assert!(OtelState::read(&told).threshold == threshold || told.get("ot").is_some());
        }
    }
}
