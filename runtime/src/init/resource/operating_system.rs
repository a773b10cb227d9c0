//! The operating system.

use super::{Detected, Machine};
use crate::init::config::Source;

pub(super) fn detect(sink: &mut Detected, machine: &Machine<'_>) {
    let source = Source::Detected;
    sink.set(source, "os.type", kind(std::env::consts::OS));
    let release =
        (machine.read)("/etc/os-release").or_else(|| (machine.read)("/usr/lib/os-release"));
    let Some(release) = release else { return };
    sink.set_if(source, "os.name", value(&release, "NAME"));
    sink.set_if(source, "os.version", value(&release, "VERSION_ID"));
    sink.set_if(source, "os.description", value(&release, "PRETTY_NAME"));
}

/// `os.type` has names of its own.
fn kind(rust: &'static str) -> &'static str {
    match rust {
        "macos" => "darwin",
        "dragonfly" => "dragonflybsd",
        "illumos" => "solaris",
        other => other,
    }
}

/// A value of a file of shell assignments (os-release(5)).
fn value(release: &str, key: &str) -> Option<String> {
    let assigned = |line: &str| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
    let value = release.lines().find_map(|line| assigned(line.trim()))?;
    let value = value.trim();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote)));
    Some(quoted.unwrap_or(value).replace('\\', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_their_quotes() {
        let release = "NAME='Alpine'\n# NAME=x\nVERSION_ID=3.20\n PRETTY_NAME=\"A \\\"B\\\" C\"\n";

        assert_eq!(value(release, "NAME").as_deref(), Some("Alpine"));
        assert_eq!(value(release, "VERSION_ID").as_deref(), Some("3.20"));
        assert_eq!(value(release, "PRETTY_NAME").as_deref(), Some("A \"B\" C"));
        assert_eq!(value(release, "VERSION"), None);
    }
}
