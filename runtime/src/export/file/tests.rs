//! The exporter on a disk that works, is full, is taken away and comes back.

use std::{
    fs,
    num::{NonZeroU32, NonZeroU64},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::OtlpFile;
use crate::{
    diag::{self, Level},
    export::{
        encoding_sink::EncodingSink,
        otlp::batch::{Batch, Encoding, Resource},
        stats::Stats,
    },
    site::Site,
    time,
    trace::{LossReason, drain::Sink as _, loss::Losses, record::fixture::SpanBuilder},
    value::Value,
};

static SITE: Site = Site::block("charge", "shop::orders");

const MEMORY: usize = 4 * 1024 * 1024;

/// A folder of one test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("spandrel-file-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("traces.jsonl")
    }

    /// Names and sizes of its files.
    fn files(&self) -> Vec<(String, u64)> {
        let entries = fs::read_dir(&self.0).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, entry.metadata().unwrap().len())
            })
            .collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Harness {
    sink: EncodingSink<Batch>,
    stats: Arc<Stats>,
    produced: u64,
}

impl Harness {
    fn new(file: &OtlpFile) -> Self {
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let resource = Resource::new(Encoding::Json, [("service.name", Value::Str("shop"))], "");
        let sink = file.sink(resource, None, MEMORY, Arc::clone(&stats));
        Self { sink, stats, produced: 0 }
    }

    /// Sends spans as one batch and waits for it.
    fn send(&mut self, spans: u64) {
        for _ in 0..spans {
            self.produced += 1;
            SpanBuilder::new(&SITE, 1, self.produced).view(|span| self.sink.accept(span));
        }
        assert!(self.sink.flush()(time::now() + Duration::from_secs(30)));
        let (exported, lost) = (self.stats.exported(), self.stats.losses().total());
        assert_eq!(self.produced, exported + lost, "{exported} exported, {lost} lost");
    }
}

/// The numbers of the spans in a file, line by line.
fn lines(path: &Path) -> Vec<Vec<u64>> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(spans).collect()
}

fn spans(line: &str) -> Vec<u64> {
    let request: ExportTraceServiceRequest = serde_json::from_str(line).unwrap();
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    let spans = scopes.flat_map(|scope| &scope.spans);
    spans.map(|span| u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap())).collect()
}

#[test]
fn each_batch_is_a_line_that_the_next_program_appends_to() {
    let folder = Folder::new();
    // With a folder that is not there yet.
    let path = folder.0.join("new/traces.jsonl");

    let mut harness = Harness::new(&OtlpFile::to(&path));
    harness.send(2);
    harness.send(1);
    Harness::new(&OtlpFile::to(&path)).send(1);

    assert_eq!(lines(&path), [vec![1, 2], vec![3], vec![1]]);
    assert_eq!(harness.stats.exported(), 3);
}

#[test]
fn the_disk_is_bounded_and_the_newest_spans_are_kept() {
    const MAX_BYTES: u64 = 4_096;
    let folder = Folder::new();
    let files = NonZeroU32::new(3).unwrap();
    // What is left of a time when there were more.
    fs::write(folder.0.join("traces.3.jsonl"), "old").unwrap();
    fs::write(folder.0.join("traces.4.jsonl"), "older").unwrap();
    let file = OtlpFile::to(folder.file()).max_bytes(MAX_BYTES).max_files(files);
    let mut harness = Harness::new(&file);

    (0..200).for_each(|_| harness.send(1));

    let names: Vec<_> = folder.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["traces.1.jsonl", "traces.2.jsonl", "traces.jsonl"]);
    assert!(folder.files().iter().all(|(_, bytes)| *bytes <= MAX_BYTES), "{:?}", folder.files());
    let kept: Vec<_> =
        names.iter().rev().rev().map(|name| lines(&folder.0.join(name)).concat()).collect();
    let in_order = [kept[1].clone(), kept[0].clone(), kept[2].clone()].concat();
    assert_eq!(*in_order.last().unwrap(), 200);
    assert!(in_order.is_sorted() && in_order.len() > 10, "{in_order:?}");
}

