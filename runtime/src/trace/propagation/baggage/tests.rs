use proptest::prelude::*;

use super::{Baggage, BaggageAllowList};

fn header_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ \t]?[a-z]{1,3}[ \t]?=[ \t]?[!-~]{0,8}(;[a-z]{1,2}(=[!-~]{0,4})?){0,3}",
        1 => "[a-c]=(%[0-9a-fA-F]{2}){1,20}",
        1 => "[a-c]=%[0-9a-zA-Z%]{0,3}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.join(","))
}

#[test]
fn received_headers_are_read_as_the_grammar_says() {
    let table = [
        ("", ""),
        (" , ,", ""),
        ("a=1", "a=1"),
        (" a \t=\t 1 , b = 2", "a=1,b=2"),
        ("a=", "a="),
        ("a=b=c==", "a=b=c=="),
        ("a=1 ; p1 ; p2 = 2 ;p1=", "a=1;p1;p2=2;p1="),
        ("a=1;", "a=1"),
        ("a=1,a=2", "a=1,a=2"),
        ("!#$%&'*+-.^_`|~09aZ=1", "!#$%&'*+-.^_`|~09aZ=1"),
        ("a=%e4%BD%a0", "a=%e4%BD%a0"),
        ("a=100%,b=%zz,c=%4", "a=100%25,b=%25zz,c=%254"),
    ];

    for (header, kept) in table {
        assert_eq!(Baggage::parse(header).as_str(), kept, "{header:?}");
    }
}

#[test]
fn a_malformed_entry_is_left_out_whole_and_alone() {
    let malformed = [
        "a",
        "=1",
        "a b=1",
        "a=1 2",
        "a=\"1\"",
        "a=1\\",
        "é=1",
        "a=é",
        "a=\u{7f}",
        "a=\n",
        "a@b=1",
        "a(=1",
        "a=1;b c",
        "a=1;p=x y",
        "a=1;=x",
        "a=1;é",
        "a=1;p=\"x\"",
        "a\0=1",
    ];

    for entry in malformed {
        let baggage = Baggage::parse(&format!("x=1,{entry},y=2"));

        assert_eq!(baggage.as_str(), "x=1,y=2", "{entry:?}");
    }
}

#[test]
fn values_are_decoded_and_what_is_no_utf8_is_replaced() {
    let table = [
        ("DF%2028", "DF 28"),
        ("Am%C3%A9lie", "Amélie"),
        ("%c3%a9", "é"),
        ("%25", "%"),
        ("%2525", "%25"),
        ("a%00b", "a\0b"),
        ("%FF", "\u{fffd}"),
        ("x%C3", "x\u{fffd}"),
        ("%E4%BDa", "\u{fffd}a"),
        ("100%", "100%"),
        ("1+1", "1+1"),
    ];

    for (encoded, decoded) in table {
        let baggage = Baggage::parse(&format!("k={encoded};p={encoded}"));

        assert_eq!(baggage.get("k").as_deref(), Some(decoded), "{encoded}");
        let entry = baggage.iter().next().unwrap();
        assert_eq!(entry.properties().next(), Some(("p", Some(decoded.into()))));
    }
}

#[test]
fn of_65_entries_64_are_kept() {
    let entries: Vec<_> = (0..65).map(|number| format!("k{number}=1")).collect();

    let whole = Baggage::parse(&entries[..64].join(","));
    let mut cut = Baggage::from_headers(entries.iter().map(String::as_str));

    assert_eq!(whole.len(), 64);
    assert_eq!(cut, whole);
    assert!(cut.insert("one-more", "1").is_err());
    assert!(cut.insert("k3", "replaced").is_ok());
    assert_eq!(cut.len(), 64);
}

#[test]
fn baggage_of_8192_bytes_is_kept_and_never_half_an_entry() {
    let fits = format!("a={},b={}", "x".repeat(4000), "y".repeat(4187));
    assert_eq!(fits.len(), Baggage::MAX_LEN);

    assert_eq!(Baggage::parse(&fits).as_str(), fits);
    assert_eq!(Baggage::parse(&format!("{fits}y")).as_str(), &fits[..4002]);
    assert_eq!(Baggage::parse(&format!("{fits}y,c=1")).as_str(), format!("{},c=1", &fits[..4002]));
    assert!(Baggage::parse(&format!("k={}", "%".repeat(8000))).is_empty()); // grows when encoded
    assert!(Baggage::parse(&fits).insert("c", "1").is_err());
}

#[test]
fn input_beyond_all_reason_is_not_read_to_its_end() {
    let header = format!("a=1,{},b=2", " ".repeat(100_000));

    assert_eq!(Baggage::parse(&header).as_str(), "a=1");
    assert_eq!(Baggage::from_headers(std::iter::repeat_n("", 100_000).chain(["b=2"])).len(), 0);
}

#[test]
fn names_that_are_no_tokens_are_refused_and_change_nothing() {
    let mut baggage = Baggage::parse("a=1");

    for name in ["", " a", "a b", "a=b", "a;b", "a,b", "é", "a\r\nb"] {
        assert!(baggage.insert(name, "1").is_err(), "{name:?}");
        assert!(baggage.insert_with_properties("a", "2", &[(name, None)]).is_err(), "{name:?}");
        assert_eq!(baggage.as_str(), "a=1");
    }
}

#[test]
fn of_entries_with_one_name_the_last_counts_and_all_are_replaced() {
    let mut baggage = Baggage::parse("a=1,b=2,a=3");
    assert_eq!(baggage.get("a").as_deref(), Some("3"));

    baggage.insert("a", "4").unwrap();

    assert_eq!(baggage.as_str(), "b=2,a=4");
}

#[test]
fn only_allowed_entries_are_selected() {
    let baggage = Baggage::parse("tenant=acme%20inc,card=4111,Region=eu");
    let select = |names| {
        let list = BaggageAllowList::parse(names);
        list.select(&baggage).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };

    assert_eq!(select("region, tenant, tenant,absent"), ["tenant=acme inc"]);
    assert!(select("").is_empty() && select("*").is_empty());
}

proptest! {
    #[test]
    fn normalising_is_idempotent_and_bounded(header in header_like()) {
        let baggage = Baggage::parse(&header);

        prop_assert!(baggage.as_str().len() <= Baggage::MAX_LEN);
        prop_assert!(baggage.len() <= Baggage::MAX_ENTRIES);
        prop_assert!(baggage.as_str().is_ascii());
        prop_assert_eq!(Baggage::parse(baggage.as_str()), baggage);
    }

    #[test]
    fn any_value_survives_the_wire(name in "[a-zA-Z0-9._-]{1,9}", value: String, property: String) {
        let mut sent = Baggage::new();
        sent.insert_with_properties(&name, &value, &[("p", Some(&property)), ("q", None)]).unwrap();

        let received = Baggage::parse(sent.as_str());

        let read = received.get(&name);
        prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        let entry = received.iter().next().unwrap();
        let properties: Vec<_> = entry.properties().collect();
        prop_assert_eq!(properties, [("p", Some(property.into())), ("q", None)]);
    }

    #[test]
    fn arbitrary_text_never_panics(header: String, name: String) {
        let mut baggage = Baggage::parse(&header);
        let _ = baggage.insert(&name, &header);
        for entry in baggage.iter() {
            let _ = (entry.value(), entry.properties().count());
        }
        baggage.remove(&name);
    }
}
