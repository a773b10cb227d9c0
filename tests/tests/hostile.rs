//! Crates that make it hard to expand into them; built as a workspace of their own.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs cargo on the hostile workspace, in a target folder below the usual one.
fn cargo(args: &[&str], target: &str, flags: &str) -> Output {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(target);
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", flags)
        .output()
        .expect("cargo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}\n{stderr}");
    output
}

#[test]
fn hostile_crates_build_without_a_warning() {
    // Clippy reports the lints of rustc too.
    cargo(&["clippy", "--workspace", "--quiet"], "hostile", "");
    cargo(&["clippy", "--workspace", "--quiet", "--all-features"], "hostile", "");
}

#[test]
fn functions_are_listed_after_link_time_optimisation_and_strip() {
    let args = ["run", "--release", "--quiet", "--package", "hostile-lto"];

    let [before, _] = listed(&cargo(&args, "hostile", ""));

    if cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd")) {
        let all = "Orders::place Orders::place answered bundled guarded guarded_later instrumented \
             instrumented_later later measured measured_later never_called sync";
        assert_eq!(before, all);
    }
}

#[test]
fn without_a_linker_section_functions_are_listed_after_their_first_call() {
    let args = ["run", "--quiet", "--package", "hostile-lto"];
    let flags = "--cfg spandrel_registration=\"first_call\"";

    let lists = listed(&cargo(&args, "hostile-first-call", flags));

    assert_eq!(lists, ["", "Orders::place"]);
}

/// The functions that the program lists before and after it has called one.
fn listed(output: &Output) -> [String; 2] {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut lines = stdout.lines().map(|line| {
        let mut names: Vec<_> = line.split_whitespace().collect();
        names.sort_unstable();
        names.join(" ")
    });
    [lines.next().unwrap_or_default(), lines.next().unwrap_or_default()]
}
