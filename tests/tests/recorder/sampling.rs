//! What samplers decide, as exporters and the next service see it.

use std::{collections::HashMap, thread, time::Duration};

use spandrel::{
    Span,
    testing::{self, Capture},
    trace::{
        Context, SpanData,
        propagation::{self, Propagators, SamplingState},
        sampler::{Overrides, Sampler},
    },
    traced,
};

#[traced]
fn outer() -> HashMap<String, String> {
    inner();
    headers()
}

#[traced]
fn inner() {}

#[traced]
async fn waits() -> HashMap<String, String> {
    inner();
    headers()
}

fn headers() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    propagation::inject(&mut headers);
    headers
}

fn sampled(sampler: &str, argument: &str) -> Capture {
    let sampler = Sampler::parse(sampler, Some(argument)).expect("it is a sampler");
    testing::builder().sampler(sampler).capture()
}

fn states(spans: &[SpanData]) -> Vec<(&str, &str)> {
    let mut states: Vec<_> =
        spans.iter().map(|span| (span.name.as_ref(), span.trace_state.as_str())).collect();
    states.sort_unstable();
    states
}

/// What came with a request, in W3C Trace Context.
fn caller(flags: &str, state: &str) -> Context {
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    let mut request = HashMap::from([("traceparent".to_owned(), parent)]);
    request.insert("tracestate".to_owned(), state.to_owned());
    propagation::extract(&request)
}

fn run_async<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it starts");
    runtime.block_on(future)
}

#[test]
fn the_threshold_is_exported_with_each_span_and_goes_on_with_the_trace() {
    let capture = sampled("traceidratio", "1");

    let sent = capture.run(|| {
        let sent = [outer(), run_async(waits())];
        let context = Span::start("elsewhere").enter();
        let captured = Context::current();
        thread::spawn(move || captured.attach_and(inner)).join().expect("it does not panic");
        drop(context);
        sent
    });

    let spans = capture.spans();
    assert_eq!(spans.len(), 6);
    assert!(spans.iter().all(|span| span.trace_state == "ot=th:0"), "{spans:?}");
    for sent in sent {
        assert_eq!(sent["tracestate"], "ot=th:0");
        assert!(sent["traceparent"].ends_with("-03"));
    }
}

trait AttachAnd {
    fn attach_and<T>(&self, run: impl FnOnce() -> T) -> T;
}

impl AttachAnd for Context {
    fn attach_and<T>(&self, run: impl FnOnce() -> T) -> T {
        let _attached = self.attach();
        run()
    }
}

#[test]
fn a_trace_that_is_not_sampled_goes_on_so_and_without_a_threshold() {
    let capture = sampled("traceidratio", "0.0000000000001");

    let sent = capture.run(|| [outer(), run_async(waits())]);

    assert!(capture.spans().is_empty());
    for sent in sent {
        assert!(sent["traceparent"].ends_with("-02"), "{sent:?}");
        assert_eq!(sent.get("tracestate"), None);
    }
}

#[test]
fn the_default_says_nothing_about_probability() {
    let capture = testing::capture();

    let sent = capture.run(outer);

    assert_eq!(states(&capture.spans()), [("inner", ""), ("outer", "")]);
    assert_eq!(sent.get("tracestate"), None);
}

#[test]
fn a_callers_threshold_is_kept_with_what_others_said() {
    let capture = sampled("parentbased_traceidratio", "0.25");

    let sent = capture.run(|| caller("03", "vendor=1,ot=th:0;p:8").attach_and(outer));

    let state = "vendor=1,ot=th:0;p:8";
    assert_eq!(states(&capture.spans()), [("inner", state), ("outer", state)]);
    assert_eq!(sent["tracestate"], state);
}

#[test]
fn a_callers_threshold_that_contradicts_its_flag_is_erased() {
    // The id ends in …9d0e0e4736: the caller says sampled, with a threshold above that.
    let capture = sampled("parentbased_traceidratio", "0.25");

    let sent = capture.run(|| caller("03", "vendor=1,ot=th:f;p:8").attach_and(outer));

    let state = "ot=p:8,vendor=1";
    assert_eq!(states(&capture.spans()), [("inner", state), ("outer", state)]);
    assert_eq!(sent["tracestate"], state);
}

#[test]
fn an_own_decision_puts_its_threshold_in_front_and_keeps_the_baggage() {
    let capture = sampled("traceidratio", "0.5");
    let baggage = propagation::Baggage::parse("user=alice");

    let sent = capture.run(|| {
        let caller = caller("02", "vendor=1,ot=th:f;rv:80000000000000").with_baggage(baggage);
        caller.attach_and(outer)
    });

    let state = "ot=th:8;rv:80000000000000,vendor=1";
    assert_eq!(states(&capture.spans()), [("inner", state), ("outer", state)]);
    assert_eq!(sent["tracestate"], state);
    assert_eq!(sent["baggage"], "user=alice");
}

#[traced]
fn rare() {
    inner();
}

#[traced]
fn frequent() {}

#[test]
fn roots_of_one_caller_each_have_the_threshold_of_their_sampler() {
    let module = module_path!();
    let overrides =
        format!("{module}::rare=traceidratio(0.000001),{module}::frequent=traceidratio(1)");
    let overrides = Overrides::parse(&overrides).expect("these are overrides");
    let capture = testing::builder().sampler_overrides(overrides).capture();

    capture.run(|| {
        caller("03", "ot=rv:ffffffffffffff").attach_and(|| {
            rare();
            frequent();
            outer();
            rare();
        });
    });

    let spans = capture.spans();
    let (rare, frequent) = ("ot=th:ffffef39;rv:ffffffffffffff", "ot=th:0;rv:ffffffffffffff");
    let plain = "ot=rv:ffffffffffffff";
    let expected = [
        ("frequent", frequent),
        ("inner", plain),
        ("inner", rare),
        ("inner", rare),
        ("outer", plain),
        ("rare", rare),
        ("rare", rare),
    ];
    assert_eq!(states(&spans), expected);
}

