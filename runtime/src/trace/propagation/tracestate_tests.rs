use proptest::prelude::*;

use super::TraceState;

/// Header-like text: valid members, nearly valid ones, separators, anything.
fn header_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9][a-z0-9_@/*-]{0,6}=[ -~]{0,8}",
        1 => "[a-c]=[1-3]",
        1 => "[a-z]{100,260}=[!-+]{100,260}",
        1 => "[ \t]{0,3}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(","))
}

fn members(from: usize, to: usize, value: &str) -> String {
    let members: Vec<_> = (from..to).map(|number| format!("k{number}={value}")).collect();
    members.join(",")
}

#[test]
fn too_long_a_state_loses_members_above_128_characters_first_and_then_those_at_the_end() {
    let long = format!("long={}", "x".repeat(124));
    let just_short = format!("short={}", "x".repeat(122));
    let header = format!("{},{long},{just_short},{long}z", members(0, 10, &"y".repeat(30)));
    let header = header.replacen("long=", "long1=", 1);

    let state = TraceState::parse(&header).unwrap();

    let kept = format!("{},{just_short}", members(0, 10, &"y".repeat(30)));
    assert!(header.len() > TraceState::MAX_LEN && kept.len() < TraceState::MAX_LEN);
    assert_eq!(state.as_str(), kept);

    let all_short = members(0, 32, &"y".repeat(30));
    let state = TraceState::parse(&all_short).unwrap();

    assert!(all_short.starts_with(&format!("{state},k")));
    assert!(state.as_str().len() > TraceState::MAX_LEN - 36);
}

#[test]
fn a_state_of_512_characters_is_kept_whole() {
    let header = format!("a={},b={}", "x".repeat(252), "y".repeat(255));
    assert_eq!(header.len(), TraceState::MAX_LEN);

    assert_eq!(TraceState::parse(&header).unwrap().as_str(), header);
    assert_eq!(TraceState::parse(&format!("{header}y")).unwrap().len(), 1);
}

#[test]
fn inserted_member_stands_in_front_and_the_last_of_33_goes() {
    let mut state = TraceState::parse(&members(0, 32, "1")).unwrap();

    state.insert("new", "2").unwrap();

    assert_eq!(state.as_str(), format!("new=2,{}", members(0, 31, "1")));

    state.insert("k7", "3").unwrap();

    assert!(state.as_str().starts_with("k7=3,new=2,k0=1,"));
    assert_eq!(state.len(), 32);
}

#[test]
fn others_make_room_for_a_long_member_just_set() {
    let mut state = TraceState::parse(&members(0, 20, &"y".repeat(20))).unwrap();
    let value = "x".repeat(200);

    state.insert("long", &value).unwrap();

    assert_eq!(state.get("long"), Some(value.as_str()));
    assert!(state.as_str().len() <= TraceState::MAX_LEN && state.get("k0").is_some());
}

#[test]
fn a_member_that_cannot_be_sent_is_refused_and_changes_nothing() {
    let mut state = TraceState::parse("a=1").unwrap();
    let (k256, k257) = ("k".repeat(256), "k".repeat(257));
    let refused = [
        ("", "1"),
        ("A", "1"),
        ("@a", "1"),
        ("_a", "1"),
        ("a b", "1"),
        ("a=", "1"),
        ("é", "1"),
        (&k257, "1"),
        ("a", ""),
        ("a", "1 "),
        ("a", "1,b=2"),
        ("a", "="),
        ("a", "\t"),
        ("a", "é"),
        ("a", &k257),
        (&k256, &k256), // 513 characters
    ];

    for (key, value) in refused {
        assert!(state.insert(key, value).is_err(), "{key}={value}");
        assert_eq!(state.as_str(), "a=1");
    }
}

#[test]
fn space_in_front_of_a_value_belongs_to_it() {
    let mut state = TraceState::parse("a=  1 , b=2").unwrap();
    state.insert("c", " 3").unwrap();

    assert_eq!(state.as_str(), "c= 3,a=  1,b=2");
    assert_eq!(state.get("a"), Some("  1"));
}

#[test]
fn removing_the_last_member_leaves_an_empty_state() {
    let mut state = TraceState::parse("a=1").unwrap();

    assert!(state.remove("a"));

    assert!(state.is_empty() && state.as_str().is_empty());
    assert_eq!((state.len(), &state), (0, &TraceState::new()));
}

#[test]
fn input_beyond_all_reason_is_not_read() {
    assert!(TraceState::parse(&format!("a=1{}", ",".repeat(40_000))).is_err());
    assert!(TraceState::from_headers(std::iter::repeat_n("a=1, , ,", 10_000)).is_err());
}

proptest! {
    #[test]
    fn normalising_is_idempotent_and_bounded(header in header_like()) {
        if let Ok(state) = TraceState::parse(&header) {
            prop_assert!(state.as_str().len() <= TraceState::MAX_LEN);
            prop_assert!(state.len() <= TraceState::MAX_MEMBERS);
            prop_assert_eq!(TraceState::parse(state.as_str()).unwrap(), state);
        }
    }

    #[test]
    fn one_header_and_several_mean_the_same(headers in prop::collection::vec(header_like(), 0..4)) {
        let split = TraceState::from_headers(headers.iter().map(String::as_str));

        prop_assert_eq!(split, TraceState::parse(&headers.join(",")));
    }

    #[test]
    fn inserted_member_is_found_in_front(
        header in "([a-e]=[1-9]{1,60},){0,8}",
        key in "[a-z0-9][a-z0-9_@/*-]{0,255}",
        value in "[ -+.-<>-~]{0,254}[!-+.-<>-~]",
    ) {
        let mut state = TraceState::parse(&header).unwrap();
        let before = state.clone();

        match state.insert(&key, &value) {
            Ok(()) => {
                prop_assert_eq!(state.get(&key), Some(value.as_str()));
                prop_assert_eq!(state.iter().next(), Some((key.as_str(), value.as_str())));
                prop_assert!(state.as_str().len() <= TraceState::MAX_LEN);
            }
            Err(_) => {
                prop_assert!(key.len() + value.len() >= TraceState::MAX_LEN);
                prop_assert_eq!(state, before);
            }
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text: String, key: String) {
        let mut state = TraceState::parse(&text).unwrap_or_default();
        let _ = state.insert(&key, &text);
        state.remove(&key);
    }
}
