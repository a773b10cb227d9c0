//! Sends what is recorded when the process exits without dropping the guard, or is told to end.
//!
//! `process::exit` runs the C library's exit handlers, so one of them shuts down. SIGTERM and SIGINT
//! would run nothing; where the program has left them at their default, a handler wakes a thread
//! that shuts down and then lets the signal do what it was sent for. A handler that the program
//! installs later, tokio's too, takes the signal over: then ours only sends, and ends nothing.
//!
//! A forked child inherits handler and pipe, but not the thread, and at the pipe's other end is its
//! parent. So the handler asks whose it is; a child gets a pipe and a thread of its own when it
//! begins to record, and until then dies of the signal as if nobody watched.

use std::sync::{Arc, Mutex, Weak};
#[cfg(any(feature = "file", feature = "sentry"))]
use std::{sync::mpsc, thread, time::Duration};

use super::telemetry::{PATIENCE_AT_EXIT, Running};
#[cfg(any(feature = "file", feature = "sentry"))]
use crate::trace::own_thread;
use crate::{logs::pipeline, sync::lock};

/// How long a panic waits for what is done about it.
#[cfg(any(feature = "file", feature = "sentry"))]
const PATIENCE_OF_PANIC: Duration = Duration::from_secs(3);

static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());

/// Shuts this telemetry down when the process exits.
pub(crate) fn watch(running: &Arc<Running>) {
    *lock(&RUNNING) = Arc::downgrade(running);
    #[cfg(unix)]
    unix::at_exit();
}

/// The signals that are to do something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// SIGTERM and SIGINT send what is recorded before they end the process.
    pub(crate) ends: bool,
    /// The signal that makes the flight recorder dump.
    pub(crate) dumps: Option<i32>,
}

/// Also when it is told to end, or to dump, by a signal.
pub(crate) fn watch_signals(watched: Watched) {
    #[cfg(unix)]
    unix::on_signals(watched);
    #[cfg(not(unix))]
    let _ = watched;
}

/// Dumps the flight recorder, if there is one.
#[cfg(feature = "file")]
pub(super) fn dump(cause: super::flight::Cause) {
    with_running(|running| running.dump(cause));
}

/// Does something about a panic, from within its hook.
///
/// On a thread of its own: a panic in a hook ends the process.
#[cfg(any(feature = "file", feature = "sentry"))]
pub(super) fn beside_panic(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let work = move || {
        let _own = own_thread::begin();
        work();
        let _ = done.send(());
    };
    match thread::Builder::new().name("spandrel-panic".into()).spawn(work) {
        Ok(_) => drop(wait.recv_timeout(PATIENCE_OF_PANIC)),
        Err(error) => crate::diag::warn(format_args!("no thread for a panic: {error}")),
    }
}

/// Sends what is recorded: the process ends with this panic.
#[cfg(feature = "sentry")]
pub(super) fn flush_in_panic() {
    beside_panic(flush);
}

fn shut_down() {
    with_running(Running::stop_at_exit);
    // What was said after telemetry had ended, or in a forked child that recorded no span.
    pipeline::flush_briefly();
}

fn flush() {
    with_running(|running| {
        if let Err(error) = running.flush(PATIENCE_AT_EXIT) {
            crate::diag::warn(format_args!("{error}"));
        }
    });
}

fn with_running(run: impl FnOnce(&Running)) {
    if let Some(running) = running() {
        run(&running);
    }
}

/// The telemetry of this process, while it is there.
pub(super) fn running() -> Option<Arc<Running>> {
    lock(&RUNNING).upgrade()
}

#[cfg(unix)]
mod unix {
    #![expect(unsafe_code, reason = "the C library's exit and signal handlers have no safe form")]

    use std::{
        io::{PipeReader, Read as _},
        os::fd::IntoRawFd as _,
        ptr,
        sync::{
            Once,
            atomic::{AtomicI32, Ordering::Relaxed},
        },
        thread,
    };