#[test]
fn one_file_is_begun_anew_when_it_is_full() {
    let folder = Folder::new();
    let file = OtlpFile::to(folder.file()).max_bytes(2_000).max_files(NonZeroU32::MIN);
    let mut harness = Harness::new(&file);

    (0..50).for_each(|_| harness.send(1));

    assert_eq!(folder.files().len(), 1);
    assert!(folder.files()[0].1 <= 2_000);
    assert_eq!(lines(&folder.file()).concat().last(), Some(&50));
}

#[test]
fn a_span_larger_than_a_file_is_dropped_and_counted() {
    let folder = Folder::new();
    let mut harness = Harness::new(&OtlpFile::to(folder.file()).max_bytes(2_000));
    let text = "x".repeat(3_000);
    SpanBuilder::new(&SITE, 1, 1).attribute("text", &text).view(|span| harness.sink.accept(span));
    harness.produced += 1;

    harness.send(1);

    assert_eq!(harness.stats.losses().of(LossReason::TooLarge), 1);
    assert_eq!(lines(&folder.file()), [[2]]);
}

#[test]
fn a_torn_line_of_a_program_that_was_killed_harms_no_other() {
    let folder = Folder::new();
    fs::write(folder.file(), "{\"resourceSpans\":[{\"reso").unwrap();

    Harness::new(&OtlpFile::to(folder.file())).send(1);

    let text = fs::read_to_string(folder.file()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), spans(lines[1])), (2, vec![1]));
}

#[test]
fn a_file_that_somebody_renamed_or_removed_is_begun_anew() {
    let folder = Folder::new();
    let mut harness = Harness::new(&OtlpFile::to(folder.file()));
    harness.send(1);
    fs::rename(folder.file(), folder.0.join("rotated")).unwrap();
    harness.send(1);
    fs::remove_file(folder.file()).unwrap();
    harness.send(1);

    assert_eq!(lines(&folder.0.join("rotated")), [[1]]);
    assert_eq!(lines(&folder.file()), [[3]]);
}

#[test]
fn a_full_disk_is_counted_and_said_once() {
    let said = diag::capture();
    let mut harness = Harness::new(&OtlpFile::to("/dev/full"));

    (0..5).for_each(|_| harness.send(2));

    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 10);
    let warnings = said.of(Level::Warn);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("2 spans for /dev/full are lost: cannot write the file"));
}

#[test]
fn a_place_that_cannot_be_written_is_tried_again_with_each_batch() {
    let said = diag::capture();
    let folder = Folder::new();
    let blocked = folder.0.join("blocked");
    fs::write(&blocked, "no folder").unwrap();
    let path = blocked.join("traces.jsonl");
    let mut harness = Harness::new(&OtlpFile::to(&path));

    (0..3).for_each(|_| harness.send(1));
    fs::remove_file(&blocked).unwrap();
    (0..2).for_each(|_| harness.send(1));

    assert_eq!(lines(&path), [[4], [5]]);
    assert_eq!(harness.stats.losses().of(LossReason::ExportFailed), 3);
    let warnings = said.of(Level::Warn);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].contains("works again, 3 spans in 3 requests were lost"), "{warnings:?}");
}

#[test]
fn several_writers_share_a_path_without_tearing_a_line() {
    const MAX_BYTES: u64 = 20_000;
    let folder = Folder::new();
    let file = OtlpFile::to(folder.file()).max_bytes(MAX_BYTES).max_files(NonZeroU32::MAX);
    let writers = NonZeroU64::new(4).unwrap().get();

    thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                let mut harness = Harness::new(&file);
                (0..100).for_each(|_| harness.send(3));
                assert_eq!(harness.stats.exported(), 300);
            });
        }
    });

    let files = folder.files();
    assert!(files.iter().all(|(_, bytes)| *bytes <= MAX_BYTES), "{files:?}");
    let whole = files.iter().map(|(name, _)| lines(&folder.0.join(name)).concat().len());
    assert_eq!(whole.sum::<usize>() as u64, writers * 300);
}
