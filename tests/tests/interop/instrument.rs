//! `#[spandrel::instrument]` before a subscriber that knows nothing of Spandrel, and in our traces.

use std::{fmt::Debug, future::Future, pin::Pin, thread};

use spandrel::{
    Outcome, counted, instrument,
    trace::{
        Context,
        propagation::{RemoteContext, TraceParent},
    },
    traced,
    tracing::{SpanExt as _, is_mirrored},
};
use tracing::{Instrument as _, Level, Span, field::Empty, info_span};

use crate::{capture, collector::Collector};

#[derive(Debug)]
struct Order(u64);

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The lines of a subscriber that sees a call.
fn told(call: impl FnOnce()) -> Vec<String> {
    let collector = Collector::default();
    collector.run(call);
    collector.lines()
}

#[test]
fn arguments_are_values_of_their_types_and_anything_else_is_debugged() {
    #[instrument(skip(skipped), fields(total = order.0 * 2, %text, later))]
    fn charge(order: &Order, text: &str, count: i8, &share: &f32, maybe: Option<u8>, skipped: u8) {
        let _ = (count, share, maybe, skipped);
    }

    let lines = told(|| charge(&Order(7), "a", -3, &0.5, Some(1), 0));

    let values = "order=debug:Order(7) count=i64:-3 share=f64:0.5 maybe=debug:Some(1) \
                  total=u64:14 text=debug:a";
    let expected = [&format!("new charge {values}"), "enter charge", "exit charge", "close charge"];
    assert_eq!(lines, expected);
}

#[test]
fn patterns_are_taken_apart_and_fields_come_before_arguments() {
    const KEY: &str = "a.const";

    #[instrument(fields(both = "field", deep.er.key = ?both, { KEY } = 1_u8))]
    fn take((one, Order(two)): (u8, Order), both: u8) {
        let _ = (one, two);
    }

    let lines = told(|| take((1, Order(2)), 3));

    let expected =
        "new take one=debug:1 two=debug:2 both=str:field deep.er.key=debug:3 a.const=u64:1";
    assert_eq!(lines[0], expected);
}

#[test]
fn metadata_are_those_of_the_function() {
    #[instrument("named", level = 2, target = "shop", err(level = Level::WARN), fields(a, b = Empty))]
    fn metadata(n: u8) -> Result<(), u8> {
        Err(n)
    }
    let line = line!() - 3;
    let collector = Collector::default();

    assert_eq!(collector.run(|| metadata(1)), Err(1));

    let metadata = collector.metadata();
    let [span, event] = metadata[..] else { panic!("{metadata:?}") };
    assert!(span.is_span() && event.is_event() && is_mirrored(span) && is_mirrored(event));
    assert_eq!((span.name(), span.target(), *span.level()), ("named", "shop", Level::DEBUG));
    assert_eq!((event.target(), *event.level()), ("shop", Level::WARN));
    assert_eq!((span.module_path(), span.file()), (Some(module_path!()), Some(file!())));
    assert_eq!(span.line(), Some(line));
    let mut fields: Vec<_> = span.fields().iter().map(|field| field.name()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["a", "b", "n"]);
}

#[test]
fn a_future_is_entered_for_its_polls_and_its_end() {
    #[instrument]
    async fn outer(n: u8) {
        inner().await;
        tokio::task::yield_now().await;
        tracing::info!(n, "done");
    }

    #[instrument]
    fn inner() -> impl Future<Output = ()> {
        async { tokio::task::yield_now().await }
    }

    let lines = told(|| block_on(outer(1)));

    let of = |name| lines.iter().filter(move |line| line.ends_with(name) && !line.contains(" in "));
    assert_eq!(lines[0], "new outer n=u64:1");
    assert_eq!(lines[2], "new inner in outer");
    let inner: Vec<_> = of(" inner").collect();
    let twice = ["enter inner", "exit inner", "enter inner", "exit inner"];
    assert_eq!(inner[..4], twice);
    assert_eq!(inner[4..], ["enter inner", "exit inner", "close inner"]);
    assert_eq!(of("enter outer").count(), of("exit outer").count());
    assert_eq!(of("enter outer").count(), 4, "{lines:?}");
    assert!(lines.contains(&"event INFO message=debug:done n=u64:1 in outer".to_owned()));
    assert_eq!(lines.last().unwrap(), "close outer");
}