    use super::Watched;
    use crate::diag;

    static ONCE: Once = Once::new();
    /// The process whose thread reads the pipe; 0 if none does.
    static OWNER: AtomicI32 = AtomicI32::new(0);
    /// Where the signal handler writes the number of the signal.
    static PIPE: AtomicI32 = AtomicI32::new(-1);
    /// The signal that dumps; 0 if none does.
    static DUMPS: AtomicI32 = AtomicI32::new(0);

    pub(super) fn at_exit() {
        extern "C" fn handler() {
            // Unwinding out of an exit handler would abort.
            let _ = std::panic::catch_unwind(super::shut_down);
        }
        ONCE.call_once(|| {
            // SAFETY: the handler is a function of this program and does not unwind.
            if unsafe { libc::atexit(handler) } != 0 {
                diag::warn(format_args!("`process::exit` will not send what is recorded"));
            }
        });
    }

    pub(super) fn on_signals(Watched { ends, dumps }: Watched) {
        if OWNER.load(Relaxed) == process() {
            return;
        }
        DUMPS.store(dumps.unwrap_or(0), Relaxed);
        let ends = if ends { &[libc::SIGTERM, libc::SIGINT][..] } else { &[] };
        let signals = ends.iter().copied().chain(dumps);
        let signals: Vec<i32> = signals.filter(|s| is_default(*s) || is_ours(*s)).collect();
        if let Some(signal) = dumps.filter(|signal| !signals.contains(signal)) {
            diag::info(format_args!(
                "the program handles signal {signal}: it does not dump the flight recorder"
            ));
        }
        if signals.is_empty() {
            return;
        }
        let Ok((reader, writer)) = std::io::pipe() else { return };
        let thread = thread::Builder::new().name("spandrel-signals".into());
        if thread.spawn(move || serve(reader)).is_ok() {
            PIPE.store(writer.into_raw_fd(), Relaxed);
            OWNER.store(process(), Relaxed);
            signals.into_iter().for_each(install);
        }
    }

    fn process() -> i32 {
        // SAFETY: it takes nothing, cannot fail, and is async-signal-safe.
        unsafe { libc::getpid() }
    }

    fn serve(mut pipe: PipeReader) {
        let mut signal = [0];
        while pipe.read_exact(&mut signal).is_ok() {
            let signal = i32::from(signal[0]);
            #[cfg(feature = "file")]
            if signal == DUMPS.load(Relaxed) {
                super::dump(super::super::flight::Cause::Signal);
                continue;
            }
            if !is_ours(signal) {
                // The program goes on, for as long as it likes, and records.
                super::flush();
                continue;
            }
            super::shut_down();
            // SAFETY: restoring the default action and raising a signal touch no memory.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::kill(process(), signal);
            }
        }
    }

    /// Async-signal-safe: two atomic loads, `getpid`, and `write` or `signal` and `raise`.
    extern "C" fn on_signal(signal: i32) {
        if OWNER.load(Relaxed) != process() {
            // SAFETY: both are async-signal-safe; the signal is delivered when the handler returns.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
            return;
        }
        let byte = signal as u8;
        // SAFETY: `byte` lives through the call and `write` is async-signal-safe (POSIX 2.4.3);
        // the pipe is never closed.
        unsafe {
            libc::write(PIPE.load(Relaxed), ptr::from_ref(&byte).cast(), 1);
        }
    }

    fn is_default(signal: i32) -> bool {
        handler_of(signal) == libc::SIG_DFL
    }

    fn is_ours(signal: i32) -> bool {
        handler_of(signal) == on_signal as *const () as usize
    }

    fn handler_of(signal: i32) -> usize {
        // SAFETY: an all-zero `sigaction` is a valid one, and a null pointer asks without setting.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, ptr::null(), &raw mut action) != 0 {
                return usize::MAX;
            }
            action.sa_sigaction
        }
    }

    fn install(signal: i32) {
        // SAFETY: the handler is async-signal-safe and lives as long as the program.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}
