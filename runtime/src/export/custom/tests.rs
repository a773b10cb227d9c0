use std::{
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use super::*;
use crate::{testing, time, trace::loss::Losses};

/// Says what it is called for, and hangs in each export until it is let go.
struct Hanging {
    calls: Sender<&'static str>,
    go: Receiver<()>,
}

impl SpanExporter for Hanging {
    fn export(&mut self, _: &[SpanData]) -> Result<(), ExportError> {
        let _ = self.calls.send("export");
        let _ = self.go.recv();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        let _ = self.calls.send("flush");
        Ok(())
    }
}

fn hand_over_a_span(sink: &mut CustomSink) {
    let capture = testing::capture();
    capture.run(|| crate::Span::start("span").end());
    sink.batch.extend(capture.spans());
    sink.bytes = 1;
    sink.hand_over();
}

#[test]
fn an_exporter_that_hangs_is_called_once_for_all_who_flush_meanwhile() {
    let (calls, called) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
    let exporter = Box::new(Hanging { calls, go: wait });
    let mut sink = CustomSink::new(exporter, Batching::default(), 1 << 20, stats);

    hand_over_a_span(&mut sink);
    assert_eq!(called.recv(), Ok("export"));
    let _first: Vec<_> = (0..1_000).map(|_| sink.flush()).collect();
    hand_over_a_span(&mut sink);
    let mut last: Vec<_> = (0..1_000).map(|_| sink.flush()).collect();
    go.send(()).unwrap();
    go.send(()).unwrap();
    let flushed = last.pop().is_some_and(|wait| wait(time::now() + Duration::from_secs(30)));

    assert!(flushed);
    assert_eq!(called.try_iter().collect::<Vec<_>>(), ["flush", "export", "flush"]);
}