#[test]
fn what_is_recorded_later_reaches_the_span() {
    #[instrument(fields(found, kind = Empty))]
    fn find() {
        Span::current().record("found", 3).record("kind", "book");
        Span::current().record("undeclared", 1);
    }

    let lines = told(find);

    assert_eq!(lines[2..5], ["record find found=i64:3", "record find kind=str:book", "exit find"]);
}

#[test]
fn results_are_told_within_the_span() {
    #[instrument(ret, err)]
    fn both(n: u8) -> Result<u8, String> {
        if n == 0 { Err("zero".into()) } else { Ok(n) }
    }

    #[instrument(level = "warn", ret(Display), skip_all)]
    async fn shown(n: u8) -> u8 {
        n
    }

    #[instrument(skip_all, ret, err(level = "info", Debug))]
    fn boxed(n: u8) -> Pin<Box<dyn Future<Output = Result<(), String>>>> {
        Box::pin(async move { Err(n.to_string()) })
    }

    #[instrument(skip_all, ret(level = "debug"))]
    fn whole() -> Result<(), u8> {
        Err(1)
    }

    let lines = told(|| {
        let _ = (both(0), both(1), whole(), block_on(shown(2)), block_on(boxed(3)));
    });

    let events: Vec<_> = lines.iter().filter(|line| line.starts_with("event")).collect();
    let expected = [
        "event ERROR error=debug:zero in both",
        "event INFO return=debug:1 in both",
        "event DEBUG return=debug:Err(1) in whole",
        "event WARN return=debug:2 in shown",
        "event INFO error=debug:\"3\" in boxed",
    ];
    assert_eq!(events, expected);
}

#[test]
fn parents_and_causes_are_those_that_were_chosen() {
    #[instrument(parent = parent, skip(parent))]
    fn chosen<P: Into<Option<tracing::Id>>>(parent: P) {}

    #[instrument(parent = None)]
    fn alone() {
        nested();
    }

    #[instrument(follows_from = causes, skip_all)]
    async fn caused(causes: impl IntoIterator<Item = impl Into<Option<tracing::Id>>>) {}

    #[instrument]
    fn nested() {}

    let lines = told(|| {
        let (one, two) = (info_span!("one"), info_span!("two"));
        let _entered = info_span!("around").entered();
        chosen(&one);
        alone();
        block_on(caused(&[one, two]));
    });

    let of = |prefix: &str| {
        let lines = lines.iter().filter(|line| line.starts_with(prefix));
        lines.cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("new chosen"), ["new chosen below one"]);
    assert_eq!(of("new alone"), ["new alone alone"]);
    assert_eq!(of("new nested"), ["new nested in alone"]);
    assert_eq!(of("new caused"), ["new caused in around"]);
    assert_eq!(of("cause "), ["cause caused one", "cause caused two"]);
    assert_eq!(of("exit around").len(), 1, "{lines:?}");
}

#[test]
fn generics_methods_and_traits_are_instrumented() {
    struct Shop;

    trait Store<T> {
        async fn put(&self, item: T) -> usize;
    }

    impl<T: Debug> Store<T> for Shop {
        #[instrument(skip(self), ret)]
        async fn put(&self, item: T) -> usize {
            size_of_val(&item)
        }
    }

    #[instrument(skip(self))]
    impl Shop {
        fn open(&self, hour: u8) {
            let _ = hour;
        }

        #[instrument(name = "shut")]
        fn close(&mut self) {}
    }

    let lines = told(|| {
        block_on(Shop.put(Order(1)));
        Shop.open(8);
        Shop.close();
    });

    let new: Vec<_> = lines.iter().filter(|line| line.starts_with("new")).collect();
    assert_eq!(new, ["new put item=debug:Order(1)", "new open hour=u64:8", "new shut"]);
}

