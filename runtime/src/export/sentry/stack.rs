//! Frames of a stack, from what a backtrace prints and from what a site knows.

use std::backtrace::Backtrace;

use sentry_core::protocol::{Frame, Stacktrace};

use crate::site::Site;

const MOST_FRAMES: usize = 100;
/// Where our own part and that of the panic end, seen from the innermost frame.
const INNER: [&str; 9] = [
    "std::backtrace",
    "std::panicking",
    "core::panicking",
    "spandrel::",
    "<spandrel::",
    "__rustc",
    "rust_begin_unwind",
    "std::panic",
    "core::ops::function",
];
/// Crates whose frames are not the program's.
const LIBRARIES: [&str; 8] =
    ["std::", "core::", "alloc::", "<core::", "<std::", "<alloc::", "tokio::", "<tokio::"];

/// The frames of a backtrace, as Sentry has them: the innermost last.
pub(super) fn of_backtrace(backtrace: &Backtrace) -> Option<Stacktrace> {
    let text = backtrace.to_string();
    let frames: Vec<_> = frames(&text).collect();
    let inner = frames.iter().take_while(|frame| is_inner(frame)).count();
    let frames = frames.into_iter().skip(inner).take(MOST_FRAMES).collect();
    Stacktrace::from_frames_reversed(frames)
}

/// The one frame that is known of an instrumented function.
pub(super) fn of_site(site: &Site) -> Option<Stacktrace> {
    Stacktrace::from_frames_reversed(vec![Frame {
        function: Some(site.name().to_owned()),
        module: Some(site.module_path().to_owned()),
        in_app: Some(true),
        ..placed(site.file(), Some(site.line().into()))
    }])
}

/// Of a panic whose backtrace could not be taken.
pub(super) fn of_place(file: &str, line: u32) -> Option<Stacktrace> {
    let frame = Frame { in_app: Some(true), ..placed(file, Some(line.into())) };
    Stacktrace::from_frames_reversed(vec![frame])
}

/// Reads `  4: shop::pay` and `at ./src/pay.rs:17:5` line by line; what is neither is left out.
fn frames(text: &str) -> impl Iterator<Item = Frame> {
    let mut lines = text.lines().map(str::trim).peekable();
    std::iter::from_fn(move || {
        loop {
            let (number, name) = lines.next()?.split_once(": ")?;
            if number.parse::<u32>().is_err() {
                continue;
            }
            let place = lines.next_if(|line| line.starts_with("at "));
            return Some(frame(name, place.map(|place| &place[3..])));
        }
    })
}

fn frame(name: &str, place: Option<&str>) -> Frame {
    let mut parts = place.unwrap_or_default().rsplitn(3, ':');
    let (_column, line, file) = (parts.next(), parts.next(), parts.next());
    let is_library = LIBRARIES.iter().any(|library| name.starts_with(library))
        || file.is_some_and(|file| file.contains("/.cargo/") || file.starts_with("/rustc/"));
    let (module, _) = name.rsplit_once("::").unwrap_or_default();
    Frame {
        function: Some(name.to_owned()),
        module: (!module.is_empty()).then(|| module.to_owned()),
        in_app: Some(!is_library),
        ..file.map(|file| placed(file, line.and_then(|line| line.parse().ok()))).unwrap_or_default()
    }
}

fn placed(path: &str, line: Option<u64>) -> Frame {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    Frame {
        filename: Some(name.to_owned()),
        abs_path: Some(path.to_owned()),
        lineno: line,
        ..Frame::default()
    }
}

fn is_inner(frame: &Frame) -> bool {
    let name = frame.function.as_deref().unwrap_or_default();
    INNER.iter().any(|inner| name.starts_with(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_backtrace_prints_is_read_frame_by_frame() {
        let text = "   0: std::backtrace::Backtrace::create\n             at /rustc/59/x.rs:1:2\n   \
                    1: shop::pay::charge::{{closure}}\n             at ./src/pay.rs:17:5\n   \
                    2: <unknown>\n   3: main\n";

        let frames: Vec<_> = frames(text).collect();

        assert_eq!(frames.len(), 4);
        assert!(is_inner(&frames[0]) && !is_inner(&frames[1]));
        assert_eq!(frames[1].filename.as_deref(), Some("pay.rs"));
        assert_eq!((frames[1].lineno, frames[1].in_app), (Some(17), Some(true)));
        assert_eq!(frames[0].in_app, Some(false));
        assert_eq!(frames[3].function.as_deref(), Some("main"));
    }

    #[test]
    fn a_real_backtrace_ends_where_the_program_called() {
        #[inline(never)]
        fn caller() -> Backtrace {
            Backtrace::force_capture()
        }

        let stack = of_backtrace(&std::hint::black_box(caller())).unwrap();

        assert!(stack.frames.iter().any(|frame| frame.lineno.is_some()));
    }
}
