//! Walks a directory, reads and hashes its files concurrently, and shows where the time went.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin quickstart            # this repository
//! cargo run -p spandrel-examples --bin quickstart /usr/share/doc
//! OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run -p spandrel-examples --bin quickstart
//! ```

use std::{
    borrow::Cow,
    env, fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use spandrel::{ErrorInfo, Span, traced};
use spandrel_examples::Slowest;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let slowest = Slowest::default();
    let mut builder = spandrel::builder!().exporter(slowest.clone());
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
        builder = builder.console();
    }
    let telemetry = builder.init()?;

    let root = env::args_os().nth(1).map_or_else(repository, PathBuf::from);
    let read = survey(&root).await;

    let report = telemetry.shutdown(Duration::from_secs(5)).await?;
    println!("\n{slowest}\n{report}");
    println!("{} of {} files are text", read.texts, read.files);
    Ok(())
}

/// The root of the trace: what is called from here, on whichever thread, is a part of it.
#[traced(fields(directory = %root.display()))]
async fn survey(root: &Path) -> Survey {
    let mut files = Vec::new();
    // The error is on its span already; a directory that cannot be read leaves the others.
    let _ = list(root, &mut files);
    let files = files.into_iter().map(|file| spandrel::spawn(examine(file)));
    let mut survey = Survey::default();
    for file in files.collect::<Vec<_>>() {
        survey.files += 1;
        survey.texts += u64::from(matches!(file.await, Ok(Ok(_))));
    }
    Span::current().set("files", survey.files);
    survey
}

/// Synchronous, and recursive: spans of subdirectories are within those of their parents.
#[traced(fields(directory = %directory.display()))]
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        if kind.is_dir() && name != "target" && !name.as_encoded_bytes().starts_with(b".") {
            let _ = list(&entry.path(), files);
        } else if kind.is_file() || kind.is_symlink() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A task of its own; `spandrel::spawn` has carried the context here.
#[traced(fields(file = %file.display()))]
async fn examine(file: PathBuf) -> Result<u64, ReadError> {
    let text = read_text(&file).await?;
    let hash = fnv1a(&text, text.lines().count());
    Span::current().set("hash", format!("{hash:016x}"));
    Ok(hash)
}

/// An error becomes the span's status, its `error.type` and an exception event; `err(Debug)`
/// writes it by `Debug` instead of `Display`.
#[traced(kind = client, err(Debug))]
async fn read_text(file: &Path) -> Result<String, ReadError> {
    let bytes = tokio::fs::read(file).await.map_err(ReadError::Unreadable)?;
    String::from_utf8(bytes)
        .map_err(|error| ReadError::NotText { at: error.utf8_error().valid_up_to() })
}

/// The FNV-1a hash: short enough for an example, and not for anything that matters.
#[traced(fields(bytes = text.len()))]
fn fnv1a(text: &str, #[field] lines: usize) -> u64 {
    let _ = lines;
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What was found.
#[derive(Debug, Default)]
struct Survey {
    files: u64,
    texts: u64,
}

#[derive(Debug)]
enum ReadError {
    Unreadable(io::Error),
    NotText { at: usize },
}

/// Optional: names for `error.type`; without it that is the name of the type.
impl ErrorInfo for ReadError {
    fn error_type(&self) -> Cow<'static, str> {
        match self {
            Self::Unreadable(error) => error.kind().to_string().into(),
            Self::NotText { .. } => "not text".into(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::NotText { at } => write!(f, "no UTF-8 at byte {at}"),
        }
    }
}

impl std::error::Error for ReadError {}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