#[test]
fn a_link_shows_the_threshold_of_what_it_leads_to() {
    let capture = sampled("traceidratio", "1");

    capture.run(|| {
        let first = Span::start("first");
        let second = Span::start("second");
        second.add_link(&first.context());
    });

    let spans = capture.spans();
    let second = spans.iter().find(|span| span.name == "second").expect("it has ended");
    assert_eq!(second.links[0].trace_state, "ot=th:0");
}

#[test]
fn a_rate_admits_its_share_at_once_and_then_as_time_goes_by() {
    let capture = sampled("rate_limited", "4");
    let clock = capture.mock_clock();
    let roots =
        |capture: &Capture| capture.spans().iter().filter(|span| span.name == "outer").count();

    let sent: Vec<_> = capture.run(|| (0..10).map(|_| outer()).collect());
    assert_eq!(roots(&capture), 4);
    assert_eq!(capture.spans().len(), 8, "a trace is recorded whole or not at all");
    let flags: Vec<_> = sent.iter().map(|headers| &headers["traceparent"][53..]).collect();
    assert_eq!(flags, ["03", "03", "03", "03", "02", "02", "02", "02", "02", "02"]);
    assert!(sent.iter().all(|headers| !headers.contains_key("tracestate")));

    for (wait, expected) in [(249, 4), (1, 5), (500, 7), (10_000, 11)] {
        clock.advance(Duration::from_millis(wait));
        capture.run(|| (0..10).for_each(|_| drop(outer())));
        assert_eq!(roots(&capture), expected);
    }
}

#[test]
fn traces_that_callers_decided_about_do_not_count_against_the_rate() {
    let capture = sampled("parentbased_rate_limited", "1");
    let _clock = capture.mock_clock();

    capture.run(|| {
        for _ in 0..5 {
            caller("03", "ot=th:0").attach_and(inner);
        }
        for _ in 0..5 {
            caller("02", "").attach_and(inner);
        }
        (0..5).for_each(|_| frequent());
    });

    let spans = capture.spans();
    assert_eq!(spans.iter().filter(|span| span.name == "inner").count(), 5);
    assert_eq!(spans.iter().filter(|span| span.name == "frequent").count(), 1);
}

#[test]
fn an_override_limits_one_function_and_leaves_the_others() {
    let overrides = format!("{}::frequent=rate_limited(2)", module_path!());
    let overrides = Overrides::parse(&overrides).expect("these are overrides");
    let capture = testing::builder().sampler_overrides(overrides).capture();
    let _clock = capture.mock_clock();

    capture.run(|| {
        for _ in 0..20 {
            frequent();
            inner();
        }
    });

    let spans = capture.spans();
    assert_eq!(spans.iter().filter(|span| span.name == "frequent").count(), 2);
    assert_eq!(spans.iter().filter(|span| span.name == "inner").count(), 20);
}

#[test]
fn threads_share_the_rate() {
    let capture = sampled("rate_limited", "50");
    let _clock = capture.mock_clock();
    let context = capture.context();

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| context.attach_and(|| (0..100).for_each(|_| frequent())));
        }
    });

    assert_eq!(capture.spans().len(), 50);
}

#[test]
fn a_caller_that_defers_leaves_the_decision_here() {
    let zipkin = Propagators::parse("b3,tracecontext").expect("they are known");
    let ids = "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312";
    let request = HashMap::from([("b3".to_owned(), ids.to_owned())]);
    let caller = || Context::from(zipkin.extract(&request).expect("it is a span"));
    let passed_on = |sampler: &str, argument: &str| {
        let capture = sampled(sampler, argument);
        let context =
            capture.run(|| caller().attach_and(|| Span::start("work").in_scope(Context::current)));
        let mut sent = HashMap::new();
        zipkin.inject(&context.to_remote().expect("there is a trace"), &mut sent);
        (capture.spans().len(), sent)
    };

    let (spans, sent) = passed_on("parentbased_traceidratio", "1");
    assert_eq!(spans, 1);
    assert!(sent["b3"].starts_with("463ac35c9f6413ad48485a3953bb6124-"));
    assert!(sent["b3"].ends_with("-1"), "{sent:?}");
    assert!(sent["traceparent"].ends_with("-01"), "nobody called the id random: {sent:?}");
    assert_eq!(sent["tracestate"], "ot=th:0");

    let (spans, sent) = passed_on("parentbased_traceidratio", "0");
    assert_eq!((spans, &*sent["b3"]), (0, &*format!("{ids}-0")));
}

#[test]
fn the_debug_mark_goes_on_with_the_trace() {
    let zipkin = Propagators::parse("b3").expect("it is known");
    let request = HashMap::from([(
        "b3".to_owned(),
        "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-d".to_owned(),
    )]);
    let caller = || Context::from(zipkin.extract(&request).expect("it is a span"));
    let capture = sampled("parentbased_traceidratio", "0");

    let context = capture.run(|| {
        caller().attach_and(|| Span::start("outer").in_scope(|| Span::start("inner").context()))
    });

    assert_eq!(capture.spans().len(), 2);
    let sent = context.to_remote().expect("there is a trace");
    assert_eq!(sent.sampling_state(), SamplingState::Debug);
    assert_ne!(sent.span_id().to_string(), "a2fb4a1d1a96d312", "ids are not shared");
}
