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
    fn start(how: &str) -> Self {
        let relative = format!("w3c-script-{}-{how}", std::process::id());
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
        let suite = "test.py*) echo \"$@\"; exec 1>&- 2>&-; [ $3 = fails ] && exit 3; exec sleep 5";
        write("w3c/bin/python", &format!("case \"$1 $2\" in *socket*) echo 4000;; {suite};; esac"));
        write("suite/test/test.py", "");

        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        // However deep it is, the root of the file system is above.
        let up = "../".repeat(root.components().count() - 1);
        let target = format!("{up}{}", folder.strip_prefix("/").unwrap().display());
        let path = format!("{}:{}", folder.join("bin").display(), env::var("PATH").unwrap());
        let mut script = Command::new(root.join("scripts/w3c"))
            .args([&folder.join("suite"), Path::new(how)])
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", target)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, format!("test.py http://127.0.0.1:1/test {how}\n"));
        Self { folder, script }
    }

    /// Waits for the end of the service, which has the same stderr; says how the script ended, and
    /// how many files it left.
    fn end(mut self) -> (Option<i32>, usize) {
        let mut stderr = self.script.stderr.take().unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(stderr.read_to_end(&mut Vec::new())));
        end.recv_timeout(PATIENCE).expect("the service is still there").unwrap();
        let status = self.script.wait().unwrap();
        let files = fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap().file_name());
        let left = files.filter(|name| name.to_str().unwrap().starts_with("w3c-")).count();
        fs::remove_dir_all(&self.folder).unwrap();
        (status.code(), left)
    }
}

#[test]
fn the_script_fails_with_the_suite_and_leaves_nothing() {
    assert_eq!(Stage::start("fails").end(), (Some(3), 0));
}

#[test]
fn the_service_ends_with_the_script_that_is_told_to_end() {
    let stage = Stage::start("told");
    let pid = i32::try_from(stage.script.id()).unwrap();

    let killed = Command::new("kill").arg(pid.to_string()).status().unwrap();

    assert!(killed.success());
    assert_eq!(stage.end(), (Some(143), 0));
}

#[test]
fn the_service_ends_with_the_script_that_is_killed() {
    let mut stage = Stage::start("killed");

    stage.script.kill().unwrap();

    stage.end();
}