#[test]
fn a_callsite_that_nobody_wants_is_not_evaluated() {
    #[instrument(target = "disabled", fields(x = panics()))]
    fn unwanted() -> bool {
        Span::current().is_disabled()
    }

    fn panics() -> u8 {
        panic!("evaluated")
    }

    // A trace that is not recorded here either.
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let context = Context::from(RemoteContext::from(TraceParent::parse(header).unwrap()));
    let _attached = context.attach();

    let lines = told(|| assert!(unwanted()));

    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_subscriber_that_panics_harms_nobody() {
    #[instrument(ret, err)]
    fn works(n: u8) -> Result<u8, String> {
        Ok(n)
    }
    let capture = capture();

    let result = Collector::panicking().run(|| capture.run(|| works(4)));

    assert_eq!(result, Ok(4));
    assert_eq!(capture.span("works").outcome, Outcome::Ok);
}

#[test]
fn it_is_a_span_of_ours_with_attributes_outcome_and_parents() {
    #[traced]
    fn ours() {
        let _ = theirs(3);
    }

    #[counted]
    #[instrument(err, fields(later))]
    fn theirs(n: u8) -> Result<(), String> {
        Span::current().record("later", "now");
        info_span!("library").in_scope(leaf);
        Err(n.to_string())
    }

    #[traced]
    fn leaf() {}

    let capture = capture();
    capture.run(ours);

    let theirs = capture.span("theirs");
    assert_eq!(theirs.parent_span_id, Some(capture.span("ours").span_id));
    assert_eq!(capture.span("library").parent_span_id, Some(theirs.span_id));
    assert_eq!(capture.span("leaf").parent_span_id, Some(capture.span("library").span_id));
    assert_eq!(theirs.outcome, Outcome::Error);
    assert_eq!(theirs.attribute("n").unwrap().to_string(), "3");
    assert_eq!(theirs.attribute("later").unwrap().to_string(), "now");
    let exceptions: Vec<_> = theirs.events.iter().map(|event| &*event.name).collect();
    assert_eq!(exceptions, ["exception"], "told once");
    assert_eq!(capture.spans().len(), 4);
}

#[test]
fn wherever_its_span_is_entered_ours_is_current() {
    #[instrument(skip_all)]
    fn spawns() -> Span {
        let current = Span::current();
        let future = async { leaf() }.instrument(Span::current());
        thread::spawn(move || block_on(future)).join().unwrap();
        current
    }

    #[traced]
    fn leaf() {}

    #[instrument(parent = &parent, follows_from = [&parent])]
    fn later(parent: Span) {
        drop(parent);
    }

    let capture = capture();
    let context = capture.run(|| {
        let span = spawns();
        let context = span.context();
        later(span);
        context
    });

    let spawns = capture.span("spawns");
    assert_eq!(context.span_id(), Some(spawns.span_id));
    assert_eq!(capture.span("leaf").parent_span_id, Some(spawns.span_id));
    let later = capture.span("later");
    assert_eq!(later.parent_span_id, Some(spawns.span_id));
    assert_eq!(later.links[0].span_id, spawns.span_id);
}

#[test]
fn what_is_said_about_its_span_is_said_about_ours() {
    #[instrument]
    fn said() {
        let span = Span::current();
        span.set_attribute("extra", 1);
        span.add_event("happened", &[]);
        span.set_status(spandrel::trace::Status::Error { description: "bad" });
        assert!(span.set_parent(Context::default()).is_err());
        tracing::info!(parent: &span, "explicit");
    }

    let capture = capture();
    capture.run(said);

    let span = capture.span("said");
    let events: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["happened", "explicit"]);
    assert_eq!(span.attribute("extra").unwrap().to_string(), "1");
    assert!(
        matches!(&span.status, spandrel::trace::OwnedStatus::Error { description } if description == "bad")
    );
}
