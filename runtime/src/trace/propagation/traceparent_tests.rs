use proptest::prelude::*;

use super::TraceParent;
use crate::trace::id::{SpanId, TraceFlags, TraceId};

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn any_parent() -> impl Strategy<Value = TraceParent> {
    (1_u128.., 1_u64.., any::<u8>()).prop_map(|(trace, span, flags)| {
        let trace = TraceId::from_u128(trace).unwrap();
        TraceParent::new(trace, SpanId::from_u64(span).unwrap(), TraceFlags::from_bits(flags))
    })
}

#[test]
fn undefined_flags_are_kept_when_read_and_cleared_when_sent() {
    let table =
        [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("fc", "00"), ("ff", "03")];

    for (received, sent) in table {
        let parent = TraceParent::parse(&format!("{}{received}", &HEADER[..53])).unwrap();

        assert_eq!(parent.flags().bits(), u8::from_str_radix(received, 16).unwrap());
        assert_eq!(parent.to_string(), format!("{}{sent}", &HEADER[..53]));
    }
}

#[test]
fn flags_of_a_higher_version_are_those_we_know() {
    let parent = TraceParent::parse(&HEADER.replace("00-4", "01-4").replace("-01", "-ff")).unwrap();

    assert_eq!(parent.flags().bits(), 3);
    assert!(parent.to_string().starts_with("00-") && parent.to_string().ends_with("-03"));
}

#[test]
fn error_names_the_broken_rule() {
    let table = [
        (String::new(), "too short"),
        (HEADER.replace("00-4", "ff-4"), "version `ff` is forbidden"),
        (HEADER.replace("00-4", "0A-4"), "unreadable version"),
        (HEADER.replace("00-4", "+1-4"), "unreadable version"),
        (HEADER.replace("-01", "_01"), "its parts are not separated by `-` where they must be"),
        (HEADER.replace("-01", "-+1"), "unreadable flags"),
        (format!("{HEADER}-"), "too long for version `00`"),
        (HEADER.replace("4bf", "4BF"), "unreadable or all-zero trace id"),
        (HEADER.replace("00f067aa0ba902b7", &"0".repeat(16)), "unreadable or all-zero parent id"),
    ];

    for (header, reason) in table {
        let error = TraceParent::parse(&header).expect_err(&header);

        assert_eq!(error.to_string(), format!("malformed `traceparent`: {reason}"));
    }
}

#[test]
fn no_header_is_no_parent() {
    assert!(TraceParent::from_headers([]).is_err());
}

#[test]
fn a_header_cut_anywhere_or_with_one_character_replaced_by_another_alphabet_is_refused() {
    for end in 0..HEADER.len() {
        assert!(TraceParent::parse(&HEADER[..end]).is_err(), "{end}");
        for foreign in ["G", "g", " ", "\0", "é", "\u{1f600}", "+"] {
            let header = format!("{}{foreign}{}", &HEADER[..end], &HEADER[end + 1..]);
            let untouched = end == 0 && foreign == " ";

            assert!(TraceParent::parse(&header).is_err() || untouched, "{header}");
        }
    }
}

proptest! {
    #[test]
    fn written_header_reads_back(parent in any_parent()) {
        let read = TraceParent::parse(&parent.to_string()).unwrap();

        prop_assert_eq!(read.trace_id(), parent.trace_id());
        prop_assert_eq!(read.span_id(), parent.span_id());
        prop_assert_eq!(read.flags().bits(), parent.flags().bits() & 3);
        prop_assert_eq!(read.to_string().len(), 55);
    }

    #[test]
    fn whatever_reads_is_written_as_a_valid_header(
        header in "[ \t]?[0-9a-fA-F]{2}-[0-9a-f]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}[-.]?[ a-z]{0,4}",
    ) {
        if let Ok(parent) = TraceParent::parse(&header) {
            let written = parent.to_string();
            prop_assert_eq!(TraceParent::parse(&written).unwrap().to_string(), written);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text: String, at in 0_usize..56) {
        let _ = TraceParent::parse(&text);
        let _ = TraceParent::parse(&format!("{}{text}", &HEADER[..at.min(HEADER.len())]));
    }
}
