//! Prints what annotations cost the compiler and the binary.
//!
//! For every way to annotate it generates crates with 0, 100 and 500 functions, sync and async, and
//! measures `cargo check` with everything but that crate already checked (median of the runs asked
//! for, default three; incremental compilation off), and the stripped release binary that calls
//! them all.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

const COUNTS: [usize; 3] = [0, 100, 500];

/// One way to annotate a function.
struct Annotation {
    name: &'static str,
    attributes: &'static str,
    dependency: &'static str,
}

const ANNOTATIONS: &[Annotation] = &[
    Annotation { name: "bare", attributes: "", dependency: "" },
    Annotation {
        name: "fastrace",
        attributes: "#[fastrace::trace]",
        dependency: r#"fastrace = { version = "0.7", features = ["enable"] }"#,
    },
    Annotation {
        name: "fastrace, 2 properties",
        attributes: r#"#[fastrace::trace(properties = { "id": "{id}", "name": "{name}" })]"#,
        dependency: r#"fastrace = { version = "0.7", features = ["enable"] }"#,
    },
    Annotation {
        name: "tracing",
        attributes: "#[tracing::instrument(skip_all)]",
        dependency: r#"tracing = "0.1""#,
    },
    Annotation {
        name: "tracing, 2 fields",
        attributes: "#[tracing::instrument(skip_all, fields(id = id, name = name))]",
        dependency: r#"tracing = "0.1""#,
    },
    Annotation {
        name: "spandrel",
        attributes: "#[spandrel::traced]",
        dependency: r#"spandrel = { path = "{root}/runtime" }"#,
    },
    Annotation {
        name: "spandrel, 2 fields",
        attributes: "#[spandrel::traced(fields(id, name))]",
        dependency: r#"spandrel = { path = "{root}/runtime" }"#,
    },
    Annotation {
        name: "spandrel, 2 attributes",
        attributes: "#[spandrel::traced(fields(id, name))]\n#[spandrel::counted]",
        dependency: r#"spandrel = { path = "{root}/runtime" }"#,
    },
];

fn main() -> io::Result<()> {
    let runs = env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(3);
    for annotation in ANNOTATIONS {
        for is_async in [false, true] {
            for count in COUNTS {
                measure(annotation, is_async, count, runs)?;
            }
        }
    }
    Ok(())
}

fn measure(annotation: &Annotation, is_async: bool, count: usize, runs: usize) -> io::Result<()> {
    let kind = format!("{count} {}", if is_async { "async" } else { "sync" });
    let package = generate(annotation, is_async, count)?;

    cargo(&package, &["check", "--lib"])?;
    let mut seconds = Vec::new();
    for _ in 0..runs {
        fs::File::options().append(true).open(package.join("src/lib.rs"))?.set_modified(now())?;
        let start = Instant::now();
        cargo(&package, &["check", "--lib"])?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("check-seconds\t{kind}\t{}\t{:.2}", annotation.name, seconds[seconds.len() / 2]);

    cargo(&package, &["build", "--release"])?;
    let size = fs::metadata(root().join("target/release/generated"))?.len();
    println!("binary-bytes\t{kind}\t{}\t{size}", annotation.name);
    Ok(())
}

/// Writes the crate; the workspace's lock file sees to it that it uses the same versions.
fn generate(annotation: &Annotation, is_async: bool, count: usize) -> io::Result<PathBuf> {
    let package = root().join("generated");
    fs::create_dir_all(package.join("src"))?;
    let dependency = annotation.dependency.replace("{root}", &workspace().to_string_lossy());
    let manifest = format!(
        "[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [profile.release]\nstrip = true\n\n[dependencies]\n{dependency}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock"))?;
    fs::write(package.join("src/lib.rs"), library(annotation, is_async, count))?;
    fs::write(package.join("src/main.rs"), program(is_async, count))?;
    Ok(package)
}

fn library(annotation: &Annotation, is_async: bool, count: usize) -> String {
    let (keyword, source) = if is_async {
        ("async fn", "std::future::ready(id).await")
    } else {
        ("fn", "std::convert::identity(id)")
    };
    let mut code = String::new();
    for index in 0..count {
        let attributes = annotation.attributes;
        write!(
            code,
            "{attributes}\n\
             pub {keyword} function_{index}(id: u64, name: &str) -> Result<u64, std::fmt::Error> {{\n\
             \x20   let mut sum = {source}.wrapping_add({index});\n\
             \x20   for byte in name.bytes() {{\n\
             \x20       sum = sum.rotate_left(5) ^ u64::from(byte);\n\
             \x20   }}\n\
             \x20   if sum == {index} {{ return Err(std::fmt::Error); }}\n\
             \x20   Ok(sum)\n\
             }}\n\n"
        )
        .expect("writing to a string cannot fail");
    }
    code
}

fn program(is_async: bool, count: usize) -> String {
    let mut calls = String::new();
    for index in 0..count {
        let call = format!("generated::function_{index}(sum, &name)");
        let call = if is_async { format!("drive(std::pin::pin!({call}))") } else { call };
        writeln!(calls, "    sum ^= {call}.unwrap_or(1);")
            .expect("writing to a string cannot fail");
    }
    format!(
        "use std::{{fmt::Error, future::Future, pin::Pin, task::{{Context, Poll, Waker}}}};\n\
         \n\
         fn main() {{\n\
         \x20   let name = std::env::args().next().unwrap_or_default();\n\
         \x20   let mut sum = name.len() as u64;\n\
         {calls}\
         \x20   println!(\"{{name}} {{sum}}\");\n\
         }}\n\
         \n\
         #[allow(dead_code)]\n\
         fn drive(future: Pin<&mut dyn Future<Output = Result<u64, Error>>>) -> Result<u64, Error> {{\n\
         \x20   match future.poll(&mut Context::from_waker(Waker::noop())) {{\n\
         \x20       Poll::Ready(result) => result,\n\
         \x20       Poll::Pending => Err(Error),\n\
         \x20   }}\n\
         }}\n"
    )
}

fn cargo(package: &Path, arguments: &[&str]) -> io::Result<()> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--quiet")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", root().join("target"))
        .current_dir(package)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// Returns the directory for everything that is generated.
fn root() -> PathBuf {
    workspace().join("target/compile-cost")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
