//! Every option of `#[traced]`, by what it puts on the span.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use spandrel::{
    Outcome, Span, Value, counted, span, testing,
    trace::{Context, SpanData},
    traced,
};

/// The one span that a closure leaves.
fn only<R>(run: impl FnOnce() -> R) -> SpanData {
    let capture = testing::capture();
    capture.run(run);
    let mut spans = capture.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans.remove(0)
}

fn attributes(span: &SpanData) -> Vec<(String, String)> {
    span.attributes.iter().map(|(key, value)| (key.to_string(), format!("{value:?}"))).collect()
}

#[derive(Debug)]
struct Plain;

#[test]
fn name_kind_and_target_are_those_given() {
    #[traced(name = "charge card", kind = client, target = "payments", level = debug)]
    fn charge() {}

    let span = only(charge);

    assert_eq!((span.name.as_ref(), span.target), ("charge card", "payments"));
    assert_eq!(span.kind, spandrel::SpanKind::Client);
}

#[test]
fn placeholders_of_a_name_are_filled_in() {
    #[traced(name = "{{order}} {id:03} of {shop}")]
    fn charge(id: u8, shop: &str) -> usize {
        usize::from(id) + shop.len()
    }

    let span = only(|| charge(7, "north"));

    assert_eq!(span.name, "{order} 007 of north");
}

#[test]
fn fields_keep_their_types_and_sigils_choose_the_form() {
    #[traced(fields(id, ok = true, ratio = 0.5, "quoted key" = "x", shown = %id, ?plain, gone = None::<u8>))]
    fn charge(id: u64, plain: &Plain) -> u64 {
        let _ = plain;
        id
    }

    let span = only(|| charge(7, &Plain));

    let expected = [
        ("id", "I64(7)"),
        ("ok", "Bool(true)"),
        ("ratio", "F64(0.5)"),
        ("quoted key", "Str(\"x\")"),
        ("shown", "Str(\"7\")"),
        ("plain", "Str(\"Plain\")"),
    ];
    assert_eq!(attributes(&span), expected.map(|(key, value)| (key.into(), value.into())));
}

#[test]
fn nothing_is_captured_unless_asked() {
    #[traced]
    fn charge(id: u64) -> u64 {
        id
    }

    let span = only(|| charge(1));

    assert!(span.attributes.is_empty());
}

#[test]
fn args_captures_all_but_the_skipped_and_each_as_it_can() {
    struct Opaque;

    #[traced(args, skip(secret))]
    fn charge(id: u64, plain: Plain, opaque: Opaque, secret: &str) -> usize {
        let _ = (id, plain, opaque);
        secret.len()
    }

    let span = only(|| charge(1, Plain, Opaque, "x"));

    let captured = attributes(&span);
    assert_eq!(captured.len(), 3);
    assert_eq!(captured[0], ("id".into(), "I64(1)".into()));
    assert_eq!(captured[1], ("plain".into(), "Str(\"Plain\")".into()));
    assert!(captured[2].1.ends_with("Opaque\")"), "{captured:?}");
}

#[test]
fn a_field_on_a_parameter_may_have_a_key_of_its_own() {
    #[traced]
    fn charge(#[field(name = "order.id")] id: u64, #[field(redact)] email: &str) -> usize {
        usize::from(id > 0) + email.len()
    }

    let span = only(|| charge(3, "ann@example.org"));

    let expected = [("order.id", "I64(3)"), ("email", "Str(\"[REDACTED]\")")];
    assert_eq!(attributes(&span), expected.map(|(key, value)| (key.into(), value.into())));
}

#[test]
fn redacted_values_never_show() {
    #[traced(redact(email, card = mask, phone = len, ip = hash), fields(card, password = "hunter2"))]
    fn charge(email: &str, card: &str, phone: &str, ip: &str) -> usize {
        email.len() + card.len() + phone.len() + ip.len()
    }

    let span = only(|| charge("ann@example.org", "4111111111111111", "555-0100", "192.0.2.7"));

    let text = format!("{span:?}");
    for secret in ["ann@", "41111111", "hunter2", "555-0100", "192.0"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let captured = attributes(&span);
    assert!(captured.contains(&("card".into(), "Str(\"****1111\")".into())), "{captured:?}");
    assert!(captured.contains(&("phone".into(), "Str(\"8\")".into())), "{captured:?}");
    assert_eq!(captured.len(), 5);
}

#[test]
fn ret_records_what_is_in_ok() {
    #[traced(ret)]
    fn charge(id: u64) -> Result<u64, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
    }

    assert_eq!(attributes(&only(|| charge(4))), [("return".into(), "I64(4)".into())]);
    assert!(attributes(&only(|| charge(0))).iter().all(|(key, _)| key != "return"));
}

#[test]
fn err_chooses_how_an_error_is_written() {
    #[traced]
    fn shown() -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
    #[traced(err(Debug))]
    fn debugged() -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
    #[traced(err(none))]
    fn hidden() -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }

    type Failing = fn() -> Result<(), std::fmt::Error>;
    let cases: [(Failing, &str); 3] = [
        (shown, "an error occurred when formatting an argument"),
        (debugged, "Error"),
        (hidden, ""),
    ];
    for (function, expected) in cases {
        let span = only(function);
        assert_eq!(span.outcome, Outcome::Error);
        assert!(attributes(&span).iter().any(|(key, _)| key == "error.type"), "{span:?}");
        let status = format!("{:?}", span.status);
        assert!(status.contains(&format!("{expected:?}")), "{status}");
    }
}

