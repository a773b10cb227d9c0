//! Real databases, each started for one test on a port of this machine.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write, stderr},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

use crate::counterparts;

/// A server, and the folder that it works in.
#[derive(Debug)]
pub struct Database {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Database {
    /// Starts PostgreSQL, with a database `postgres` that trusts everybody.
    ///
    /// `None` if the environment asks to leave such tests out.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed or does not start: a test that checks nothing must not pass.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let programs =
            find("postgres", || postgres_programs().find(|folder| is_file(folder, "postgres")))?;
        let folder = folder("postgres");
        let data = folder.join("data");
        let user = Unprivileged::find();
        user.give(&folder);
        let mut initdb = user.command(&programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--pgdata"]).arg(&data);
        let made = initdb.current_dir(&folder).output().expect("`initdb` starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Some(Self::start(folder, "ready to accept connections", |folder, port| {
            let mut server = user.command(&programs.join("postgres"));
            server.arg("-D").arg(folder.join("data"));
            server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
            server.args(["-c", "logging_collector=off", "-p", &port.to_string()]);
            server.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
            server.stdout(Stdio::null()).stderr(Stdio::piped());
            server
        }))
    }

    /// Starts Redis, with nothing in it.
    ///
    /// `None` if the environment asks to leave such tests out.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed or does not start.
    #[must_use]
    pub fn redis() -> Option<Self> {
        let programs = find("redis-server", redis_programs)?;
        Some(Self::start(folder("redis"), REDIS_IS_READY, |folder, port| {
            redis_server(&programs, folder, port)
        }))
    }

    /// Kills it, without a chance to say goodbye to anybody.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it is ours");
    }

    /// Starts Redis again where the one was that was killed, with nothing in it.
    ///
    /// # Panics
    ///
    /// Panics if it does not start: somebody else may have taken the port.
    pub fn start_redis_again(&mut self) {
        let programs = find("redis-server", redis_programs).expect("it was there before");
        let mut server = redis_server(&programs, &self.folder, self.port);
        let child = server.current_dir(&self.folder).stdin(Stdio::null()).spawn();
        self.child = child.expect("it starts");
        assert!(is_ready(&mut self.child, REDIS_IS_READY), "port {} is taken", self.port);
    }

    /// Where it listens, on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts a server and waits until it says that it is ready.
    fn start(folder: PathBuf, ready: &str, server: impl Fn(&Path, u16) -> Command) -> Self {
        // A free port may be taken before the server binds it: then another is tried.
        for _ in 0..5 {
            let port = free_port();
            let mut command = server(&folder, port);
            let mut child =
                command.current_dir(&folder).stdin(Stdio::null()).spawn().expect("it starts");
            if is_ready(&mut child, ready) {
                return Self { child, folder, port };
            }
            let _ = child.wait();
        }
        panic!("the server did not start in {}", folder.display());
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The number of one that the test has killed may be somebody else's by now.
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // So that it leaves nothing of its own behind; killed, it would.
            let stopped =
                Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
            if !stopped.is_ok_and(|status| status.success()) {
                let _ = self.child.kill();
            }
            let _ = self.child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const REDIS_IS_READY: &str = "Ready to accept connections";

fn redis_programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).find(|folder| is_file(folder, "redis-server"))
}

fn redis_server(programs: &Path, folder: &Path, port: u16) -> Command {
    let mut server = Command::new(programs.join("redis-server"));
    server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    server.args(["--appendonly", "no", "--dir"]).arg(folder);
    server.stdout(Stdio::piped()).stderr(Stdio::null());
    server
}

/// Waits until a server says so; false if it ended before.
fn is_ready(child: &mut Child, ready: &str) -> bool {
    let output: Box<dyn std::io::Read + Send> = match (child.stdout.take(), child.stderr.take()) {
        (Some(output), _) => Box::new(output),
        (None, Some(output)) => Box::new(output),
        (None, None) => unreachable!("one of them is piped"),
    };
    let mut lines = BufReader::new(output).lines();
    let found = lines.by_ref().map_while(Result::ok).any(|line| line.contains(ready));
    if found {
        // Read to its end: a full pipe would stop the server.
        thread::spawn(move || lines.for_each(drop));
    }
    found
}

/// A user that is not the administrator: PostgreSQL refuses to be run by that one.
struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    fn find() -> Self {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| owner(&own) == 0);
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let ids = |name: &str| {
            let user = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = user.split(':').skip(2).map(str::parse);
            Some((fields.next()?.ok()?, fields.next()?.ok()?))
        };
        Self(if is_root { ids("postgres").or_else(|| ids("nobody")) } else { None })
    }

    fn give(&self, folder: &Path) {
        if let Some((user, group)) = self.0 {
            chown(folder, user, group);
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.0 {
            run_as(&mut command, user, group);
        }
        command
    }
}

#[cfg(unix)]
fn owner(file: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(file)
}

#[cfg(unix)]
fn chown(folder: &Path, user: u32, group: u32) {
    std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("the folder is ours");
}

#[cfg(unix)]
fn run_as(command: &mut Command, user: u32, group: u32) {
    use std::os::unix::process::CommandExt as _;

    command.uid(user).gid(group);
}

#[cfg(not(unix))]
fn owner(_file: &fs::Metadata) -> u32 {
    1
}

#[cfg(not(unix))]
fn chown(_folder: &Path, _user: u32, _group: u32) {}

#[cfg(not(unix))]
fn run_as(_command: &mut Command, _user: u32, _group: u32) {}

/// The folders that Debian and others keep the server in, the newest first, and those of `PATH`.
fn postgres_programs() -> impl Iterator<Item = PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    let rest: Vec<_> = env::split_paths(&path).collect();
    folders.into_iter().rev().chain(rest)
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

fn find(name: &str, look: impl FnOnce() -> Option<PathBuf>) -> Option<PathBuf> {
    let found = look();
    if found.is_none() {
        assert!(
            counterparts::may_leave_out(),
            "`{name}` is not installed; scripts/test installs it where that is possible"
        );
        let _ = writeln!(stderr(), "LEFT OUT: no {name}");
    }
    found
}

/// A folder of this process's own, where others may look into, too.
fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Relaxed);
    let folder = env::temp_dir().join(format!("spandrel-{name}-{}-{number}", process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    folder
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}
