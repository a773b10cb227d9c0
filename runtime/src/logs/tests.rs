//! What becomes of records between whoever says something and the sinks.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    pipeline::{LogSink, Pipeline, Settings},
    *,
};
use crate::{
    sync::lock,
    trace::{
        LossReason, OwnedValue,
        correlation::CorrelationId,
        drain::Pending,
        id::{SpanId, TraceId},
        local::{ACTIVE, W3C_SHIFT},
        request::Request,
    },
};

/// Keeps what it is given, once it may.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<LogData>>>);

impl LogSink for Kept {
    fn accept(&mut self, record: &LogView<'_>) {
        lock(&self.0).push(LogData::from(record));
    }

    fn end_pass(&mut self, _now: std::time::Instant) -> Option<std::time::Instant> {
        None
    }

    fn flush(&mut self) -> Pending {
        Box::new(|_| true)
    }

    fn shutdown(&mut self) -> Pending {
        self.flush()
    }
}

struct Running {
    pipeline: &'static Pipeline,
    kept: Kept,
}

fn start(change: impl FnOnce(&mut Settings)) -> Running {
    let kept = Kept::default();
    let sink = kept.clone();
    let mut settings = Settings {
        filter: LogFilter::parse("info").0,
        follows_trace: false,
        shows_path: false,
        limits: LogLimits::default(),
        bytes: 1 << 20,
        sinks: Arc::new(move || vec![Box::new(sink.clone())]),
    };
    change(&mut settings);
    Running { pipeline: Pipeline::leak(settings), kept }
}

impl Running {
    fn say(&self, level: Level, context: &Context, write: &dyn Fn(&mut Writer)) {
        let said = Said { level, target: "shop", event: "", file: None, line: None, context };
        self.pipeline.emit(&said, write);
    }

    fn info(&self, write: &dyn Fn(&mut Writer)) {
        self.say(Level::Info, &Context::default(), write);
    }

    fn flushed(&self) -> Vec<LogData> {
        assert!(self.pipeline.ask(false)(time::now() + Duration::from_secs(20)));
        lock(&self.kept.0).clone()
    }

    fn dropped(&self) -> Vec<(LossReason, u64)> {
        self.pipeline.counted().dropped
    }
}

fn messages(logs: &[LogData]) -> Vec<&str> {
    logs.iter().map(|log| log.message.as_str()).collect()
}

fn trace(flags: u16) -> Context {
    let flags = ACTIVE | flags << W3C_SHIFT;
    Context { trace_high: 1, trace_low: 2, span: 3, flags, ..Context::default() }
}

#[test]
fn a_record_has_its_values_in_their_types_and_the_span_that_it_belongs_to() {
    let running = start(|_| {});

    running.say(Level::Warn, &trace(1), &|writer| {
        writer.name(format_args!("took {} s", 2));
        writer.set_keyed("n", &-7);
        writer.set_keyed("ok", &true);
        writer.set_keyed("share", &0.5);
        writer.set_keyed("who", "ann");
        writer.set_keyed("list", &[1, 2]);
    });

    let log = &running.flushed()[0];
    assert_eq!((log.level, &*log.target, &*log.message), (Level::Warn, "shop", "took 2 s"));
    assert_eq!(log.trace_id, TraceId::from_u128(1 << 64 | 2));
    assert_eq!(log.span_id, SpanId::from_u64(3));
    let list = OwnedValue::Array(vec![OwnedValue::I64(1), OwnedValue::I64(2)]);
    let expected = [
        ("n", OwnedValue::I64(-7)),
        ("ok", OwnedValue::Bool(true)),
        ("share", OwnedValue::F64(0.5)),
        ("who", OwnedValue::Str("ann".into())),
        ("list", list),
    ];
    assert_eq!(log.attributes, expected.map(|(key, value)| (key.to_owned(), value)));
}

#[test]
fn a_record_within_a_request_tells_which() {
    let running = start(|_| {});
    let request = Request {
        correlation_id: CorrelationId::parse("order-7"),
        method: "GET",
        route: "/orders/{id}",
    };

    running.say(Level::Info, &Context::default().with_request(request), &|_| {});

    let log = &running.flushed()[0];
    assert_eq!(log.correlation_id.as_deref(), Some("order-7"));
    assert_eq!((log.method.as_deref(), log.route.as_deref()), (Some("GET"), Some("/orders/{id}")));
}

#[test]
fn secrets_never_reach_the_queue() {
    let running = start(|_| {});

    running.info(&|writer| writer.set_keyed("db.password", "hunter2"));

    let redacted = OwnedValue::Str("[REDACTED]".into());
    assert_eq!(running.flushed()[0].attribute("db.password"), Some(&redacted));
}

#[test]
fn of_two_values_of_a_key_the_last_counts() {
    let running = start(|_| {});

    running.info(&|writer| {
        writer.set_keyed("n", &1);
        writer.set_keyed("m", &2);
        writer.set_keyed("n", &3);
    });

    let log = &running.flushed()[0];
    let keys: Vec<_> = log.attributes.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["m", "n"]);
    assert_eq!(log.attribute("n"), Some(&OwnedValue::I64(3)));
}

