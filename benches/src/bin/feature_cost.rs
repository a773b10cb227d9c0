//! Prints what each feature costs: crates, seconds of `cargo check` from nothing, bytes of binary.
//!
//! The crate that depends on us is a program that starts telemetry and has one annotated function.
//! A feature is taken alone, with the macros; `full` is all of them, `none` the macros alone.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// What only the project's own tests use.
const INTERNAL: &[&str] = &["test-util"];

/// How the names of the program and of our crates begin.
const OWN: &[&str] = &["generated ", "spandrel ", "spandrel-macros "];

fn main() -> io::Result<()> {
    let manifest = fs::read_to_string(workspace().join("runtime/Cargo.toml"))?;
    let mut features = vec!["none".to_owned()];
    let own = ["default", "macros"];
    features.extend(
        names(&manifest)
            .filter(|name| !own.contains(name) && !INTERNAL.contains(name))
            .map(str::to_owned),
    );
    for feature in features {
        measure(&feature)?;
    }
    Ok(())
}

/// The names of the features, in their order.
fn names(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.split("[features]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name)
}

fn measure(feature: &str) -> io::Result<()> {
    let package = generate(feature)?;
    let tree = cargo(&package, "release", &["tree", "--edges", "normal", "--prefix", "none"])?;
    let crates: BTreeSet<_> = tree.lines().filter_map(|line| line.split(" (").next()).collect();
    let of_others = crates.iter().filter(|name| !OWN.iter().any(|own| name.starts_with(own)));
    println!("crates\tfeature\t{feature}\t{}", of_others.count());

    // From nothing each time, for features share their dependencies.
    let fresh = root().join("check");
    let _ = fs::remove_dir_all(&fresh);
    let start = Instant::now();
    cargo(&package, "check", &["check"])?;
    println!("clean-check\tfeature\t{feature}\t{:.1}", start.elapsed().as_secs_f64());

    cargo(&package, "release", &["build", "--release"])?;
    let size = fs::metadata(root().join("release/release/generated"))?.len();
    println!("feature-bytes\tfeature\t{feature}\t{size}");
    Ok(())
}

/// Writes the program; the workspace's lock file sees to it that it uses the same versions.
fn generate(feature: &str) -> io::Result<PathBuf> {
    let package = root().join("generated");
    fs::create_dir_all(package.join("src"))?;
    let runtime = workspace().join("runtime");
    let features = if feature == "none" { String::new() } else { format!(", \"{feature}\"") };
    let manifest = format!(
        "[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [profile.release]\nstrip = true\n\n[dependencies]\n\
         spandrel = {{ path = \"{}\", default-features = false, features = [\"macros\"{features}] }}\n",
        runtime.display()
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock"))?;
    fs::write(
        package.join("src/main.rs"),
        "#[spandrel::traced(fields(number))]\n\
         fn work(number: u64) -> u64 {\n    std::hint::black_box(number)\n}\n\n\
         fn main() {\n    let telemetry = spandrel::init!();\n    work(1);\n    drop(telemetry);\n}\n",
    )?;
    Ok(package)
}

/// Runs cargo for the package, in a target folder of that name, and returns what it prints.
fn cargo(package: &Path, target: &str, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--quiet")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", root().join(target))
        .current_dir(package)
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// Returns the directory for everything that is generated.
fn root() -> PathBuf {
    workspace().join("target/feature-cost")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
