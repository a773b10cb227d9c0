//! That a request holds what its protobuf twin holds is shown in the tests of the batch.

use super::*;
use crate::{Site, trace::record::fixture::SpanBuilder};

static CHARGE: Site = Site::block("charge", "shop::orders");

#[test]
fn a_span_is_written_as_the_specification_maps_it() {
    let builder = SpanBuilder::new(&CHARGE, 0xab << 120 | 7, 9)
        .parent(8, true)
        .times(1_700_000_000_000_000_100, 1_700_000_000_000_000_350)
        .trace_state("vendor=1")
        .attribute("int", &i64::MIN)
        .attribute("unsigned", &u64::MAX)
        .attribute("floats", &vec![1.0_f64, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
        .attribute("no", &false)
        .attribute("a \"key\"\u{1}", &"Grüße,\n世界\\")
        .event("retry", 120, &[])
        .link(70, 90, &[])
        .status_error("declined");

    let mut text = Vec::new();
    builder.view(|view| span(&mut text, view));

    let expected = concat!(
        r#"{"traceId":"ab000000000000000000000000000007","spanId":"0000000000000009","#,
        r#""parentSpanId":"0000000000000008","flags":769,"traceState":"vendor=1","#,
        r#""name":"charge","kind":1,"startTimeUnixNano":"1700000000000000100","#,
        r#""endTimeUnixNano":"1700000000000000350","attributes":["#,
        r#"{"key":"int","value":{"intValue":"-9223372036854775808"}},"#,
        r#"{"key":"unsigned","value":{"stringValue":"18446744073709551615"}},"#,
        r#"{"key":"floats","value":{"arrayValue":{"values":[{"doubleValue":1.0},"#,
        r#"{"doubleValue":"NaN"},{"doubleValue":"Infinity"},{"doubleValue":"-Infinity"}]}}},"#,
        r#"{"key":"no","value":{"boolValue":false}},"#,
        r#"{"key":"a \"key\"\u0001","value":{"stringValue":"Grüße,\n世界\\"}}],"#,
        r#""events":[{"timeUnixNano":"120","name":"retry"}],"#,
        r#""links":[{"traceId":"00000000000000000000000000000046","#,
        r#""spanId":"000000000000005a","flags":257}],"#,
        r#""status":{"code":2,"message":"declined"}}"#,
    );
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[test]
fn a_line_breaks_nowhere() {
    let mut text = Vec::new();
    let hostile = "a\nb\r\u{0}\u{7f}\u{2028}";
    let builder =
        SpanBuilder::new(&CHARGE, 1, 1).attribute(hostile, &hostile).event(hostile, 1, &[]);

    builder.view(|view| span(&mut text, view));

    assert!(!text.iter().any(|byte| *byte < 0x20));
}