#[test]
fn what_exceeds_the_limits_is_left_out_and_counted() {
    let limits = LogLimits { attributes: 2, value_chars: 3 };
    let running = start(|settings| settings.limits = limits);

    running.info(&|writer| {
        writer.name_str("a message is no attribute");
        ["a", "b", "c", "d"].iter().for_each(|key| writer.set_keyed(key, "schön"));
    });

    let log = &running.flushed()[0];
    assert_eq!((&*log.message, log.dropped_attributes), ("a message is no attribute", 2));
    assert_eq!(log.attribute("b"), Some(&OwnedValue::Str("sch".into())));
}

#[test]
fn an_enormous_record_is_cut_and_the_next_one_is_whole() {
    let running = start(|_| {});
    let enormous = "x".repeat(1 << 20);

    running.info(&|writer| {
        writer.name_str(&enormous);
        (0..32).for_each(|at| writer.set_keyed(&format!("key{at}"), enormous.as_str()));
    });
    running.info(&|writer| writer.name_str("next"));

    let logs = running.flushed();
    assert_eq!(logs[0].message.len(), 8_192);
    assert!(logs[0].dropped_attributes >= 28, "{}", logs[0].dropped_attributes);
    assert_eq!(logs[1].message, "next");
}

#[test]
fn a_full_queue_drops_and_counts_and_waits_for_nobody() {
    struct Stuck(Arc<Mutex<()>>);
    impl LogSink for Stuck {
        fn accept(&mut self, _record: &LogView<'_>) {
            drop(lock(&self.0));
        }
        fn end_pass(&mut self, _now: std::time::Instant) -> Option<std::time::Instant> {
            None
        }
        fn flush(&mut self) -> Pending {
            Box::new(|_| true)
        }
        fn shutdown(&mut self) -> Pending {
            self.flush()
        }
    }
    let stuck = Arc::new(Mutex::new(()));
    let held = lock(&stuck);
    let sink = Arc::clone(&stuck);
    let running = start(|settings| {
        settings.bytes = 4_096;
        settings.sinks = Arc::new(move || vec![Box::new(Stuck(Arc::clone(&sink)))]);
    });

    (0..1_000).for_each(|_| running.info(&|writer| writer.name_str("one of many")));
    let dropped = running.dropped();
    drop(held);

    assert!(matches!(dropped[..], [(LossReason::QueueFull, 500..)]), "{dropped:?}");
    assert_eq!(running.pipeline.counted().produced, 1_000);
    running.flushed();
}

#[test]
fn records_of_traces_that_are_not_sampled_are_left_out_on_demand_but_for_errors() {
    let running = start(|settings| settings.follows_trace = true);

    running.say(Level::Warn, &trace(0), &|writer| writer.name_str("not sampled"));
    running.say(Level::Error, &trace(0), &|writer| writer.name_str("failed"));
    running.say(Level::Info, &trace(1), &|writer| writer.name_str("sampled"));
    running.say(Level::Info, &Context::default(), &|writer| writer.name_str("in no trace"));

    assert_eq!(messages(&running.flushed()), ["failed", "sampled", "in no trace"]);
    assert_eq!(running.pipeline.counted().unsampled, 1);
}

/// Panics when it is shown.
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        std::panic::resume_unwind(Box::new("broken"))
    }
}

#[test]
fn a_value_that_panics_costs_its_own_text_alone() {
    let running = start(|_| {});

    running.info(&|writer| {
        writer.name(format_args!("{Broken}"));
        writer.set_keyed("n", &1);
    });

    let log = &running.flushed()[0];
    assert_eq!(log.message, "half<failed to format>");
    assert_eq!(log.attribute("n"), Some(&OwnedValue::I64(1)));
}

/// Logs itself whenever it is shown.
struct Chatty<'r>(&'r Running);

impl fmt::Display for Chatty<'_> {
    #[expect(clippy::recursive_format_impl, reason = "that is what is tested")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.info(&|writer| writer.name(format_args!("{self}")));
        f.write_str("chatty")
    }
}

#[test]
fn a_value_that_logs_itself_ends_and_is_counted() {
    let running = start(|_| {});

    running.info(&|writer| writer.name(format_args!("{}", Chatty(&running))));

    assert_eq!(messages(&running.flushed()), ["chatty"; 4]);
    assert_eq!(running.dropped(), [(LossReason::Reentrant, 1)]);
}

#[test]
fn records_of_many_threads_all_arrive_each_thread_s_in_order() {
    let running = start(|settings| settings.bytes = 64 << 20);

    std::thread::scope(|scope| {
        for thread in 0..8 {
            let running = &running;
            scope.spawn(move || {
                for at in 0..1_000 {
                    running.info(&|writer| {
                        writer.set_keyed("thread", &thread);
                        writer.set_keyed("at", &at);
                    });
                }
            });
        }
    });

    let logs = running.flushed();
    assert_eq!(logs.len(), 8_000);
    for thread in 0..8 {
        let of_thread = |log: &&LogData| log.attribute("thread") == Some(&OwnedValue::I64(thread));
        let order: Vec<_> = logs.iter().filter(of_thread).map(|log| log.attribute("at")).collect();
        let expected: Vec<_> = (0..1_000).map(OwnedValue::I64).collect();
        assert!(order.into_iter().eq(expected.iter().map(Some)));
    }
}
