use std::{
    pin::pin,
    sync::Mutex,
    task::{Context as Task, Poll, Waker},
    thread,
};

use super::*;
use crate::{
    call::{AsyncCall, Call, Fields},
    mirror::{Mirror, MirrorSpan, Reflection},
    site::{Field, Meta, Traced},
    sync::lock,
    testing,
    trace::Context,
};

/// Writes down what it is told.
struct Diary(Mutex<Vec<String>>);

#[derive(Debug)]
struct Page(&'static Diary, String);

impl Diary {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn note(&self, what: &str, name: &str) {
        lock(&self.0).push(format!("{what} {name}"));
    }

    fn read(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0))
    }
}

impl std::fmt::Debug for Diary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Diary")
    }
}

struct To(&'static Diary);

impl Mirror for To {
    fn wants(&self, _: &'static Site) -> bool {
        true
    }

    fn begin(&self, span: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>> {
        let values: Vec<_> = span.values.iter().map(|value| format!("{value:?}")).collect();
        self.0.note("begin", &format!("{} {}", span.name, values.join(" ")));
        Some(Box::new(Page(self.0, span.name.to_owned())))
    }
}

impl MirrorSpan for Page {
    fn enter(&self) {
        self.0.note("enter", &self.1);
    }

    fn exit(&self) {
        self.0.note("exit", &self.1);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.0.note("close", &self.1);
    }
}

macro_rules! site {
    ($name:literal, $mirror:expr) => {{
        static FIELDS: [Field; 2] = Field::list(["a", "b"]);
        static SITE: Site = Site::new(Meta::block($name, "m", "f", 1))
            .traced(Traced::new().fields(&FIELDS))
            .reflected(Reflection::To(&$mirror));
        &SITE
    }};
}

#[test]
fn a_mirrored_call_is_shown_with_its_values_while_it_is_current() {
    static DIARY: Diary = Diary::new();
    static TO: To = To(&DIARY);
    let outer = || {
        Call::enter(site!("outer", TO), |fields| {
            fields.write(|writer| {
                writer.set(0, &7_u8);
                writer.debug(1, &"x");
            })
        })
    };
    let inner = || Call::enter(site!("inner", TO), Fields::none);

    // Once without a recorder's interest, once within a captured trace.
    for captured in [false, true] {
        let run = || {
            let mut call = outer();
            inner().finish();
            call.finish();
        };
        let before = Context::peek();
        if captured {
            testing::capture().run(run);
        } else {
            run();
        }

        assert_eq!(Context::peek().flags, before.flags);
        let expected = [
            r#"begin outer ("a", I64(7), Unsigned) ("b", Str("\"x\""), Formatted)"#,
            "enter outer",
            "begin inner ",
            "enter inner",
            "exit inner",
            "close inner",
            "exit outer",
            "close outer",
        ];
        assert_eq!(DIARY.read(), expected, "captured: {captured}");
    }
}

#[test]
fn a_mirrored_future_is_shown_during_its_polls_and_its_context_elsewhere() {
    static DIARY: Diary = Diary::new();
    static TO: To = To(&DIARY);
    let mut polls = 0;
    let body = std::future::poll_fn(|_| {
        polls += 1;
        if polls == 1 {
            let context = Context::current();
            let other = thread::spawn(move || drop(context.attach()));
            other.join().unwrap();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    {
        let call = AsyncCall::start(site!("future", TO), Fields::none);
        let mut future = pin!(call.run(body, |_, ()| {}));
        let mut task = Task::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut task).is_pending());
        assert!(future.as_mut().poll(&mut task).is_ready());
    }

    let twice = ["enter future", "exit future"];
    let expected = [&["begin future ", "enter future"][..], &twice, &["exit future"], &twice];
    // What is left of the body is dropped within, as `tracing` does it.
    let expected = [&expected.concat()[..], &twice, &["close future"]].concat();
    assert_eq!(DIARY.read(), expected);
}

#[test]
fn a_mirror_that_panics_harms_nobody() {
    struct Panics;
    impl Mirror for Panics {
        fn wants(&self, _: &'static Site) -> bool {
            true
        }
        fn begin(&self, _: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>> {
            Some(Box::new(Bomb))
        }
    }
    #[derive(Debug)]
    struct Bomb;
    impl MirrorSpan for Bomb {
        fn enter(&self) {
            panic!("enter");
        }
        fn exit(&self) {
            panic!("exit");
        }
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("drop");
        }
    }
    static PANICS: Panics = Panics;
    let capture = testing::capture();

    capture.run(|| Call::enter(site!("watched", PANICS), Fields::none).finish());

    assert_eq!(capture.spans()[0].name, "watched");
}
