//! The process and its host, as files and the standard library show them.

use std::{
    ffi::OsString,
    fmt::{self, Write as _},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::Detected;
use crate::{init::config::Source, random};

/// More of a file than this is not looked at: a mount table can be long, but not that long.
const MOST_BYTES: u64 = 1 << 20;

/// What can be asked about the machine; a test answers itself.
pub(crate) struct Machine<'a> {
    /// The text of a file, if it can be read.
    pub(crate) read: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) pid: u32,
    pub(crate) executable: Option<PathBuf>,
    /// What the program was called by; never its arguments, which hold secrets.
    pub(crate) command: Option<OsString>,
    /// Where bytes that nobody can guess come from.
    pub(crate) entropy: fn(&mut [u8]),
}

impl Machine<'static> {
    /// The machine that this program runs on.
    pub(crate) fn this() -> Self {
        Self {
            read: &read,
            pid: std::process::id(),
            executable: std::env::current_exe().ok(),
            command: std::env::args_os().next(),
            entropy: random::fill,
        }
    }
}

impl Machine<'_> {
    /// A file without the white space around its text; `None` if nothing is left.
    pub(super) fn line(&self, path: &str) -> Option<String> {
        let text = (self.read)(path)?;
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn executable_name(&self) -> Option<String> {
        let name = self.executable.as_deref().and_then(Path::file_name)?;
        Some(name.to_string_lossy().into_owned())
    }

    /// A random UUID (RFC 9562, version 4).
    pub(super) fn uuid_v4(&self) -> String {
        let mut bytes = [0; 16];
        (self.entropy)(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            let hyphen = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(text, "{hyphen}{byte:02x}");
        }
        text
    }

    pub(super) fn process(&self, sink: &mut Detected) {
        let source = Source::Detected;
        sink.set(source, "process.pid", i64::from(self.pid));
        sink.set_if(source, "process.executable.name", self.executable_name());
        let path = self.executable.as_deref().map(Path::to_string_lossy);
        sink.set_if(source, "process.executable.path", path);
        let command = self.command.as_deref().map(|command| command.to_string_lossy());
        sink.set_if(source, "process.command", command);
        sink.set(source, "process.runtime.name", "rustc");
        sink.set_if(source, "process.owner", self.owner());
    }

    pub(super) fn host(&self, sink: &mut Detected) {
        let source = Source::Detected;
        let name = self.line("/proc/sys/kernel/hostname").or_else(|| self.line("/etc/hostname"));
        sink.set_if(source, "host.name", name);
        sink.set(source, "host.arch", architecture(std::env::consts::ARCH));
        let id = self.line("/etc/machine-id").or_else(|| self.line("/var/lib/dbus/machine-id"));
        // While an image boots for the first time, the file holds this word.
        sink.set_if(source, "host.id", id.filter(|id| id != "uninitialized"));
    }

    /// The name of the effective user, if the password file has it.
    fn owner(&self) -> Option<String> {
        let status = (self.read)("/proc/self/status")?;
        let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        let user = ids.split_whitespace().nth(1)?.to_owned();
        let users = (self.read)("/etc/passwd")?;
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == user).then(|| name.to_owned())
        })
    }
}

impl fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("pid", &self.pid).finish_non_exhaustive()
    }
}

fn read(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `host.arch` has names of its own.
fn architecture(rust: &'static str) -> &'static str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}