#[test]
fn error_if_overrides_what_the_type_says() {
    #[traced(error_if = |status| *status >= 500)]
    fn respond(status: u16) -> u16 {
        status
    }
    #[traced(error_if = |result| result.as_ref().is_err_and(|error| error != "expected"))]
    async fn answer(error: &str) -> Result<(), String> {
        Err(error.to_owned())
    }

    assert_eq!(only(|| respond(200)).outcome, Outcome::Ok);
    assert_eq!(only(|| respond(503)).outcome, Outcome::Error);
    assert_eq!(only(|| now(answer("expected"))).outcome, Outcome::Ok);
    let failed = only(|| now(answer("broken")));
    assert_eq!(failed.outcome, Outcome::Error);
    assert!(format!("{:?}", failed.status).contains("broken"));
}

#[test]
fn root_and_parent_choose_where_a_span_hangs() {
    #[traced(root)]
    fn alone() {}
    #[traced(parent = context)]
    fn below(context: &Context) {
        let _ = context;
    }
    #[traced(root)]
    async fn alone_later() {}
    #[traced(links = context, follows_from = [context])]
    fn linked(context: &Context) {
        let _ = context;
    }

    let capture = testing::capture();
    capture.run(|| {
        let other = Span::start("other");
        Span::start("outer").in_scope(|| {
            alone();
            below(&other.context());
            now(alone_later());
            linked(&other.context());
        });
    });

    let spans = capture.spans();
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(find("alone").parent_span_id, None);
    assert_eq!(find("alone_later").parent_span_id, None);
    assert_ne!(find("alone").trace_id, find("outer").trace_id);
    assert_eq!(find("below").parent_span_id, Some(find("other").span_id));
    assert_eq!(find("linked").parent_span_id, Some(find("outer").span_id));
    assert_eq!(find("linked").links.len(), 2);
}

#[test]
fn values_are_evaluated_once_and_only_while_recorded() {
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);

    #[traced(fields(cost = EVALUATED.fetch_add(1, Relaxed)))]
    #[counted]
    fn charge() {}

    {
        let _unsampled = spandrel::bench::unsampled().attach();
        charge();
    }
    assert_eq!(EVALUATED.load(Relaxed), 0);
    only(charge);
    assert_eq!(EVALUATED.load(Relaxed), 1);
}

#[test]
fn a_value_may_call_traced_functions() {
    #[traced]
    fn total() -> u64 {
        3
    }
    #[traced(fields(total = total(), twice = total() * 2))]
    fn charge() {}

    let capture = testing::capture();
    capture.run(charge);

    let spans = capture.spans();
    let charge = spans.iter().find(|span| span.name == "charge").unwrap();
    assert_eq!(spans.len(), 3);
    assert_eq!(attributes(charge)[1], ("twice".into(), "I64(6)".into()));
}

#[test]
fn options_of_a_method_come_before_those_of_its_block() {
    struct Orders;

    #[traced(kind = server, args, fields(service = "orders"), root)]
    impl Orders {
        fn place(&self, id: u64) -> u64 {
            id
        }

        #[traced(kind = client, skip_all, name = "lookup")]
        fn find(&self, id: u64) -> u64 {
            id
        }
    }

    let place = only(|| Orders.place(1));
    let find = only(|| Orders.find(1));

    assert_eq!(place.kind, spandrel::SpanKind::Server);
    assert_eq!(attributes(&place).len(), 2);
    assert_eq!((find.name.as_ref(), find.kind), ("lookup", spandrel::SpanKind::Client));
    assert_eq!(attributes(&find), [("service".into(), "Str(\"orders\")".into())]);
}

#[test]
fn conditions_on_members_of_a_block_hold() {
    struct Orders;

    #[traced(args)]
    impl Orders {
        #[cfg(any())]
        fn gone(&self, id: NoSuchType) {}

        #[cfg_attr(not(any()), traced(skip))]
        fn skipped(&self) {}

        #[cfg_attr(not(any()), traced(name = "kept"))]
        fn named(&self, #[cfg(any())] gone: NoSuchType, #[cfg(not(any()))] id: u64) -> u64 {
            self.skipped();
            id
        }
    }

    let span = only(|| Orders.named(3));

    assert_eq!(span.name, "kept");
    assert_eq!(attributes(&span), [("id".into(), "I64(3)".into())]);
}

#[test]
fn a_function_in_a_function_has_a_site_of_its_own() {
    #[traced]
    fn outer() -> u8 {
        #[traced]
        fn inner() -> u8 {
            1
        }
        inner()
    }

    let capture = testing::capture();
    capture.run(outer);

    let names: Vec<_> = capture.spans().into_iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["outer", "inner"]);
}

#[test]
fn span_makes_a_handle_with_typed_attributes() {
    let id = 7_u64;

    let span = only(|| span!("resize", id = id, size = %"3x4", "a b" = [1, 2].as_slice()).end());

    assert_eq!(span.name, "resize");
    assert!(
        span.attributes.iter().any(|(key, value)| key == "id" && *value == Value::I64(7).into())
    );
    assert_eq!(span.attributes.len(), 3);
}

/// Runs a future that is ready at once.
fn now<F: Future>(future: F) -> F::Output {
    use std::task::{Context, Poll, Waker};

    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the future waits"),
    }
}
