//! The script that runs the conformance suite, with stand-ins for all that it runs.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A target directory that the script is told of by a path relative to its own, and a suite.
struct Stage {
    folder: PathBuf,
    script: Child,
}

impl Stage {
    /// Starts the script, and waits until the suite runs.
    fn start(name: &str) -> Self {
        let relative = format!("w3c-script-{}-{name}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&relative);
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        write("bin/cargo", "");
        // As the real one: its address, and then nothing until stdin ends or it is told to go.
        write("debug/w3c", "echo 127.0.0.1:1; exec cat");
        // Asked for `aiohttp`, for a port, and to run the suite.
        let suite = "test.py*) echo \"$@\"; exec sleep 5 2>&-";
        write("w3c/bin/python", &format!("case \"$1 $2\" in *socket*) echo 4000;; {suite};; esac"));
        write("suite/test/test.py", "");

        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        // However deep it is, the root of the file system is above.
        let up = "../".repeat(root.components().count() - 1);
        let target = format!("{up}{}", folder.strip_prefix("/").unwrap().display());
        let path = format!("{}:{}", folder.join("bin").display(), env::var("PATH").unwrap());
        let mut script = Command::new(root.join("scripts/w3c"))
            .arg(folder.join("suite"))
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", target)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "test.py http://127.0.0.1:1/test\n");
        Self { folder, script }
    }

    /// Waits for the end of the service, which has the same stderr.
    fn end(mut self) {
        let mut stderr = self.script.stderr.take().unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(stderr.read_to_end(&mut Vec::new())));
        end.recv_timeout(PATIENCE).expect("the service is still there").unwrap();
        self.script.wait().unwrap();
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[test]
fn the_service_ends_with_the_script_that_is_told_to_end() {
    let stage = Stage::start("told");
    let pid = i32::try_from(stage.script.id()).unwrap();

    let killed = Command::new("kill").arg(pid.to_string()).status().unwrap();

    assert!(killed.success());
    stage.end();
}

#[test]
fn the_service_ends_with_the_script_that_is_killed() {
    let mut stage = Stage::start("killed");

    stage.script.kill().unwrap();

    stage.end();
}
