//! The console with writers that hang, fail and take everything.

use std::{
    io::{self, Write},
    sync::{Mutex, mpsc},
    time::Duration,
};

use super::*;
use crate::{
    site::Site,
    sync::lock,
    time,
    trace::{
        loss::{LossReason, Losses},
        record::fixture::SpanBuilder,
    },
};

static SITE: Site = Site::block("charge", "shop");
const BYTES: usize = 512 * 1024;

/// Takes everything, and lets the test read it.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(lock(&self.0).clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says that it was called, and does not return before the test lets it.
struct Hanging {
    called: mpsc::Sender<()>,
    released: mpsc::Receiver<()>,
}

impl Write for Hanging {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let _ = self.called.send(());
        // Nobody there any more: released for good.
        let _ = self.released.recv();
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Failing;

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sink(form: Form, writer: impl Write + Send + 'static) -> (ConsoleSink, Arc<Stats>) {
    let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
    let output = Output::Writer(Box::new(writer));
    (ConsoleSink::new(form, false, output, BYTES, Arc::clone(&stats)), stats)
}

fn give(sink: &mut ConsoleSink, trace: u128, span: u64, parent: Option<u64>) {
    let builder = SpanBuilder::new(&SITE, trace, span).times(1_000, 2_000);
    let builder = match parent {
        Some(parent) => builder.parent(parent, false),
        None => builder,
    };
    builder.view(|view| sink.accept(view));
}

fn soon() -> Instant {
    time::now() + Duration::from_secs(30)
}

#[test]
fn a_trace_is_written_whole_however_its_spans_are_mixed_with_others() {
    let page = Page::default();
    let (mut sink, stats) = sink(Form::Tree, page.clone());
    for span in [3, 2, 1] {
        for trace in 1..=32 {
            give(&mut sink, trace, span, (span > 1).then(|| span - 1));
        }
    }
    sink.end_pass(time::now());
    assert!(sink.flush()(soon()));
    let text = page.text();
    let rows: Vec<_> = text.lines().collect();
    assert_eq!(rows.len(), 32 * 3, "{text}");
    for (trace, rows) in (1..=32).zip(rows.chunks(3)) {
        assert_eq!(rows[0], format!(" 1.00 µs  charge  trace {trace:032x}"));
        assert_eq!(rows[1], " 1.00 µs  └─ charge");
        assert_eq!(rows[2], " 1.00 µs     └─ charge");
    }
    assert_eq!(stats.exported(), 96);
}

#[test]
fn a_flush_shows_what_is_not_complete() {
    let page = Page::default();
    let (mut sink, _) = sink(Form::Tree, page.clone());
    give(&mut sink, 7, 2, Some(1));
    sink.end_pass(time::now());
    assert!(sink.worker.flush()(soon()));
    assert_eq!(page.text(), "");
    assert!(sink.flush()(soon()));
    assert!(page.text().contains("… parent still running, trace"), "{}", page.text());
}

#[test]
fn every_line_of_json_is_a_span() {
    let page = Page::default();
    let (mut sink, stats) = sink(Form::Json, page.clone());
    (1..=1_000).for_each(|span| give(&mut sink, 7, span, None));
    assert!(sink.shutdown()(soon()));
    let text = page.text();
    let ids: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|span| u64::from_str_radix(span["span_id"].as_str().unwrap(), 16).unwrap())
        .collect();
    assert_eq!(ids, (1..=1_000).collect::<Vec<_>>());
    assert_eq!((stats.exported(), stats.losses().total()), (1_000, 0));
}

#[test]
fn a_writer_that_hangs_holds_up_nobody_and_every_span_is_counted() {
    for form in [Form::Tree, Form::Json] {
        let (called, calls) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let (mut sink, stats) = sink(form, Hanging { called, released });
        give(&mut sink, 1, 1, None);
        sink.end_pass(time::now());
        // From here on it hangs; that the rest of the test goes on is what it shows.
        calls.recv().unwrap();

        let spans = 20_000;
        for span in 2..=spans {
            give(&mut sink, u128::from(span), span, None);
            if span % 100 == 0 {
                sink.end_pass(time::now());
                assert!(stats.queued_bytes() <= BYTES as u64);
            }
        }
        assert!(!sink.flush()(time::now()), "it hangs still");
        let lost = stats.losses().of(LossReason::QueueFull);
        assert!(lost > 0 && stats.queued_spans() > 0);
        assert_eq!(lost + stats.queued_spans(), spans);

        drop(release);
        assert!(sink.shutdown()(soon()));
        assert_eq!(stats.exported() + stats.losses().total(), spans);
        assert_eq!((stats.queued_spans(), stats.queued_bytes()), (0, 0));
    }
}

#[test]
fn what_a_closed_pipe_refuses_is_counted() {
    let messages = crate::diag::capture();
    let (mut sink, stats) = sink(Form::Json, Failing);
    give(&mut sink, 7, 1, None);
    sink.shutdown()(soon());
    assert_eq!(stats.losses().of(LossReason::ExportFailed), 1);
    let said = messages.of(crate::diag::Level::Warn);
    assert!(said.len() == 1 && said[0].contains("the console lost 1 spans"), "{said:?}");
}
